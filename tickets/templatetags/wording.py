"""How pages put things: ages, initials. static/js/wording.js says the same, live."""

from datetime import datetime

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from tickets.board import OPEN
from tickets.models import Ticket
from tickets.public import name_of

register = template.Library()
register.filter("name_of", name_of)

TINTS = 6  # as many as there are in base.css


@register.filter
def age(then: datetime | None) -> str:
    """As in "8 min"; the exact time belongs beside it."""
    if then is None:
        return ""
    return duration((timezone.now() - then).total_seconds()) or "now"


@register.filter
def ago(then: datetime) -> str:
    words = age(then)
    return words if words == "now" else f"{words} ago"


@register.filter
def due(ticket: Ticket) -> str:
    """As in "in 2 h" or "overdue 12 min"; what is resolved is not due any more."""
    if ticket.due_at is None or ticket.status not in OPEN:
        return ""
    seconds = (ticket.due_at - timezone.now()).total_seconds()
    if seconds >= 0:
        return f"in {duration(seconds) or '1 min'}"
    return f"overdue {duration(-seconds) or '1 min'}"


@register.filter
def is_overdue(ticket: Ticket) -> bool:
    return due(ticket).startswith("overdue")


@register.filter
def initials(name: str) -> str:
    """Two letters: JW for Jonas Weber, CA for carol."""
    words = name.split()
    letters = words[0][0] + words[-1][0] if len(words) > 1 else name.strip()[:2]
    return letters.upper()


@register.filter
def tint(name: str) -> int:
    return sum(map(ord, name)) % TINTS


@register.filter
def exact(then: datetime | None) -> str:
    return "" if then is None else timezone.localtime(then).strftime("%-d %b %Y, %H:%M %Z")


@register.filter
def iso(then: datetime | None) -> str:
    """As it stands in events."""
    return "" if then is None else str(DjangoJSONEncoder().default(then))


def duration(seconds: float) -> str:
    """The largest unit that fits; nothing below a minute."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min" if minutes > 0 else ""
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"
