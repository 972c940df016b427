"""What the log says of work that fails again and again, as in an outage of the database: one line
when that begins, with the reason, and one when it is over. Each part of an engine tries again once
a second, for minutes, and lines that repeat themselves would hide all others."""

import logging
import time

from django.db import DatabaseError, InterfaceError

logger = logging.getLogger(__name__)

# These say all in their message; any other error may be a mistake of ours, and has its traceback.
FROM_OUTSIDE = (DatabaseError, InterfaceError, OSError)


class Outage:
    """`begun` and `over` are the words of the two lines, such as "the log cannot be read, trying
    again" and "the log is read again"."""

    def __init__(self, begun: str, over: str = "") -> None:
        self._begun = begun
        self._over = over
        self._since = 0.0  # monotonic time of the first failure; 0 while all is well
        self._told: set[type[Exception]] = set()  # a failure of another kind is told too

    def failed(self, error: Exception) -> None:
        self._since = self._since or time.monotonic()
        if type(error) not in self._told:
            self._told.add(type(error))
            trace = None if isinstance(error, FROM_OUTSIDE) else error
            logger.error("%s: %s", self._begun, reason(error), exc_info=trace)

    def succeeded(self) -> None:
        if self._since:
            logger.info("%s, after %.0f s", self._over, time.monotonic() - self._since)
            self._since = 0.0
            self._told.clear()


def reason(error: Exception) -> str:
    """In one line, for the messages of databases have several."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
