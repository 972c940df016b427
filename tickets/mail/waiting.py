"""How much mail waits, and for what: two numbers that rise tell an operator that no worker runs, or
that the mail server takes nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from tickets.database_time import clock
from tickets.mail.models import Mail, State
from tickets.mail.sending import waiting


@dataclass(frozen=True, slots=True)
class Waiting:
    queued: int  # messages that are neither sent nor given up
    oldest: float  # seconds since the first of them was queued
    untaken: float  # seconds for which one has been due that no worker has


def how_much_waits() -> Waiting:
    queued = Mail.objects.filter(state=State.QUEUED)
    found = queued.aggregate(count=Count("pk"), since=Min("queued_at"))
    due = waiting().aggregate(since=Min("next_at"))
    return Waiting(found["count"], _seconds_since(found["since"]), _seconds_since(due["since"]))


def _seconds_since(then: datetime | None) -> float:
    return max(0.0, (clock.now() - then).total_seconds()) if then else 0.0
