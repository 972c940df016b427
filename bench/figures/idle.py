"""What a stream holds while nothing happens."""

import time

from bench import machine
from bench.peers import Peer
from bench.results import Figure, at_most
from bench.streams import Streams
from bench.suite import Bench

ROUNDS = 2  # each takes minutes
SIZES = (1000, 4000)
QUICK_SIZES = (100,)
GROWING = 100  # kilobytes within a second: not yet still


def _figures(size: int) -> tuple[Figure, ...]:
    streams = f"{size:,} streams"
    return (
        Figure(
            f"kB per idle stream, {streams}",
            "Memory the server has more once the streams of as many users are open, per stream.",
            at_most(20) if size == max(SIZES) else (),
        ),
        Figure(
            f"threads more, {streams}",
            "Threads the server has more then; one may be its own, begun meanwhile.",
            at_most(1),
        ),
        Figure(
            f"database files more, {streams}",
            "How often it has SQLite's file open more often then: the database's connections; one "
            "may be of that thread.",
            at_most(1),
        ),
    )


FIGURES = tuple(figure for size in (*QUICK_SIZES, *SIZES) for figure in _figures(size))


def measure(bench: Bench) -> None:
    sizes = QUICK_SIZES if bench.quick else SIZES
    for _ in range(min(bench.rounds, ROUNDS)):
        for peer in bench.peers:
            _measure(bench, peer, [size for size in sizes if size <= peer.at_once])


def _measure(bench: Bench, peer: Peer, sizes: list[int]) -> None:
    with bench.streams(peer, max(sizes)) as streams:
        empty = _holds(streams)
        opened = 0
        for size in sizes:
            streams.open(upto=size, after=opened)
            opened = size
            held = _holds(streams)
            more = [now - before for now, before in zip(held, empty, strict=True)]
            more[0] /= size
            if more[0] <= 0:
                raise RuntimeError(f"{peer.name}: streams that hold {more[0]:.1f} kB are none")
            for figure, value in zip(_figures(size), more, strict=True):
                bench.results.add(figure.name, peer.name, value)
            bench.say(f"{peer.name}: {size:,} streams hold {more[0]:.1f} kB each")


def _holds(streams: Streams) -> tuple[float, int, int]:
    memory = _still_memory(streams.pid)
    database = str(streams.site.database)
    return memory, machine.threads(streams.pid), machine.open_files(streams.pid, database)


def _still_memory(pid: int) -> float:
    """Once it has stood still for a second, or after twenty."""
    seen = [machine.memory(pid)]
    while len(seen) < 80 and (len(seen) < 5 or max(seen[-5:]) - min(seen[-5:]) > GROWING):
        time.sleep(0.25)
        seen.append(machine.memory(pid))
    return seen[-1]
