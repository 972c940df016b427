"""What may be done only so often is a row each time, counted in the database over all processes.

    refuse_above(recent(Something.objects.filter(network=here), WINDOW), 10, WINDOW, TooMany)

Whoever counts has their turn (tickets/turns.py) from the first look to the new row.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any, ClassVar

from django.db.models import Manager, Q, QuerySet
from django.db.models.functions import Now

FORGOTTEN_AT_ONCE = 10  # rows that a new one takes away


class TooOften(Exception):
    """Refused, until some of what was done is forgotten. The message is a sentence for who did it.
    The middleware answers with it, and with 429."""

    title: ClassVar[str]  # of the page

    def __init__(self, what: str, wait: timedelta) -> None:
        self.seconds = max(1, ceil(wait.total_seconds()))
        minutes = ceil(self.seconds / 60)
        again = f"wait {minutes} minute{'s' if minutes > 1 else ''}, then try again"
        super().__init__(f"There were too many {what}: {again}.")


def recent(rows: QuerySet[Any] | Manager[Any], window: timedelta) -> QuerySet[Any]:
    """Those of late. What a clock that was ahead has written counts for no longer than the rest."""
    return rows.filter(at__range=(Now() - window, Now() + window))


def refuse_above(
    rows: QuerySet[Any], most: int, window: timedelta, refusal: Callable[[timedelta], TooOften]
) -> None:
    """Until so many of them are no longer within the window."""
    newest = rows.annotate(now=Now()).order_by("-at").values_list("at", "now")
    last_in_the_way: tuple[datetime, datetime] | None = newest[most - 1 : most].first()
    if last_in_the_way is not None:
        at, now = last_in_the_way
        raise refusal(at + window - now)


def forget_old(rows: Manager[Any], window: timedelta) -> None:
    """Each new row takes away up to ten old ones, so the table does not grow for ever. Rows that
    another process is taking away are left to it."""
    old = rows.filter(Q(at__lt=Now() - window) | Q(at__gt=Now() + window))
    some = old.order_by("at").select_for_update(skip_locked=True)[:FORGOTTEN_AT_ONCE]
    rows.filter(pk__in=list(some.values_list("pk", flat=True))).delete()
