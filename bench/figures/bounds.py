"""What a process holds, and how long others wait, whatever the log is and whoever reads it how.

On PostgreSQL, one Daphne process. The log has comments as long as the help desk let them be before
events shortened them; another project's events may still be.
"""

import http.client
import threading
import time
from contextlib import closing
from types import TracebackType
from typing import Self

from bench import machine
from bench.peers import OURS
from bench.postgres import Postgres
from bench.readers import Replay, Unread
from bench.results import Figure, at_most
from bench.servers import Site
from bench.streams import Streams
from bench.suite import Bench

LONG = 50_000  # characters of a comment
ROWS, QUICK_ROWS = 2_662, 200
REPLAYED, QUICK_REPLAYED = 2_000, 100  # of them: 100 MB to each that replays
REPLAYS = 4
UNREAD = 40  # streams that nobody reads
TOLD, QUICK_TOLD = 195, 20  # long comments meanwhile
SECONDS = 10  # in which those are told

FRESH = "MB of a fresh process, long comments in the log"
REPLAYING = "MB more while streams replay them"
HEALTH = "ms until /healthz answers meanwhile, at most"
OTHERS = "ms until others have an event meanwhile, at most"
READING = "MB more while nobody reads streams"
OTHERS_THEN = "ms until others have an event, nobody reads streams, at most"

FIGURES = (
    Figure(
        FRESH,
        f"A process that has delivered its first event, {ROWS:,} comments of {LONG:,} characters"
        f" in the log (quick: {QUICK_ROWS}): the most that it has held.",
        at_most(300, full_size=True),
    ),
    Figure(
        REPLAYING,
        f"{REPLAYS} streams resume at once, {LONG * REPLAYED / 1e6:.0f} MB each (quick:"
        f" {LONG * QUICK_REPLAYED / 1e6:.0f}): the most that it holds then.",
        at_most(150, full_size=True),
    ),
    Figure(HEALTH, "Asked ten times a second.", at_most(1000)),
    Figure(
        OTHERS, "POST of a ticket, again and again, to a stream of another agent.", at_most(2000)
    ),
    Figure(
        READING,
        f"{UNREAD} streams that are open and not read, while {TOLD} long comments are told (quick:"
        f" {QUICK_TOLD}) in {SECONDS} s: the most that it holds then.",
        at_most(150, full_size=True),
    ),
    Figure(OTHERS_THEN, "As above.", at_most(2000)),
)


def measure(bench: Bench) -> None:
    if OURS not in bench.peers:
        return
    for number in range(1, bench.rounds + 1):
        below = bench.folder / f"bounds-{number}"
        below.mkdir()
        with Postgres(below) as postgres:
            _measure(bench, Site(OURS, below, UNREAD + 1, 1, DATABASE_URL=postgres.url))


def _measure(bench: Bench, site: Site) -> None:
    rows, replayed, told = (
        (QUICK_ROWS, QUICK_REPLAYED, QUICK_TOLD) if bench.quick else (ROWS, REPLAYED, TOLD)
    )
    with site.worker("bench.past") as past:
        head = past.ask("fill_long", 120, rows=rows, characters=LONG, queue=site.wide)
        with Streams(site) as streams:
            streams.open(1)  # of an agent who does nothing else
            streams.deliver(streams.post)  # so it has read the log
            held = machine.most_memory(streams.pid) / 1000
            bench.results.add(FRESH, OURS.name, held)
            bench.say(f"bounds: a fresh process holds {held:.0f} MB")
            with Watch(streams) as watch:
                _replay(streams, watch, head, replayed)
            bench.results.add(REPLAYING, OURS.name, watch.more)
            bench.results.add(HEALTH, OURS.name, watch.health)
            bench.results.add(OTHERS, OURS.name, watch.event)
            bench.say(f"bounds: {REPLAYS} replays take {watch.more:.0f} MB more")
            streams.settle()
            with Unread(streams.server.port, site.sessions[1:]), Watch(streams) as watch:
                pause = SECONDS / told
                past.tell("tell_long", told=told, characters=LONG, queue=site.wide, pause=pause)
                watch.deliver_for(SECONDS)
                past.answer(60)
            bench.results.add(READING, OURS.name, watch.more)
            bench.results.add(OTHERS_THEN, OURS.name, watch.event)
            bench.say(f"bounds: {UNREAD} unread streams take {watch.more:.0f} MB more")


def _replay(streams: Streams, watch: "Watch", head: int, replayed: int) -> None:
    sessions = streams.site.sessions[1 : 1 + REPLAYS]
    replays = [Replay(streams.server.port, session, head - replayed, head) for session in sessions]
    while not all(replay.is_done() for replay in replays):
        watch.deliver_for(0.1)
    errors = [replay.error for replay in replays if replay.error]
    if errors or min(replay.got for replay in replays) < (replayed - 1) * LONG:
        raise RuntimeError(f"not all of it was replayed: {errors}")


class Watch:
    """While it is open: how much more the server holds at most, and how long others wait at most,
    in ms."""

    def __init__(self, streams: Streams) -> None:
        self.more = self.health = self.event = 0.0
        self._streams = streams
        self._ended = threading.Event()
        self._asking = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        machine.forget_most_memory(self._streams.pid)  # now it is what is held
        self._before = machine.most_memory(self._streams.pid)
        self._asking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._ended.set()
        self._asking.join(60)
        held = machine.most_memory(self._streams.pid)
        self.more = (held - self._before) / 1000

    def deliver_for(self, seconds: float) -> None:
        """Save again and again, and see when the other agent has it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            delivery = self._streams.deliver(self._streams.post)
            self.event = max(self.event, delivery.last * 1000)
            time.sleep(0.1)

    def _ask(self) -> None:
        while not self._ended.wait(0.1):
            connection = http.client.HTTPConnection("127.0.0.1", self._streams.server.port)
            with closing(connection):
                began = time.monotonic()
                connection.request("GET", "/healthz")
                connection.getresponse().read()
            self.health = max(self.health, (time.monotonic() - began) * 1000)
