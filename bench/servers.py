"""A peer served in a process of its own, on a database of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.commands import command
from bench.machine import pin, workers
from bench.peers import Peer
from bench.worker import ROOT, Worker
from tests.backends import free_port

TOKEN = "t" * 32  # of CSRF: cookie and header are alike
IDLE = 30  # seconds after which a server may have closed a kept connection: Daphne after 60
CREATED = (201, 202)  # nchan's 202: nobody reads the channel


class Site:
    """A peer's database and people; they outlast its servers.

    `environment` says what is not as usual: Site(OURS, folder, 100, 100, DATABASE_URL="postgres://…")
    """

    def __init__(
        self, peer: Peer, folder: Path, agents: int, near: int, **environment: str
    ) -> None:  # fmt: skip
        self.peer = peer
        self.folder = folder
        self.log = folder / f"{peer.name}.log"
        self.database = folder / f"{peer.name}.sqlite3"
        self.environment = {
            "SECRET_KEY": "only for this benchmark, on this machine",
            "DEBUG": "0",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "REDIS_URL": "",
            "DJANGO_SETTINGS_MODULE": peer.settings,
            **peer.environment,
            **environment,
        }
        self.sessions = ["nobody"] * agents
        self.wide = self.near = 0
        if peer.settings:
            with self.worker("bench.people") as people:
                made = people.ask("make", 120, agents=agents, near=near)
            self.sessions, self.wide, self.near = made["sessions"], made["wide"], made["near"]

    def worker(self, module: str, **environment: str) -> Worker:
        return Worker(module, {**self.environment, **environment})


class Server:
    """`with Server(site, LIVE_POLL_SECONDS="5") as server: server.pid, server.port`"""

    def __init__(self, site: Site, **environment: str) -> None:
        self.site = site
        self.environment = {**os.environ, **site.environment, **environment}
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.pid = 0  # of the process that serves

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.kill()

    def start(self) -> None:
        peer = self.site.peer
        with self.site.log.open("ab") as output:
            self.process = subprocess.Popen(
                command(peer.server, peer.application, self.port, self.site.folder),
                cwd=ROOT, env=self.environment, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        pin(self.process.pid, core=0)
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """As a crash does; nginx' worker too."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def _wait_until_it_listens(self, seconds: float = 60) -> None:
        assert self.process is not None
        deadline = time.monotonic() + seconds
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                reason = self.site.log.read_text()[-2000:]
                raise RuntimeError(f"{self.site.peer.name} does not start:\n{reason}")
            pids = workers(self.process.pid) if self.site.peer.forks else [self.process.pid]
            if pids and self._listens():
                [self.pid] = pids
                pin(self.pid, core=0)
                return
            time.sleep(0.02)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Poster:
    """An agent who creates tickets over one kept connection."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self.headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Cookie": f"sessionid={server.site.sessions[0]}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
        }
        self.used_at = 0.0

    def post(self, body: bytes) -> Any:
        if time.monotonic() - self.used_at > IDLE:
            self.connection.close()  # the request opens it again
        self.connection.request("POST", "/api/tickets/", body, self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        self.used_at = time.monotonic()
        if response.status not in CREATED:
            raise RuntimeError(f"POST answered {response.status}: {answer[:500]!r}")
        return json.loads(answer)
