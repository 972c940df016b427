"""A coroutine started eagerly ends the same way as one in a task, waiting or not."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from live.stream import eager


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 10))


def test_what_never_waits_is_done_at_once_without_a_task() -> None:
    done: list[int] = []

    async def never_waits() -> None:
        done.append(1)

    async def main() -> None:
        assert eager.start(never_waits()) is None
        assert done == [1]

    run(main())


def test_what_waits_goes_on_in_a_task() -> None:
    done: list[str] = []

    async def main() -> None:
        gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def waits() -> None:
            done.append(await gate)
            await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            done.append("end")

        task = eager.start(waits())
        assert task is not None
        assert done == []
        gate.set_result("opened")
        await task
        assert done == ["opened", "end"]

    run(main())


def test_an_error_is_raised_where_it_happens() -> None:
    async def fails(late: bool) -> None:
        if late:
            await asyncio.sleep(0)
        raise KeyError("why")

    async def main() -> None:
        with pytest.raises(KeyError):
            eager.start(fails(late=False))
        task = eager.start(fails(late=True))
        assert task is not None
        with pytest.raises(KeyError):
            await task

    run(main())


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_cancellation_reaches_what_waits_inside(steps: int) -> None:
    cleaned: list[int] = []

    async def waits_for_ever() -> None:
        try:
            for _ in range(steps):
                await asyncio.sleep(0)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(1)

    async def main() -> None:
        task = eager.start(waits_for_ever())
        assert task is not None
        for _ in range(steps + 1):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cleaned == [1]

    run(main())


def test_a_slow_reader_gets_all_of_it_in_order() -> None:
    """As under servers that make a send wait: what comes meanwhile goes out with the next."""
    sent: list[bytes] = []
    pending = [b"1"]

    async def main() -> None:
        gate = asyncio.Event()

        async def write_pending() -> None:
            while pending:
                body = b"".join(pending)
                pending.clear()
                await gate.wait()
                sent.append(body)

        task = eager.start(write_pending())
        pending.extend([b"2", b"3"])
        gate.set()
        assert task is not None
        await task
        assert sent == [b"1", b"23"]

    run(main())
