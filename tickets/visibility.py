"""Who sees what: the one rule, as a query and as audiences.

A superuser sees all; an agent sees the tickets of the queues that list them, and those assigned
to them; anybody else sees none. Pages, API, admin, live events and replay all ask here.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from tickets.models import Membership, Queue, Ticket

SUPERUSERS = "superusers"
EVERYONE = "everyone"  # who is signed in: told what names have changed, never a ticket


def queue_audience(queue_id: int) -> str:
    return f"queue:{queue_id}"


def user_audience(user_id: int) -> str:
    return f"user:{user_id}"


class Placed(Protocol):
    """What decides who sees a ticket, or a group of tickets alike."""

    @property
    def queue_id(self) -> int: ...
    @property
    def assignee_id(self) -> int | None: ...


def audience_of(ticket: Placed) -> set[str]:
    """Who sees the ticket."""
    audience = {SUPERUSERS, queue_audience(ticket.queue_id)}
    if ticket.assignee_id is not None:
        audience.add(user_audience(ticket.assignee_id))
    return audience


def audiences_of(user_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The audiences each user is in; inactive and unknown users are in none."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    users = get_user_model()._default_manager.filter(pk__in=user_ids, is_active=True)
    rows = users.values_list("pk", "is_superuser", "memberships__queue_id")  # one query
    for user_id, is_superuser, queue_id in rows:
        found[user_id] |= {EVERYONE, user_audience(user_id)}
        if is_superuser:
            found[user_id].add(SUPERUSERS)
        if queue_id is not None:
            found[user_id].add(queue_audience(queue_id))
    return {user_id: frozenset(audiences) for user_id, audiences in found.items()}


def visible_tickets(user: Any) -> QuerySet[Ticket]:
    """The tickets the user may see."""
    tickets = Ticket.objects.select_related("queue", "assignee")
    if not user.is_active:
        return tickets.none()
    if user.is_superuser:
        return tickets
    served = Membership.objects.filter(user_id=user.pk).values("queue_id")
    return tickets.filter(Q(queue__in=served) | Q(assignee_id=user.pk))


def served_queues(user: Any) -> QuerySet[Queue]:
    """The queues whose tickets the user sees."""
    if user.is_active and user.is_superuser:
        return Queue.objects.all()
    return Queue.objects.filter(memberships__user_id=user.pk, memberships__user__is_active=True)


def may_create(user: Any) -> bool:
    """Agents open tickets: whoever serves a queue."""
    if not user.is_active:
        return False
    return bool(user.is_superuser) or Membership.objects.filter(user_id=user.pk).exists()
