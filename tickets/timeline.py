"""What happened to a ticket, in order, as its page shows it: replies, internal notes, and who
changed what."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, IntegerField, Max, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Left, Length
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tickets.attachments.shown import attach_to
from tickets.editing import unseen
from tickets.history import CREATED, MERGES, TOOK_IN
from tickets.inbox.quoted import QUOTED_COMMENT
from tickets.models import Attachment, Change, Comment, Ticket
from tickets.public import LONG_TEXT
from tickets.search import LARGEST_ID
from tickets.texts import SHOWN_AT_ONCE

AT_ONCE = 30  # entries of a page
MOST_MISSED = 20  # saves, or comments, that a refusal tells of
FIELDS = len(Ticket.tracked)  # that one save may change, each with a row of its own
LONGEST_WORDS = 300  # characters of a value in a line of the history
WORDS = {"old_words": Left("old", LONGEST_WORDS), "new_words": Left("new", LONGEST_WORDS)}
NAME = re.compile("(?P<kind>comment|version)-(?P<number>[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to one field, such as "set status" with the values "new → open". The scripts
    word it the same way for live events, in static/tickets/steps.js."""

    deed: str
    values: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment, or the changes that were saved together."""

    at: datetime
    comment: Comment | None = None
    version: int = 0
    actor: str = ""
    actor_id: int | None = None
    created: bool = False
    is_merge: bool = False  # which is not taken back
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands in the timeline: by its time; at the same time saves come first, then
    comments, each in their order."""

    at: datetime
    comment: int = 0  # its id, if it is a comment
    version: int = 0  # of the ticket, if it is a save

    @classmethod
    def of(cls, entry: Entry) -> "Place":
        return cls(entry.at, entry.comment.pk if entry.comment else 0, entry.version)

    @classmethod
    def named(cls, ticket: Ticket, name: str) -> "Place | None":
        """The place of "comment-17" or "version-3", if this ticket has such an entry."""
        if not (found := NAME.fullmatch(name)) or int(found["number"]) > LARGEST_ID:
            return None
        number = int(found["number"])
        if found["kind"] == "comment":
            said = ticket.comments.filter(pk=number).values_list("created_at", flat=True).first()
            return cls(said, comment=number) if said else None
        saved = ticket.history.filter(version=number).values_list("at", flat=True).first()
        return cls(saved, version=number) if saved else None

    def __str__(self) -> str:
        return f"comment-{self.comment}" if self.comment else f"version-{self.version}"

    @property
    def just_after(self) -> "Place":
        """Before which it stands as the last one."""
        if self.comment:
            return replace(self, comment=self.comment + 1)
        return replace(self, version=self.version + 1)

    @property
    def comments_before(self) -> Q:
        together = Q(created_at=self.at, pk__lt=self.comment)
        return Q(created_at__lt=self.at) | (together if self.comment else Q(pk__in=()))

    @property
    def changes_before(self) -> Q:
        together = Q(at=self.at)
        return Q(at__lt=self.at) | (
            together if self.comment else together & Q(version__lt=self.version)
        )

    @property
    def order(self) -> tuple[datetime, int, int]:
        return (self.at, self.comment, self.version)


@dataclass(frozen=True, slots=True)
class Timeline:
    entries: list[Entry]  # the oldest first
    earlier: int  # how many there are before them
    is_past: bool  # there are later ones
    seen: int = 0  # the newest comment, with those before the entries; 0 is none
    attached: list[Attachment] = field(default_factory=list)  # to the ticket's description

    @property
    def first(self) -> str:
        """The name of the first one, before which the earlier ones stand."""
        return str(Place.of(self.entries[0])) if self.entries else ""


def timeline(ticket: Ticket, before: Place | None = None) -> Timeline:
    """The newest entries, or those just before a place, however many there are in all."""
    comments, changes = ticket.comments.all(), ticket.history.all()
    newest = 0  # which a page of the past does not show
    if before is None:  # asked before what is shown, so that nothing counts as seen that is not
        newest = comments.aggregate(newest=Max("pk"))["newest"] or 0
    else:
        comments, changes = (
            comments.filter(before.comments_before),
            changes.filter(before.changes_before),
        )
    said = beginnings(comments.order_by("-created_at", "-pk")[:AT_ONCE])
    attached = attach_to(said, ticket.pk)
    saved = newest_saves(changes, AT_ONCE)
    entries = [Entry(at=comment.created_at, comment=comment) for comment in said]
    entries = sorted(entries + saved, key=lambda entry: Place.of(entry).order)
    shown = entries[-AT_ONCE:]
    if not shown:
        return Timeline([], 0, before is not None, attached=attached)
    seen = max([newest, *(comment.pk for comment in said)])
    if len(entries) == len(shown) and max(len(said), len(saved)) < AT_ONCE:
        return Timeline(shown, 0, before is not None, seen, attached)
    first = Place.of(shown[0])
    saves = ticket.history.filter(first.changes_before).order_by().values("ticket")
    saves_before = saves.annotate(n=Count("version", distinct=True)).values("n")
    comments_before = ticket.comments.filter(first.comments_before).order_by()
    earlier = comments_before.aggregate(
        n=Count("pk") + Coalesce(Subquery(saves_before), 0, output_field=IntegerField())
    )["n"]
    return Timeline(shown, earlier, before is not None, seen, attached)


