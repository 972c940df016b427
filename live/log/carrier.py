"""A carrier takes the rings of an engine to the other processes, and theirs to it.

It believes in itself only while it hears its own rings. A connection may be open and deaf: behind a
pooler that gives each transaction another connection, at an address of another database, after an
outage that nobody was told of. So what was sent has to come back, soon; else the carrier says why
it is deaf, counts that, and begins anew. While nothing happens it rings for itself now and then.
"""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress

from live import metrics
from live.log.threads import DatabaseThreads

logger = logging.getLogger(__name__)

PROVE = 15.0  # seconds of silence after which a carrier rings for itself
PATIENCE = 3.0  # seconds within which its own ring has to come back
AGAIN = 1.0  # seconds between two attempts
GAP = 0.04  # seconds between two rings of one process; the first stands for those that follow
PROOF = "?"  # ends the word of a ring that nobody else has to heed


class Carrier(ABC):
    """Made and used on the engine's loop, where `carry()` and `listen()` run as long as it does."""

    name: str  # of what it rings by, for operators
    advice = ""  # what may be wrong where its own ring does not come back

    def __init__(self, process: str, threads: DatabaseThreads) -> None:
        self.process = process  # the engine's name, by which it knows its own rings
        self.threads = threads
        self.problem = "it has just begun to listen"  # why it is not believed; "" while it is
        self.heard_at = self.changed_at = time.monotonic()  # its own ring; its belief
        self._due = asyncio.Event()
        self._rung = False  # whether a ring waits to be carried
        self._wake: Callable[[], None] = lambda: None
        self._opening: asyncio.Timeout | None = None  # ends the listening that begins or goes on
        self._patience: asyncio.Timeout | None = None  # the same, once it can hear
        self._told = False  # whether the log says that it is deaf

    @classmethod
    @abstractmethod
    def is_there(cls) -> bool:
        """Whether this project has what it rings by."""

    @staticmethod
    @abstractmethod
    def send_once(word: str) -> None:
        """Ring from a process without an engine: a shell, a command."""

    @abstractmethod
    async def _send(self, word: str) -> None:
        """Have every carrier of the same kind, this one too, hear the word."""

    @abstractmethod
    async def _hear(self) -> None:
        """Call `_can_hear()`, then `_heard()` with each word, until that fails."""

    def ring(self) -> None:
        """Have the other processes hear of a change. All rings until it is sent are one."""
        self._rung = True
        self._due.set()

    async def carry(self) -> None:
        """Send what is rung, and now and then a ring for itself, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PROVE):
                    await self._due.wait()
            self._due.clear()
            rung, self._rung = self._rung, False
            if not rung and self._patience is None:
                continue  # nothing to tell, and no ear for a ring of its own
            self._expect_own_ring()
            try:
                await self._send(self.process if rung else self.process + PROOF)
            except Exception as error:
                self._expect_nothing()
                self._is_deaf(f"it cannot ring: {self._reason(error)}")
                await asyncio.sleep(AGAIN)
                self._due.set()
            else:
                await asyncio.sleep(GAP)

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` at each ring of another process, and survive every outage."""
        self._wake = wake
        while True:
            patience = asyncio.timeout(None)  # begins with each ring that is sent
            try:
                async with patience:
                    self._opening = patience
                    await self._hear()
            except Exception as error:
                if patience.expired():
                    self._is_deaf(f"its own ring is not heard{self.advice}")
                else:
                    self._is_deaf(f"it cannot listen: {self._reason(error)}")
            finally:
                self._patience = None
            await asyncio.sleep(AGAIN)

    def _can_hear(self) -> None:
        self._patience = self._opening
        self._due.set()  # it rings for itself at once

    def _heard(self, word: str) -> None:
        if word.removesuffix(PROOF) == self.process:
            self._expect_nothing()
            self._is_believed()
        elif not word.endswith(PROOF):
            self._wake()

    def _expect_own_ring(self) -> None:
        """From the first that is sent: those that follow give it no further time."""
        patience = self._patience
        if patience is not None and not patience.expired() and patience.when() is None:
            patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)

    def _expect_nothing(self) -> None:
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(None)

    def _is_believed(self) -> None:
        self.heard_at = time.monotonic()
        if self.problem:
            if self._told:
                silent = self.heard_at - self.changed_at
                logger.info("%s carries the bell again, after %.0f s", self.name, silent)
            self.problem, self.changed_at, self._told = "", self.heard_at, False
            self._wake()  # others may have rung while it did not hear

    def _is_deaf(self, problem: str) -> None:
        metrics.rings_failed.inc()
        if not self.problem:
            self.changed_at = time.monotonic()
        self.problem = problem
        if not self._told:
            self._told = True
            logger.warning("%s does not carry the bell, others' changes wait for the poll: %s",
                           self.name, problem)  # fmt: skip

    def _reason(self, error: Exception) -> str:
        """In words that may be shown: without addresses, names and passwords."""
        return type(error).__name__
