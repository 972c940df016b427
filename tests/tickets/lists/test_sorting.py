"""The orders of a list: what stands first, what stands last, and that no page repeats a ticket."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from tests.harness.people import signed_in
from tickets.board import sort_of
from tickets.lists.sorting import SORTS, ordered
from tickets.models import Comment, Queue, Ticket
from tickets.visibility import visible_tickets

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(billing: Queue) -> None:
    now = timezone.now()
    for number, (priority, due, hours) in enumerate(
        [("normal", 3, 9), ("urgent", None, 1), ("low", 1, 5), ("high", 2, 3), ("normal", None, 7)]
    ):
        Ticket.objects.create(
            subject="abcde"[number], queue=billing, priority=priority,
            created_at=now - timedelta(hours=hours),
            due_at=None if due is None else now + timedelta(hours=due),
        )  # fmt: skip
    Comment.objects.create(ticket=Ticket.objects.get(subject="b"), body="Hi")
    Ticket.objects.filter(subject="c").update(status="open")


@pytest.mark.parametrize(
    ("sort", "subjects"),
    [
        ("", "edcba"), ("-id", "edcba"), ("id", "abcde"),
        ("-updated", "cbeda"), ("updated", "adebc"),
        ("-activity", "bdcea"), ("activity", "aecdb"),
        ("due", "cdabe"), ("-due", "adceb"),
        ("-priority", "bdeac"), ("priority", "caedb"),
        ("age", "bdcea"), ("-age", "aecdb"),
    ],
)  # fmt: skip
def test_each_order(sort: str, subjects: str, alice: User, tickets: None) -> None:
    client = signed_in(alice)
    rows = client.get(f"/?sort={sort}").context["page"]
    assert "".join(ticket.subject for ticket in rows) == subjects
    results = client.get(f"/api/tickets/?sort={sort}").json()["results"]
    assert "".join(ticket["subject"] for ticket in results) == subjects


@pytest.mark.parametrize("sort", SORTS)
def test_equal_tickets_stand_by_their_number_whichever_page_asks(
    sort: str, alice: User, billing: Queue
) -> None:
    now = timezone.now()
    made = Ticket.objects.bulk_create(
        Ticket(subject="x", queue=billing, created_at=now, updated_at=now, due_at=due)
        for due in (now, None)
        for _ in range(30)
    )
    tickets = ordered(visible_tickets(alice), sort_of(QueryDict(f"sort={sort}")))
    pages = [ticket.pk for start in range(0, 60, 7) for ticket in tickets[start : start + 7]]
    assert sorted(pages) == sorted(ticket.pk for ticket in made)
    assert pages == [ticket.pk for ticket in tickets]