def beginnings(comments: QuerySet[Comment]) -> list[Comment]:
    """The comments, each with no more of its text in `body` than a page of many shows; of a longer
    one it says so, by `is_shortened` and `whole_length`."""
    cut = (
        Comment.objects.select_related("author", "mail_row")
        .defer("body")
        .annotate(
            beginning=Left("body", SHOWN_AT_ONCE),
            whole_length=Length("body"),
            quotes=QUOTED_COMMENT,
        )
    )
    # Chosen in a query of its own: a database that cuts as it chooses reads all the others' texts.
    found: list[Any] = [
        *cut.filter(pk__in=comments.values("pk")).order_by(*comments.query.order_by)
    ]
    for comment in found:
        comment.body = comment.beginning
        comment.is_shortened = comment.whole_length > len(comment.beginning)
    return found


def newest_saves(changes: QuerySet[Change], most: int) -> list[Entry]:
    """The newest saves, the oldest of them first."""
    newest = changes.order_by("-at", "-pk").values_list("pk", "version")[: most * FIELDS]
    by_version: dict[int, list[int]] = {}
    for key, version in newest:
        by_version.setdefault(version, []).append(key)
    return saves(worded([key for keys in [*by_version.values()][:most] for key in keys]))


def worded(keys: Iterable[int]) -> list[Change]:
    """The changes with no more of their values than a line shows."""
    found = _in_order(Change.objects.defer("old", "new").annotate(**WORDS), keys)
    for change in found:
        change.old, change.new = change.old_words, change.new_words
    return found


def _in_order(cut: QuerySet[Any], keys: Iterable[int]) -> list[Any]:
    """The rows with these keys, in that order. Rows are chosen before their texts are cut: a
    database that does both at once reads the texts of all rows it chooses from."""
    keys = list(keys)
    rows = cut.in_bulk(keys)
    return [rows[key] for key in keys if key in rows]


def changes_since(ticket: Ticket, version: int) -> list[Entry]:
    """What was saved after the version that somebody saw, or the newest of it if that is much."""
    return newest_saves(ticket.history.filter(version__gt=version), MOST_MISSED)


def said_since(ticket: Ticket, user: Any, seen: int) -> list[Any]:
    """What others have written after the newest comment that the user had seen, the oldest first;
    or the newest of it if that is much."""
    newest = unseen(ticket, user, seen).order_by("-pk")
    said = beginnings(newest[:MOST_MISSED])[::-1]
    attach_to(said)
    return said


def deeds_since(ticket: Ticket, version: int) -> list[str]:
    """The same as sentences, one for each field: "bob set status new → pending"."""
    return deeds(changes_since(ticket, version))


def deeds(saved: Iterable[Entry]) -> list[str]:
    return [
        f"{entry.actor or 'somebody'} {step.deed} {step.values}".rstrip()
        for entry in saved
        for step in entry.steps
    ]


def saves(changes: Iterable[Change]) -> list[Entry]:
    """The changes, those together that were saved together."""
    by_version = groupby(sorted(changes, key=lambda change: (change.version, change.pk)), _version)
    return [_save(version, list(together)) for version, together in by_version]


def _version(change: Change) -> int:
    return change.version


def _save(version: int, together: list[Change]) -> Entry:
    first = together[0]
    return Entry(
        at=first.at,
        version=version,
        actor=first.actor_name,
        actor_id=first.actor_id,
        created=first.field == CREATED,
        is_merge=any(change.field in MERGES for change in together),
        steps=[_step(change) for change in together if change.field != CREATED],
    )


def _step(change: Change) -> Step:
    if change.field in LONG_TEXT:
        return Step(f"changed the {change.field}")
    if change.field in MERGES:
        return Step("took in" if change.field == TOOK_IN else "merged it into", change.new)
    if change.field == "assignee" and change.new and change.new == change.actor_name:
        return Step("took the ticket", f"from {change.old}" if change.old else "")
    nothing = "nobody" if change.field == "assignee" else "nothing"
    name = change.field.removesuffix("_at").replace("_", " ")
    old, new = (_readable(change.field, words) or nothing for words in (change.old, change.new))
    return Step(f"set {name}", f"{old} → {new}")


def _readable(field: str, words: str) -> str:
    moment = parse_datetime(words) if field.endswith("_at") else None
    return f"{timezone.localtime(moment):%-d %b %Y, %H:%M}" if moment else words
