"""When tickets are due, as somebody says it whose day begins and ends in their own time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

OVERDUE, TODAY, WEEK, NONE = "overdue", "today", "week", "none"
DUE = (OVERDUE, TODAY, WEEK, NONE)
DAYS_OF_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Day:
    """Today, in the time zone of whoever looks. A week is today and the six days after it. What
    was due today and is over is due today still, and overdue too."""

    now: datetime
    start: datetime
    end: datetime
    week_end: datetime

    @classmethod
    def of(cls, now: datetime) -> "Day":
        zone = timezone.get_current_timezone()
        date = timezone.localtime(now, zone).date()
        start, end, week_end = (
            datetime.combine(date + timedelta(days=days), time.min, tzinfo=zone).astimezone(UTC)
            for days in (0, 1, DAYS_OF_A_WEEK)
        )
        return cls(now, start, end, week_end)

    def among(self, due: str) -> Q:
        """The tickets whose due date is such a one: overdue, today, in a week, or none."""
        if due == NONE:
            return Q(due_at=None)
        if due == OVERDUE:
            return Q(due_at__lt=self.now)
        return Q(due_at__gte=self.start, due_at__lt=self._end_of(due))

    def is_due(self, due: str, at: datetime | None) -> bool:
        """Whether this due date is such a one."""
        if at is None or due == NONE:
            return at is None and due == NONE
        if due == OVERDUE:
            return at < self.now
        return self.start <= at < self._end_of(due)

    def _end_of(self, due: str) -> datetime:
        return self.end if due == TODAY else self.week_end
