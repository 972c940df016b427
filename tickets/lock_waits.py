"""How long a write waits for what others hold, where that is less than a request may wait.

On PostgreSQL a row is waited for, inside a transaction. On SQLite the database's only writer is, at
the beginning of a transaction.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code for a wait that took longer than lock_timeout


class WaitedTooLong(Exception):
    """Somebody else still holds it. The transaction has to end."""


@contextmanager
def for_rows(seconds: float) -> Iterator[None]:
    """To be entered in a transaction, with which the limit ends at the latest."""
    if connection.vendor != "postgresql":
        yield
        return
    before = _set_limit(f"{seconds * 1000:.0f}ms")
    with _told_apart():
        yield
    _set_limit(before)


@contextmanager
def to_the_end(seconds: float) -> Iterator[None]:
    """The same where nothing follows but the end of the transaction, which ends the limit."""
    if connection.vendor == "postgresql":
        _set_limit(f"{seconds * 1000:.0f}ms")
    with _told_apart():
        yield


def _set_limit(limit: str) -> str:
    """Returns the one before."""
    set_limit = "SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)"
    with connection.cursor() as cursor:
        cursor.execute(set_limit, [limit])
        return str(cursor.fetchone()[0])


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise WaitedTooLong from error
        raise


@contextmanager
def for_writer(seconds: float) -> Iterator[None]:
    """To be entered before the transaction."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
        try:
            yield
        except OperationalError as error:
            if getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise WaitedTooLong from error
            raise
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {before}")
