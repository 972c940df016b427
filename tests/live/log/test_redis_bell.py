"""Redis carries rings between event loops and processes, and is believed while it does."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from live.log import carrier, redis_bell
from live.log.bell import RunningBells
from live.log.redis_bell import RedisCarrier
from tests.harness import backends
from tests.harness.asgi import run, until
from tests.harness.carriers import NO_THREADS
from tests.harness.engines import working


@pytest.mark.skipif(backends.redis is None, reason="needs TEST_REDIS=1")
def test_two_loops_of_one_process_hear_what_another_rings(
    caplog: pytest.LogCaptureFixture, site_database: str
) -> None:
    """Channels' layer on Redis lets one loop listen at a time, so each carrier has its own."""
    both_listen, heard = Barrier(3), []

    async def listen(name: str) -> None:
        mine, woken = RedisCarrier(name, NO_THREADS), asyncio.Event()
        async with working(mine.carry(), mine.listen(woken.set)):
            await until(lambda: not mine.problem, 10)
            woken.clear()
            await asyncio.to_thread(both_listen.wait, 20)
            async with asyncio.timeout(10):
                await woken.wait()
            heard.append(name)

    with ThreadPoolExecutor(2) as loops:
        ended = [loops.submit(run, listen(name)) for name in ("one", "other")]
        both_listen.wait(20)
        RunningBells().ring()  # as a process without a relay does
        for loop in ended:
            loop.result(30)
    assert sorted(heard) == ["one", "other"]
    assert [record.getMessage() for record in caplog.records] == []


class Forgetful(InMemoryChannelLayer):
    """A Redis that was restarted between two rings: it answers, and knows no group."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        pass


def test_a_layer_that_forgot_who_listens_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fails there, neither when it is rung nor when it is heard."""
    monkeypatch.setattr(carrier, "PATIENCE", 0.2)
    monkeypatch.setattr(redis_bell, "new_layer", Forgetful)

    async def main() -> None:
        mine = RedisCarrier("mine", NO_THREADS)
        async with working(mine.carry(), mine.listen(lambda: None)):
            await until(lambda: mine.problem == "its own ring is not heard")

    run(main())
