"""Where the stream's side of the server talks to the database: a few threads of its own.

Django's request threads come and go with their connections; these stay, and so do theirs. One
belongs to the relay, so that no log-in waits behind it nor it behind them. No stream has one.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, connection

logger = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThreads:
    def __init__(self, name: str, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns; it may use the database, in autocommit."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._executor, lambda: _with_sound_connection(lambda: function(*args, **kwargs))
        )


def _with_sound_connection(call: Callable[[], T]) -> T:
    try:
        return call()
    except (DatabaseError, InterfaceError):
        # A server that went away leaves a connection that fails for ever: begin afresh.
        connection.close()
        raise


relay_thread = DatabaseThreads("live-relay", 1)
reader_threads = DatabaseThreads("live-readers", 2)
