"""The one ticker of a process: heartbeats, `degraded`, and the maximum age of streams.

A heartbeat proves the whole path: it is sent only while the relay is current. It is a named event,
because script cannot see comments, and a comment, because some proxies only count those.
"""

import asyncio
import heapq
import random
import time
from itertools import count
from typing import Protocol

from live import frames
from live.courtesy import courtesy
from live.readers import OpenStream, readers
from live.relay import WRITES, relay

TICK = 0.1  # seconds between two looks at what is due
PING = ": ping\n"


class TickedStream(OpenStream, Protocol):
    heartbeat: float  # seconds of silence
    expires_at: float  # monotonic


class Ticker:
    def __init__(self) -> None:
        self._due: list[tuple[float, int, TickedStream]] = []
        self._order = count()
        self._trouble = ""

    def add(self, stream: TickedStream) -> None:
        # As if written to a while ago: streams opened together are then not served together.
        stream.written_at -= stream.heartbeat * random.uniform(0, 0.5)
        self._wait_for(stream)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            trouble = relay.trouble()
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
                    await courtesy.give_way()
            self._wait_for(stream)

    def _wait_for(self, stream: TickedStream) -> None:
        due = min(stream.written_at + stream.heartbeat, stream.expires_at)
        soonest = time.monotonic() + TICK / 2  # a relay that is merely late is asked again
        heapq.heappush(self._due, (max(due, soonest), next(self._order), stream))

    def _serve(self, stream: TickedStream) -> None:
        if self._trouble:
            stream.write(_degraded(self._trouble))
        elif relay.is_current():
            stream.write(_heartbeat(max(relay.delivered, stream.position)))

    async def _tell_all(self, trouble: str) -> None:
        """At once: that the log cannot be read, or that it can be again."""
        for served, stream in enumerate(readers, 1):
            position = max(relay.delivered, stream.position)
            stream.write(_degraded(trouble) if trouble else _heartbeat(position))
            if served % WRITES == 0:
                await courtesy.give_way()


def _heartbeat(position: int) -> bytes:
    data = {"at": frames.now(), "head": relay.position}
    return frames.frame("heartbeat", data, position, first_lines=PING)


def _degraded(reason: str) -> bytes:
    return frames.frame("degraded", {"reason": reason}, first_lines=PING)


ticker = Ticker()
