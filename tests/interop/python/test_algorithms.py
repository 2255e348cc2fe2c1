"""ID tokens and userinfo by every algorithm that is offered, verified by PyJWT and joserfc by the published keys."""

import uuid
from typing import Any

import httpx2
import jwt
import pytest
from joserfc import jwt as jose
from joserfc.jwk import KeySet

from conftest import ISSUER, bearer, client

OFFERED = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]


def sign_in(algorithm: str) -> tuple[str, dict[str, Any]]:
    """A client of its own by the password grant: what matters here is what it is told."""
    with client("claviger-docs") as docs:
        manager = docs.fetch_token(username="alice", password="wonderland", scope="clients:write")
    description = {
        "client_id": f"interop-{uuid.uuid4()}",
        "client_name": "Interop",
        "token_endpoint_auth_method": "none",
        "grant_types": ["password"],
        "scope": "openid email",
        "id_token_signed_response_alg": algorithm,
        "userinfo_signed_response_alg": algorithm,
    }
    httpx2.post(f"{ISSUER}/api/v1/clients", json=description, headers=bearer(manager["access_token"])).raise_for_status()
    form = {
        "grant_type": "password",
        "client_id": description["client_id"],
        "username": "alice",
        "password": "wonderland",
        "scope": "openid email",
    }
    return description["client_id"], httpx2.post(f"{ISSUER}/token", data=form).raise_for_status().json()


def test_all_of_them_are_offered(metadata: dict[str, Any]) -> None:
    assert metadata["id_token_signing_alg_values_supported"] == metadata["userinfo_signing_alg_values_supported"] == OFFERED


@pytest.mark.parametrize("algorithm", OFFERED)
def test_it_is_verified_by_the_published_keys(algorithm: str, metadata: dict[str, Any]) -> None:
    audience, tokens = sign_in(algorithm)
    answer = httpx2.get(metadata["userinfo_endpoint"], headers=bearer(tokens["access_token"])).raise_for_status()
    assert answer.headers["content-type"] == "application/jwt"
    keys = jwt.PyJWKClient(metadata["jwks_uri"])
    published = KeySet.import_key_set(httpx2.get(metadata["jwks_uri"]).json())
    for token in (tokens["id_token"], answer.text):
        claims = jwt.decode(token, keys.get_signing_key_from_jwt(token), [algorithm], audience=audience, issuer=ISSUER)
        assert jose.decode(token, published, algorithms=[algorithm]).claims == claims
        with pytest.raises(jwt.InvalidAlgorithmError):
            others = [other for other in OFFERED if other != algorithm]
            jwt.decode(token, keys.get_signing_key_from_jwt(token), others, audience=audience, issuer=ISSUER)
    assert jose.decode(answer.text, published, algorithms=[algorithm]).claims["email"] == "alice@example.com"
