"""The users whose sessions are to be looked at soon."""

import asyncio

import pytest

from live.process.suspects import Suspects
from tests.harness.asgi import run


async def returns_at_once(suspects: Suspects) -> bool:
    try:
        async with asyncio.timeout(0.05):
            await suspects.wait(60)
    except TimeoutError:
        return False
    return True


def test_each_is_taken_once() -> None:
    async def main() -> None:
        suspects = Suspects()
        for user_id in (7, 8, 7):
            suspects.add(user_id)
        assert suspects.take() == {7, 8}
        assert suspects.take() == set()

    run(main())


def test_whoever_waits_is_woken_by_a_new_one_and_by_time() -> None:
    async def main() -> None:
        suspects = Suspects()
        assert not await returns_at_once(suspects)
        suspects.add(7)
        assert await returns_at_once(suspects)
        suspects.take()
        assert not await returns_at_once(suspects)
        async with asyncio.timeout(5):
            await suspects.wait(0.01)

    run(main())


def test_those_of_a_look_that_failed_are_taken_again_and_wake_nobody() -> None:
    """A database that is away would else be asked without a pause."""

    async def main() -> None:
        suspects = Suspects()
        suspects.add(7)
        suspects.add_again(suspects.take())
        assert not await returns_at_once(suspects)
        suspects.add(8)
        assert suspects.take() == {7, 8}

    run(main())


@pytest.mark.parametrize("steps", range(5))
def test_a_cancellation_is_not_lost_at_the_moment_of_a_new_one(steps: int) -> None:
    async def main() -> None:
        suspects = Suspects()
        waiting = asyncio.ensure_future(suspects.wait(60))
        await asyncio.sleep(0.01)
        suspects.add(7)
        for _ in range(steps):
            await asyncio.sleep(0)
        still_waited = waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled() == still_waited

    run(main())
