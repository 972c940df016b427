"""What an error of the database means for whoever has sent the request, in one sentence.

Errors are known by their codes, never by their texts. What is no outage but a mistake of ours, such
as a table that is missing, has no sentence here and stays an error of the server.
"""

import sqlite3
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

TOO_LONG = (
    f"This took longer than {settings.STATEMENT_TIMEOUT_SECONDS:g} seconds and was stopped:"
    " ask for less at once, or try again later."
)
LOCKED = "Somebody else has been at work on the same for longer than this could wait."
GAVE_WAY = "Another change was made to the same at the same moment, and this one gave way to it."
READ_ONLY = "The help desk can only be read at the moment: its database takes no changes."
FULL = "The help desk takes no changes at the moment: its database has no room left."
AWAY = "The help desk's database does not answer at the moment."

# https://www.postgresql.org/docs/current/errcodes-appendix.html
SQLSTATES = {
    "57014": TOO_LONG, "55P03": LOCKED, "40P01": GAVE_WAY, "40001": GAVE_WAY,
    "25006": READ_ONLY, "53100": FULL,
}  # fmt: skip
# https://www.sqlite.org/rescode.html; the lowest byte of a code is its kind.
SQLITE_CODES = {
    sqlite3.SQLITE_INTERRUPT: TOO_LONG, sqlite3.SQLITE_BUSY: LOCKED, sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY, sqlite3.SQLITE_FULL: FULL, sqlite3.SQLITE_IOERR: AWAY,
    sqlite3.SQLITE_CANTOPEN: AWAY,
}  # fmt: skip


def sentence_for(error: BaseException) -> str | None:
    """Why the database could not do it now; None where it is a mistake, or no error of its."""
    driver: Any = error.__cause__  # Django's error stands around the driver's
    if isinstance(driver, sqlite3.Error):
        return SQLITE_CODES.get(getattr(driver, "sqlite_errorcode", 0) & 0xFF)
    known = SQLSTATES.get(getattr(driver, "sqlstate", None) or "")
    is_outage = isinstance(error, OperationalError | InterfaceError)
    return known or (AWAY if is_outage else None)


def is_read_only(error: BaseException) -> bool:
    return sentence_for(error) == READ_ONLY


def outcome_is_known(error: BaseException) -> bool:
    """Whether the database itself has said that it refused. Where it vanished during a commit,
    nobody knows whether that was done."""
    driver: Any = error.__cause__
    return bool(getattr(driver, "sqlstate", None) or isinstance(driver, sqlite3.Error))
