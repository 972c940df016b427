"""Whether the database takes writes: asked without writing anything and without a lock.

A connection that answers may be one that can only read: to a standby, to the former primary after a
failover, or to a database that was made read-only for maintenance.
"""

import os
from pathlib import Path

from django.db import connection

# The second is the state that a new transaction begins in; a standby is always read-only.
STATE = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')"

STANDBY = "the database is a standby, which can only be read"
READ_ONLY = "the database is read-only"
NO_ROOM = "the disk of the database is full"


def hindrance() -> str:
    """Why this thread's connection cannot write; "" if it can."""
    if connection.vendor == "postgresql":
        return _of_server()
    if connection.vendor == "sqlite":
        return _of_file(Path(connection.settings_dict["NAME"]))
    return ""


def hindrance_of_new_connection() -> str:
    """The same of a connection that is opened now, and stays this thread's. One that was opened
    before may still lead to where the primary was, or know of nothing that was changed since."""
    if not connection.in_atomic_block:  # else it is needed, as it is
        connection.close()
    return hindrance()


def _of_server() -> str:
    with connection.cursor() as cursor:
        cursor.execute(STATE)
        is_standby, read_only = cursor.fetchone()
    if is_standby:
        return STANDBY
    return READ_ONLY if read_only == "on" else ""


def _of_file(file: Path) -> str:
    """SQLite writes its journal beside the file."""
    if not file.exists():  # in memory, or made by the first who writes
        return ""
    if not all(os.access(place, os.W_OK, effective_ids=True) for place in (file, file.parent)):
        return READ_ONLY
    disk = os.statvfs(file.parent)
    return "" if disk.f_bavail else NO_ROOM
