"""How long after a save its event is there; and how long the saver waits."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.peers import OURS, RECIPE, STORING, Peer
from bench.percentiles import percentile
from bench.results import Figure, Goal, at_most, times
from bench.streams import Streams
from bench.suite import Bench
from tests.harness.databases import Redis

ROUNDS = 2  # each takes minutes
SIZES, QUICK_SIZES = (100, 1000, 4000), (100,)
AGENTS, QUICK_AGENTS = 500, 100
EVENTS, QUICK_EVENTS = 20, 2
POLL = 1.0  # seconds, as shipped
PAUSE = 0.2  # between two saves; without a bell up to a poll, so that its phase is any

IN_PROCESS, WITH_REDIS, WITHOUT = "in process", "elsewhere, with Redis", "elsewhere, without Redis"
SAID = {
    IN_PROCESS: "by a POST to the same process",
    WITH_REDIS: "by another process, and Redis rings the bell",
    WITHOUT: f"by another process on SQLite, and nothing rings: a poll every {POLL:g} s",
}
PERCENTS = {"p50": 50.0, "p99": 99.0, "max": 100.0}


def received(percent: str, size: int, way: str) -> str:
    return f"ms until received, {percent}, {size:,} streams, {way}"


def answered(agents: int) -> str:
    return f"ms until POST is answered, {agents} agents"


def _goal(percent: str, size: int, way: str) -> Goal | tuple[Goal, ...]:
    if percent != "p99" or size != 1000:
        return ()
    return {
        IN_PROCESS: at_most(60),
        WITH_REDIS: at_most(20, above=received(percent, size, IN_PROCESS)),
        WITHOUT: at_most(POLL * 1000 + 200),
    }[way]


FIGURES = (
    *(
        Figure(
            received(percent, size, way),
            f"From before the save {SAID[way]}, so with the save in it, until a client has read "
            "the event: over all streams and events.",
            _goal(percent, size, way),
        )
        for way in SAID
        for size in SIZES
        for percent in PERCENTS
    ),
    *(
        Figure(
            answered(agents),
            f"What the saver waits while {agents} agents of the queue are connected.",
            times(1 / 25, STORING.name) if agents == AGENTS else (),
        )
        for agents in (QUICK_AGENTS, AGENTS)
    ),
)


@dataclass(frozen=True)
class Run:
    bench: Bench
    streams: Streams
    way: str
    save: Callable[[], Any]
    pause: float

    def measure(self, sizes: list[int]) -> None:
        opened = 0
        for size in sizes:
            self.streams.open(upto=size, after=opened)
            opened = size
            self.streams.deliver(self.save)
            self.streams.settle()
            self._measure_one(size)

    def _measure_one(self, size: int) -> None:
        peer = self.streams.peer.name
        late: list[float] = []
        for _ in range(QUICK_EVENTS if self.bench.quick else EVENTS):
            time.sleep(random.uniform(0, self.pause))
            delivery = self.streams.deliver(self.save, stamped=True)
            late += [(stamp - delivery.began) * 1000 for stamp in delivery.stamps]
        for name, percent in PERCENTS.items():
            value = percentile(late, percent)
            self.bench.results.add(received(name, size, self.way), peer, value)
        self.bench.say(f"{peer}: {size:,} streams have it after {percentile(late, 50):.0f} ms, "
                       f"99 % after {percentile(late, 99):.0f} ms, {self.way}")  # fmt: skip


def measure(bench: Bench) -> None:
    for _ in range(min(bench.rounds, ROUNDS)):
        for peer in bench.peers:
            _in_process(bench, peer)
            _answered(bench, peer)
        if OURS in bench.peers:
            _elsewhere(bench, WITHOUT, POLL)
            with Redis(bench.folder) as redis:
                _elsewhere(bench, WITH_REDIS, PAUSE, REDIS_URL=redis.url)


def _sizes(bench: Bench, peer: Peer) -> list[int]:
    """The recipe is left out at the greatest size: a single event takes it seconds."""
    most = min(1000, peer.at_once) if peer in (RECIPE, STORING) else peer.at_once
    return [size for size in (QUICK_SIZES if bench.quick else SIZES) if size <= most]


def _in_process(bench: Bench, peer: Peer) -> None:
    sizes = _sizes(bench, peer)
    with bench.streams(peer, max(sizes)) as streams:
        Run(bench, streams, IN_PROCESS, streams.post, PAUSE).measure(sizes)


def _elsewhere(bench: Bench, way: str, pause: float, **environment: str) -> None:
    sizes = _sizes(bench, OURS)
    site = bench.site(OURS, max(sizes))
    with (
        Streams(site, **environment) as streams,
        site.worker("bench.saver", **environment) as saver,
    ):
        streams.warm_up()
        save = lambda: saver.ask("save", queue=site.wide, subject="Saved elsewhere")  # noqa: E731
        Run(bench, streams, way, save, pause).measure(sizes)


def _answered(bench: Bench, peer: Peer) -> None:
    agents = QUICK_AGENTS if bench.quick else AGENTS
    with bench.streams(peer, agents) as streams:
        streams.open(agents)
        for _ in range(peer.posts):
            delivery = streams.deliver(streams.post)
            bench.results.add(answered(agents), peer.name, delivery.answered * 1000)
