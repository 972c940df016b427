"""Times by the clock of the database, which is the same for all hosts.

A host whose own clock is wrong by an hour would put its comments an hour away from their place in
the conversation. So a process asks the database for the time, and goes on from there by a clock
that nobody sets. SQLite is a file on the host itself, whose clock is then the one that counts.
"""

import time
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.db import connection, models
from django.utils import timezone

# Seconds. A host that was suspended is wrong for no longer than that, for this clock stood still.
ASKED_AGAIN = 10.0


class DatabaseClock:
    def __init__(self) -> None:
        self._lock = Lock()
        self._told: datetime | None = None  # by the database
        self._told_at = 0.0  # monotonic

    def now(self) -> datetime:
        if connection.vendor != "postgresql":
            return timezone.now()
        with self._lock:
            if self._told is None or time.monotonic() - self._told_at > ASKED_AGAIN:
                self._ask()
            assert self._told is not None
            return self._told + timedelta(seconds=time.monotonic() - self._told_at)

    def _ask(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")  # now() is when the transaction began
            self._told_at = time.monotonic()
            (self._told,) = cursor.fetchone()


clock = DatabaseClock()


class DatabaseTime(models.DateTimeField):  # type: ignore[type-arg]
    """When the row was first written, whatever writes it, unless the writer says so."""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        if add and getattr(model_instance, self.attname) is None:
            setattr(model_instance, self.attname, clock.now())
        return super().pre_save(model_instance, add)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """`loaddata` calls no `pre_save()`, and a fixture may leave the time out."""
        return super().get_db_prep_save(clock.now() if value is None else value, connection)

    def deconstruct(self) -> Any:
        """For migrations it is a plain column, whose default is the clock of their host."""
        name, _, positional, named = super().deconstruct()
        named["default"] = timezone.now
        return name, "django.db.models.DateTimeField", positional, named
