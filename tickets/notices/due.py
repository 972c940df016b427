"""Tells agents that their tickets are due within the hour, or overdue: at that time, and once for
each due date. One server process looks every fifteen seconds, by the database's clock."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from tickets.board import OPEN
from tickets.models import Ticket
from tickets.notices.models import DueTold, Kind, Notice, in_microseconds
from tickets.notices.telling import tell

EVERY = 15.0  # seconds
SOON = timedelta(hours=1)
# Due dates that have passed for longer are not told any more: servers were stopped that long, or
# somebody has entered the date of an old paper.
LATEST = timedelta(days=7)
AT_ONCE = 200  # tickets; the others are told fifteen seconds later


def tell_due() -> None:
    """To be called in a transaction, by one process at a time (live.every)."""
    soon = Q(due_at__gt=Now(), due_at__lte=Now() + SOON)
    over = Q(due_at__lte=Now(), due_at__gt=Now() - LATEST)
    for kind, when in ((Kind.DUE, soon), (Kind.OVERDUE, over)):
        rows = _not_told(kind).filter(when).values_list("pk", "assignee_id", "due_at")[:AT_ONCE]
        found = [
            DueTold(ticket_id=ticket_id, user_id=user_id, kind=kind, due_at=due_at)
            for ticket_id, user_id, due_at in rows
            if user_id is not None and due_at is not None
        ]
        DueTold.objects.bulk_create(found)
        tell(_notice(told) for told in found)
    DueTold.objects.filter(due_at__lt=Now() - LATEST - SOON).delete()


def _not_told(kind: Kind) -> QuerySet[Ticket]:
    """The tickets of somebody that are still to be done, and whose due date they were not told."""
    told = DueTold.objects.filter(
        kind=kind, ticket=OuterRef("pk"), user=OuterRef("assignee"), due_at=OuterRef("due_at")
    )
    mine = Ticket.objects.filter(~Exists(told), status__in=OPEN, assignee__isnull=False)
    return mine.order_by("due_at", "pk")


def _notice(told: DueTold) -> Notice:
    about = in_microseconds(told.due_at)
    return Notice(ticket_id=told.ticket_id, user_id=told.user_id, kind=told.kind, about=about)
