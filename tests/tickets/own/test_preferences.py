"""Preferences: kept when they are changed, the same in every browser, at most one query a page."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.harness.people import signed_in
from tickets.models import Ticket
from tickets.own.models import Preferences
from tickets.own.preferences import prefer, preferences_of

pytestmark = pytest.mark.django_db


def asked(client: Any, path: str) -> list[str]:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in queries if "tickets_preferences" in query["sql"]]


def test_who_changes_nothing_has_the_defaults_and_no_row(alice: User) -> None:
    prefer(alice, theme="auto", density="comfortable", time_zone="")
    kept = preferences_of(alice)
    assert (kept.theme, kept.density, kept.time_zone) == ("auto", "comfortable", "")
    assert not Preferences.objects.exists()


def test_what_is_changed_is_kept_and_the_rest_stays(alice: User, bob: User) -> None:
    prefer(alice, theme="dark")
    prefer(alice, density="compact")
    kept = preferences_of(alice)
    assert (kept.theme, kept.density) == ("dark", "compact")
    prefer(alice, theme="auto")
    assert preferences_of(alice).theme == "auto"
    assert preferences_of(bob).theme == "auto"


def test_a_page_asks_once_and_an_answer_without_times_never(alice: User, ticket: Ticket) -> None:
    client = signed_in(alice)
    for path in ("/", f"/tickets/{ticket.pk}/", "/accounts/preferences/", "/tickets/new/"):
        assert len(asked(client, path)) == 1, path
    for path in (f"/api/tickets/{ticket.pk}/", "/notices/unread/"):
        assert asked(client, path) == [], path


def test_the_server_says_the_look_of_each_page_so_that_nothing_flashes(alice: User) -> None:
    client = signed_in(alice)
    html = client.get("/").content.decode()
    assert '<html lang="en" data-theme="auto" data-density="comfortable"' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    prefer(alice, theme="dark", density="compact")
    html = client.get("/").content.decode()
    assert '<html lang="en" data-theme="dark" data-density="compact"' in html
    assert '<meta name="color-scheme" content="dark">' in html


def test_pages_tell_times_in_the_users_zone_and_hand_it_to_their_scripts(
    alice: User, ticket: Ticket
) -> None:
    prefer(alice, time_zone="Asia/Kathmandu")
    html = signed_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    local = ticket.created_at.astimezone(ZoneInfo("Asia/Kathmandu"))
    assert f'title="{local:%-d %b %Y, %H:%M}"' in html
    assert 'data-zone="Asia/Kathmandu"' in html


@pytest.mark.parametrize("junk", ["Mars/Olympus", "../../etc/passwd", ""])
def test_a_zone_that_nobody_knows_is_the_sites_and_never_an_error(
    junk: str, alice: User, ticket: Ticket
) -> None:
    Preferences.objects.create(user=alice, time_zone=junk)
    client = signed_in(alice)
    for path in ("/", f"/tickets/{ticket.pk}/", "/accounts/preferences/", "/api/tickets/"):
        assert client.get(path).status_code == 200
    assert 'data-zone="UTC"' in client.get("/").content.decode()


def test_the_preferences_go_with_their_user(alice: User) -> None:
    prefer(alice, theme="dark")
    alice.delete()
    assert not Preferences.objects.exists()
