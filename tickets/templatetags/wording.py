"""How pages word ages, due times, initials and dates. When an event changes an open page,
static/tickets/wording.js words them the same way."""

from datetime import datetime

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from tickets.board import OPEN
from tickets.models import Ticket
from tickets.names import name_of
from tickets.tags import listed
from tickets.texts import LONGEST_LINE, SHOWN_AT_ONCE, shortened

register = template.Library()
register.filter("name_of", name_of)
register.filter("tags", listed)

MOST_TAGS = 3  # in a row of a list
TINTS = 6  # as many as there are in base.css


@register.filter
def age(then: datetime | None) -> str:
    """Such as "8 min". The page shows the exact time beside it."""
    if then is None:
        return ""
    return duration((timezone.now() - then).total_seconds()) or "now"


@register.filter
def ago(then: datetime) -> str:
    words = age(then)
    return "just now" if words == "now" else f"{words} ago"


@register.filter
def due(ticket: Ticket) -> str:
    """Such as "in 2 h" or "overdue 12 min". A resolved or closed ticket is not due any more."""
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
    """Two letters: JW for Jonas Weber <jonas@example.com>, CA for carol."""
    own = name.partition(" <")[0].strip("<> ")
    words = own.split()
    letters = words[0][0] + words[-1][0] if len(words) > 1 else own[:2]
    return letters.upper()


@register.filter
def brief(text: str) -> str:
    """A text of one line, of which a row from before there were limits may be millions long."""
    return shortened(text, LONGEST_LINE)


@register.filter
def few_tags(kept: str) -> list[str]:
    """The first tags, and how many more there are: "+2"."""
    tags = listed(kept)
    rest = len(tags) - MOST_TAGS
    return [*tags[:MOST_TAGS], f"+{rest}"] if rest > 0 else tags


@register.filter
def grouped(number: int) -> str:
    """Such as 50,000."""
    return f"{number:,}"


@register.filter
def beginning(text: str) -> str:
    return text[:SHOWN_AT_ONCE]


@register.filter
def tint(name: str) -> int:
    return sum(map(ord, name)) % TINTS


@register.filter
def exact(then: datetime | None) -> str:
    return "" if then is None else timezone.localtime(then).strftime("%-d %b %Y, %H:%M")


@register.filter
def iso(then: datetime | None) -> str:
    """The time as events write it."""
    return "" if then is None else str(DjangoJSONEncoder().default(then))


def duration(seconds: float) -> str:
    """In the largest unit that fits, such as "3 h", or "" for less than a minute."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min" if minutes > 0 else ""
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"
