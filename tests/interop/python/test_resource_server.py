"""The FastAPI example takes the issuer's tokens, and nothing that only looks like one.

Refusals are shown twice: over the socket, as a caller sees them, and in this process, where the example's log tells that
each was refused for the reason that the test is about.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any

import httpx2
import jwt
import main as example
import pytest
import time_machine
import tokens
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient

from browser import Browser
from conftest import AUDIENCE, ISSUER, bearer, machine_token, password_token
from test_authlib import sign_in

MALLORY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def inside(caplog: pytest.LogCaptureFixture) -> Callable[[str], tuple[int, str]]:
    """Asks the example in this process; returns its status and what it logged."""

    def ask(token: str) -> tuple[int, str]:
        caplog.clear()
        status = TestClient(example.app).get("/me", headers=bearer(token)).status_code
        return status, " ".join(record.getMessage() for record in caplog.records if record.name == "tokens")

    return ask


def test_a_password_token_reads_items(api: httpx2.Client) -> None:
    assert api.get("/items", headers=bearer(password_token("items:read"))).status_code == 200


def test_a_machine_token_reads_items(api: httpx2.Client) -> None:
    assert api.get("/items", headers=bearer(machine_token())).status_code == 200


def test_a_write_scope_adds_an_item(api: httpx2.Client) -> None:
    headers = bearer(machine_token("items:read items:write"))
    assert api.post("/items", json={"name": "rope"}, headers=headers).status_code == 201
    assert {"name": "rope"} in api.get("/items", headers=headers).json()


def test_a_read_scope_adds_nothing(api: httpx2.Client) -> None:
    answer = api.post("/items", json={"name": "rope"}, headers=bearer(password_token("items:read")))
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="items:write"'


def test_me_shows_the_claims_of_rfc_9068(api: httpx2.Client) -> None:
    claims = api.get("/me", headers=bearer(password_token("items:read"))).json()
    assert claims.keys() >= {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"}
    assert (claims["iss"], claims["client_id"], claims["scope"]) == (ISSUER, "demo-password", "items:read")


def test_no_token_is_answered_with_the_scope_to_ask_for(api: httpx2.Client) -> None:
    answer = api.get("/items")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer scope="items:read"')
    assert api.get("/").status_code == 200


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def flipped(token: str, part: int, byte: int) -> str:
    parts = token.split(".")
    data = bytearray(decode(parts[part]))
    data[byte] ^= 1
    return ".".join([*parts[:part], encode(bytes(data)), *parts[part + 1 :]])


def changed(token: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """The token with other contents under its old signature."""
    parts = token.split(".")
    contents = [json.loads(decode(part)) | change for part, change in zip(parts, (header, claims))]
    return ".".join([*(encode(json.dumps(part).encode()) for part in contents), parts[2]])


def unsigned(token: str) -> str:
    head, body, _ = changed(token, {"alg": "none"}, {}).split(".")
    return f"{head}.{body}."


def signed_with_the_public_key(token: str) -> str:
    """HS256 with the published key as its secret: fools a verifier that lets the token choose the algorithm."""
    public_key = tokens.keys.get_signing_key_from_jwt(token).key
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    message = changed(token, {"alg": "HS256"}, {}).rpartition(".")[0]
    return f"{message}.{encode(hmac.digest(pem, message.encode(), hashlib.sha256))}"


def signed_by_mallory(token: str, **header: Any) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, MALLORY, "RS256", jwt.get_unverified_header(token) | header)


def expiry(token: str) -> int:
    return jwt.decode(token, options={"verify_signature": False})["exp"]


FORGERIES: dict[str, tuple[Callable[[str], str], str]] = {
    "a flipped bit in the signature's first byte": (lambda token: flipped(token, 2, 0), "InvalidSignatureError"),
    "a flipped bit in the signature's last byte": (lambda token: flipped(token, 2, -1), "InvalidSignatureError"),
    "another subject": (lambda token: changed(token, {}, {"sub": "somebody-else"}), "InvalidSignatureError"),
    "a later expiry": (lambda token: changed(token, {}, {"exp": expiry(token) + 3600}), "InvalidSignatureError"),
    "no signature": (unsigned, "InvalidAlgorithmError"),
    "HS256 with the public key": (signed_with_the_public_key, "InvalidAlgorithmError"),
    "somebody else's key": (signed_by_mallory, "InvalidSignatureError"),
    "an unknown kid": (lambda token: signed_by_mallory(token, kid="mallory"), "Unable to find a signing key"),
    "no JWT at all": (lambda token: token.replace(".", ""), "DecodeError"),
}


@pytest.mark.parametrize(("forge", "reason"), FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_is_refused(
    forge: Callable[[str], str], reason: str, api: httpx2.Client, inside: Callable[[str], tuple[int, str]]
) -> None:
    token = machine_token()
    assert inside(token) == (200, "")
    assert_refused(forge(token), reason, api, inside)


def test_a_token_for_another_audience_is_refused(
    api: httpx2.Client, inside: Callable[[str], tuple[int, str]]
) -> None:
    assert_refused(machine_token("clients:read"), "InvalidAudienceError", api, inside)


def test_an_id_token_is_not_an_access_token(
    browser: Browser,
    metadata: dict[str, Any],
    api: httpx2.Client,
    inside: Callable[[str], tuple[int, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    id_token = sign_in(browser, metadata).redeem()["id_token"]
    assert_refused(id_token, "InvalidAudienceError", api, inside)
    monkeypatch.setattr(tokens, "AUDIENCE", "demo-web")  # even where the audience fits, its type does not
    status, log = inside(id_token)
    assert status == 401 and "not an access token" in log


def test_an_expired_token_is_refused(inside: Callable[[str], tuple[int, str]]) -> None:
    """A token that was really signed, looked at shortly before and shortly after its expiry."""
    token = machine_token()
    with time_machine.travel(expiry(token) - 5, tick=False):
        assert inside(token) == (200, "")
    with time_machine.travel(expiry(token) + 15, tick=False):
        status, log = inside(token)
    assert status == 401 and "ExpiredSignatureError" in log


def test_a_token_of_another_issuer_is_refused(
    inside: Callable[[str], tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "ISSUER", f"{ISSUER}/other")
    status, log = inside(machine_token())
    assert status == 401 and "InvalidIssuerError" in log


def assert_refused(token: str, reason: str, api: httpx2.Client, inside: Callable[[str], tuple[int, str]]) -> None:
    answer = api.get("/items", headers=bearer(token))
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    status, log = inside(token)
    assert status == 401 and reason in log


def test_the_documentation_page_loads_nothing_from_elsewhere(api: httpx2.Client) -> None:
    page = api.get("/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(sources) == 3 and all(source.startswith(str(api.base_url)) for source in sources)
    assert all(api.get(source).status_code == 200 for source in sources)
    assert '"usePkceWithAuthorizationCodeGrant": true' in page and '"clientId": "demo-spa"' in page
    assert api.get("/docs/oauth2-redirect").status_code == 200


def test_the_document_offers_every_way_in_for_every_protected_route(api: httpx2.Client) -> None:
    document = api.get("/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert schemes["OAuth2AuthorizationCodeBearer"]["flows"]["authorizationCode"]["tokenUrl"] == f"{ISSUER}/token"
    assert schemes["OAuth2PasswordBearer"]["flows"]["password"]["tokenUrl"] == f"{ISSUER}/token"
    needed = ["items:write"]
    assert schemes["APIKeyHeader"].items() >= {"type": "apiKey", "in": "header", "name": "X-API-Key"}.items()
    ways = [{"OAuth2AuthorizationCodeBearer": needed}, {"OAuth2PasswordBearer": needed}, {"APIKeyHeader": needed}]
    for path, method in [("/items", "post"), ("/items/{name}", "delete")]:
        assert document["paths"][path][method]["security"] == ways
