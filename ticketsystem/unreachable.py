"""One sentence for a database that a command cannot reach, in place of a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created


@contextmanager
def said_in_one_sentence() -> Iterator[None]:
    """End with the sentence if no connection was ever had. Once there was one, an error tells where
    the command was, and keeps its traceback."""
    reached: list[bool] = []

    def note(**kwargs: Any) -> None:
        reached.append(True)

    connection_created.connect(note)
    try:
        yield
    except OperationalError as error:
        if reached:
            raise
        sys.exit(sentence(error))
    finally:
        connection_created.disconnect(note)


def ask() -> None:
    """Fail now if the database cannot be reached. `runserver` would find out in a thread, whose
    error is a traceback and ends nothing."""
    connection.ensure_connection()
    connection.close()


def sentence(error: OperationalError) -> str:
    """What is wanted, and why it cannot be had: no client of a database names the password."""
    reason = " ".join(f"{error}".partition("Is the server running")[0].split()).rstrip(".")
    return f"{_wanted()} cannot be reached, which DATABASE_URL names: {reason}."


def _wanted() -> str:
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        return f"The SQLite file {database['NAME']}"
    at = ":".join(filter(None, (database["HOST"] or "a local socket", str(database["PORT"]))))
    return f"The PostgreSQL database {database['NAME']!r} at {at}"
