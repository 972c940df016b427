"""What runs beside the requests of a server process: started once, supervised, never awaited.

Daphne has no start-up hook, so the first request of any kind starts it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import timedelta

from django.conf import settings

from live import guard, retention, snapshots
from live.arrivals import arrivals
from live.bell import bell
from live.heartbeat import ticker
from live.relay import relay
from live.threads import reader_threads

logger = logging.getLogger(__name__)

PRUNE_EVERY = timedelta(hours=1)

_running: dict[asyncio.AbstractEventLoop, list[asyncio.Task[None]]] = {}


def ensure_running() -> None:
    """Start the relay and its companions on the running loop, unless they are."""
    loop = asyncio.get_running_loop()
    if loop not in _running:
        bell.attach()
        # In an empty context: a task inherits that of the request that starts it, and would act
        # as its user and die with its executor.
        _running[loop] = [loop.create_task(_supervised(work), context=Context()) for work in WORK]


async def prune_hourly() -> None:
    while True:
        await asyncio.sleep(PRUNE_EVERY.total_seconds() / 12)  # one process takes each hour
        await reader_threads.run(retention.prune_if_due, settings.LIVE_RETENTION_HOURS, PRUNE_EVERY)


WORK = (
    relay.run,
    arrivals.run,
    ticker.run,
    guard.run,
    snapshots.run,
    bell.carry,
    bell.listen,
    prune_hourly,
)


async def _supervised(work: Callable[[], Awaitable[None]]) -> None:
    """Start it again whenever it fails; log why."""
    while True:
        try:
            return await work()
        except Exception:
            logger.exception("%s failed and is started again", work.__qualname__)
            await asyncio.sleep(1)
