"""The first hour of a help desk: a queue, an agent, a ticket."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists

from tickets.models import Membership, Queue, Ticket


@dataclass(frozen=True, slots=True)
class FirstHour:
    """How far an administrator has come."""

    queue: Queue | None  # the first one
    has_agent: bool
    has_ticket: bool


def first_hour(user: Any) -> FirstHour | None:
    """The steps, for a superuser, until all of them are done. One query, whatever there is."""
    if not user.is_superuser:
        return None
    queues = Queue.objects.order_by("pk").annotate(
        has_agent=Exists(Membership.objects.filter(user__is_active=True)),
        has_ticket=Exists(Ticket.objects.all()),
    )
    queue = queues.first()
    if queue is None:
        return FirstHour(None, has_agent=False, has_ticket=False)
    if queue.has_agent and queue.has_ticket:
        return None
    return FirstHour(queue, queue.has_agent, queue.has_ticket)
