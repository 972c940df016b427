"""What a reader has missed who was away: what is new, what has changed, what was given to them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from tickets.notices.models import Kind
from tickets.notices.reading import notices_of
from tickets.visibility import visible_tickets


@dataclass(frozen=True, slots=True)
class Missed:
    words: str  # such as "5 new"
    url: str


def missed(user: Any, since: datetime) -> list[Missed]:
    """What there is of it, each with the list that shows it."""
    tickets, board = visible_tickets(user), reverse("board")
    by_activity = urlencode({"status": "all", "sort": "-activity"})
    new = tickets.filter(created_at__gt=since).count()
    changed = tickets.filter(updated_at__gt=since, created_at__lte=since).count()
    assigned = notices_of(user).filter(kind=Kind.ASSIGNED, at__gt=since).count()
    found = [
        (new, Missed(f"{new} new", board)),
        (changed, Missed(f"{changed} changed", f"{board}?{by_activity}")),
        (assigned, Missed(f"{assigned} assigned to you", reverse("notices"))),
    ]
    return [part for number, part in found if number]


def moment(milliseconds: str) -> datetime | None:
    """A time as scripts have it; None for what is none."""
    try:
        return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
