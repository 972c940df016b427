"""The tickets of the person who asked, by their address, whatever its case."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Value, Window
from django.db.models.functions import Lower

from tickets.models import Ticket
from tickets.visibility import visible_tickets

SHOWN = 10  # beside a ticket


@dataclass(frozen=True, slots=True)
class Others:
    """What else its requester has asked, as far as somebody may see it: the newest, and how many
    there are of theirs in all, this ticket among them."""

    tickets: list[Ticket]
    total: int


def is_same_person(ticket: Ticket, other: Ticket) -> bool:
    """Who is not named may be anybody."""
    address = ticket.requester_email.lower()
    return address != "" and address == other.requester_email.lower()


def asked_by(tickets: QuerySet[Ticket], address: str) -> QuerySet[Ticket]:
    """Those of the tickets that are from this address, without those that are mere pointers. The
    database folds both, as its index does (models.py)."""
    theirs = tickets.alias(folded=Lower("requester_email"))
    return theirs.filter(folded=Lower(Value(address)), merged_into=None)


def others(user: Any, ticket: Ticket) -> Others:
    """In one query."""
    if not ticket.requester_email:
        return Others([], 0)
    theirs = asked_by(visible_tickets(user), ticket.requester_email).select_related(None)
    newest = theirs.annotate(total=Window(Count("pk"))).order_by("-pk")
    columns = ("subject", "status", "created_at", "requester_email")
    found = list(newest.only(*columns)[: SHOWN + 1])
    shown = [other for other in found if other.pk != ticket.pk][:SHOWN]
    return Others(shown, found[0].total if found else 0)  # type: ignore[attr-defined]
