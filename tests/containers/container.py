"""A program with what a container would give it: its user, its files, its environment, and nowhere to write but its volume."""

import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from files import Image

BINARY = Path(os.environ["CLAVIGER_TEST_BIN"])
# Whether bubblewrap can make a read-only view here. Where it can't, the program sees the machine's files, and paths are translated.
VIEW = os.environ["CLAVIGER_TEST_VIEW"] == "yes"
# Longer than anything takes, on the busiest machine.
PATIENCE = 60

image = Image.read()


def libraries() -> list[Path]:
    """What the program is linked with, the loader included."""
    listed = subprocess.run(["ldd", BINARY], check=True, capture_output=True, text=True).stdout
    return [Path(word) for line in listed.splitlines() for word in line.split() if word.startswith("/")]


@dataclass
class Outcome:
    code: int
    stdout: str
    stderr: str


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    pid: int
    log: Path

    def terminate(self, grace: int = PATIENCE) -> int:
        """Stops it as `docker stop` does, which kills what is still there after the grace period, in seconds."""
        os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(grace)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


@dataclass
class Container:
    """What the containers of one service share. `folder` is theirs; its `data` is the volume."""

    folder: Path
    environment: dict[str, str]
    files: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data.mkdir(exist_ok=True)
        # Copies, because the user of the container may not be able to look into the folders where we work.
        self.files = {inside: self._copy(file, inside) for inside, file in self.files.items()}
        self.program = self._copy(BINARY, "/usr/local/bin/claviger")
        if os.geteuid() == 0:
            os.chown(self.data, image.user, image.user)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, arguments: list[str]) -> Outcome:
        """Runs the program to its end."""
        command, environment = self._command(arguments)
        ended = subprocess.run(
            command, env=environment, cwd=self.data, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
        )
        return Outcome(ended.returncode, ended.stdout, ended.stderr)

    def start(self, arguments: list[str]) -> Running:
        """Starts the program, with its output in a log."""
        log = self.folder / "log"
        reader, writer = os.pipe()
        command, environment = self._command(arguments, info=writer)
        with open(log, "ab") as output:
            process = subprocess.Popen(
                command, env=environment, cwd=self.data, stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=[writer]
            )
        os.close(writer)
        with open(reader) as information:
            told = information.read() if VIEW else ""
        return Running(process, json.loads(told)["child-pid"] if VIEW else process.pid, log)

    def _command(self, arguments: list[str], info: int | None = None) -> tuple[list[str], dict[str, str]]:
        entrypoint, environment = image.words("ENTRYPOINT"), image.environment | self.environment
        assert entrypoint == ["claviger"]
        user = ["setpriv", f"--reuid={image.user}", f"--regid={image.user}", "--clear-groups"] if os.geteuid() == 0 else []
        if not VIEW:
            translated = {name: self._outside(value) for name, value in environment.items()}
            return [*user, str(self.program), *map(self._outside, arguments)], translated
        view = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1", "--die-with-parent"]
        view += ["--new-session", "--cap-drop", "ALL", "--uid", str(image.user), "--gid", str(image.user)]
        for inside, file in ({str(path): path for path in libraries()} | {"/usr/local/bin/claviger": self.program} | self.files).items():
            view += ["--ro-bind", str(file), inside]
        view += ["--proc", "/proc", "--dev", "/dev", "--bind", str(self.data), "/data", "--remount-ro", "/", "--chdir", image.value("WORKDIR")]
        if info is not None:
            view += ["--info-fd", str(info)]
        return [*user, *view, "--", *entrypoint, *arguments], environment | {"PATH": "/usr/local/bin:/usr/bin:/bin"}

    def _outside(self, path: str) -> str:
        return str((self.files | {"/data": self.data}).get(path, path))

    def _copy(self, file: Path, inside: str) -> Path:
        copy = self.folder / "files" / inside.removeprefix("/")
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            copy.chmod(0o755 if file == BINARY else 0o644)
        return copy
