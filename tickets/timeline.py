"""What happened to a ticket, in order: comments, internal notes, and who changed what."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.dateparse import parse_datetime

from tickets.history import CREATED
from tickets.models import Change, Comment, Ticket
from tickets.public import LONG_TEXT


@dataclass(frozen=True, slots=True)
class Step:
    """One field, from one value to another, in words."""

    field: str
    old: str
    new: str


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
        return Step(change.field, "", "")
    name = change.field.removesuffix("_at").replace("_", " ")
    return Step(name, _readable(change, change.old), _readable(change, change.new))


def _readable(change: Change, words: str) -> str:
    moment: Any = parse_datetime(words) if change.field.endswith("_at") else None
    return f"{moment:%-d %b %Y, %H:%M}" if moment else words or "nothing"
