"""Each peer is served by a process of its own, on a database of its own."""

import http.client
import json
import time
from pathlib import Path
from typing import Any

from bench.commands import command
from bench.machine import pin, workers
from bench.peers import Peer
from bench.worker import Worker
from tests.harness.processes import ServerProcess

TOKEN = "t" * 32  # of CSRF: cookie and header are alike
IDLE = 30  # seconds after which a server may have closed a kept connection: Daphne after 60
CREATED = (201, 202)  # nchan's 202: nobody reads the channel


class Site:
    """A peer's database and people, which outlast its servers.

    `environment` replaces what is set for every site: Site(OURS, folder, 100, 100,
    DATABASE_URL="postgres://…")
    """

    def __init__(
        self, peer: Peer, folder: Path, agents: int, near: int, **environment: str
    ) -> None:  # fmt: skip
        self.peer = peer
        self.folder = folder
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


class Server(ServerProcess):
    """`with Server(site, LIVE_POLL_SECONDS="5") as server: server.pid, server.port`"""

    def __init__(self, site: Site, **environment: str) -> None:
        super().__init__(site.peer.name, site.folder, {**site.environment, **environment})
        self.site = site

    def command(self) -> list[str]:
        peer = self.site.peer
        return command(peer.server, peer.application, self.port, self.site.folder)

    def launch(self) -> None:
        super().launch()
        pin(self.process.pid, core=0)  # before it has threads and workers, which are pinned with it

    @property
    def pid(self) -> int:
        """The id of the process that serves; of nginx this is its worker."""
        if self.site.peer.forks:
            [worker] = workers(self.process.pid)
            return worker
        return self.process.pid

    def is_ready(self) -> bool:
        has_worker = not self.site.peer.forks or workers(self.process.pid)
        return bool(has_worker) and super().is_ready()


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
