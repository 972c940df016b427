"""Overdue, today, this week: each in the time zone of whoever looks, and what passing time does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from live.observed.wrapping import plain_bulk_create
from tests.harness.people import signed_in
from tickets import counters
from tickets.board import OPEN, Filters
from tickets.lists.due import Day
from tickets.lists.sidebar import Sidebar
from tickets.models import Queue, Status, Ticket
from tickets.visibility import visible_tickets

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 18, 30, tzinfo=UTC)  # in Auckland the 29th, 07:30
ZONES = ("UTC", "Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu", "Pacific/Pago_Pago")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_at(NOW, monkeypatch)


def stand_at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tickets.board", "tickets.counters"):
        monkeypatch.setattr(f"{module}.timezone.now", lambda: moment)
    monkeypatch.setattr(counters, "_latest", counters._Latest())


@pytest.fixture
def tickets(billing: Queue, alice: User) -> None:
    """Due at each quarter of an hour of the days around, a second before it, and not at all."""
    quarters = [NOW + timedelta(minutes=15 * number) for number in range(-4 * 60, 4 * 24 * 10)]
    moments = [at - timedelta(seconds=early) for at in quarters for early in (0, 1)]
    rows = [
        Ticket(subject=f"{at}", queue=billing, due_at=at, status=Status.values[number % 5])
        for number, at in enumerate([*moments, None, None, None, None, None])
    ]
    plain_bulk_create(Ticket.objects.all(), rows, 500)  # which tells nobody


def dues(query: str, user: User) -> set[datetime | None]:
    filters = Filters.parse(QueryDict(query), user)
    return set(filters.apply(visible_tickets(user)).values_list("due_at", flat=True))


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_is_the_readers_own(zone: str, alice: User, tickets: None) -> None:
    with timezone.override(zone):
        today = timezone.localtime(NOW).date()
        for at in dues("due=today", alice):
            assert at is not None
            assert timezone.localtime(at).date() == today
        dates = {timezone.localtime(at).date() for at in dues("due=week", alice) if at}
        assert dates == {today + timedelta(days=days) for days in range(7)}
        overdue = dues("due=overdue", alice)
        assert max(at for at in overdue if at) == NOW - timedelta(seconds=1)
        assert dues("due=none", alice) == {None}


def test_what_is_resolved_or_closed_is_not_due(alice: User, tickets: None) -> None:
    for due in ("overdue", "today", "week", "none"):
        for query in (f"due={due}", f"due={due}&status=all"):
            found = Filters.parse(QueryDict(query), alice).apply(visible_tickets(alice))
            assert set(found.values_list("status", flat=True)) == OPEN
        assert dues(f"due={due}&status=closed", alice) == set()
        new = Filters.parse(QueryDict(f"due={due}&status=new&status=closed"), alice)
        assert set(new.apply(visible_tickets(alice)).values_list("status", flat=True)) == {"new"}


@pytest.mark.parametrize("zone", ZONES)
def test_the_numbers_are_those_of_the_lists(zone: str, alice: User, tickets: None) -> None:
    with timezone.override(zone):
        for due in ("overdue", "today", "week", "none"):
            for query in (f"due={due}", f"due={due}&status=pending&priority=normal"):
                filters = Filters.parse(QueryDict(query), alice, unless_named=OPEN)
                counted = Sidebar.of(alice, listed=filters).counts.total
                assert counted == filters.apply(visible_tickets(alice)).count() > 0


def test_the_numbers_hold_until_the_next_is_overdue(
    alice: User, bob: User, billing: Queue, network: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for queue, minutes in ((billing, 50), (billing, 40), (network, 20)):
        Ticket.objects.create(subject="x", queue=queue, due_at=NOW + timedelta(minutes=minutes))

    def told(at: datetime) -> tuple[int, datetime]:
        stand_at(at, monkeypatch)
        counts = Sidebar.of(alice).counts
        return counts.by_link["overdue"], counts.until

    in_40, in_50 = NOW + timedelta(minutes=40), NOW + timedelta(minutes=50)
    a_moment = timedelta(microseconds=1)
    assert told(NOW) == (0, in_40)  # nothing of the ticket that she does not see
    assert told(in_40 + a_moment) == (1, in_50)
    midnight = datetime(2026, 11, 29, tzinfo=UTC)
    assert told(in_50 + a_moment) == (2, midnight)


def test_the_page_and_the_counters_say_how_long_they_hold(alice: User, billing: Queue) -> None:
    Ticket.objects.create(subject="x", queue=billing, due_at=NOW + timedelta(hours=1))
    client: Any = signed_in(alice)
    assert client.get("/counters/").json()["until"] == "2026-11-28T19:30:00Z"
    assert 'data-until="2026-11-28T19:30:00Z"' in client.get("/").content.decode()


def test_a_day_of_25_hours_is_one_day() -> None:
    with timezone.override("Europe/Berlin"):
        day = Day.of(datetime(2026, 10, 25, 12, tzinfo=UTC))
    hours = (day.end.astimezone(UTC) - day.start.astimezone(UTC)) / timedelta(hours=1)
    assert hours == 25
