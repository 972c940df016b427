"""Who sees what: as a query for pages, and as audiences for events; the two agree."""

from collections.abc import Callable
from itertools import product

import pytest
from django.contrib.auth.models import AnonymousUser, User

from tests.harness.people import agent
from tickets.models import Queue, Ticket
from tickets.visibility import (
    EVERYONE,
    audience_of,
    audiences_of,
    audiences_within,
    may_create,
    served_queues,
    visible_tickets,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def inactive(billing: Queue) -> User:
    """An agent and a superuser, once."""
    user = agent("inactive", billing)
    User.objects.filter(pk=user.pk).update(is_active=False, is_superuser=True)
    return User.objects.get(pk=user.pk)


def test_who_is_signed_out_sees_nothing(ticket: Ticket) -> None:
    nobody = AnonymousUser()
    assert not visible_tickets(nobody).exists()
    assert not served_queues(nobody).exists()
    assert not may_create(nobody)


def test_who_is_inactive_sees_nothing(ticket: Ticket, inactive: User) -> None:
    Ticket.objects.update(assignee=inactive)
    assert not visible_tickets(inactive).exists()
    assert not may_create(inactive)
    assert audiences_of([inactive.pk]) == {}


def test_who_is_unknown_is_in_no_audience(db: None) -> None:
    assert audiences_of([999]) == {}


def test_staff_see_no_more_than_others(ticket: Ticket, dave: User) -> None:
    dave.is_staff = True
    dave.save()
    assert not visible_tickets(dave).exists()
    assert not may_create(dave)


def test_agents_see_their_queues_and_what_is_assigned_to_them(
    billing: Queue, network: Queue, alice: User, bob: User, carol: User, dave: User, admin: User
) -> None:
    for queue in (billing, network):
        for assignee in (None, alice, dave):
            name = f"{queue.name} {assignee.username if assignee else ''}".strip()
            Ticket.objects.create(subject=name, queue=queue, assignee=assignee)

    def seen(user: User) -> set[str]:
        subjects = [*visible_tickets(user).values_list("subject", flat=True)]
        assert len(subjects) == len(set(subjects)), "a ticket twice"
        return set(subjects)

    assert seen(alice) == {"Billing", "Billing alice", "Billing dave", "Network alice"}
    assert seen(bob) == {"Network", "Network alice", "Network dave"}
    assert seen(dave) == {"Billing dave", "Network dave"}
    assert seen(carol) == seen(admin)
    assert len(seen(carol)) == 6


def test_the_query_and_the_audiences_agree_about_everybody(
    billing: Queue,
    network: Queue,
    alice: User,
    bob: User,
    carol: User,
    dave: User,
    admin: User,
    inactive: User,
) -> None:
    people = [alice, bob, carol, dave, admin, inactive]
    for queue, assignee in product((billing, network), (None, *people)):
        Ticket.objects.create(subject="x", queue=queue, assignee=assignee)
    audiences = audiences_of([person.pk for person in people])
    for person in people:
        by_query = set(visible_tickets(person).values_list("pk", flat=True))
        by_audience = {
            ticket.pk
            for ticket in Ticket.objects.all()
            if audience_of(ticket) & audiences.get(person.pk, frozenset())
        }
        assert by_query == by_audience, person


def test_no_ticket_is_for_everyone(ticket: Ticket, alice: User) -> None:
    assert EVERYONE in audiences_of([alice.pk])[alice.pk]
    assert EVERYONE not in audience_of(ticket)


@pytest.mark.parametrize(
    ("join", "leave"),
    [
        (lambda queue, user: queue.agents.add(user), lambda queue, user: queue.agents.clear()),
        (lambda queue, user: user.queues.set([queue]), lambda queue, user: user.queues.set([])),
    ],
)
def test_joining_and_leaving_a_queue_changes_what_one_sees_at_once(
    join: Callable[[Queue, User], None],
    leave: Callable[[Queue, User], None],
    ticket: Ticket,
    dave: User,
) -> None:
    join(ticket.queue, dave)
    assert visible_tickets(dave).exists()
    assert may_create(dave)
    leave(ticket.queue, dave)
    assert not visible_tickets(dave).exists()
    assert not may_create(dave)


def test_served_queues(
    billing: Queue, network: Queue, alice: User, dave: User, admin: User
) -> None:
    assert [*served_queues(alice)] == [billing]
    assert [*served_queues(dave)] == []
    assert [*served_queues(admin)] == [billing, network]


def test_the_audiences_of_many_cost_one_query(
    alice: User, bob: User, carol: User, django_assert_num_queries: Callable[[int], object]
) -> None:
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert len(audiences_of([alice.pk, bob.pk, carol.pk])) == 3


def test_who_knows_the_queues_already_has_the_same_sight(
    billing: Queue, network: Queue, alice: User, carol: User, dave: User, admin: User,
    inactive: User,
) -> None:  # fmt: skip
    tickets = [
        Ticket.objects.create(subject="x", queue=queue, assignee=assignee)
        for queue, assignee in product((billing, network), (None, alice, dave))
    ]
    for user in (alice, carol, dave, admin, inactive):
        known = audiences_within(user, list(served_queues(user)))
        seen = [ticket for ticket in tickets if known & audience_of(ticket)]
        assert seen == list(visible_tickets(user).order_by("pk"))
