"""Sixteen writers without a pause: how many changes a second reach every stream, and stay ahead."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import machine
from bench.peers import OURS
from bench.percentiles import percentile
from bench.postgres import Postgres
from bench.results import Figure, Goal, at_least, at_most
from bench.servers import Server, Site
from bench.suite import Bench
from bench.worker import Worker

STREAMS = 100
PROCESSES, THREADS = 4, 4  # of writers
CHANGES, QUICK_CHANGES = 400, 40  # of each writer
PATIENCE = 180  # seconds
AFTERWARDS = 3  # seconds in which nothing more may come
GROWTH = 250  # ms by which the lag may grow: a quarter of LIVE_POLL_SECONDS


@dataclass(frozen=True)
class Way:
    database: str
    together: int  # tickets in a transaction
    servers: int  # Daphne processes

    @property
    def per_second(self) -> str:
        return f"changes per second on {self}"

    def lag(self, what: str) -> str:
        return f"ms from commit to stream on {self}, {what}"

    def __str__(self) -> str:
        return self.database + (f", {self.together} at a time" if self.together > 1 else "")


SQLITE = Way("SQLite", together=1, servers=1)
POSTGRESQL = Way("PostgreSQL", together=1, servers=2)
TOGETHER = Way("PostgreSQL", together=10, servers=2)
P99, FIRST, LAST = "p99", "median of the first third", "median of the last third"


def _figures(way: Way, how: str, *goals: Goal) -> tuple[Figure, ...]:
    servers = "one Daphne process" if way.servers == 1 else f"{way.servers} Daphne processes"
    return (
        Figure(
            way.per_second,
            f"{how} by {PROCESSES * THREADS} writers in {PROCESSES} processes as fast as they can,"
            f" {servers}, no Redis, {STREAMS} streams, all of it on any core: counted until the"
            " last stream has the last. Each stream has every change once and in order, or the"
            " figure fails.",
            goals,
        ),
        Figure(way.lag(P99), "To one of the streams, over all changes."),
        Figure(way.lag(FIRST), "Without Redis a process hears of others' changes by its poll."),
        Figure(
            way.lag(LAST),
            "More than before means that delivery falls behind.",
            at_most(GROWTH, above=way.lag(FIRST), full_size=True),
        ),
    )


FIGURES = (
    *_figures(SQLITE, "Ticket.save() of new tickets"),
    *_figures(POSTGRESQL, "Ticket.save() of new tickets", at_least(500, full_size=True)),
    *_figures(
        TOGETHER,
        f"bulk_create() of {TOGETHER.together} tickets in a transaction, each a change of its own,",
        at_least(500, full_size=True),
    ),
)


def measure(bench: Bench) -> None:
    """On databases of their own, that none is slow with what others left there."""
    if OURS not in bench.peers:
        return
    for number in range(1, bench.rounds + 1):
        for way in (POSTGRESQL,) if bench.quick else (SQLITE, POSTGRESQL, TOGETHER):
            below = bench.folder / f"sustained-{number}-{way.database}-{way.together}"
            below.mkdir()
            with _environment(way, below) as environment:
                site = Site(OURS, below, STREAMS, STREAMS, **environment)
                Sustained(site, way, bench).run()


@contextmanager
def _environment(way: Way, folder: Path) -> Iterator[dict[str, str]]:
    if way is SQLITE:
        yield {}
        return
    with Postgres(folder) as postgres:
        yield {"DATABASE_URL": postgres.url}


class Sustained:
    def __init__(self, site: Site, way: Way, bench: Bench) -> None:
        self.site = site
        self.way = way
        self.bench = bench
        self.changes = QUICK_CHANGES if bench.quick else CHANGES
        self.total = PROCESSES * THREADS * self.changes

    def run(self) -> None:
        with ExitStack() as stack:
            servers = [stack.enter_context(Server(self.site)) for _ in range(self.way.servers)]
            crowd = stack.enter_context(Worker("bench.crowd"))
            writers = [
                stack.enter_context(self.site.worker("bench.changes")) for _ in range(PROCESSES)
            ]
            workers = [crowd, *writers]
            pids = [server.pid for server in servers] + [worker.pid for worker in workers]
            for pid in pids:
                machine.unpin(pid)
            self._open(servers, crowd)
            for writer in writers:  # what is loaded at first use is no cost of a change
                writer.ask("create", queue=self.site.wide, changes=THREADS, pause=0)
            crowd.ask("stay", seconds=AFTERWARDS)
            self._measure(servers, crowd, writers)

    def _open(self, servers: list[Server], crowd: Worker) -> None:
        ports = [server.port for server in servers] * STREAMS
        streams = list(zip(ports, self.site.sessions, strict=False))
        crowd.ask("open", streams=streams, witnesses=len(servers), seconds=50)

    def _measure(self, servers: list[Server], crowd: Worker, writers: list[Worker]) -> None:
        crowd.tell("follow", events=self.total, seconds=PATIENCE, afterwards=AFTERWARDS,
                   comes_back=False)  # fmt: skip
        spent = sum(machine.cpu_seconds(server.pid) for server in servers)
        began = time.monotonic()
        for writer in writers:
            writer.tell("hurry", queue=self.site.wide, writers=THREADS, together=self.way.together,
                        saves=self.changes // self.way.together)  # fmt: skip
        answers = [writer.answer(PATIENCE) for writer in writers]
        told = crowd.answer(PATIENCE + AFTERWARDS + 30)
        spent = sum(machine.cpu_seconds(server.pid) for server in servers) - spent
        changes = [change for answer in answers for change in answer["committed"]]
        committed = {(ticket, version): at for ticket, version, at in changes}
        self._judge(told, committed)
        seconds = told["done_at"] - began
        self._record(told, committed, seconds)
        writing = sum(answer["cpu_seconds"] for answer in answers)
        self.bench.say(
            f"{self.way}: {self.total / seconds:.0f} changes a second for {seconds:.0f} s; of the"
            f" CPU's {seconds * len(machine.CORES):.0f} s the servers took {spent:.0f} and the"
            f" writers {writing:.0f}"
        )

    def _judge(self, told: dict[str, Any], committed: dict[tuple[int, int], float]) -> None:
        """All streams have all changes in one order; what they are, the witnesses know."""
        stories = [{tuple(change) for change in story} for _, story in told["told"]]
        if told["events"] != [[self.total, STREAMS]] or told["disorder"]:
            raise RuntimeError(f"of {self.total} changes, as events by streams: {told['events']},"
                               f" {told['disorder']} out of order")  # fmt: skip
        if len(told["last_ids"]) != 1 or stories != [committed.keys()]:
            raise RuntimeError("the streams were not told what was committed, in one order")

    def _record(
        self, told: dict[str, Any], committed: dict[tuple[int, int], float], seconds: float
    ) -> None:
        lags = [(at - committed[ticket, version]) * 1000
                for ticket, version, at in told["arrivals"]]  # fmt: skip
        third = len(lags) // 3
        figures = {
            self.way.per_second: self.total / seconds,
            self.way.lag(P99): percentile(lags, 99),
            self.way.lag(FIRST): median(lags[:third]),
            self.way.lag(LAST): median(lags[-third:]),
        }
        for figure, value in figures.items():
            self.bench.results.add(figure, OURS.name, value)
