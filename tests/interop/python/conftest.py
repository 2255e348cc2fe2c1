"""What the tests share: the running issuer, the example API in a process of its own, people and clients."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from authlib.integrations.httpx_client import OAuth2Client

from browser import Browser

if "CLAVIGER_TEST_ISSUER" not in os.environ:
    pytest.exit("set CLAVIGER_TEST_ISSUER to a running `claviger dev`, e.g. http://localhost:8080", returncode=2)

ISSUER = os.environ["CLAVIGER_TEST_ISSUER"]
AUDIENCE = "http://localhost:8000"  # the demo API's identifier, wherever the example listens
CALLBACK = "http://localhost:3000/callback"
EXAMPLE = Path(__file__).parents[3] / "examples" / "fastapi"

os.environ |= {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE}  # the example's settings, in this process and in its own
sys.path.append(str(EXAMPLE))


@pytest.fixture(scope="session")
def metadata() -> dict[str, Any]:
    document = httpx2.get(f"{ISSUER}/.well-known/openid-configuration").raise_for_status().json()
    assert document["issuer"] == ISSUER
    return document


@pytest.fixture(scope="session")
def api() -> Iterator[httpx2.Client]:
    """The example, started as its users start it; the socket listens before it runs, so the first request waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "uvicorn", "main:app", "--fd", str(listener.fileno())]
        process = subprocess.Popen(command, cwd=EXAMPLE, pass_fds=[listener.fileno()])
        port = listener.getsockname()[1]
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def browser() -> Browser:
    return Browser(ISSUER)


def client(client_id: str, **settings: Any) -> OAuth2Client:
    """Authlib as a demo client; the confidential ones' secrets are their names with `-secret`."""
    public = client_id in ("demo-password", "demo-spa", "claviger-docs")
    secret = None if public else f"{client_id}-secret"
    return OAuth2Client(client_id, secret, token_endpoint=f"{ISSUER}/token", **settings)


def machine_token(scope: str | None = None) -> str:
    with client("demo-m2m") as demo:
        return demo.fetch_token(grant_type="client_credentials", **({"scope": scope} if scope else {}))["access_token"]


def password_token(scope: str) -> str:
    with client("demo-password") as demo:
        return demo.fetch_token(username="alice", password="wonderland", scope=scope)["access_token"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
