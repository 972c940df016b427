"""The site's own server as tests start it, and the base of all proxies in front of it."""

import subprocess
import sys
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from types import TracebackType

from tests.harness.processes import NotInstalled, ServerProcess
from tests.harness.temporary import folder

FAST = {"LIVE_HEARTBEAT_SECONDS": "1", "LIVE_POLL_SECONDS": "0.5"}


class Daphne(ServerProcess):
    """`with Daphne(database_url, LIVE_POLL_SECONDS="30") as server: server.url …`"""

    application = "ticketsystem.asgi:application"

    def __init__(self, database_url: str, **environment: str) -> None:
        super().__init__("daphne", folder, {**FAST, "DATABASE_URL": database_url, **environment})
        self.url = f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port),
                self.application]  # fmt: skip

    def is_ready(self) -> bool:
        """Whether the server itself says so: it has its database, and reads the log."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):  # it does not listen yet, or has just been started
            return False
        finally:
            connection.close()


class Uvicorn(Daphne):
    """As docs/operations.md has it."""

    def command(self) -> list[str]:
        if not all(find_spec(name) for name in ("uvicorn", "httptools", "uvloop")):
            raise NotInstalled("uvicorn (bench/requirements.txt)")
        return [
            sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(self.port),
            "--http", "httptools", "--loop", "uvloop", "--lifespan", "on",
            "--timeout-graceful-shutdown", "1", self.application,
        ]  # fmt: skip


class Proxy(ServerProcess):
    """A proxy with all of its files in one folder. It is asked to end, so that it tidies up."""

    def said(self) -> str:
        """The end of each of its logs."""
        return "".join(log.read_text()[-3000:] for log in sorted(self.folder.glob("*.log")))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        try:
            self.terminate(5)
        except subprocess.TimeoutExpired:  # it waits for a stream that a failed test left open
            self.kill()
