"""Time zones as people type them, and the zone of a user, whatever stands in their row."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.harness.people import signed_in
from tickets.models import Ticket
from tickets.own.models import Preferences
from tickets.own.zones import OwnZone, named, names, zone

SUMMER = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def test_the_list_holds_places_and_utc_and_no_old_names() -> None:
    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} <= set(names())
    assert not {"US/Eastern", "GB", "Factory", "localtime", "EST5EDT"} & set(names())


@pytest.mark.parametrize("typed", ["Europe/Berlin", "europe/BERLIN", " Europe/Berlin "])
def test_a_zone_is_found_whatever_its_case(typed: str) -> None:
    assert named(typed) == "Europe/Berlin"


def test_a_zone_is_found_as_people_write_it() -> None:
    assert named("america/new york") == "America/New_York"


@pytest.mark.parametrize("junk", ["", "Mars/Olympus", "../etc/passwd", "\0", "x" * 9000, "Europe"])
def test_what_is_no_zone_is_the_sites(junk: str) -> None:
    assert named(junk) is None
    assert zone(junk) is timezone.get_default_timezone()
    with timezone.override(OwnZone(Preferences(time_zone=junk))):
        assert timezone.localtime(SUMMER).hour == 12


def test_django_tells_and_reads_times_in_it() -> None:
    with timezone.override(OwnZone(Preferences(time_zone="Europe/Berlin"))):
        told = timezone.localtime(SUMMER)
        assert (told.hour, told.tzname()) == (14, "CEST")
        assert timezone.make_aware(datetime(2026, 7, 1, 14, 0)) == SUMMER
        assert timezone.get_current_timezone_name() == "Europe/Berlin"
        assert timezone.localdate(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)).day == 2


ENDS = [
    ("Asia/Tokyo", datetime.max.replace(tzinfo=UTC)),
    ("America/New_York", datetime.min.replace(tzinfo=UTC)),
]


@pytest.mark.parametrize(("place", "end"), ENDS)
def test_the_ends_of_the_calendar_take_no_page_away(
    place: str, end: datetime, ticket: Ticket, alice: User, admin: User
) -> None:
    """Anybody who sees a ticket can give it such a due date, by the API."""
    for user in (alice, admin):
        Preferences.objects.create(user=user, time_zone=place)
    for due_at in (end, None, end):  # the history tells it too
        Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at, assignee=alice)
    of_ticket, in_admin = f"/tickets/{ticket.pk}/", f"/admin/tickets/ticket/{ticket.pk}/change/"
    for path in ("/", of_ticket, "/?due=overdue", "/rows/", "/notices/", "/notices/bell/"):
        assert signed_in(alice).get(path).status_code == 200, path
    assert signed_in(admin).get(in_admin).status_code == 200
    assert timezone.localtime(end, OwnZone(Preferences(time_zone=place))) == end


@pytest.mark.parametrize(
    ("place", "typed"),
    [("Asia/Tokyo", "0001-01-01T00:00"), ("America/New_York", "9999-12-31T23:59")],
)
def test_a_due_date_beyond_them_is_refused_in_words(
    place: str, typed: str, ticket: Ticket, alice: User
) -> None:
    Preferences.objects.create(user=alice, time_zone=place)
    sent = {"version": 1, "initial-due_at": "", "due_at": typed}
    answer = signed_in(alice).post(f"/tickets/{ticket.pk}/edit/", sent)
    assert answer.status_code == 422
    assert "This time is too far away." in answer.content.decode()
    assert Ticket.objects.get().due_at is None
