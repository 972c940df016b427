"""PostgreSQL carries the bell itself, by LISTEN and NOTIFY: the bell belongs to the database that
holds the log. Only this module knows how.

Each engine listens on one connection of its own, which waits on the event loop and takes no thread.
It rings by Django's connection, in a statement of its own after the commit, for a transaction that
notifies takes a lock over the whole server when it commits. These are two ways to the database on
purpose: behind a pooler in transaction mode a connection that listens would hear its own NOTIFY and
no other; and an address in LIVE_BELL_URL that leads elsewhere never hears what the log's database
says.
"""

import asyncio
import re
import secrets
from contextlib import closing
from typing import Any

from django.db import DatabaseError, connection

from live.conf import conf
from live.log.carrier import PROOF, Carrier
from live.log.threads import DatabaseThreads

try:
    from psycopg import AsyncConnection, Connection, Error
    from psycopg.conninfo import conninfo_to_dict
except ImportError:  # a project on SQLite alone has none, and one with psycopg 2 rings but polls
    AsyncConnection = Connection = conninfo_to_dict = None  # type: ignore[assignment, misc]
    Error = Exception  # type: ignore[assignment, misc]

CHANNEL = "live_bell"
APPLICATION = "live bell"  # what pg_stat_activity calls the connection that listens
CONNECTING = 10.0  # seconds
TRIAL = 2.0  # seconds within which a trial has to hear itself
FOR_DJANGO = ("context", "cursor_factory", "prepare_threshold")  # of its own connections
NAMED = re.compile(r"""(["']).*?\1|\bport \d+""")  # what a message of the database repeats


class PostgresCarrier(Carrier):
    name = "PostgreSQL"

    def __init__(self, process: str, threads: DatabaseThreads) -> None:
        super().__init__(process, threads)
        self.advice = f" ({advice()})"

    @classmethod
    def is_there(cls) -> bool:
        return connection.vendor == "postgresql"

    @staticmethod
    def send_once(word: str) -> None:
        if not connection.in_atomic_block:  # as in a test whose commits are none
            notify(word)

    async def _send(self, word: str) -> None:
        await self.threads.run(notify, word)

    async def _hear(self) -> None:
        if AsyncConnection is None:
            raise ModuleNotFoundError("psycopg 3 is not installed")
        async with asyncio.timeout(CONNECTING):
            listening = await AsyncConnection.connect(**listening_parameters(), autocommit=True)
        try:
            async with asyncio.timeout(CONNECTING):
                await listening.execute(f"LISTEN {CHANNEL}")
            self._can_hear()
            await self._hear_on(listening)
        finally:
            await listening.close()

    async def _hear_on(self, listening: Any) -> None:
        """psycopg's own notifies() looks at its socket ten times a second, and this never."""
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        # Asked for now: a lost connection does not tell it, and the next file to be opened gets the
        # same number.
        file = listening.fileno()
        loop.add_reader(file, readable.set)
        try:
            while True:
                listening.pgconn.consume_input()  # raises an error once the connection is lost
                while arrived := listening.pgconn.notifies():
                    self._heard(arrived.extra.decode())
                await readable.wait()
                readable.clear()
        finally:
            loop.remove_reader(file)

    def _reason(self, error: Exception) -> str:
        return in_words(error)


def notify(word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, word])


def listening_parameters() -> dict[str, Any]:
    """Where to listen: Django's own parameters, so that sslmode, passfile and the like hold; what
    LIVE_BELL_URL names takes their place."""
    given = connection.get_connection_params()
    for name in FOR_DJANGO:
        given.pop(name, None)
    direct = conninfo_to_dict(conf.BELL_URL) if conf.BELL_URL else {}
    if "host" in direct:
        given.pop("hostaddr", None)  # it would be taken in place of the host
    return {**given, **direct, "application_name": APPLICATION}


def trial() -> str:
    """Why this process would not hear what is rung by Django's connection; "" if it would, or if
    that cannot be tried here."""
    if AsyncConnection is None:
        return "psycopg 3 is not installed"
    if connection.in_atomic_block:
        return ""
    word = f"trial {secrets.token_hex(8)}{PROOF}"
    try:
        connection.ensure_connection()
    except DatabaseError:
        return ""
    try:
        with Connection.connect(**listening_parameters(), autocommit=True) as listening:
            listening.execute(f"LISTEN {CHANNEL}")
            notify(word)
            with closing(listening.notifies(timeout=TRIAL)) as heard:
                return "" if any(arrived.payload == word for arrived in heard) else advice()
    except (Error, DatabaseError) as error:
        return in_words(error)


def advice() -> str:
    """What is wrong, most likely, where a ring does not come back."""
    if conf.BELL_URL:
        return "LIVE_BELL_URL does not lead to the database that DATABASES names, or not directly"
    return "behind a pooler in transaction mode LIVE_BELL_URL has to name a direct address"


def in_words(error: Exception) -> str:
    """The first line of the database's message, without what it repeats of the address."""
    line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {NAMED.sub('…', line)}".removesuffix(": ")
