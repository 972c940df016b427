"""The threads in which an engine talks to the database.

They live as long as the engine, and keep their connections. The relay has a thread of its own, so
that looking up sessions and reading the log never wait for each other. A stream has no thread.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, connection

PATIENCE = 5.0  # seconds that threads wait for each other when they end

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThreads:
    def __init__(self, name: str, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._ending = Barrier(threads)  # so that each thread closes its own connection, once

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns; it may use the database, in autocommit."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._executor, lambda: _with_sound_connection(lambda: function(*args, **kwargs))
        )

    def close(self) -> None:
        """End the threads once they have finished what is under way and closed their connections.
        Waits for nothing."""
        for _ in range(self._ending.parties):
            self._executor.submit(self._close_connection)
        self._executor.shutdown(wait=False)

    def _close_connection(self) -> None:
        with suppress(BrokenBarrierError):  # another thread is stuck in the database
            self._ending.wait(PATIENCE)
        connection.close()


def _with_sound_connection(call: Callable[[], T]) -> T:
    try:
        return call()
    except (DatabaseError, InterfaceError):
        # A server that went away leaves a connection that fails for ever: begin afresh.
        connection.close()
        raise
