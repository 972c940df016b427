"""One per server process: reads the log and hands each event to the users connected here.

The bell wakes it, and the poll: deleting every ring would only delay events by LIVE_POLL_SECONDS.
It keeps the newest entries in a ring, so that a reconnect storm asks the database for no replay.
"""

import asyncio
import json
import logging
import time
from collections import deque
from itertools import islice

from django.conf import settings

from live import channels, log, metrics
from live.bell import bell
from live.courtesy import courtesy
from live.entries import (
    ACCESS,
    ACCESS_CHANGED,
    END_STREAM,
    IDENTITY,
    INTERNAL,
    POSITIONS_LOST,
    SESSION_ENDED,
    Entry,
)
from live.frames import frame
from live.log import PositionLost, Stretch
from live.names import PROCESS
from live.readers import Reader, readers
from live.sessions import digest
from live.threads import relay_thread

logger = logging.getLogger(__name__)

RING = 5_000  # entries, about 1.5 kB each
BATCH = 500  # entries read at once
SLICE = 200  # users an event is handed to before other requests get their turn
WRITES = 25  # streams written to before they do, within a millisecond


class Relay:
    def __init__(self) -> None:
        self.position = -1  # of the newest entry taken from the log; -1 before the first pass
        self.delivered = -1  # everything up to here has been handed to its streams
        self.read_at = 0.0  # monotonic time of the last good look at the log
        self.error = ""  # why the last pass failed, in words
        self.suspects: set[int] = set()  # users whose sessions are to be looked at again
        self.suspicion = asyncio.Event()
        self._reading_since = 0.0  # monotonic; 0 while no question to the database is open
        self._ring: deque[Entry] = deque(maxlen=RING)
        self._waiting: list[asyncio.Future[None]] = []

    async def run(self) -> None:
        """Pass after pass, until cancelled."""
        while True:
            waiting, self._waiting = self._waiting, []
            try:
                caught_up = await self._one_pass()
            except Exception as error:
                self._failed(error, waiting)
                await bell.wait(min(settings.LIVE_POLL_SECONDS, 1))
                continue
            if not caught_up:
                self._waiting = waiting + self._waiting
                continue
            for one in waiting:
                if not one.done():
                    one.set_result(None)
            if not self._waiting:
                await bell.wait(settings.LIVE_POLL_SECONDS)

    async def caught_up(self) -> None:
        """Wait for a pass that begins after this call: what is committed by now is then known.

        Raises what made that pass fail.
        """
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        bell.wake()
        await waiting

    def is_current(self) -> bool:
        """Whether the log was read within the last two polls."""
        return time.monotonic() - self.read_at <= 2 * settings.LIVE_POLL_SECONDS

    def trouble(self) -> str:
        """Why the log has not been read within the last two polls; "" while all is well.

        A process that was merely busy is not in trouble: it reads before it is asked again.
        """
        if self.is_current():
            return ""
        hanging = self._reading_since and (
            time.monotonic() - self._reading_since > 2 * settings.LIVE_POLL_SECONDS
        )
        return self.error or ("the database does not answer" if hanging else "")

    def entries_after(self, position: int) -> list[Entry] | None:
        """From memory, oldest first; None where the ring does not reach back that far."""
        if position == self.position:
            return []
        if not self._ring or position < self._ring[0].position - 1:
            return None
        return list(islice(self._ring, position - self._ring[0].position + 1, None))

    def access_changed_since(self, user_id: int, position: int) -> bool:
        """Whether what the user may see has changed after the position, or may have."""
        entries = self.entries_after(position)
        return entries is None or changes_access(entries, user_id)

    def was_told_of(self, user_id: int, position: int) -> bool:
        """Whether processes were told anything of the user after the position, or may have been:
        other rights, a session that ended, another password."""
        entries = self.entries_after(position)
        word = log.processes_of(user_id)
        return entries is None or any(word in entry.audience for entry in entries)

    async def _one_pass(self) -> bool:
        """Read and deliver what is new; whether that was all."""
        try:
            if self.position < 0:
                await self._begin()
                return True
            stretch = await self._read()
        except PositionLost as error:
            logger.warning("the log was replaced or pruned under this process: %s", error)
            await self._begin()
            self._reset_all()
            return True
        await self._take(stretch)
        return self.position >= stretch.head

    async def _read(self) -> Stretch:
        """From the position on; the newest where there is no position yet."""
        self._reading_since = time.monotonic()
        if self.position < 0:
            stretch = await relay_thread.run(log.newest, RING)
        else:
            stretch = await relay_thread.run(log.advance, self.position, BATCH)
        self.read_at, self._reading_since, self.error = time.monotonic(), 0.0, ""
        return stretch

    async def _begin(self) -> None:
        self.position = -1
        stretch = await self._read()
        self._ring.clear()
        self._ring.extend(stretch.entries)
        self.position = self.delivered = stretch.head

    async def _take(self, stretch: Stretch) -> None:
        for entry in stretch.entries:
            self._ring.append(entry)
            self.position = entry.position
            # From here to the first await, streams that join see the entry as part of the past.
            await self._deliver(entry)
            self.delivered = entry.position
        await self._flush()

    async def _deliver(self, entry: Entry) -> None:
        if entry.name in INTERNAL:
            self._act_on(entry)
            return
        delivered = 0
        for number, reader in enumerate(readers.concerned(entry.audience | entry.before), 1):
            content = entry.frame_for(reader.audiences)
            if content is not None:
                channels.send(reader.listener, content, entry.position)
                delivered += 1
            if number % SLICE == 0:
                await courtesy.give_way()
        metrics.deliveries.inc(delivered)
        metrics.lag.observe(max(0.0, time.time() - entry.written_at))

    async def _flush(self) -> None:
        """Write out what is pending, each stream all of its frames at once."""
        waiting, readers.waiting = readers.waiting, []
        for number, stream in enumerate(waiting, 1):
            stream.flush()
            if number % WRITES == 0:
                await courtesy.give_way()

    def _act_on(self, entry: Entry) -> None:
        """What the log tells the processes themselves."""
        data = json.loads(entry.data)
        reader = readers.by_user.get(data["user"]) if "user" in data else None
        if entry.name == ACCESS and reader is not None:
            self._change_access(reader, frozenset(data["gained"]), frozenset(data["lost"]))
        elif entry.name == SESSION_ENDED:
            for stream in list(readers):
                if digest(stream.session_key) == data["session"]:
                    stream.end("session-ended")
        elif entry.name == END_STREAM and data["process"] == PROCESS:
            for stream in list(readers):
                if stream.number == data["stream"]:
                    stream.end("shutdown")
        elif entry.name == IDENTITY and reader is not None:
            self.suspects.add(reader.user_id)
            self.suspicion.set()

    def _change_access(self, reader: Reader, gained: frozenset[str], lost: frozenset[str]) -> None:
        audiences = (reader.audiences | gained) - lost
        if audiences != reader.audiences:
            readers.set_audiences(reader, audiences)
            content = frame("reset", {"reason": ACCESS_CHANGED}, self.position)
            channels.send(reader.listener, content, self.position)
            metrics.resets.labels(ACCESS_CHANGED).inc(len(reader.streams))

    def _reset_all(self) -> None:
        content = frame("reset", {"reason": POSITIONS_LOST}, self.position)
        for stream in readers:
            stream.position = self.position
            stream.write(content)
            metrics.resets.labels(POSITIONS_LOST).inc()

    def _failed(self, error: Exception, waiting: list[asyncio.Future[None]]) -> None:
        if not self.error:
            logger.error("the log cannot be read, trying again: %r", error, exc_info=error)
        self.error = f"the log cannot be read: {type(error).__name__}"
        self._reading_since = 0.0
        for one in waiting:
            if not one.done():
                one.set_exception(error)


def changes_access(entries: list[Entry], user_id: int) -> bool:
    """Whether what the user may see changes anywhere in these entries."""
    word = log.processes_of(user_id)
    return any(entry.name == ACCESS and word in entry.audience for entry in entries)


relay = Relay()
