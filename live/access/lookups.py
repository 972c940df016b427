"""Streams that are asked for at the same moment share one look-up of their sessions, so that a
storm of reconnects costs few queries.

A request that comes while a look-up is under way waits for the next one, which is then for all that
wait.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from django.db import close_old_connections

from live.access import rights
from live.access.sessions import Identity, identify
from live.log.numbering import Bounds, bounds
from live.log.threads import DatabaseThreads

MOST = 100  # sessions looked up at once; their streams then open in one go, some 25 ms


@dataclass(frozen=True, slots=True)
class Found:
    """Whose session it is, None if nobody's, and the log's bounds just after the look-up."""

    identity: Identity | None
    log: Bounds


class Lookups:
    """Collects who is to be looked up, and looks them up together."""

    def __init__(self, threads: DatabaseThreads) -> None:
        self._threads = threads
        self._asked = asyncio.Event()
        self._waiting: list[tuple[str, asyncio.Future[Found]]] = []

    async def find(self, session_key: str) -> Found:
        """By a look-up that begins after this call. Raises the error that made it fail."""
        answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._waiting.append((session_key, answer))
        self._asked.set()
        return await answer

    async def run(self) -> None:
        """One look-up after the other, until cancelled."""
        while True:
            # A client that left meanwhile has cancelled its wait.
            self._waiting = [asked for asked in self._waiting if not asked[1].done()]
            if not self._waiting:
                self._asked.clear()
                await self._asked.wait()
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            keys = {key for key, _ in together}
            try:
                identities, log = await self._threads.run(_look_up_afresh, keys)
            except Exception as error:
                for _, answer in together:
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for key, answer in together:
                    if not answer.done():
                        answer.set_result(Found(identities.get(key), log))


def look_up(session_keys: Collection[str]) -> tuple[dict[str, Identity], Bounds]:
    """Whose sessions these are, and how far the log then goes. Before that, changes of these users'
    rights that nobody announced are published, so that the log's bounds cover them too."""
    identities = identify(session_keys)
    rights.announce({found.user_id: found.audiences for found in identities.values()})
    return identities, bounds()


def _look_up_afresh(session_keys: Collection[str]) -> tuple[dict[str, Identity], Bounds]:
    close_old_connections()  # a restarted database must not refuse hundreds
    return look_up(session_keys)
