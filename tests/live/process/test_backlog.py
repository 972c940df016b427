"""What streams have missed is read piece by piece, and by one stream at a time."""

import asyncio
import threading
import time
from typing import Any

import pytest

import live
from live.log import numbering, reading
from live.process import backlog
from live.process.engine import Engine
from tests.harness.asgi import run
from tests.harness.engines import parts
from tests.harness.site import People


@pytest.fixture
def long_log(site: People) -> tuple[int, int]:
    """The position before ten long events, and the head."""
    start = numbering.number()
    for _ in range(10):
        live.publish("live.test", {"text": "x" * 50_000}, ["nobody"])
    return start, numbering.number()


def forgetful(engine: Engine, head: int) -> Engine:
    """It has read up to the head, and remembers nothing."""
    engine.recent.begin([], head)
    return engine


def test_from_the_log_come_pieces_up_to_what_this_process_has_read(
    long_log: tuple[int, int],
) -> None:
    start, head = long_log

    async def main() -> None:
        async with parts() as engine:
            forgetful(engine, head - 1)
            position, pieces, told = start, [], []
            while position < head - 1:
                entries = await engine.backlog.after(position)
                pieces.append(len(entries))
                told += [entry.position for entry in entries]
                position = entries[-1].position
            assert 2 * 50_000 < backlog.PIECE < 3 * 50_000
            assert pieces == [2, 2, 2, 2, 1]
            assert told == list(range(start + 1, head))
            assert await engine.backlog.after(head - 1) == []

    run(main())


def test_what_memory_holds_is_not_read_from_the_log(
    long_log: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    start, head = long_log
    entries = reading.read(start, 10)

    def fails(*args: Any) -> Any:
        raise AssertionError("the log was asked")

    monkeypatch.setattr(reading, "read", fails)

    async def main() -> None:
        async with parts() as engine:
            engine.recent.begin(entries, head)
            assert await engine.backlog.after(start + 3) == entries[3:]

    run(main())


def test_however_many_read_the_log_a_thread_is_left_for_those_who_come(
    long_log: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    start, head = long_log
    released = threading.Event()

    def stuck(*args: Any) -> Any:
        assert released.wait(20)
        return []

    monkeypatch.setattr(reading, "read", stuck)

    async def main() -> None:
        async with parts() as engine:
            forgetful(engine, head)
            waiting = [asyncio.create_task(engine.backlog.after(start)) for _ in range(10)]
            try:
                await asyncio.sleep(0.1)
                began = time.monotonic()
                await asyncio.wait_for(engine.threads.run(numbering.bounds), 5)
                assert time.monotonic() - began < 5
            finally:
                released.set()
            assert await asyncio.gather(*waiting) == [[]] * 10

    run(main())
