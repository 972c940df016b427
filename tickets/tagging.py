"""Which tickets have a tag, by a table that is kept beside the tickets' own texts.

A row stands there for each tag of each ticket, written in the transaction of whatever changes them.
So one tag is found by an index on each database, and its tickets are counted by it.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from live import Transition
from tickets import tags
from tickets.bookkeeping import TicketTag
from tickets.models import Ticket
from tickets.visibility import visible_tickets

LOOKED_AT = 2000  # of the newest tickets' tags, to find out which are in use
MOST_SUGGESTED = 100
AS_A_WHOLE = "Tags are set as a whole, and not by what a database computes."


def follow(transition: Transition[Ticket]) -> None:
    """Keep what a change has made of the tags. A deletion takes them along by itself."""
    before, after = transition.before, transition.after
    if after is None or (not after.tags if before is None else "tags" not in transition.fields):
        return
    if after.tags != tags.as_text(after.tags):  # the database has computed it
        raise ValidationError({"tags": AS_A_WHOLE})
    remember(after)


def remember(ticket: Ticket) -> None:
    """Keep which tags the ticket has now."""
    kept = [tag for tag in tags.listed(ticket.tags) if not tags.refusal(tag)]
    TicketTag.objects.filter(ticket=ticket).exclude(tag__in=kept).delete()
    TicketTag.objects.bulk_create(
        [TicketTag(name=f"{ticket.pk} {tag}", ticket=ticket, tag=tag) for tag in kept],
        ignore_conflicts=True,
    )


def remember_new(tickets: Iterable[Ticket]) -> None:
    """The same for many tickets that have just been made, whose tags are good."""
    TicketTag.objects.bulk_create(
        TicketTag(name=f"{ticket.pk} {tag}", ticket=ticket, tag=tag)
        for ticket in tickets
        for tag in tags.listed(ticket.tags)
    )


def tagged(tickets: QuerySet[Ticket], tag: str) -> QuerySet[Ticket]:
    """Those of the tickets that have the tag."""
    return tickets.filter(pk__in=TicketTag.objects.filter(tag=tag).values("ticket"))


def suggested(user: Any, part: str = "") -> list[str]:
    """Tags of the newest tickets that the user sees, the most used first."""
    seen = visible_tickets(user).order_by().values("pk")
    newest = TicketTag.objects.filter(ticket__in=seen).order_by("-ticket_id")
    used = Counter(newest.values_list("tag", flat=True)[:LOOKED_AT])
    return [tag for tag, _ in used.most_common() if part.lower() in tag][:MOST_SUGGESTED]
