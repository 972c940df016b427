"""How late a change of another process is on PostgreSQL, whose NOTIFY rings; and what that costs
while nothing happens."""

import time

from bench.figures.latency import PAUSE, PERCENTS, Run, received
from bench.peers import DJREALTIME, OURS
from bench.postgres import Postgres
from bench.results import Figure, Goal, at_most
from bench.servers import Site
from bench.streams import Streams
from bench.suite import Bench

ROUNDS = 2  # each takes minutes
SIZES, QUICK_SIZES = (100, 1000), (100,)
HERE, ELSEWHERE = "in process, PostgreSQL", "elsewhere, PostgreSQL rings"
LATER = 20  # ms by which the last stream may have another process's change later than one's own
REST, QUICK_REST = 60, 10  # seconds in which nothing happens
IDLE = "ms CPU per second at rest, PostgreSQL"
SAID = {HERE: "by a POST to the same process", ELSEWHERE: "by another process, without Redis"}


def _goal(percent: str, size: int, way: str) -> Goal | tuple[Goal, ...]:
    if way == HERE or percent == "p50":
        return ()
    return at_most(LATER, above=received(percent, size, HERE), full_size=size < 1000)


FIGURES = (
    *(
        Figure(
            received(percent, size, way),
            f"From before the save {SAID[way]} until a client has read the event: over all streams"
            " and events.",
            _goal(percent, size, way),
        )
        for way in SAID
        for size in SIZES
        for percent in PERCENTS
    ),
    Figure(IDLE, "What one process with nobody connected spends on reading the log each second, and"
           " on proving its bell."),
)  # fmt: skip


def measure(bench: Bench) -> None:
    sizes = list(QUICK_SIZES if bench.quick else SIZES)
    for number in range(1, min(bench.rounds, ROUNDS) + 1):
        for peer in bench.of(OURS, DJREALTIME):
            below = bench.folder / f"bell-{number}-{peer.name}"
            below.mkdir()
            with Postgres(below) as postgres:
                site = Site(peer, below, max(sizes), max(sizes), DATABASE_URL=postgres.url)
                if peer is OURS:
                    _at_rest(bench, site)
                _on(bench, site, HERE, sizes)
                _on(bench, site, ELSEWHERE, sizes)


def _on(bench: Bench, site: Site, way: str, sizes: list[int]) -> None:
    with Streams(site) as streams, site.worker("bench.saver") as saver:
        streams.warm_up()
        there = lambda: saver.ask("save", queue=site.wide, subject="Saved elsewhere")  # noqa: E731
        Run(bench, streams, way, streams.post if way == HERE else there, PAUSE).measure(sizes)


def _at_rest(bench: Bench, site: Site) -> None:
    seconds = QUICK_REST if bench.quick else REST
    with Streams(site) as streams:
        streams.warm_up()
        before = streams.cpu
        time.sleep(seconds)
        spent = (streams.cpu - before) / seconds * 1000
        bench.results.add(IDLE, site.peer.name, spent)
        bench.say(f"{site.peer.name}: {spent:.1f} ms CPU per second at rest")
