"""Reads the log and hands each event to the users connected here.

It looks for new events whenever the bell rings, and at the latest after LIVE_POLL_SECONDS. So if
every ring were lost, an event would be that late and no more.
"""

import asyncio
import logging
import time

from live import metrics
from live.conf import conf
from live.log import reading
from live.log.bell import Bell
from live.log.entries import EVERYBODY, INTERNAL, POSITIONS_LOST, Entry
from live.log.frames import frame
from live.log.reading import PositionLost, Stretch
from live.log.threads import DatabaseThreads
from live.process.courtesy import WRITES, Courtesy
from live.process.internal import InternalEvents
from live.process.outage import Outage
from live.process.readers import OpenStream, Readers
from live.process.recent import KEPT, KEPT_BYTES, Recent

logger = logging.getLogger(__name__)

SLICE = 200  # users an event is handed to before other requests get their turn


class Relay:
    """Delivers the log in its order, and knows whether it still can."""

    def __init__(
        self,
        bell: Bell,
        recent: Recent,
        readers: Readers,
        internal: InternalEvents,
        courtesy: Courtesy,
        thread: DatabaseThreads,
    ) -> None:
        self._bell = bell
        self._recent = recent
        self._readers = readers
        self._internal = internal
        self._courtesy = courtesy
        self._thread = thread
        self.delivered = -1  # everything up to here has been handed to its streams
        self.read_at = 0.0  # monotonic time of the last good look at the log
        self._outage = Outage("the log cannot be read, trying again", "the log is read again")
        self.error = ""  # why the last pass failed, in words
        self._asleep = 0.0  # seconds for which this process was stopped, or too busy to read
        self._read_awake = 0.0  # `read_at` by the clock that such seconds stop
        self._reading_since = 0.0  # by that clock; 0 while no question to the database is open
        self._to_flush: list[OpenStream] = []  # streams with events to write out
        self._waiting: list[asyncio.Future[None]] = []

    async def run(self) -> None:
        """Look for new events and deliver them, again and again, until cancelled."""
        while True:
            waiting, self._waiting = self._waiting, []
            try:
                caught_up = await self._one_pass()
            except Exception as error:
                self._failed(error, waiting)
                await self._bell.wait(min(conf.POLL_SECONDS, 1))
                continue
            if not caught_up:
                self._waiting = waiting + self._waiting
                continue
            for future in waiting:
                if not future.done():
                    future.set_result(None)
            if not self._waiting:
                await self._bell.wait(conf.POLL_SECONDS)

    async def caught_up(self) -> None:
        """Wait until all events are delivered that are committed by now. Raises the error if the
        log cannot be read."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._bell.wake()
        await waiting

    def is_current(self) -> bool:
        """Whether the log was read within the last two polls."""
        return time.monotonic() - self.read_at <= 2 * conf.POLL_SECONDS

    def trouble(self) -> str:
        """Why the log has not been read within the last two polls; "" while all is well.

        A process that was stopped or merely busy is not in trouble: it gets two polls to read
        once it runs again.
        """
        patience = 2 * conf.POLL_SECONDS
        if self.is_current() or self._awake() - self._read_awake <= patience:
            return ""
        hangs = self._reading_since and self._awake() - self._reading_since > patience
        return self.error or ("the database does not answer" if hangs else "")

    def slept(self, seconds: float) -> None:
        """The ticker says for how long this process was stopped or busy: trouble() leaves that
        out."""
        self._asleep += seconds

    def _awake(self) -> float:
        """A clock that stands still while this process does not run."""
        return time.monotonic() - self._asleep

    async def _one_pass(self) -> bool:
        """Read and deliver new events. Returns whether those were all."""
        try:
            if self._recent.position < 0:
                await self._begin()
                return True
            stretch = await self._read()
        except PositionLost as error:
            logger.warning("the log was replaced or pruned under this process: %s", error)
            await self._begin()
            self._reset_all()
            return True
        await self._take(stretch)
        return self._recent.position >= stretch.head

    async def _read(self) -> Stretch:
        """Read the events after the position, or the newest events if there is no position yet."""
        self._reading_since = self._awake()
        position = self._recent.position
        if position < 0:
            stretch = await self._thread.run(reading.newest, KEPT, KEPT_BYTES)
        else:
            stretch = await self._thread.run(reading.advance, position, reading.AT_ONCE)
        self.read_at, self._read_awake = time.monotonic(), self._awake()
        self._reading_since, self.error = 0.0, ""
        self._outage.succeeded()
        return stretch

    async def _begin(self) -> None:
        self._recent.position = -1
        stretch = await self._read()
        self._recent.begin(stretch.entries, stretch.head)
        self.delivered = stretch.head

    async def _take(self, stretch: Stretch) -> None:
        for entry in stretch.entries:
            self._recent.add(entry)
            # From here to the first await, streams that join see the entry as part of the past.
            await self._deliver(entry)
            self.delivered = entry.position
        await self._flush()

    async def _deliver(self, entry: Entry) -> None:
        if entry.name in INTERNAL:
            self._internal.act_on(entry)
            return
        if EVERYBODY in entry.audience:
            self._internal.suspect_everybody()
        delivered = 0
        concerned = self._readers.concerned(entry.audience | entry.before)
        for number, reader in enumerate(concerned, 1):
            content = entry.frame_for(reader.audiences)
            if content is not None:
                self._to_flush += reader.take(content, entry.position)
                delivered += 1
            if number % SLICE == 0:
                await self._courtesy.give_way()
        metrics.deliveries.inc(delivered)
        metrics.lag.observe(max(0.0, time.time() - entry.written_at))

    async def _flush(self) -> None:
        """Write out what the streams were given, each stream all of its frames at once."""
        to_flush, self._to_flush = self._to_flush, []
        for number, stream in enumerate(to_flush, 1):
            stream.flush()
            if number % WRITES == 0:
                await self._courtesy.give_way()

    def _reset_all(self) -> None:
        position = self._recent.position
        content = frame("reset", {"reason": POSITIONS_LOST}, position)
        for stream in self._readers.streams():
            stream.start_over(content, position)
            metrics.resets.labels(POSITIONS_LOST).inc()

    def _failed(self, error: Exception, waiting: list[asyncio.Future[None]]) -> None:
        self._outage.failed(error)
        self.error = f"the log cannot be read: {type(error).__name__}"
        self._reading_since = 0.0
        for future in waiting:
            if not future.done():
                future.set_exception(error)
