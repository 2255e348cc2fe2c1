"""Authlib over https, with an authority that it is told to believe: sign-in, renewal, logout."""

import os
import ssl
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet

from browser import Browser

ISSUER = os.environ["CLAVIGER_TEST_HTTPS_ISSUER"]
BELIEVED = ssl.create_default_context(cafile=os.environ["CLAVIGER_TEST_CA"])
CALLBACK = "http://localhost:3000/callback"
SIGNED_OUT = "http://localhost:3000/"


@pytest.fixture(scope="module")
def metadata() -> OpenIDProviderMetadata:
    answer = httpx2.get(get_well_known_url(ISSUER, external=True), verify=BELIEVED)
    document = OpenIDProviderMetadata(answer.raise_for_status().json())
    document.validate()
    assert document["issuer"] == ISSUER
    return document


def ask(browser: Browser, metadata: OpenIDProviderMetadata, **parameters: str) -> tuple[OAuth2Client, str, dict[str, str]]:
    """What an authorization request brings back to the client, and what it has to remember until then."""
    client = OAuth2Client(
        "demo-web",
        "demo-web-secret",
        scope="openid profile email",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
        verify=BELIEVED,
    )
    remembered = {"code_verifier": generate_token(48), "nonce": generate_token()}
    url, remembered["state"] = client.create_authorization_url(metadata["authorization_endpoint"], **remembered, **parameters)
    callback = browser.authorize(url, username="alice", password="wonderland")
    assert callback.startswith(f"{CALLBACK}?")
    return client, callback, remembered


def checked(tokens: dict[str, Any], metadata: OpenIDProviderMetadata, nonce: str | None) -> CodeIDToken:
    """The claims of the ID token, once Authlib has nothing against it."""
    keys = KeySet.import_key_set(httpx2.get(metadata["jwks_uri"], verify=BELIEVED).raise_for_status().json())
    token = jwt.decode(tokens["id_token"], keys, algorithms=metadata["id_token_signing_alg_values_supported"])
    options = {"iss": {"value": ISSUER}, "aud": {"value": "demo-web"}}
    expected = {"nonce": nonce, "client_id": "demo-web", "access_token": tokens["access_token"]}
    claims = CodeIDToken(token.claims, token.header, options, expected)
    claims.validate()
    return claims


def test_who_is_told_of_no_authority_believes_no_certificate() -> None:
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx2.get(get_well_known_url(ISSUER, external=True))


def test_alice_signs_in_renews_and_logs_out(metadata: OpenIDProviderMetadata) -> None:
    browser = Browser(ISSUER, BELIEVED)
    client, callback, remembered = ask(browser, metadata, prompt="consent")
    assert browser.visited == ["/login", "/consent"]
    tokens = dict(
        client.fetch_token(
            authorization_response=callback,
            state=remembered["state"],
            code_verifier=remembered["code_verifier"],
            redirect_uri=CALLBACK,
        )
    )
    claims = checked(tokens, metadata, remembered["nonce"])
    person = client.get(metadata["userinfo_endpoint"]).raise_for_status().json()
    assert (person["sub"], person["email"]) == (claims["sub"], "alice@example.com")

    renewed = dict(client.refresh_token())
    assert renewed["access_token"] != tokens["access_token"]
    assert checked(renewed, metadata, None)["sub"] == claims["sub"]
    _, silently, _ = ask(browser, metadata, prompt="none")
    assert "code" in parse_qs(urlsplit(silently).query)

    leave = {"id_token_hint": renewed["id_token"], "post_logout_redirect_uri": SIGNED_OUT, "state": generate_token()}
    returned = browser.authorize(f"{metadata['end_session_endpoint']}?{urlencode(leave)}")
    assert returned == f"{SIGNED_OUT}?{urlencode({'state': leave['state']})}"
    _, refused, _ = ask(browser, metadata, prompt="none")
    assert parse_qs(urlsplit(refused).query)["error"] == ["login_required"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.refresh_token()
