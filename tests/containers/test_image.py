"""The image by itself: no PostgreSQL, SQLite in its volume, and nowhere else to write."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Server, ask, here
from container import VIEW, Container, image, libraries


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    container = Container(folder, here({"CLAVIGER_ISSUER": "http://localhost:8080"}))
    assert container.run(["migrate"]).code == 0
    server = Server(container, container.start(image.words("CMD")))
    try:
        server.wait()
        yield server
    finally:
        server.running.kill()


def test_it_serves_as_the_user_of_the_image(server: Server) -> None:
    assert ask("/health/ready").status == 200
    status = Path(f"/proc/{server.running.pid}/status").read_text()
    [capabilities] = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")]
    assert int(capabilities, 16) == 0


if VIEW:

    def test_it_can_write_to_the_volume_alone(server: Server) -> None:
        mounts = [line.split() for line in Path(f"/proc/{server.running.pid}/mountinfo").read_text().splitlines()]
        writable = {mount[4] for mount in mounts if "rw" in mount[5].split(",")}
        assert {path for path in writable if not path.startswith(("/dev", "/proc"))} == {"/data"}


def test_keys_and_database_are_in_the_volume(server: Server) -> None:
    data = server.container.data
    assert {"claviger.db", "keys"} <= {path.name for path in data.iterdir()}
    modes = {key.stat().st_mode & 0o777 for key in (data / "keys").glob("*.pem")}
    assert modes == {0o600}


def test_it_needs_no_library_that_the_image_lacks() -> None:
    """The C library and libgcc are what sets `distroless/cc` apart from `distroless/static`."""
    names = {path.name.split(".so")[0] for path in libraries()}
    assert names <= {"libc", "libm", "libgcc_s", "ld-linux-x86-64", "ld-linux-aarch64"}, names


def test_a_stop_ends_it_in_good_order(server: Server) -> None:
    assert server.running.terminate() == 0
    assert not (server.container.data / "claviger.db-wal").exists()
    assert "ERROR" not in server.running.log.read_text()
