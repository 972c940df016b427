"""The bell: wakes the relays when something was committed. Alone in knowing Channels' layer.

A hint, never the truth: it carries no data, and without it an event is one poll late. Within a
process it is an asyncio.Event; with REDIS_URL, Channels' layer carries it to the other processes.
"""

import asyncio
import logging
import time
from contextlib import suppress

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from live import metrics
from live.names import PROCESS

logger = logging.getLogger(__name__)

GROUP = "live-bell"
PATIENCE = 1.0  # seconds the layer may take before a ring is given up
REJOIN = 60.0  # seconds between joins of the group, which the layer forgets when it restarts
PAUSE_AFTER_FAILURE = 5.0  # seconds in which a process without a relay does not try again


class Bell:
    def __init__(self) -> None:
        self._problem = ""  # why the layer does not carry rings, in words
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung = asyncio.Event()
        self._to_carry = asyncio.Event()
        self._silent_until = 0.0

    def attach(self) -> None:
        """Ring in this process, on the running loop, from now on."""
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._to_carry = asyncio.Event()

    def is_attached(self) -> bool:
        """Whether this process has a relay to wake."""
        return self._loop is not None and not self._loop.is_closed()

    def ring(self) -> None:
        """Wake this process's relay, and the others'. From any thread, in any process."""
        if self._loop is not None and self.is_attached():
            self._loop.call_soon_threadsafe(self._ring_here)
        elif get_channel_layer() is not None and time.monotonic() >= self._silent_until:
            self._ring_from_outside()

    def wake(self) -> None:
        """Wake this process's relay only. On its loop."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until rung, or until the seconds are over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()

    def describe(self) -> str:
        """How rings travel between processes, for operators."""
        if get_channel_layer() is None:
            return "in this process only; others poll"
        return f"not carried: {self._problem}" if self._problem else "carried by Redis"

    def _ring_here(self) -> None:
        self._rung.set()
        self._to_carry.set()

    def _ring_from_outside(self) -> None:
        """From a shell or a command: no loop to leave it to, so ring now, but wait for nobody."""
        try:
            async_to_sync(self._send)()
        except Exception as error:
            self._silent_until = time.monotonic() + PAUSE_AFTER_FAILURE
            metrics.rings_failed.inc()
            logger.warning("bell not rung, events wait for the next poll: %r", error)

    async def _send(self) -> None:
        layer = get_channel_layer()
        async with asyncio.timeout(PATIENCE):
            await layer.group_send(GROUP, {"type": "ring", "from": PROCESS})

    async def carry(self) -> None:
        """Carry rings to the other processes as long as this one runs."""
        while get_channel_layer() is not None:
            await self._to_carry.wait()
            self._to_carry.clear()
            try:
                await self._send()
            except Exception as error:
                metrics.rings_failed.inc()
                logger.warning("bell not carried, others wait for their poll: %r", error)
                await asyncio.sleep(1)

    async def listen(self) -> None:
        """Hear the rings of other processes, and survive every outage of what carries them."""
        while (layer := get_channel_layer()) is not None:
            try:
                ear = await layer.new_channel()
                while True:
                    await layer.group_add(GROUP, ear)
                    self._problem = ""
                    self.wake()  # whatever was rung before this process could hear it
                    await self._hear(layer, ear)
            except Exception as error:
                self._problem = type(error).__name__
                logger.warning("bell not heard, polling only: %r", error)
                await asyncio.sleep(1)

    async def _hear(self, layer: object, ear: str) -> None:
        """Wake the relay at each ring, until it is time to join the group again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(REJOIN):
                while True:
                    message = await layer.receive(ear)  # type: ignore[attr-defined]
                    if message["from"] != PROCESS:
                        self.wake()


bell = Bell()
