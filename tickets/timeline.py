"""What happened to a ticket, in order: comments, internal notes, and who changed what."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.utils.dateparse import parse_datetime

from tickets.history import CREATED
from tickets.models import Change, Comment, Ticket
from tickets.public import LONG_TEXT


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to one field: "set status", "new → open". static/js/wording.js agrees."""

    deed: str
    values: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: a comment, or the changes that were saved together."""

    at: datetime
    comment: Comment | None = None
    version: int = 0
    actor: str = ""
    created: bool = False
    steps: list[Step] = field(default_factory=list)


def timeline(ticket: Ticket) -> list[Entry]:
    comments = Comment.objects.filter(ticket=ticket).select_related("author")
    said = [Entry(at=comment.created_at, comment=comment) for comment in comments]
    return sorted([*_saves(ticket.history.all()), *said], key=lambda entry: entry.at)


def changes_since(ticket: Ticket, version: int) -> list[Entry]:
    """What was saved after the version that somebody saw."""
    return _saves(ticket.history.filter(version__gt=version))


def _saves(changes: Iterable[Change]) -> list[Entry]:
    by_version = groupby(sorted(changes, key=lambda one: (one.version, one.pk)), _version)
    return [_save(version, list(together)) for version, together in by_version]


def _version(change: Change) -> int:
    return change.version


def _save(version: int, together: list[Change]) -> Entry:
    first = together[0]
    return Entry(
        at=first.at,
        version=version,
        actor=first.actor_name,
        created=first.field == CREATED,
        steps=[_step(change) for change in together if change.field != CREATED],
    )


def _step(change: Change) -> Step:
    if change.field in LONG_TEXT:
        return Step(f"changed the {change.field}")
    if change.field == "assignee" and change.new and change.new == change.actor_name:
        return Step("took the ticket", f"from {change.old}" if change.old else "")
    nothing = "nobody" if change.field == "assignee" else "nothing"
    name = change.field.removesuffix("_at").replace("_", " ")
    old, new = (_readable(change.field, words) or nothing for words in (change.old, change.new))
    return Step(f"set {name}", f"{old} → {new}")


def _readable(field: str, words: str) -> str:
    moment = parse_datetime(words) if field.endswith("_at") else None
    return f"{moment:%-d %b %Y, %H:%M}" if moment else words
