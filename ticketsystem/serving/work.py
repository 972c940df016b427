"""What one request may take of the database: so many seconds for a statement and for a lock, and
nothing any more once its client has left.

On PostgreSQL the limits travel in front of a statement, in the same message: one that begins a
transaction, or is one by itself. They are LOCAL, so they end with it. Nothing of them is left on
the connection, which a pooler may give to a command next; and no round trip is added.

On SQLite they are set on the connections of these threads, which nobody else uses.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

from ticketsystem.database_errors import is_read_only

LOCK_SECONDS = 5
LIMITS = (
    f"SET LOCAL statement_timeout = {settings.STATEMENT_TIMEOUT_SECONDS * 1000:.0f};"
    f" SET LOCAL lock_timeout = {LOCK_SECONDS * 1000}; "
)
CHANGES = ("INSERT", "UPDATE", "DELETE")
STEPS = 100_000  # of SQLite's machine between two looks at the clock: about a millisecond
CANCELLED_WITHIN = 2.0  # seconds in which a statement is cancelled; then its limits have to end it
AGAIN_AFTER = 0.1  # seconds

_current: ContextVar["Work | None"] = ContextVar("work", default=None)


class ClientLeft(BaseException):
    """Nobody waits for the answer any more. It is no Exception, so that nothing takes it for a
    failure of its own and goes on."""


class Work:
    """`with Work() as work:` around all that a request does in its thread."""

    def __init__(self) -> None:
        self.is_given_up = False
        self.has_tried_to_write = False  # whether a change was sent to the database
        self.has_written = False  # whether a change is committed, and stays whatever fails later
        self.deadline = 0.0  # of the statement at work; SQLite has no limit of its own
        self._limits = ExitStack()
        self._lock = threading.Condition()  # told when the statement at work has ended
        self._held: Any = None  # the connection whose statement is at work

    def __enter__(self) -> Self:
        _connections.make_ready()
        self._limits.callback(_current.reset, _current.set(self))
        self._limits.enter_context(connection.execute_wrapper(self._execute))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._limits.close()

    def give_up(self) -> None:
        """Stop the statement that is at work, and let no other one begin. To be called in another
        thread than the request's.

        A cancel that comes late would hit whatever the connection does then. So while it is on its
        way this holds the lock, without which no other statement begins. One that comes early, when
        the statement's thread has not sent it yet, hits nothing. So it is sent again until the
        statement has ended.
        """
        self.is_given_up = True
        deadline = time.monotonic() + CANCELLED_WITHIN
        with self._lock:
            while self._held is not None and (left := deadline - time.monotonic()) > 0:
                self._held.cancel_safe(timeout=left)
                self._lock.wait(AGAIN_AFTER)

    def _execute(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        """Around each statement of the request, by Django's database instrumentation."""
        database = context["connection"]
        raw = database.connection
        on_postgresql = database.vendor == "postgresql"
        with self._lock:
            if self.is_given_up:
                raise ClientLeft
            self._held = raw if on_postgresql else None
        self.deadline = time.monotonic() + settings.STATEMENT_TIMEOUT_SECONDS
        is_change = sql.lstrip().startswith(CHANGES)
        self.has_tried_to_write |= is_change
        # While the connection is idle, the next statement begins a transaction, or is one by
        # itself. One that is sent for many rows, which nothing here does, could not carry them.
        is_first = (
            on_postgresql and not many and raw.pgconn.transaction_status == TransactionStatus.IDLE
        )
        try:
            result = execute(LIMITS + sql if is_first else sql, parameters, many, context)
        except Error as error:
            if self.is_given_up:
                raise ClientLeft from error
            if is_read_only(error):
                _connections.doubt_all()
            raise
        finally:
            with self._lock:
                self._held = None
                self._lock.notify_all()
        if is_first:
            cursor = context["cursor"].cursor
            cursor.nextset()  # past the answer to each of the limits
            cursor.nextset()
        if is_change:
            self._note_change(database)
        return result

    def _note_change(self, database: Any) -> None:
        if database.in_atomic_block:
            transaction.on_commit(self._note_commit, using=database.alias)
        else:
            self._note_commit()

    def _note_commit(self) -> None:
        self.has_written = True

    def is_over(self) -> bool:
        """Asked by SQLite while it works on a statement."""
        return self.is_given_up or time.monotonic() > self.deadline


def current() -> Work | None:
    """The work of this thread's request; None where no server's thread does it."""
    return _current.get()


class _Connections(threading.local):
    """This thread's connection to the database, and a doubt that concerns all threads' alike.

    After a failover each connection that still leads to the former primary can only read. The first
    of them that fails to write has all threads open new ones before their next request.
    """

    doubted_at = 0.0  # the same for all threads
    opened_at = 0.0

    def doubt_all(self) -> None:
        _Connections.doubted_at = time.monotonic()

    def make_ready(self) -> None:
        """For the next request of this thread."""
        if self.opened_at < _Connections.doubted_at:
            connection.close()
        if "DISABLE_SERVER_SIDE_CURSORS" not in connection.settings_dict:
            # The declaration of such a cursor cannot carry limits, and outside a transaction it
            # would be no statement that they end with.
            connection.settings_dict = {
                **connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS": True
            }  # fmt: skip


_connections = _Connections()


def _prepare(sender: Any, connection: Any, **_: Any) -> None:
    """A connection was opened, perhaps by a thread that does a request's work."""
    _connections.opened_at = time.monotonic()
    if _current.get() is None or connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")
    connection.connection.set_progress_handler(_is_over, STEPS)


def _is_over() -> bool:
    work = _current.get()
    return work is not None and work.is_over()


connection_created.connect(_prepare)
