"""The tickets of the person who asked, by their address, whatever its case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower

from tickets.models import Ticket
from tickets.visibility import visible_tickets

SHOWN = 10  # beside a ticket
COUNTED = 1000  # of one address; one that a machine writes from may have a hundred thousand


class Other(NamedTuple):
    """A ticket, in as much as stands beside another one."""

    pk: int
    subject: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Others:
    """What else its requester has asked, as far as somebody may see it: the newest, and how many
    there are of theirs in all, this ticket among them."""

    tickets: list[Other]
    total: int

    @property
    def in_all(self) -> str:
        return f"{COUNTED:,}+" if self.total > COUNTED else f"{self.total:,}"


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
    """In one query, which reads no more than it counts."""
    if not ticket.requester_email:
        return Others([], 0)
    theirs = asked_by(visible_tickets(user), ticket.requester_email).select_related(None)
    rows = theirs.order_by("-pk").values_list(*Other.__annotations__)[: COUNTED + 1]
    found = list(rows)
    shown = [Other(*row) for row in found[: SHOWN + 1] if row[0] != ticket.pk]
    return Others(shown[:SHOWN], len(found))
