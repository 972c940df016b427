"""The users whose sessions the guard has to look at soon, because the log says that something about
them has changed."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any


class Suspects:
    def __init__(self) -> None:
        self._named: set[Any] = set()
        self._added = asyncio.Event()

    def add(self, user_id: Any) -> None:
        self._named.add(user_id)
        self._added.set()

    def add_again(self, user_ids: Iterable[Any]) -> None:
        """For a later look, since this one failed; wakes nobody."""
        self._named.update(user_ids)

    def take(self) -> set[Any]:
        """All that were named since the last call."""
        self._added.clear()
        taken, self._named = self._named, set()
        return taken

    async def wait(self, seconds: float) -> None:
        """Return when one is added, or when the seconds are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # unlike wait_for(), it loses no cancellation
                await self._added.wait()
