"""The bell wakes the relays when something was committed.

A ring is a hint and carries no data: an event whose ring is lost is one poll late. Within a process
a ring sets an asyncio.Event; carriers take it to the other processes, by PostgreSQL where that
holds the log, and by Redis where the project has one.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from weakref import WeakSet

from live.conf import conf
from live.log.carrier import GAP, Carrier
from live.log.outside import Outside
from live.log.postgres_bell import PostgresCarrier
from live.log.redis_bell import RedisCarrier
from live.log.threads import DatabaseThreads

KINDS: tuple[type[Carrier], ...] = (PostgresCarrier, RedisCarrier)
# After a ring the relay looks again, for what its process saved within the gap; until then it heeds
# no other. While more rings come than a single process sends, that takes longer.
MOMENT = GAP  # seconds
LONGEST = 5 * MOMENT


class Bell:
    """The bell of one engine. Made on the engine's event loop, rung from any thread."""

    def __init__(self, carriers: Sequence[Carrier] = ()) -> None:
        self.carriers = carriers
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._next_look: asyncio.TimerHandle | None = None
        self._moment = MOMENT
        self._rings = 0  # of other processes within this moment

    def is_heard(self) -> bool:
        """Whether its loop still runs, so that a ring wakes somebody."""
        return not self._loop.is_closed()

    def ring(self) -> None:
        """Wake the relay of this engine, and those of the other processes. From any thread."""
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody is left to be woken
            self._loop.call_soon_threadsafe(self._ring_here)

    def wake(self) -> None:
        """Wake the relay of this engine only. On its loop."""
        self._rung.set()

    def heard(self) -> None:
        """Another process has rung: wake the relay now, and once more after a moment, for what came
        meanwhile, rung or not. So many writers do not have it read the log for each event. On its
        loop."""
        if self._next_look is None:
            self.wake()
            self._next_look = self._loop.call_later(self._moment, self._look_again)
        else:
            self._rings += 1

    async def wait(self, seconds: float) -> None:
        """Return when the bell rings, or when the seconds are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # unlike wait_for(), it loses no cancellation
                await self._rung.wait()
        self._rung.clear()

    def describe(self) -> str:
        """How rings travel between processes, for operators."""
        carried = [carrier.name for carrier in self.carriers if not carrier.problem]
        deaf = [f"{carrier.name}: {carrier.problem}" for carrier in self.carriers
                if carrier.problem]  # fmt: skip
        if carried:
            by = f"carried by {' and '.join(carried)}"
            return f"{by}, not by {'; '.join(deaf)}" if deaf else by
        poll = f"a poll every {conf.POLL_SECONDS:g} s"
        if deaf:
            return f"{poll} instead, for it is not carried by {'; '.join(deaf)}"
        return f"in this process only; {poll} for the changes of others"

    def silent_for(self) -> float | None:
        """For how many seconds others' changes have waited for the poll although there is a bell;
        None while one is believed."""
        if not self.carriers or not all(carrier.problem for carrier in self.carriers):
            return None
        return time.monotonic() - max(carrier.changed_at for carrier in self.carriers)

    def heard_age(self) -> float:
        """Seconds since an own ring came back, or since the start; NaN where nothing carries."""
        ages = [time.monotonic() - carrier.heard_at for carrier in self.carriers]
        return min(ages, default=float("nan"))

    def _ring_here(self) -> None:
        self._rung.set()
        for carrier in self.carriers:
            carrier.ring()

    def _look_again(self) -> None:
        """At the end of a moment. The next one is longer while several processes ring without a
        pause: they leave little of the processor, and what comes together is cheaper."""
        self.wake()
        rings, self._rings, self._next_look = self._rings, 0, None
        crowded = rings > self._moment / GAP
        self._moment = min(LONGEST, 2 * self._moment) if crowded else MOMENT
        if rings:
            self._next_look = self._loop.call_later(self._moment, self._look_again)


def carriers(process: str, threads: DatabaseThreads) -> list[Carrier]:
    """Whatever this project has to carry the rings of the engine of that name."""
    return [kind(process, threads) for kind in KINDS if kind.is_there()]


class RunningBells:
    """The bells of the engines that run in this process: none in a command, usually one in a
    server. Weak, so that an engine whose loop was simply dropped is forgotten with it."""

    def __init__(self) -> None:
        self._bells: WeakSet[Bell] = WeakSet()
        self._lock = Lock()  # engines come and go on their loops, while any thread may ring
        self._outside = [Outside(kind) for kind in KINDS]

    def add(self, bell: Bell) -> None:
        with self._lock:
            self._bells.add(bell)

    def remove(self, bell: Bell) -> None:
        with self._lock:
            self._bells.discard(bell)

    def __bool__(self) -> bool:
        """Whether a relay of this process would be woken."""
        return bool(self._heard())

    def ring(self) -> None:
        """Wake the relays of this process and of the others, after a commit. From any thread."""
        heard = self._heard()
        for bell in heard:
            bell.ring()
        if not heard:
            for way in self._outside:
                way.ring()

    def _heard(self) -> list[Bell]:
        with self._lock:
            return [bell for bell in self._bells if bell.is_heard()]


# The one thing that live keeps at module level, for publish() rings them all.
running_bells = RunningBells()
