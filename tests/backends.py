"""The database and the Redis that the suite runs on, started before Django reads its settings.

    TEST_DATABASE=postgres TEST_REDIS=1 pytest tests/live

Without them: SQLite in a temporary file, no Redis. Loaded by `-p` in pyproject.toml.
"""

import atexit
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

folder = Path(tempfile.mkdtemp(prefix="helpdesk-tests-"))
folder.chmod(0o755)  # PostgreSQL runs as a user of its own below it


def free_port() -> int:
    """One below those that Linux gives to clients, which could take it before the server does."""
    while True:
        port = random.SystemRandom().randrange(11_000, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def missing(tool: str) -> None:
    """Skip with the reason; where CI says that all tools are there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{tool} is not installed (make test installs it on Debian as root)")
    pytest.skip(f"{tool} is not installed")


class Postgres:
    """A cluster of its own, as the user that owns Debian's package when we are root."""

    def __init__(self, name: str = "postgres") -> None:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not binaries:
            missing("PostgreSQL (Debian package postgresql)")
        self.binaries = binaries[-1]
        self.port = free_port()
        self.data = folder / name
        self.data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.data, "postgres", "postgres")
        self._run("initdb", "-U", "helpdesk", "-A", "trust", "--no-sync")
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "helpdesk", "helpdesk",
                  data=False)  # fmt: skip

    @property
    def url(self) -> str:
        return f"postgres://helpdesk@127.0.0.1:{self.port}/helpdesk"

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.data}"
            " -c fsync=off -c max_connections=200"
        )
        self._run("pg_ctl", "-w", "-l", str(self.data / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, tool: str, *arguments: str, data: bool = True) -> None:
        command = [str(self.binaries / tool), *(["-D", str(self.data)] if data else []), *arguments]
        if os.geteuid() == 0:
            command = [
                "setpriv",
                "--reuid=postgres",
                "--regid=postgres",
                "--clear-groups",
                *command,
            ]
        # pg_ctl leaves its server with our output: a pipe would never end.
        with (folder / "postgres.out").open("ab") as output:
            subprocess.run(command, check=True, timeout=60, stdout=output, stderr=output, cwd="/")


class Redis:
    def __init__(self) -> None:
        self.binary = shutil.which("redis-server")
        if self.binary is None:
            missing("redis-server (Debian package redis-server)")
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [str(self.binary), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder)
        deadline = time.monotonic() + 20
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            if time.monotonic() > deadline:
                raise TimeoutError("Redis does not start")
            time.sleep(0.02)

    def stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)


@atexit.register
def _stop_all() -> None:
    if postgres is not None:
        postgres.stop()
    if redis is not None:
        redis.stop()
    shutil.rmtree(folder, ignore_errors=True)


# At the start: what is set here is what Django's settings read.
postgres = Postgres() if os.environ.get("TEST_DATABASE") == "postgres" else None
redis = Redis() if os.environ.get("TEST_REDIS") else None
os.environ["DATABASE_URL"] = postgres.url if postgres else f"sqlite:///{folder / 'db.sqlite3'}"
os.environ["REDIS_URL"] = redis.url if redis else ""
for name in ("SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "METRICS_TOKEN"):
    os.environ.pop(name, None)


def pytest_report_header() -> str:
    return f"on {'PostgreSQL' if postgres else 'SQLite'}, {'with' if redis else 'without'} Redis"
