"""What the tests share: the services of docker-compose.yml, started as Compose starts them, and an HTTP client."""

import base64
import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from container import PATIENCE, Container, Outcome, Running, image
from files import Compose

# A port in place of 8080, which may be taken, and a PostgreSQL server in place of the service `postgres`.
PORT = int(os.environ["CLAVIGER_TEST_PORT"])
POSTGRES = os.environ["CLAVIGER_TEST_POSTGRES"]
ISSUER = f"http://localhost:{PORT}"


@dataclass
class Answer:
    status: int
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


def ask(path: str, form: dict[str, str] | None = None, client: str | None = None) -> Answer:
    """Asks the server: POST with a form, GET without; a `client` such as `id:secret` authenticates."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data)
    request.add_header("Host", f"localhost:{PORT}")
    if client:
        request.add_header("Authorization", f"Basic {base64.b64encode(client.encode()).decode()}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return Answer(answer.status, answer.read().decode())
    except urllib.error.HTTPError as refused:
        return Answer(refused.code, refused.read().decode())


def machine_token() -> Answer:
    return ask("/token", {"grant_type": "client_credentials", "scope": "items:read"}, "demo-m2m:demo-m2m-secret")


@dataclass
class Server:
    """The one service that stays, and how to ask for its health."""

    container: Container
    running: Running

    def run(self, arguments: list[str]) -> Outcome:
        """Runs a command beside the server, as `docker exec` does. It is told to listen to every address, as the image is."""
        environment = self.container.environment | {"CLAVIGER_SERVER_LISTEN": f"0.0.0.0:{PORT}"}
        return replace(self.container, environment=environment).run(arguments)

    def health(self) -> Outcome:
        """What the image's health check finds."""
        program, *arguments = image.health
        assert program == "claviger"
        return self.run(arguments)

    def wait(self) -> None:
        """Waits until the container counts as healthy."""
        start = time.monotonic()
        while (outcome := self.health()).code != 0:
            assert self.running.process.poll() is None, self.running.log.read_text()
            assert time.monotonic() - start < PATIENCE, (outcome, self.running.log.read_text())


def here(environment: dict[str, str]) -> dict[str, str]:
    """The same, on a port of our own, and on one address: outside a container there is no network of its own to listen to."""
    told = image.environment | environment
    assert told["CLAVIGER_SERVER_LISTEN"] == "0.0.0.0:8080"
    assert told["CLAVIGER_ISSUER"] == "http://localhost:8080"
    return environment | {"CLAVIGER_ISSUER": ISSUER, "CLAVIGER_SERVER_LISTEN": f"127.0.0.1:{PORT}"}


class Project:
    """docker-compose.yml, and what `docker compose up` makes of it."""

    def __init__(self, folder: Path) -> None:
        self.compose = Compose.read()
        self.folder = folder
        self.outcomes: dict[str, Outcome] = {}
        self.server: Server | None = None
        self._make_database()

    def up(self) -> Server:
        for name, service in self.compose.ours.items():
            container = self.container(service)
            if service["restart"] == "no":
                self.outcomes[name] = container.run(service["command"])
                assert self.outcomes[name].code == 0, (name, self.outcomes[name])
            else:
                self.server = Server(container, container.start(service["command"]))
        assert self.server
        self.server.wait()
        return self.server

    def container(self, service: dict[str, Any]) -> Container:
        files = self.compose.mounted(service)
        address = urllib.parse.urlsplit(POSTGRES)
        url = files["/run/secrets/database-url"].read_text().replace("@postgres/", f"@127.0.0.1:{address.port}/")
        rewritten = self.folder / "database-url"
        rewritten.write_text(url)
        return Container(self.folder, here(service["environment"]), files | {"/run/secrets/database-url": rewritten})

    def _make_database(self) -> None:
        """What the image of PostgreSQL does when it starts for the first time."""
        settings = self.compose.services["postgres"]["environment"]
        user, database = settings["POSTGRES_USER"], settings["POSTGRES_DB"]
        password = self.compose.file("secrets", "postgres-password").read_text().strip()
        for statement in (
            f"CREATE ROLE {user} LOGIN PASSWORD '{password}'",
            f"CREATE DATABASE {database} OWNER {user} TEMPLATE template0",
        ):
            subprocess.run(["psql", "--no-psqlrc", "--quiet", "--dbname", POSTGRES, "--command", statement], check=True)


@pytest.fixture(scope="module")
def folder() -> Path:
    """A folder that the user of the container can reach into."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["CLAVIGER_TEST_FOLDER"]))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def project(folder: Path) -> Iterator[Project]:
    project = Project(folder)
    try:
        project.up()
        yield project
    finally:
        if project.server:
            project.server.running.kill()
