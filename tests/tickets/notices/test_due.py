"""A due date is told to whose ticket it is: at its time, and once for each date."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

import live
from live.models import Claim
from live.process import timed
from live.process.timed import registered
from tests.harness.site import People
from tests.harness.told import forget, told_of
from tests.live.process.test_timed import serve
from tickets.models import Ticket
from tickets.notices import due
from tickets.notices.due import tell_due
from tickets.notices.models import DueTold, Kind, Muted, Notice


@pytest.fixture
def mine(ticket: Ticket, alice: User) -> Ticket:
    """Alice's ticket, of which nothing has been told."""
    ticket.assignee = alice
    ticket.save()
    Notice.objects.all().delete()
    forget()
    return ticket


def in_minutes(minutes: float) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def set_due(ticket: Ticket, minutes: float | None) -> None:
    ticket.due_at = None if minutes is None else in_minutes(minutes)
    ticket.save()


def told_after(*looks: Any) -> list[str]:
    """The kinds of all notices, once the server has looked that often and all that was done."""
    for look in looks or (None,):
        if look is not None:
            look()
        tell_due()
        tell_due()
    return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


def let_pass(minutes: float) -> None:
    """As if it were so much later."""
    (ticket,) = Ticket.objects.all()
    assert ticket.due_at is not None
    earlier = ticket.due_at - timedelta(minutes=minutes)
    Ticket.update_without_telling(Ticket.objects.all(), due_at=earlier)
    DueTold.objects.update(due_at=earlier)


def test_what_is_due_within_the_hour_is_told_once_and_overdue_once(mine: Ticket) -> None:
    set_due(mine, 61)
    assert told_after() == []
    assert told_after(lambda: let_pass(2)) == ["due"]
    assert told_after(lambda: let_pass(58)) == ["due"]
    assert told_after(lambda: let_pass(2)) == ["due", "overdue"]
    assert told_after(lambda: let_pass(60)) == ["due", "overdue"]
    assert len(told_of("notice.created")) == 2


def test_a_date_that_is_moved_later_is_told_again(mine: Ticket) -> None:
    set_due(mine, -5)
    assert told_after() == ["overdue"]
    set_due(mine, 24 * 60)
    assert told_after() == ["overdue"]
    set_due(mine, -1)
    assert told_after() == ["overdue", "overdue"]


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_what_is_done_before_is_not_told(mine: Ticket, status: str) -> None:
    mine.status = status
    set_due(mine, -5)
    assert told_after() == []
    mine.status = "open"
    mine.save()
    assert told_after() == ["overdue"]


def test_what_is_nobodys_or_has_no_date_is_not_told(mine: Ticket) -> None:
    assert told_after() == []
    mine.assignee = None
    set_due(mine, -5)
    assert told_after() == []


def test_who_gets_the_ticket_later_is_told_for_themselves(mine: Ticket, carol: User) -> None:
    set_due(mine, -5)
    tell_due()
    mine.assignee = carol
    mine.save()
    assert told_after() == ["overdue", "assigned", "overdue"]


def test_what_is_muted_is_not_told_and_not_told_afterwards(mine: Ticket, alice: User) -> None:
    Muted.objects.create(user=alice, kind=Kind.OVERDUE)
    set_due(mine, -5)
    assert told_after() == []
    Muted.objects.all().delete()
    assert told_after() == []


def test_an_old_date_is_not_told_and_what_was_told_is_forgotten_after_it(mine: Ticket) -> None:
    set_due(mine, -8 * 24 * 60)
    assert told_after() == []
    set_due(mine, -5)
    assert told_after() == ["overdue"]
    assert DueTold.objects.count() == 1
    assert told_after(lambda: let_pass(8 * 24 * 60)) == ["overdue"]
    assert DueTold.objects.count() == 0


def test_of_many_some_are_told_at_a_time_the_longest_overdue_first(
    mine: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "AT_ONCE", 3)
    Ticket.objects.bulk_create(
        Ticket(subject=f"{n}", queue=mine.queue, assignee=alice, due_at=in_minutes(-n))
        for n in range(1, 6)
    )
    Notice.objects.all().delete()
    tell_due()
    subjects = Notice.objects.order_by("pk").values_list("ticket__subject", flat=True)
    assert list(subjects) == ["5", "4", "3"]
    tell_due()
    assert list(subjects.all()) == ["5", "4", "3", "2", "1"]


def test_more_than_are_kept_are_still_told_once(
    mine: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice that made room for newer ones must not come again."""
    monkeypatch.setattr("tickets.notices.telling.KEPT", 3)
    Ticket.objects.bulk_create(
        Ticket(subject=f"{n}", queue=mine.queue, assignee=alice, due_at=in_minutes(-n))
        for n in range(1, 8)
    )
    forget()
    told_after()
    assert Notice.objects.count() == 3
    assert len(told_of("notice.created")) == 7


def test_a_look_where_nothing_is_due_takes_few_queries(
    mine: Ticket, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):
        tell_due()


def test_the_server_looks_every_fifteen_seconds() -> None:
    assert {work.function: work.seconds for work in registered()}[tell_due] == 15


# --- In several processes ------------------------------------------------------------------------


@pytest.fixture
def every_second(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timed, "_registered", {})
    live.every(1, tell_due)
    (work,) = registered()
    Claim.objects.filter(pk=work.name).delete()
    yield
    Claim.objects.filter(pk=work.name).delete()


def test_two_engines_tell_each_date_once_and_at_its_time(
    every_second: None, site_database: str, site: People
) -> None:
    due_at = timezone.now() + timedelta(seconds=3)
    tickets = [
        site.ticket(f"Number {number}", assignee=site.alice, due_at=due_at) for number in range(20)
    ]

    def overdue() -> list[Notice]:
        return list(Notice.objects.filter(ticket__in=tickets, kind=Kind.OVERDUE))

    def meanwhile(_: object) -> None:
        deadline = time.monotonic() + 20
        while len(overdue()) < len(tickets):
            assert time.monotonic() < deadline, len(overdue())
            time.sleep(0.1)
        time.sleep(2.5)  # each of the two has looked again

    serve(2, meanwhile)
    found = overdue()
    assert sorted(notice.ticket_id for notice in found) == sorted(ticket.pk for ticket in tickets)
    assert all(timedelta() <= notice.at - due_at < timedelta(seconds=5) for notice in found)
    assert Notice.objects.filter(ticket__in=tickets, kind=Kind.DUE).count() == len(tickets)
