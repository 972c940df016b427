"""Who comes at the same moment is looked up together: a storm of reconnects costs few queries.

Whoever asks while a look-up is under way waits for the next, which is then for all of them.
"""

import asyncio
from dataclasses import dataclass

from django.db import connection

from live.numbering import Bounds, bounds
from live.sessions import Identity, identify
from live.threads import reader_threads

MOST = 100  # sessions looked up at once; their streams then open in one go, some 25 ms


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose session it is, None if nobody's, and the log as it was just afterwards."""

    identity: Identity | None
    log: Bounds


class Arrivals:
    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._waiting: list[tuple[str, asyncio.Future[Arrival]]] = []

    async def look_up(self, session_key: str) -> Arrival:
        """By a look-up that begins after this call. Raises what made it fail."""
        answer: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()
        self._waiting.append((session_key, answer))
        self._asked.set()
        return await answer

    async def run(self) -> None:
        """One look-up after the other, until cancelled."""
        self._asked = asyncio.Event()
        while True:
            self._waiting = [one for one in self._waiting if not one[1].done()]  # not who gave up
            if not self._waiting:
                self._asked.clear()
                await self._asked.wait()
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                found, log = await reader_threads.run(_look_up, {key for key, _ in together})
            except Exception as error:
                for _, answer in together:
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for key, answer in together:
                    if not answer.done():
                        answer.set_result(Arrival(found.get(key), log))


def _look_up(session_keys: set[str]) -> tuple[dict[str, Identity], Bounds]:
    connection.close_if_unusable_or_obsolete()  # a restarted database must not refuse hundreds
    return identify(session_keys), bounds()


arrivals = Arrivals()
