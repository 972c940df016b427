"""All that delivers events on one event loop: made when a server begins to serve, ended with it.

The engine makes the parts, starts them and ends them. Each part is handed the others that it needs.
A stream is handed the engine that serves it.
"""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import timedelta
from functools import partial

from live.access.lookups import Lookups
from live.conf import conf
from live.log import retention
from live.log.bell import Bell, carriers, running_bells
from live.log.threads import DatabaseThreads
from live.process.backlog import Backlog
from live.process.courtesy import Courtesy
from live.process.guard import Guard
from live.process.internal import InternalEvents
from live.process.outage import Outage
from live.process.readers import Readers
from live.process.recent import Recent
from live.process.relay import Relay
from live.process.snapshots import Snapshots
from live.process.suspects import Suspects
from live.process.ticker import Ticker
from live.process.timed import keep_doing, registered

logger = logging.getLogger(__name__)

PRUNE_EVERY = timedelta(hours=1)
GOODBYE = 2.0  # seconds that open streams have to end when the engine stops
PAUSE_AFTER_FAILURE = 1.0  # seconds before work that failed is started again
CANCEL_AGAIN = 0.1  # seconds after which work that has not ended is cancelled once more
SETTLED = 60.0  # seconds of work, after which a failure is a new one


class Engine:
    """On a running loop: `engine = Engine()`, `engine.start()`, at last `await engine.stop()`."""

    def __init__(self) -> None:
        # What it is called among those that hear the bell and write snapshots.
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(3)}"
        self.relay_thread = DatabaseThreads("live-relay", 1)
        self.threads = DatabaseThreads("live-readers", 2)
        self.timed_thread = DatabaseThreads("live-timed", 1)
        self.bell = Bell(carriers(self.name, self.threads))
        self.courtesy = Courtesy()
        self.recent = Recent()
        self.readers = Readers()
        self.backlog = Backlog(self.recent, self.threads)
        self.lookups = Lookups(self.threads)
        suspects = Suspects()
        internal = InternalEvents(self.name, self.readers, suspects)
        self.relay = Relay(
            self.bell, self.recent, self.readers, internal, self.courtesy, self.relay_thread
        )
        self.ticker = Ticker(self.relay, self.recent, self.readers, self.courtesy)
        self.guard = Guard(self.relay, self.recent, self.readers, suspects, self.threads)
        self.snapshots = Snapshots(
            self.name, self.relay, self.recent, self.readers, self.bell, self.threads
        )
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work, in tasks of this loop."""
        running_bells.add(self.bell)
        # In an empty context: a task inherits the context of the request that happens to start
        # it, and would act as its user and die with its executor.
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._run(), context=Context())

    async def stop(self) -> None:
        """End all work and the open streams, and wait until these have said goodbye. A stopped
        engine does not start again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            deadline = time.monotonic() + GOODBYE
            while len(self.readers) and time.monotonic() < deadline:
                await asyncio.sleep(0.01)

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    async def _run(self) -> None:
        """Until cancelled, by stop() or by the loop that ends."""
        work: dict[str, Callable[[], Awaitable[None]]] = {
            "reading the log": self.relay.run,
            "looking up sessions": self.lookups.run,
            "sending heartbeats": self.ticker.run,
            "checking sessions": self.guard.run,
            "showing live connections": self.snapshots.run,
            "pruning the log": self._prune_hourly,
        }
        outage = Outage(
            "timed work cannot be looked at, trying again", "timed work is looked at again"
        )
        for timed in registered():
            work[f"timing {timed.name}"] = partial(keep_doing, timed, self.timed_thread, outage)
        for carrier in self.bell.carriers:
            work[f"carrying the bell by {carrier.name}"] = carrier.carry
            work[f"hearing the bell by {carrier.name}"] = partial(carrier.listen, self.bell.heard)
        tasks = {asyncio.create_task(_supervised(name, run)) for name, run in work.items()}
        try:
            await asyncio.wait(tasks)
        finally:
            running_bells.remove(self.bell)
            for stream in self.readers.streams():
                stream.end("shutdown")
            try:
                await _end(tasks)
            finally:
                self.relay_thread.close()
                self.threads.close()
                self.timed_thread.close()

    async def _prune_hourly(self) -> None:
        while True:
            await asyncio.sleep(PRUNE_EVERY.total_seconds() / 12)  # one process takes each hour
            await self.threads.run(retention.prune_if_due, conf.RETENTION_HOURS, PRUNE_EVERY)


async def _supervised(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Start the work again whenever it fails. The log says why, not for each time that it fails
    again at once."""
    outage = Outage(f"{name} failed and is started again")
    while True:
        began = time.monotonic()
        try:
            return await run()
        except Exception as error:
            if time.monotonic() - began > SETTLED:
                outage = Outage(f"{name} failed and is started again")
            outage.failed(error)
            await asyncio.sleep(PAUSE_AFTER_FAILURE)


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel the tasks until all have ended: a client of Redis that is just connecting loses a
    cancellation, and would listen for ever."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=CANCEL_AGAIN)
