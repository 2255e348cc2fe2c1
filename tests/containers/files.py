"""The two files as they are written: what is started outside a container is what they say, so the two can't drift apart."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Image:
    """The last stage of the Dockerfile."""

    instructions: list[tuple[str, str]]
    bases: list[str]
    environment: dict[str, str]
    labels: dict[str, str]

    @classmethod
    def read(cls) -> "Image":
        with open(ROOT / "Dockerfile", "rb") as file:
            parser = DockerfileParser(fileobj=file)
            found = [(line["instruction"], line["value"]) for line in parser.structure if line["instruction"] != "COMMENT"]
            last = max(at for at, (name, _) in enumerate(found) if name == "FROM")
            return cls(found[last:], parser.parent_images, dict(parser.envs), dict(parser.labels))

    def value(self, name: str) -> str:
        [value] = [value for instruction, value in self.instructions if instruction == name]
        return value

    def words(self, name: str) -> list[str]:
        """An instruction in its exec form."""
        return json.loads(self.value(name))

    @property
    def health(self) -> list[str]:
        _, _, command = self.value("HEALTHCHECK").partition(" CMD ")
        return json.loads(command)

    @property
    def user(self) -> int:
        user, group = self.value("USER").split(":")
        assert user == group
        return int(user)


@dataclass(frozen=True)
class Compose:
    """docker-compose.yml, its merges resolved."""

    document: dict[str, Any]

    @classmethod
    def read(cls) -> "Compose":
        return cls(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))

    @cached_property
    def services(self) -> dict[str, dict[str, Any]]:
        return self.document["services"]

    @property
    def ours(self) -> dict[str, dict[str, Any]]:
        """The services of our own image, in the order in which `docker compose up` starts them."""
        ordered: list[str] = []

        def visit(name: str) -> None:
            for other in self.services[name].get("depends_on", {}):
                visit(other)
            if name not in ordered:
                ordered.append(name)

        for name in self.services:
            visit(name)
        return {name: self.services[name] for name in ordered if self.services[name]["image"] == "claviger"}

    def file(self, kind: str, name: str) -> Path:
        """The file behind an entry of `secrets` or `configs`."""
        return ROOT / self.document[kind][name]["file"]

    def mounted(self, service: dict[str, Any]) -> dict[str, Path]:
        """The files that a service finds in its container, and where."""
        secrets = {f"/run/secrets/{name}": self.file("secrets", name) for name in service.get("secrets", [])}
        configs = {entry["target"]: self.file("configs", entry["source"]) for entry in service.get("configs", [])}
        return secrets | configs


def seconds(duration: str) -> int:
    """A duration such as 15s."""
    match = re.fullmatch(r"(\d+)s", duration)
    assert match, duration
    return int(match[1])
