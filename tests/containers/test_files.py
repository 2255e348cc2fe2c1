"""What the two files promise, and what they have to agree about."""

import os
import subprocess
import tomllib
import urllib.parse
from pathlib import Path

from container import image
from files import ROOT, Compose, seconds

compose = Compose.read()
manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())


def test_no_service_may_do_more_than_it_must() -> None:
    for name, service in compose.services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"] and "cap_add" not in service and "privileged" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["image"] == "claviger" or service["user"] == "postgres", name
    assert image.user >= 10_000


def test_one_port_is_published_for_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in compose.services.items() if "ports" in service}
    assert published == {"claviger": ["127.0.0.1:8080:8080"]}
    assert image.value("EXPOSE") == "8080"
    assert image.environment["CLAVIGER_SERVER_LISTEN"].endswith(":8080")
    assert {service["environment"]["CLAVIGER_ISSUER"] for service in compose.ours.values()} == {"http://localhost:8080"}


def test_what_is_kept_is_in_volumes() -> None:
    assert image.words("VOLUME") == [image.value("WORKDIR")] == ["/data"]
    for name, service in compose.ours.items():
        assert service["volumes"] == ["data:/data"], name
    assert set(compose.document["volumes"]) == {"data", "postgres"}


def test_each_service_waits_for_what_it_needs() -> None:
    assert list(compose.ours) == ["migrate", "apply", "claviger"]
    waits = {name: list(service["depends_on"].items()) for name, service in compose.ours.items()}
    done = {"condition": "service_completed_successfully"}
    assert waits == {
        "migrate": [("postgres", {"condition": "service_healthy"})],
        "apply": [("migrate", done)],
        "claviger": [("apply", done)],
    }
    assert seconds(compose.services["claviger"]["stop_grace_period"]) > 10, "the default of server.shutdown_timeout"


def test_the_image_is_built_before_anything_is_started() -> None:
    policies = {name: (service.get("build"), service["pull_policy"]) for name, service in compose.ours.items()}
    assert policies == {"migrate": (".", "build"), "apply": (None, "never"), "claviger": (None, "never")}


def test_server_and_database_know_the_same_secret() -> None:
    settings = compose.services["postgres"]["environment"]
    url = urllib.parse.urlsplit(compose.file("secrets", "database-url").read_text().strip())
    password = compose.file("secrets", "postgres-password").read_text().strip()
    assert (url.hostname, url.username, url.password) == ("postgres", settings["POSTGRES_USER"], password)
    assert url.path == f"/{settings['POSTGRES_DB']}"


def test_both_stages_have_one_c_library() -> None:
    build, run = image.bases
    assert run == image.labels["org.opencontainers.image.base.name"]
    names = {"debian12": "bookworm", "debian13": "trixie"}
    [release] = [name for debian, name in names.items() if debian in run]
    assert build.endswith(f"-{release}"), build


def test_the_compiler_is_new_enough() -> None:
    version = image.bases[0].removeprefix("rust:").split("-")[0]
    least = manifest["workspace"]["package"]["rust-version"]
    assert [int(part) for part in version.split(".")] >= [int(part) for part in least.split(".")]


def test_the_labels_are_those_of_the_package() -> None:
    package, workspace = manifest["package"], manifest["workspace"]["package"]
    for label, value in (("version", workspace["version"]), ("licenses", workspace["license"]), ("description", package["description"])):
        assert image.labels[f"org.opencontainers.image.{label}"] == value


def test_the_licences_of_all_crates_go_along(tmp_path: Path) -> None:
    subprocess.run([ROOT / "scripts" / "licences", tmp_path], check=True)
    crates = [line.split(": ")[0].replace(" ", "-") for line in (tmp_path / "crates" / "index.txt").read_text().splitlines()]
    locked = {f"{package['name']}-{package['version']}" for package in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]}
    assert len(crates) > 100 and set(crates) <= locked
    assert {"LICENSE-APACHE", "LICENSE-MIT"} <= set(os.listdir(tmp_path))
    assert "The Rust Project Developers" in (tmp_path / "rust" / "COPYRIGHT-library.html").read_text()
    # A few crates forgot theirs; the index says where to find it.
    without = [crate for crate in crates if not (tmp_path / "crates" / crate).is_dir()]
    assert len(without) < len(crates) / 20, without


def test_no_licence_is_left_out_in_silence(tmp_path: Path) -> None:
    cargo = tmp_path / "cargo"
    cargo.write_text("#!/bin/sh\necho 'claviger v0.1.0 (/source)|MIT|'\necho 'absent v9.9.9 (proc-macro)|MIT|https://absent.example'\n")
    cargo.chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ended = subprocess.run(
        [ROOT / "scripts" / "licences", tmp_path / "to"], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1 and "the source of absent 9.9.9 is not" in ended.stderr, ended
