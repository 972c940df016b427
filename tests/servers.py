"""Real servers for tests: Daphne in a process of its own, on a database of the test's choice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.backends import folder, free_port

ROOT = Path(__file__).resolve().parent.parent
FAST = {"LIVE_HEARTBEAT_SECONDS": "1", "LIVE_POLL_SECONDS": "0.5"}


class Daphne:
    """`with Daphne(database_url, LIVE_POLL_SECONDS="30") as server: server.url …`"""

    def __init__(self, database_url: str, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, **FAST, "DATABASE_URL": database_url, **environment}
        self.log = folder / f"daphne-{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.kill()

    def start(self) -> None:
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port),
                   "ticketsystem.asgi:application"]  # fmt: skip
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )
        self.wait_until_ready()

    def wait_until_ready(self, seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass  # not listening yet
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"Daphne does not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """As a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)

    def terminate(self, seconds: float = 20) -> None:
        """As a deployment does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(seconds)
