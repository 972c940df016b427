"""Tickets, comments and their history carry the times of the database, whatever their host says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from tests.harness.backends import postgres
from tickets.database_time import ASKED_AGAIN, DatabaseClock, clock
from tickets.models import Change, Comment, Queue, Ticket

pytestmark = pytest.mark.django_db
needs_postgres = pytest.mark.skipif(
    postgres is None, reason="SQLite is on its host; needs TEST_DATABASE=postgres"
)
YEARS_AHEAD = datetime(2040, 1, 1, tzinfo=UTC)


@pytest.fixture
def on_a_host_with_a_wrong_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    """Yields the true time."""
    true_time = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: YEARS_AHEAD)
    yield true_time


@needs_postgres
@pytest.mark.usefixtures("on_a_host_with_a_wrong_clock")
def test_what_a_host_with_a_wrong_clock_writes_has_its_place_in_the_conversation(
    ticket: Ticket, alice: User, billing: Queue
) -> None:
    said = Comment.objects.create(ticket=ticket, author=alice, body="Hello")
    ticket.status = "open"
    ticket.save()
    Ticket.objects.update(status="pending")
    (bulk,) = Ticket.objects.bulk_create([Ticket(subject="Ink", queue=billing)])
    stored = Ticket.objects.get(pk=ticket.pk)
    times = [said.created_at, ticket.updated_at, stored.updated_at, bulk.created_at]
    times += Change.objects.values_list("at", flat=True)
    assert all(abs(each - _database_now()) < timedelta(minutes=1) for each in times)


@needs_postgres
def test_the_database_is_asked_once_in_a_while(django_assert_num_queries: object) -> None:
    asked = DatabaseClock()
    with django_assert_num_queries(1):  # type: ignore[operator]
        times = [asked.now() for _ in range(100)]
    assert times == sorted(times)
    asked._told_at -= ASKED_AGAIN
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert asked.now() - times[-1] < timedelta(seconds=5)


def test_a_time_that_is_given_is_kept(ticket: Ticket, alice: User) -> None:
    yesterday = clock.now() - timedelta(days=1)
    Comment.objects.create(ticket=ticket, author=alice, body="Hello", created_at=yesterday)
    assert Comment.objects.get().created_at == yesterday


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]
