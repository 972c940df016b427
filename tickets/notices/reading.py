"""The notices of a user: those about tickets that they may see now, and no others.

A ticket that was resolved, or got another due date, is not overdue any more: what was told of the
former date counts as read.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

import live
from tickets.board import OPEN
from tickets.notices.models import Kind, Notice
from tickets.texts import LONGEST_LINE, shortened
from tickets.visibility import user_audience, visible_tickets

IN_BELL = 8  # shown there; the page has all of them
COUNTED = 100  # unread ones that a bell looks at

# What stands before the ticket. A due date has its time behind the first of its words.
WORDS = {
    Kind.ASSIGNED: "assigned you",
    Kind.MENTIONED: "mentioned you on",
    Kind.REPLIED: "wrote on",
    Kind.DUE: "Due at",
    Kind.OVERDUE: "Overdue since",
}
OVER = "Was due at"
SAID = (Kind.MENTIONED, Kind.REPLIED)  # about a comment


@dataclass(frozen=True)
class Shown:
    """A notice as pages show it."""

    id: int
    kind: str
    ticket_id: int
    subject: str
    by: str  # "" for a due date
    deed: str
    due_at: datetime | None
    at: datetime
    is_read: bool
    url: str
    times: int = 1  # that it is told in a bell, which shows it once

    @classmethod
    def of(cls, notice: Notice) -> "Shown":
        kind, ticket = Kind(notice.kind), notice.ticket
        due_at = notice.due_at
        is_over = due_at is not None and (due_at != ticket.due_at or ticket.status not in OPEN)
        place = f"#comment-{notice.about}" if kind in SAID else ""
        return cls(
            id=notice.pk,
            kind=kind.value,
            ticket_id=ticket.pk,
            subject=shortened(ticket.subject, LONGEST_LINE),
            by="" if due_at else notice.actor_name or "Somebody",
            deed=OVER if is_over else WORDS[kind],
            due_at=due_at,
            at=notice.at,
            is_read=is_over or notice.read_at is not None,
            url=reverse("ticket", args=[ticket.pk]) + place,
        )

    def __str__(self) -> str:
        """In one line, without the time."""
        words = f"{self.deed.split()[0]}:" if self.due_at else f"{self.by} {self.deed}"
        return f"{words} #{self.ticket_id} {self.subject}"


class Bell:
    """The unread notices of a user, in one query, which every page asks."""

    def __init__(self, user: Any) -> None:
        unread = notices_of(user).filter(read_at=None)[:COUNTED]
        self.unread = [told for told in shown(unread) if not told.is_read]

    @property
    def newest(self) -> list[Shown]:
        """Of what was told of a ticket several times in the same words, the newest."""
        alike = Counter((told.ticket_id, told.kind) for told in self.unread)
        first = {(told.ticket_id, told.kind): told for told in reversed(self.unread)}
        told = [replace(told, times=alike[key]) for key, told in first.items()]
        return sorted(told, key=lambda told: -told.id)[:IN_BELL]

    @property
    def number(self) -> str:
        return f"{COUNTED - 1}+" if len(self.unread) >= COUNTED else str(len(self.unread))

    @property
    def tickets(self) -> str:
        """Their numbers, for the page's script."""
        return " ".join(sorted({str(told.ticket_id) for told in self.unread}))


def notices_of(user: Any) -> QuerySet[Notice]:
    """The unread first, and of each the newest first."""
    seen = visible_tickets(user).select_related(None).filter(pk=OuterRef("ticket_id"))
    mine = Notice.objects.filter(Exists(seen), user_id=user.pk).select_related("ticket")
    columns = ("ticket__subject", "ticket__status", "ticket__due_at")
    mine = mine.only("ticket", "kind", "about", "actor_name", "at", "read_at", *columns)
    return mine.order_by(F("read_at").asc(nulls_first=True), "-pk")


def shown(notices: Iterable[Notice]) -> list[Shown]:
    return [Shown.of(notice) for notice in notices]


def read(user: Any, which: Q | None = None) -> int:
    """Mark these of the user's notices as read, or all of them, in every tab. Returns how many were
    unread."""
    with transaction.atomic():
        unread = Notice.objects.filter(which or Q(), user_id=user.pk, read_at=None)
        count = unread.update(read_at=Now())
        if count:
            live.publish("notice.read", {}, [user_audience(user.pk)])
        return count
