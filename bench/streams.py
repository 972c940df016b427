"""A fresh server of a peer, and the clients that hold its streams."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from bench import machine
from bench.servers import Poster, Server, Site
from bench.worker import Worker

PATIENCE = 60  # seconds until whatever has not arrived counts as missing
WARM_UP = 20  # streams opened and closed before anything is measured
PAD = b"x" * 330  # an event of ours is as long, with its frame


@dataclass(frozen=True, slots=True)
class Delivery:
    """One save, or several, and what became of its events."""

    answer: Any
    began: float
    answered: float  # seconds until the saver could go on
    last: float  # seconds until the last stream had all
    delivered: int
    missing: int
    most: int  # events at one stream
    stamps: list[float]


class Streams:
    """`with Streams(site) as streams: streams.open(1000); streams.deliver(streams.post)`"""

    def __init__(self, site: Site, **environment: str) -> None:
        self.site = site
        self.peer = site.peer
        self.server = Server(site, **environment)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.server)
            self.load = stack.enter_context(Worker("bench.load"))
            self.poster = Poster(self.server)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stack.close()

    @property
    def pid(self) -> int:
        return self.server.pid

    @property
    def cpu(self) -> float:
        """The seconds of CPU that the server has spent so far."""
        return machine.cpu_seconds(self.pid)

    def warm_up(self) -> None:
        """Load and compile whatever is needed at first use, for that is no cost of a stream."""
        self.open(WARM_UP)
        for _ in range(3):
            self.deliver(self.post)
        self.close()
        self.settle()

    def open(self, upto: int, after: int = 0, last_ids: list[str] | None = None) -> float:
        """Open a stream for each agent of these numbers, and return the seconds that took."""
        opened = self.load.ask(
            "open", 190, seconds=180, port=self.server.port, last_ids=last_ids,
            sessions=self.site.sessions[after:upto], scheme=self.peer.scheme,
            marker=self.peer.marker, opened=self.peer.opened,
        )  # fmt: skip
        return float(opened["seconds"])

    def close(self, keep: int = 0) -> None:
        self.load.ask("close", keep=keep)

    def last_ids(self) -> list[str]:
        """The id of the last event of each stream."""
        found: list[str] = self.load.ask("last_ids")
        return found

    def settle(self, seconds: float = 30) -> None:
        """Wait until the server has nothing more to do."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = self.cpu
            time.sleep(0.3)
            if self.cpu - before < 0.015:
                return
        raise TimeoutError(f"{self.peer.name} is still busy after {seconds:.0f} s")

    def post(self) -> Any:
        """Create a ticket; a peer that knows no tickets gets an event of the usual length."""
        if self.peer.settings:
            ticket = {"subject": "Printer", "queue": self.site.wide}
            return self.poster.post(json.dumps(ticket).encode())
        if self.peer.server == "nchan":
            return self.poster.post(PAD)
        return self.poster.post(b"id: 1\nevent: ticket.created\ndata: " + PAD + b"\n\n")

    def deliver(
        self, save: Callable[[], Any], events: int = 1, *, stamped: bool = False,
        patience: float = PATIENCE, may_lose: bool = False,
    ) -> Delivery:  # fmt: skip
        """Save, and wait until each stream has so many events."""
        self.load.tell("collect", events=events, seconds=patience, stamped=stamped)
        began = time.monotonic()
        answer = save()
        answered = time.monotonic()
        found = self.load.answer(patience + 10)
        if found["missing"] and not may_lose:
            raise RuntimeError(f"{self.peer.name}: {found['missing']} deliveries are missing")
        return Delivery(
            answer, began, answered - began, found["last_at"] - began,
            found["delivered"], found["missing"], found["most"], found["stamps"],
        )  # fmt: skip
