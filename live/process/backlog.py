"""What streams have missed: from memory where that reaches back, else from the log.

A stream asks for a piece, sends it, and asks for the next when its reader has taken that one. So a
backlog of any length costs its process one piece. From the log one stream reads at a time: however
many resume at once, the threads of the readers are free for those who come.
"""

import asyncio

from live.log import reading
from live.log.entries import Entry
from live.log.threads import DatabaseThreads
from live.process.recent import Recent

PIECE = 128_000  # bytes that are read at once, or one event


class Backlog:
    def __init__(self, recent: Recent, threads: DatabaseThreads) -> None:
        self._recent = recent
        self._threads = threads
        self._turn = asyncio.Lock()

    async def after(self, position: int) -> list[Entry]:
        """The next events after the position, up to the newest that this process has read; raises
        PositionLost where they are not all there."""
        kept = self._recent.after(position)
        if kept is not None:
            return kept
        async with self._turn:
            missed = max(1, self._recent.position - position)  # the log may just be replaced
            limit = min(reading.AT_ONCE, missed)
            return await self._threads.run(reading.read, position, limit, PIECE)
