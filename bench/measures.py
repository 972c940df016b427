"""What is measured at one peer: memory, the way of one POST, CPU of a delivery."""

import json
import time
from collections.abc import Callable
from typing import Any

from bench import machine
from bench.results import Results
from bench.servers import Poster, Server, Site
from bench.worker import Worker

PATIENCE = 60  # seconds until whatever has not arrived counts as missing
WARM_UP = 20  # streams opened and closed before memory is first looked at
PAD = b"x" * 480  # an event of ours is about that long

Said = Callable[[str], None]


class Round:
    """One fresh server of a peer, measured from start to end."""

    def __init__(self, site: Site, near: int, results: Results, say: Said) -> None:
        self.site = site
        self.peer = site.peer
        self.near = near
        self.results = results
        self.say = say

    def run(self) -> None:
        with Server(self.site) as server, Worker("bench.load") as load:
            self.server, self.load, self.poster = server, load, Poster(server)
            self._warm_up()
            self._memory()
            self._cpu_of_posts()
            if self.peer.saves_outside:
                self._cpu_of_saves_outside()
            load.ask("close", keep=self.near)
            self._posts()

    def _warm_up(self) -> None:
        """Whatever is loaded or compiled at first use is no cost of a stream."""
        self._open(self.site.sessions[:WARM_UP])
        for _ in range(3):
            self._deliver(lambda: self._post(self.site.wide))
        self.load.ask("close", keep=0)

    def _memory(self) -> None:
        streams = len(self.site.sessions)
        before = self._settled(), self._threads_and_files()
        spent = machine.cpu_seconds(self.server.pid)
        opened = self._open(self.site.sessions)
        spent = machine.cpu_seconds(self.server.pid) - spent
        self._record("connects per second", streams / opened["seconds"])
        self._record("ms CPU per connect", spent / streams * 1000)
        after = self._settled(), self._threads_and_files()
        self._record("kB per idle stream", (after[0] - before[0]) / streams)
        self._record("threads more", after[1][0] - before[1][0])
        self._record("database files more", after[1][1] - before[1][1])
        self.say(f"{self.peer.name}: {streams} streams hold {after[0] - before[0]:.0f} kB")

    def _cpu_of_posts(self) -> None:
        """Each event alone in its write, which is the dearest way."""
        began, delivered = machine.cpu_seconds(self.server.pid), 0
        for _ in range(self.peer.posts):
            delivered += self._deliver(lambda: self._post(self.site.wide))["delivered"]
        spent = machine.cpu_seconds(self.server.pid) - began
        self._record("µs CPU per delivery, POST", spent / delivered * 1e6)
        self.say(f"{self.peer.name}: {spent / delivered * 1e6:.0f} µs CPU per delivery (POST)")

    def _cpu_of_saves_outside(self) -> None:
        """The saving process's own time counts too."""
        with self.site.worker("bench.saver") as saver:
            save = lambda: saver.ask("save", queue=self.site.wide, subject="Saved elsewhere")  # noqa: E731
            self._deliver(save)
            began, delivered, spent = machine.cpu_seconds(self.server.pid), 0, 0.0
            for _ in range(self.peer.posts):
                collected = self._deliver(save)
                delivered += collected["delivered"]
                self._record("ms until the last client has it, saved elsewhere",
                             collected["last"] * 1000)  # fmt: skip
                spent += collected["answer"]["cpu_seconds"]
            spent += machine.cpu_seconds(self.server.pid) - began
        self._record("µs CPU per delivery, saved elsewhere", spent / delivered * 1e6)

    def _posts(self) -> None:
        for _ in range(self.peer.posts):
            one = self._deliver(lambda: self._post(self.site.near))
            self._record("ms until POST is answered", one["answered"] * 1000)
            self._record("ms until the last client has it", one["last"] * 1000)
            self._record("events missing", one["missing"])
        self.say(f"{self.peer.name}: a POST is answered after {one['answered'] * 1000:.0f} ms,"
                 f" the last of {self.near} has it after {one['last'] * 1000:.0f} ms")  # fmt: skip

    def _post(self, queue: int) -> Any:
        """A ticket; to the floor, which knows no tickets, an event of the usual length."""
        if self.peer.settings:
            return self.poster.post(json.dumps({"subject": "Printer", "queue": queue}).encode())
        return self.poster.post(b"id: 1\nevent: ticket.created\ndata: " + PAD + b"\n\n")

    def _deliver(self, save: Callable[[], Any]) -> dict[str, Any]:
        """Save, and wait until each stream has the event."""
        self.load.tell("collect", events=1, seconds=PATIENCE)
        began = time.monotonic()
        answer = save()
        answered = time.monotonic()
        collected = self.load.answer(PATIENCE + 10)
        return {
            **collected,
            "answer": answer,
            "answered": answered - began,
            "last": collected["last_at"] - began,
        }

    def _open(self, sessions: list[str]) -> Any:
        return self.load.ask("open", 130, port=self.server.port, sessions=sessions, seconds=120)

    def _threads_and_files(self) -> tuple[int, int]:
        pid = self.server.pid
        return machine.threads(pid), machine.open_files(pid, str(self.site.database))

    def _settled(self) -> float:
        """Memory, once it has stood still for three seconds, or after half a minute."""
        seen = [machine.memory(self.server.pid)]
        while len(seen) < 30 and (len(seen) < 4 or max(seen[-4:]) - min(seen[-4:]) > 100):
            time.sleep(1)
            seen.append(machine.memory(self.server.pid))
        return seen[-1]

    def _record(self, figure: str, value: float) -> None:
        self.results.add(figure, self.peer.name, value)
