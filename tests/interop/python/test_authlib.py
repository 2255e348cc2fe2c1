"""Authlib as a client of every grant, with PKCE, ID-token checks, introspection and revocation."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from browser import Browser
from conftest import AUDIENCE, CALLBACK, ISSUER, bearer, client

SCOPE = "openid profile email offline_access items:read"


@dataclass
class SignIn:
    """What is left of a code flow when the browser is back at the application."""

    client: OAuth2Client
    callback: str
    state: str
    nonce: str
    verifier: str

    def redeem(self, **changes: str) -> dict[str, Any]:
        parameters = {"code_verifier": self.verifier, "redirect_uri": CALLBACK} | changes
        return self.client.fetch_token(authorization_response=self.callback, state=self.state, **parameters)


def sign_in(browser: Browser, metadata: dict[str, Any], scope: str = SCOPE, **parameters: str) -> SignIn:
    demo = client("demo-web", scope=scope, redirect_uri=CALLBACK, code_challenge_method="S256")
    verifier, nonce = generate_token(48), generate_token()
    url, state = demo.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **parameters
    )
    callback = browser.authorize(url, username="alice", password="wonderland")
    assert callback.startswith(f"{CALLBACK}?")
    return SignIn(demo, callback, state, nonce, verifier)


def id_token_claims(tokens: dict[str, Any], metadata: dict[str, Any], nonce: str | None = None) -> CodeIDToken:
    """The ID token's claims, after Authlib has checked signature, issuer, audience, times, nonce and at_hash."""
    keys = KeySet.import_key_set(httpx2.get(metadata["jwks_uri"]).raise_for_status().json())
    token = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
    claims = CodeIDToken(
        token.claims,
        token.header,
        {"iss": {"value": ISSUER}, "aud": {"value": "demo-web"}},
        {"nonce": nonce, "client_id": "demo-web", "access_token": tokens["access_token"]},
    )
    claims.validate()
    return claims


def introspect(token: str) -> dict[str, Any]:
    with client("demo-api") as demo:
        return demo.introspect_token(f"{ISSUER}/introspect", token=token).raise_for_status().json()


def test_code_flow_with_pkce_signs_alice_in(browser: Browser, metadata: dict[str, Any], api: httpx2.Client) -> None:
    signed_in = sign_in(browser, metadata, prompt="consent")
    assert browser.visited == ["/login", "/consent"]
    answer = parse_qs(urlsplit(signed_in.callback).query)
    assert answer["state"] == [signed_in.state]
    assert answer["iss"] == [ISSUER]  # RFC 9207

    tokens = signed_in.redeem()
    assert tokens["token_type"] == "Bearer"
    claims = id_token_claims(tokens, metadata, signed_in.nonce)
    assert claims["nonce"] == signed_in.nonce and "at_hash" in claims

    person = signed_in.client.get(metadata["userinfo_endpoint"]).raise_for_status().json()
    assert person["sub"] == claims["sub"]
    assert {"name", "email"} <= person.keys()
    assert signed_in.client.get(f"{api.base_url}/items").status_code == 200


def test_a_code_needs_the_verifier_of_its_challenge(browser: Browser, metadata: dict[str, Any]) -> None:
    signed_in = sign_in(browser, metadata)
    with pytest.raises(OAuthError, match="invalid_grant"):
        signed_in.redeem(code_verifier=generate_token(48))


def test_a_code_is_redeemed_once(browser: Browser, metadata: dict[str, Any]) -> None:
    signed_in = sign_in(browser, metadata)
    access_token = signed_in.redeem()["access_token"]
    assert introspect(access_token)["active"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        signed_in.redeem()
    assert introspect(access_token) == {"active": False}  # RFC 6749 §4.1.2: the second use revokes what the first gave


def test_refresh_gives_new_tokens_for_the_same_person(
    browser: Browser, metadata: dict[str, Any], api: httpx2.Client
) -> None:
    signed_in = sign_in(browser, metadata)
    first = dict(signed_in.redeem())
    second = signed_in.client.refresh_token()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    before, after = (id_token_claims(tokens, metadata) for tokens in (first, second))
    unchanged = ("iss", "sub", "aud", "auth_time")  # OpenID Connect Core §12.2
    assert [after[name] for name in unchanged] == [before[name] for name in unchanged]
    assert api.get("/items", headers=bearer(second["access_token"])).status_code == 200


def test_introspection_tells_an_api_about_its_tokens(browser: Browser, metadata: dict[str, Any]) -> None:
    signed_in = sign_in(browser, metadata)
    tokens = signed_in.redeem()
    facts = introspect(tokens["access_token"])
    assert facts["active"] is True
    assert facts["iss"] == ISSUER and facts["client_id"] == "demo-web"
    assert facts["sub"] == id_token_claims(tokens, metadata)["sub"]
    assert AUDIENCE in facts["aud"]
    assert "items:read" in facts["scope"].split()


def test_introspection_says_nothing_about_the_tokens_of_others() -> None:
    with client("demo-m2m") as demo:
        token = demo.fetch_token(grant_type="client_credentials", scope="clients:read")
    assert introspect(token["access_token"]) == {"active": False}


def test_a_revoked_access_token_is_inactive_at_once(browser: Browser, metadata: dict[str, Any]) -> None:
    signed_in = sign_in(browser, metadata)
    token = signed_in.redeem()["access_token"]
    assert introspect(token)["active"]
    signed_in.client.revoke_token(metadata["revocation_endpoint"], token=token).raise_for_status()
    assert introspect(token) == {"active": False}
    assert signed_in.client.get(metadata["userinfo_endpoint"]).status_code == 401


def test_a_revoked_refresh_token_gives_nothing(browser: Browser, metadata: dict[str, Any]) -> None:
    signed_in = sign_in(browser, metadata)
    token = signed_in.redeem()["refresh_token"]
    signed_in.client.revoke_token(
        metadata["revocation_endpoint"], token=token, token_type_hint="refresh_token"
    ).raise_for_status()
    with pytest.raises(OAuthError, match="invalid_grant"):
        signed_in.client.refresh_token()


def test_a_machine_that_names_no_scope_gets_its_default() -> None:
    with client("demo-m2m") as demo:
        tokens = demo.fetch_token(grant_type="client_credentials")
    assert tokens["scope"] == "items:read"
    assert "refresh_token" not in tokens


def test_a_wrong_secret_is_refused() -> None:
    with OAuth2Client("demo-m2m", "wrong", token_endpoint=f"{ISSUER}/token") as demo:
        with pytest.raises(OAuthError, match="invalid_client"):
            demo.fetch_token(grant_type="client_credentials")


def test_a_password_is_exchanged_and_refreshed() -> None:
    with client("demo-password") as demo:
        first = dict(demo.fetch_token(username="alice", password="wonderland", scope="items:read items:write"))
        second = demo.refresh_token()
    assert set(first["scope"].split()) == {"items:read", "items:write"}
    assert second["access_token"] != first["access_token"]


def test_a_wrong_password_is_refused() -> None:
    with client("demo-password") as demo, pytest.raises(OAuthError, match="invalid_grant"):
        demo.fetch_token(username="alice", password="looking-glass")
