"""Who may see which tickets, who may open one, and who can be given one.

A superuser sees all tickets. An agent sees the tickets of the queues that they serve, and the
tickets assigned to them. Anybody else sees none. Pages, API and admin ask this rule as a query
(`visible_tickets`). Live events ask it as audiences: a user sees the tickets whose `audience_of()`
has a word in common with the user's `audiences_of()`. Both must give the same answer.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from tickets.models import Membership, Queue, Ticket

# Each refusal is said in the same words by pages, API and admin.
NO_SUCH_TICKET = "There is no such ticket among those you may see."
NOT_ASSIGNABLE = "Only an active user can be given a ticket."
NOT_AN_AGENT = "Only agents who serve a queue open tickets."

SUPERUSERS = "superusers"
EVERYONE = "everyone"  # all who are signed in: told to load afresh, never told of a ticket


def queue_audience(queue_id: int) -> str:
    return f"queue:{queue_id}"


def user_audience(user_id: int) -> str:
    return f"user:{user_id}"


class Placed(Protocol):
    """The two fields that decide who sees a ticket. A `Ticket` has them, and so has a `Group` of
    counters.py, which counts tickets."""

    @property
    def queue_id(self) -> int: ...
    @property
    def assignee_id(self) -> int | None: ...


def audience_of(ticket: Placed) -> set[str]:
    """The audiences that see the ticket."""
    audience = {SUPERUSERS, queue_audience(ticket.queue_id)}
    if ticket.assignee_id is not None:
        audience.add(user_audience(ticket.assignee_id))
    return audience


def audiences_of(user_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The audiences that each user is in. Inactive and unknown users are left out."""
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


def audiences_within(user: Any, served: Collection[Queue]) -> frozenset[str]:
    """The audiences of a user whose `served_queues()` have been read already."""
    if not user.is_active:
        return frozenset()
    own = {EVERYONE, user_audience(user.pk)} | ({SUPERUSERS} if user.is_superuser else set())
    return frozenset(own.union(queue_audience(queue.pk) for queue in served))


def visible_tickets(user: Any) -> QuerySet[Ticket]:
    """The tickets the user may see."""
    tickets = Ticket.objects.select_related("queue", "assignee")
    if not user.is_active:
        return tickets.none()
    if user.is_superuser:
        return tickets
    served = Membership.objects.filter(user_id=user.pk).values("queue_id")
    return tickets.filter(Q(queue__in=served) | Q(assignee_id=user.pk))


def assignable(ticket: Ticket | None = None) -> QuerySet[Any]:
    """Who can be given a ticket: active users, and whoever has this one already."""
    allowed = Q(is_active=True)
    if ticket is not None:
        allowed |= Q(pk=ticket.assignee_id)
    return get_user_model()._default_manager.filter(allowed).order_by("username")


def served_queues(user: Any) -> QuerySet[Queue]:
    """The queues whose tickets the user sees."""
    if user.is_active and user.is_superuser:
        return Queue.objects.all()
    return Queue.objects.filter(memberships__user_id=user.pk, memberships__user__is_active=True)


def may_create(user: Any, served: Collection[Queue] | None = None) -> bool:
    """Whether the user may open tickets: superusers may, and agents who serve a queue. `served` are
    the `served_queues()`, where they have been read already."""
    if not user.is_active:
        return False
    if user.is_superuser or served:
        return True
    return served is None and Membership.objects.filter(user_id=user.pk).exists()
