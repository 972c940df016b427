"""Tests and bench start servers, and end them, in processes of their own.

This needs nothing but the standard library, for `make bench` installs no pytest.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60  # seconds until a server that is not ready counts as broken

_reserved: deque[socket.socket] = deque()
RESERVED = 200  # ports at the same time; each costs an open file


class NotInstalled(RuntimeError):
    """A program is not on this machine; tests/conftest.py skips the test that needs it."""

    def __init__(self, program: str) -> None:
        super().__init__(f"{program} is not installed")


def installed(program: str, package: str) -> str:
    """The path of a program, or NotInstalled."""
    found = shutil.which(program)
    if found is None:
        raise NotInstalled(f"{program} (Debian package {package})")
    return found


def free_port() -> int:
    """A port that nobody else is given while a server starts on it.

    Linux gives the ports from 32,768 on to clients, so one of those could be taken before the
    server has it. The port stays bound, but does not listen: a server may bind it as well, because
    all servers set SO_REUSEADDR, while the bind below fails, because it does not.
    """
    while True:
        port = random.SystemRandom().randrange(11_000, 32_768)
        reserved = socket.socket()
        try:
            reserved.bind(("127.0.0.1", port))
        except OSError:
            reserved.close()
            continue
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _reserved.append(reserved)
        if len(_reserved) > RESERVED:
            _reserved.popleft().close()
        return port


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class ServerProcess(ABC):
    """A server in the foreground of a process of its own, on a free port.

    `with Daphne(…) as server:` starts it, waits until it is ready, and kills it at the end.
    """

    def __init__(
        self, name: str, logs: Path, environment: Mapping[str, str] | None = None
    ) -> None:  # fmt: skip
        self.name = name
        self.port = free_port()
        self.log = logs / f"{name}-{self.port}.log"  # what it says; grows on with each start
        self.folder = ROOT  # that it runs in
        self.environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments."""

    def is_ready(self) -> bool:
        """Whether the server listens; a server that has more to do before it is ready overrides
        this."""
        return listens(self.port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.kill()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, f"{self.name} was not started"
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self) -> None:
        """Start the server and wait until it is ready; also again, once it was killed or
        terminated."""
        self.launch()
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def launch(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.command(), cwd=self.folder, env=self.environment, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """End the server as a crash does, and with it all processes that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def terminate(self, seconds: float = 20) -> None:
        """Ask the server to end, as a deployment does; TimeoutExpired if it takes too long."""
        self.process.terminate()
        self.process.wait(seconds)

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.is_ready():
                return
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} does not start:\n{self.said()}")
