"""Clients that sign who they are, by Authlib: client_secret_jwt and private_key_jwt."""

import time
import uuid
from typing import Any

import httpx2
import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc.jwk import ECKey, OKPKey, RSAKey

from conftest import ISSUER, bearer, client


def register(method: str, **members: Any) -> dict[str, Any]:
    with client("claviger-docs") as docs:
        tokens = docs.fetch_token(username="alice", password="wonderland", scope="clients:write items:read")
    description = {
        "client_id": f"interop-{uuid.uuid4()}",
        "client_name": "Interop",
        "grant_types": ["client_credentials"],
        "scope": "items:read",
        "token_endpoint_auth_method": method,
    }
    address = f"{ISSUER}/api/v1/clients"
    return httpx2.post(address, json=description | members, headers=bearer(tokens["access_token"])).raise_for_status().json()


def claims(**more: Any) -> dict[str, Any]:
    """Authlib's own assertions are good for an hour, which is too long here."""
    return {"exp": int(time.time()) + 60} | more


def access_token(client_id: str, secret: Any, method: ClientSecretJWT) -> str:
    with OAuth2Client(client_id, secret, token_endpoint=f"{ISSUER}/token", token_endpoint_auth_method=method.name) as session:
        session.register_client_auth_method(method)
        return session.fetch_token(grant_type="client_credentials")["access_token"]


def test_a_secret_signs() -> None:
    made = register("client_secret_jwt")
    assert access_token(made["client_id"], made["client_secret"], ClientSecretJWT(claims=claims(aud=ISSUER)))
    with pytest.raises(OAuthError, match="invalid_client"):
        access_token(made["client_id"], "x" * 48, ClientSecretJWT(claims=claims(aud=ISSUER)))


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", RSAKey.generate_key(2048)),
        ("PS256", RSAKey.generate_key(2048)),
        ("ES256", ECKey.generate_key("P-256")),
        ("EdDSA", OKPKey.generate_key("Ed25519")),
    ],
)
def test_a_private_key_signs(algorithm: str, key: Any) -> None:
    made = register("private_key_jwt", jwks={"keys": [key.as_dict(private=False)]}, token_endpoint_auth_signing_alg=algorithm)
    assert access_token(made["client_id"], key, PrivateKeyJWT(claims=claims(aud=ISSUER), alg=algorithm))


def test_the_token_endpoint_is_addressed_where_the_registration_allows_it() -> None:
    """What Authlib does unless it is told otherwise."""
    key = ECKey.generate_key("P-256")
    jwks = {"keys": [key.as_dict(private=False)]}
    older = register("private_key_jwt", jwks=jwks, assertion_audience="issuer_or_token_endpoint")
    assert access_token(older["client_id"], key, PrivateKeyJWT(claims=claims(), alg="ES256"))
    strict = register("private_key_jwt", jwks=jwks)
    with pytest.raises(OAuthError, match="invalid_client"):
        access_token(strict["client_id"], key, PrivateKeyJWT(claims=claims(), alg="ES256"))
