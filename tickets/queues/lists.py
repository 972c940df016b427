"""What the pages of queues list, each with its numbers in one query and no more than a page of it.
The admin's list of queues shows the same numbers."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.paginator import Page, Paginator
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from tickets.board import LONGEST_SEARCH, OPEN
from tickets.models import Membership, Queue, Ticket

AT_ONCE = 50


def with_numbers(queues: QuerySet[Queue]) -> QuerySet[Queue]:
    """Queues, each with how many agents serve it and how many open tickets wait in it."""
    agents = Membership.objects.filter(queue=OuterRef("pk"), user__is_active=True)
    open_tickets = Ticket.objects.filter(queue=OuterRef("pk"), status__in=OPEN)
    return queues.annotate(
        agent_count=_counted(agents, "queue"), open_count=_counted(open_tickets, "queue")
    )


def with_queue_count(users: QuerySet[Any]) -> QuerySet[Any]:
    served = Membership.objects.filter(user=OuterRef("pk"))
    numbered: QuerySet[Any] = users.annotate(queue_count=_counted(served, "user"))
    return numbered


def agents_of(queue: Queue) -> QuerySet[Any]:
    return queue.agents.order_by("username")


def found(users: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The users whose name has each word of the text in it."""
    for word in text[:LONGEST_SEARCH].split():
        users = users.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
        )
    return users


def everybody() -> QuerySet[Any]:
    """All users, those who may sign in first."""
    return get_user_model()._default_manager.order_by("-is_active", "username")


def part_of(rows: QuerySet[Any], number: str) -> Page[Any]:
    """A page of the rows: the first one, where the number is none."""
    return Paginator(rows, AT_ONCE).get_page(number)


def _counted(rows: QuerySet[Any], by: str) -> Coalesce:
    """How many rows there are of each, counted beside each row: a join would multiply them."""
    counts = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)
