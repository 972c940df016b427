"""A carrier of the bell between engines of one test, which a test may cut."""

import asyncio
from typing import Any

from live.log.carrier import Carrier

NO_THREADS: Any = None


class Wire(Carrier):
    """All wires of one list hear what one of them sends, until that is cut or deaf."""

    def __init__(self, process: str, others: "list[Wire] | None" = None) -> None:
        super().__init__(process, NO_THREADS)
        self.name = process
        self.others = [] if others is None else others
        self.others.append(self)
        self.sent: list[str] = []
        self.begun = 0  # how often it began to listen
        self.cut: Exception | None = None  # what sending fails with
        self.deaf = False
        self._arrived: asyncio.Queue[str | Exception] = asyncio.Queue()

    @property
    def has_to_ring(self) -> bool:
        return self._rung

    @classmethod
    def is_there(cls) -> bool:
        return True

    @staticmethod
    def send_once(word: str) -> None:
        raise NotImplementedError

    def arrives(self, what: str | Exception) -> None:
        """A word, or the error that ends the listening."""
        self._arrived.put_nowait(what)

    async def _send(self, word: str) -> None:
        if self.cut:
            raise self.cut
        self.sent.append(word)
        for wire in self.others:
            wire.arrives(word)

    async def _hear(self) -> None:
        self.begun += 1
        self._can_hear()
        while True:
            what = await self._arrived.get()
            if isinstance(what, Exception):
                raise what
            if not self.deaf:
                self._heard(what)
