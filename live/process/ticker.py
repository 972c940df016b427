"""Sends heartbeats to streams that are silent, and ends streams that are too old.

A heartbeat says that events reach this stream, from the database on: it is sent only while the
relay reads the log. If the log cannot be read, the stream gets `degraded` with the reason instead.
A stream that is behind gets no heartbeat: it would wait behind the events that its reader has yet
to take, and these are a sign of life themselves.
A heartbeat is a named event because scripts cannot see comments, and carries a comment because some
proxies count only those.
"""

import asyncio
import heapq
import random
import time
from itertools import count
from typing import Protocol

from live.log import frames
from live.process.courtesy import WRITES, Courtesy
from live.process.readers import OpenStream, Readers
from live.process.recent import Recent
from live.process.relay import Relay

TICK = 0.1  # seconds between two looks at what is due
AGAIN = 1.0  # seconds after which a stream that is behind is looked at again
PING = ": ping\n"


class TickedStream(OpenStream, Protocol):
    heartbeat: float  # seconds of silence
    expires_at: float  # monotonic


class Ticker:
    def __init__(self, relay: Relay, recent: Recent, readers: Readers, courtesy: Courtesy) -> None:
        self._relay = relay
        self._recent = recent
        self._readers = readers
        self._courtesy = courtesy
        self._due: list[tuple[float, int, TickedStream]] = []
        self._order = count()
        self._trouble = ""

    def add(self, stream: TickedStream) -> None:
        """Serve the stream from now on, until it closes."""
        # As if it had been written to a while ago: streams that were opened together are then not
        # served together.
        stream.written_at -= stream.heartbeat * random.uniform(0, 0.5)
        self._wait_for(stream)

    async def run(self) -> None:
        while True:
            fell_asleep = time.monotonic()
            await asyncio.sleep(TICK)
            # Later than that, this process was stopped, or its loop was busy with something else.
            self._relay.slept(time.monotonic() - fell_asleep - TICK)
            trouble = self._relay.trouble()
            if bool(trouble) != bool(self._trouble):
                await self._tell_all(trouble)
            self._trouble = trouble
            await self._serve_due()

    async def _serve_due(self) -> None:
        now = time.monotonic()
        served = 0
        while self._due and self._due[0][0] <= now:
            _, _, stream = heapq.heappop(self._due)
            if stream.closed:
                continue
            if stream.expires_at <= now:
                stream.end("max-age")
                continue
            if stream.written_at + stream.heartbeat <= now:
                self._serve(stream)
                served += 1
                if served % WRITES == 0:
                    await self._courtesy.give_way()
            self._wait_for(stream)

    def _wait_for(self, stream: TickedStream) -> None:
        due = min(stream.written_at + stream.heartbeat, stream.expires_at)
        # A relay that is merely late is asked again.
        soonest = time.monotonic() + (AGAIN if stream.behind else TICK / 2)
        heapq.heappush(self._due, (max(due, soonest), next(self._order), stream))

    def _serve(self, stream: TickedStream) -> None:
        if self._trouble:
            stream.write(_degraded(self._trouble))
        elif self._relay.is_current() and not stream.behind:
            stream.write(self._heartbeat(stream))

    async def _tell_all(self, trouble: str) -> None:
        """Say at once that the log cannot be read, or that it can be again."""
        for served, stream in enumerate(self._readers.streams(), 1):
            if trouble:
                stream.write(_degraded(trouble))
            elif not stream.behind:
                stream.write(self._heartbeat(stream))
            if served % WRITES == 0:
                await self._courtesy.give_way()

    def _heartbeat(self, stream: OpenStream) -> bytes:
        data = {"at": frames.now(), "head": self._recent.position}
        served_up_to = max(self._relay.delivered, stream.position)
        return frames.frame("heartbeat", data, served_up_to, first_lines=PING)


def _degraded(reason: str) -> bytes:
    return frames.frame("degraded", {"reason": reason}, first_lines=PING)
