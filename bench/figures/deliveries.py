"""What it costs to bring one event to one stream, the save's own cost included.

All servers are up together and take short turns, for the machine's speed drifts: within a minute
it was seen to change by a third, and a ratio of two peers measured a minute apart with it.
"""

import random
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from bench.peers import FLOOR, FLOOR_UVICORN, OURS, OURS_UVICORN, RECIPE, STORING, WEBSOCKET, Peer
from bench.results import Figure, Goal, at_most, times
from bench.streams import Delivery, Streams
from bench.suite import Bench

ROUNDS = 2  # each takes minutes
SIZES, QUICK_SIZES = (1000, 4000), (100,)
TURNS, QUICK_TURNS = 5, 1
APART = (RECIPE, STORING, WEBSOCKET)  # too heavy to stand beside the others
ELSEWHERE = 3  # saves in a turn: each waits for the poll


def by_post(size: int) -> str:
    return f"µs CPU per delivery, {size:,} streams"


def elsewhere(size: int) -> str:
    return f"µs CPU per delivery, {size:,} streams, saved elsewhere"


def _goals(size: int) -> tuple[Goal, ...]:
    if size not in SIZES:
        return ()
    return (
        at_most(60),
        times(1.2, FLOOR.name),
        times(1.5, FLOOR_UVICORN.name, who=OURS_UVICORN.name),
        *([times(1 / 30, STORING.name)] if size <= STORING.at_once else []),
    )


def _figures(size: int) -> tuple[Figure, ...]:
    return (
        Figure(
            by_post(size),
            "CPU of the server for one POST after the other, each delivered to all before the "
            "next, per event and stream: the save and its answer are in it.",
            _goals(size),
        ),
        Figure(
            elsewhere(size),
            "The same for saves in another process, whose CPU for the save counts too.",
            at_most(60) if size in SIZES else (),
        ),
    )


FIGURES = tuple(figure for size in (*QUICK_SIZES, *SIZES) for figure in _figures(size))


def measure(bench: Bench) -> None:
    for _ in range(min(bench.rounds, ROUNDS)):
        for size in QUICK_SIZES if bench.quick else SIZES:
            able = [peer for peer in bench.peers if size <= peer.at_once]
            _in_turns(bench, [peer for peer in able if peer not in APART], size)
            for peer in APART:
                if peer in able:
                    _in_turns(bench, [peer], size)


def _in_turns(bench: Bench, peers: list[Peer], size: int) -> None:
    with ExitStack() as stack:
        up = [stack.enter_context(bench.streams(peer, size)) for peer in peers]
        for streams in up:
            streams.open(size)
            streams.deliver(streams.post)
            streams.settle()
        for number in range(QUICK_TURNS if bench.quick else TURNS):
            for streams in random.sample(up, len(up)):
                streams.deliver(streams.post)  # its code and its sockets are in the caches again
                micros = _per_delivery(streams, streams.post, streams.peer.posts)
                bench.results.add(by_post(size), streams.peer.name, micros)
                bench.say(f"turn {number + 1}: {streams.peer.name}: {micros:.1f} µs CPU per "
                          f"delivery, {size:,} streams")  # fmt: skip
                if streams.peer is OURS:
                    for micros in _saved_elsewhere(streams):
                        bench.results.add(elsewhere(size), OURS.name, micros)


def _saved_elsewhere(streams: Streams) -> list[float]:
    """One by one: in the seconds between them the server also does what a clock tells it to."""
    with streams.site.worker("bench.saver") as saver:
        queue = streams.site.wide
        save = lambda: saver.ask("save", queue=queue, subject="Saved elsewhere")  # noqa: E731
        streams.deliver(save)
        return [_per_delivery(streams, save, 1) for _ in range(ELSEWHERE)]


def _per_delivery(streams: Streams, save: Callable[[], Any], saves: int) -> float:
    before = streams.cpu
    made = [streams.deliver(save) for _ in range(saves)]
    spent = streams.cpu - before + sum(map(_spent_elsewhere, made))
    return spent / sum(delivery.delivered for delivery in made) * 1e6


def _spent_elsewhere(one: Delivery) -> float:
    return float(one.answer.get("cpu_seconds", 0)) if isinstance(one.answer, dict) else 0.0
