"""API keys at the FastAPI example, which asks the issuer about each, and the token that a key is exchanged for."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import api_keys
import httpx2
import jwt
import main as example
import pytest
import tokens
from fastapi.testclient import TestClient

from conftest import AUDIENCE, EXAMPLE, ISSUER, bearer, client, machine_token, password_token

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
API_KEY = "urn:claviger:params:oauth:token-type:api_key"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


@pytest.fixture(scope="module")
def keys(metadata: dict[str, Any]) -> Iterator[httpx2.Client]:
    """The issuer's own API, as alice, with all that she may: who makes a key for others must not go beyond that."""
    with client("claviger-docs") as docs:
        scope = " ".join(metadata["scopes_supported"])
        token = docs.fetch_token(username="alice", password="wonderland", scope=scope)
    with httpx2.Client(base_url=f"{ISSUER}/api/v1", headers=bearer(token["access_token"])) as http:
        yield http


@contextmanager
def a_key(keys: httpx2.Client, scope: str, **owner: str) -> Iterator[dict[str, str]]:
    """A header with a key that is revoked at the end."""
    made = keys.post("/api-keys", json={"name": "interop", "scope": scope} | owner).raise_for_status().json()
    try:
        yield {"X-API-Key": made["api_key"]}
    finally:
        keys.delete(f"/api-keys/{made['id']}").raise_for_status()


def test_a_key_opens_what_its_scopes_say_until_it_is_revoked(api: httpx2.Client, keys: httpx2.Client) -> None:
    with a_key(keys, "items:read", user="alice") as key:
        assert api.get("/items", headers=key).status_code == 200
        answer = api.post("/items", json={"name": "rope"}, headers=key)
        assert answer.status_code == 403
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="items:write"'
    answer = api.get("/items", headers=key)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


def test_the_caller_is_the_same_by_key_and_by_token(api: httpx2.Client, keys: httpx2.Client) -> None:
    with a_key(keys, "items:read", user="alice") as key:
        by_key, by_token = (api.get("/me", headers=way).json() for way in (key, bearer(password_token("items:read"))))
    common = ("iss", "sub", "aud", "scope")
    assert [by_key[name] for name in common] == [by_token[name] for name in common]
    assert (by_key["client_id"], by_token["client_id"]) == ("claviger-api-key", "demo-password")
    assert ("roles" in by_key, by_token["roles"]) == (False, ["admin"])  # a key is good for its scope alone


def test_a_machine_has_a_key_of_its_own(api: httpx2.Client, keys: httpx2.Client) -> None:
    with a_key(keys, "items:write", client="demo-m2m") as key:
        assert api.post("/items", json={"name": "rope"}, headers=key).status_code == 201
        assert api.get("/items", headers=key).status_code == 403
        assert api.get("/me", headers=key).json()["sub"] == "client:demo-m2m"


def test_what_needs_a_role_is_not_for_keys(api: httpx2.Client, keys: httpx2.Client) -> None:
    with a_key(keys, "items:write", user="alice") as key:
        assert api.post("/items", json={"name": "rope"}, headers=key).status_code == 201
        answer = api.delete("/items/rope", headers=key)
        assert (answer.status_code, answer.json()["detail"]) == (403, "This needs the role admin")


NO_KEYS = {"a prefix": "clv_key_", "a word": "hunter2", "blanks inside": "a b", "no ASCII": "§", "long": "x" * 10_000}


@pytest.mark.parametrize("key", NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_key_is_refused(key: str, api: httpx2.Client) -> None:
    assert api.get("/items", headers={"X-API-Key": key.encode("latin-1")}).status_code == 401


def test_an_access_token_is_no_key(api: httpx2.Client) -> None:
    assert api.get("/items", headers={"X-API-Key": machine_token()}).status_code == 401


def test_a_key_for_another_api_is_refused(api: httpx2.Client, keys: httpx2.Client) -> None:
    with a_key(keys, "clients:read", user="alice") as key:
        assert api.get("/me", headers=key).status_code == 401


def test_a_key_in_the_address_counts_only_where_it_is_switched_on(keys: httpx2.Client) -> None:
    with a_key(keys, "items:read", user="alice") as key:
        ask = f"""if True:
            import main
            from fastapi.testclient import TestClient
            api = TestClient(main.app)
            print(api.get("/items", params={{"api_key": "{key["X-API-Key"]}"}}).status_code)
            print(sorted(api.get("/openapi.json").json()["components"]["securitySchemes"]))
        """
        tokens_and_header = ["APIKeyHeader", "OAuth2AuthorizationCodeBearer", "OAuth2PasswordBearer"]
        for setting, status, schemes in [
            ("off", 401, tokens_and_header),
            ("on", 200, sorted([*tokens_and_header, "APIKeyQuery"])),
        ]:
            said = in_a_process_of_its_own(ask, API_KEY_IN_QUERY=setting)
            assert said == [str(status), str(schemes)]


def test_an_issuer_that_cannot_be_asked_is_not_the_callers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, key = TestClient(example.app), {"X-API-Key": "clv_key_x"}
    assert inside.get("/items", headers=key).status_code == 401
    with monkeypatch.context() as wrong, httpx2.Client(auth=("demo-api", "wrong")) as stranger:
        wrong.setattr(api_keys, "issuer", stranger)
        assert inside.get("/items", headers=key).status_code == 503
    monkeypatch.setattr(api_keys, "ISSUER", "http://127.0.0.1:1")
    assert inside.get("/items", headers=key).status_code == 503


def test_a_key_is_exchanged_for_a_token_that_pyjwt_accepts(api: httpx2.Client, keys: httpx2.Client) -> None:
    with a_key(keys, "items:read clients:read", user="alice") as key:
        form = {"grant_type": EXCHANGE, "subject_token": key["X-API-Key"], "subject_token_type": API_KEY}
        answer = httpx2.post(f"{ISSUER}/token", data=form | {"scope": "items:read"}).raise_for_status().json()
        assert (answer["issued_token_type"], answer["token_type"]) == (ACCESS_TOKEN, "Bearer")
        claims = verified(answer["access_token"])
        assert (claims["client_id"], claims["scope"]) == ("claviger-api-key", "items:read")
        assert api.get("/items", headers=bearer(answer["access_token"])).status_code == 200


def verified(token: str) -> dict[str, Any]:
    """What PyJWT makes of a token by the published keys."""
    key = tokens.keys.get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER, options={"require": ["exp"]})


def in_a_process_of_its_own(script: str, **settings: str) -> list[str]:
    """What the script prints, in the example's folder and with these settings, which are read once."""
    command = [sys.executable, "-B", "-c", script]
    return subprocess.check_output(command, cwd=EXAMPLE, env=os.environ | settings, text=True).splitlines()
