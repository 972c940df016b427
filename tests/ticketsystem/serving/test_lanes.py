"""Who gets a thread, and when."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ticketsystem.serving.lanes import Lane, TooMany

SECONDS = 5


class Gate:
    """Work that stays in its thread until it is let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._open = threading.Event()

    def work(self, name: str) -> Callable[[], str]:
        def wait() -> str:
            self.begun.append(name)
            assert self._open.wait(SECONDS)
            return name

        return wait

    def let_go(self) -> None:
        self._open.set()


def run(test: Callable[[Lane, Gate], Awaitable[None]], **room: int) -> None:
    async def in_time() -> None:
        gate = Gate()
        lane = Lane("test", **{"threads": 4, "each": 2, "waiting": 3, **room})
        try:
            await asyncio.wait_for(test(lane, gate), 2 * SECONDS)
        finally:
            gate.let_go()

    asyncio.run(in_time())


async def all_begun(gate: Gate, count: int) -> None:
    while len(gate.begun) < count:
        await asyncio.sleep(0.001)


async def results(*turns: asyncio.Future[Any]) -> list[Any]:
    return await asyncio.gather(*turns)


def test_of_one_visitor_only_a_few_are_at_work_and_others_go_on() -> None:
    async def test(lane: Lane, gate: Gate) -> None:
        flood = [lane.enter("alice", gate.work("alice")) for _ in range(5)]
        await all_begun(gate, 2)
        assert await lane.enter("bob", lambda: "bob") == "bob"
        assert gate.begun == ["alice", "alice"]
        gate.let_go()
        assert await results(*flood) == ["alice"] * 5

    run(test)


def test_what_does_not_fit_into_the_queue_of_a_visitor_is_refused_and_others_still_wait() -> None:
    async def test(lane: Lane, gate: Gate) -> None:
        flood = [lane.enter("alice", gate.work("alice")) for _ in range(2 + 3)]
        with pytest.raises(TooMany):
            lane.enter("alice", gate.work("alice"))
        others = [lane.enter("bob", gate.work("bob")) for _ in range(2 + 3)]
        gate.let_go()
        assert len(await results(*flood, *others)) == 10
        assert await lane.enter("alice", lambda: "again") == "again"

    run(test)


def test_of_the_writers_to_one_ticket_only_a_few_are_at_work() -> None:
    async def test(lane: Lane, gate: Gate) -> None:
        stuck = [
            lane.enter(f"agent {number}", gate.work("stuck"), "ticket 7") for number in range(10)
        ]
        await all_begun(gate, 2)
        assert await lane.enter("bob", lambda: "bob", "ticket 8") == "bob"
        assert await lane.enter("agent 9", lambda: "elsewhere") == "elsewhere"
        gate.let_go()
        await results(*stuck)

    run(test)


def test_whoever_has_nothing_at_work_goes_before_those_who_came_earlier_with_many() -> None:
    async def test(lane: Lane, gate: Gate) -> None:
        order: list[str] = []
        first = Gate()
        stuck = [lane.enter("alice", first.work("alice")), lane.enter("alice", gate.work("alice"))]
        await all_begun(first, 1)
        waiting = [lane.enter("alice", lambda: order.append("alice")) for _ in range(3)]
        waiting.append(lane.enter("bob", lambda: order.append("bob")))
        first.let_go()
        await results(*waiting)
        gate.let_go()
        await results(*stuck)
        assert order == ["bob", "alice", "alice", "alice"]

    run(test, threads=2)


def test_a_request_that_is_cancelled_in_the_queue_never_begins() -> None:
    async def test(lane: Lane, gate: Gate) -> None:
        stuck = [lane.enter("alice", gate.work("alice")) for _ in range(2)]
        left = [lane.enter("alice", gate.work("left")) for _ in range(3)]
        for turn in left:
            turn.cancel()
        gate.let_go()
        await results(*stuck)
        assert await lane.enter("alice", lambda: "later") == "later"
        assert "left" not in gate.begun

    run(test)


def test_who_left_the_queue_has_left_room_in_it() -> None:
    async def test(lane: Lane, gate: Gate) -> None:
        stuck = [lane.enter("alice", gate.work("alice")) for _ in range(2 + 3)]
        stuck.pop().cancel()
        stuck.append(lane.enter("alice", lambda: "has room"))
        gate.let_go()
        assert (await results(*stuck))[-1] == "has room"

    run(test)


def test_what_fails_in_its_thread_fails_for_who_waits_and_frees_the_thread() -> None:
    async def test(lane: Lane, gate: Gate) -> None:
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await lane.enter("alice", lambda: 1 / 0)
        assert await lane.enter("alice", lambda: "fine") == "fine"

    run(test, threads=1, each=1)


def test_the_queue_of_all_together_has_an_end() -> None:
    async def test(lane: Lane, gate: Gate) -> None:
        turns = [lane.enter(f"stranger {number}", gate.work("stuck")) for number in range(4 + 10)]
        with pytest.raises(TooMany):
            lane.enter("one more", gate.work("stuck"))
        gate.let_go()
        await results(*turns)

    run(test, in_all=10)
