"""Error pages stand inside the site: whoever is signed in keeps the bar and its menu."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from tests.harness.people import signed_in
from tickets.models import Ticket
from ticketsystem.failures import TITLES, refusal, server_error

pytestmark = pytest.mark.django_db


def menu_of(html: str) -> list[str]:
    """Where the bar leads: its places and its menu."""
    bar = html.partition('<header class="topbar">')[2].partition("</header>")[0]
    return re.findall('href="([^"]+)"', bar)


IN_MENU = ["/", "/accounts/preferences/", "/accounts/password_change/"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/?page=junk", 400, "This address is not understood"),
        ("/queues/", 403, "You may not do this"),
        ("/tickets/999/", 404, "Not found"),
        ("/no/such/page/", 404, "Not found"),
    ],
)
def test_who_is_signed_in_keeps_the_bar_and_is_led_back(
    path: str, status: int, words: str, alice: User
) -> None:
    answer = signed_in(alice).get(path)
    html = answer.content.decode()
    assert answer.status_code == status
    assert f"<h1>{words}</h1>" in html
    assert set(IN_MENU) <= set(menu_of(html))
    assert 'class="button" href="/">To the board' in html
    assert "css/shell" in html


def test_an_old_form_keeps_the_bar_too(alice: User) -> None:
    answer = signed_in(alice, enforce_csrf_checks=True).post("/tickets/new/", {"subject": "x"})
    assert answer.status_code == 403
    assert set(IN_MENU) <= set(menu_of(answer.content.decode()))


def test_a_stranger_is_told_nothing_more(client: Client, ticket: Ticket) -> None:
    for path in ("/no/such/page/", f"/tickets/{ticket.pk}/nowhere/"):
        html = client.get(path).content.decode()
        assert menu_of(html) == []
        assert "queues" not in html
        assert "There is no such page here." in html


def test_an_error_page_has_the_look_that_was_chosen(alice: User) -> None:
    client = signed_in(alice)
    client.post("/accounts/preferences/look/", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/tickets/999/").content.decode()


def failed(request: HttpRequest) -> str:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        return bytes(server_error(request).content).decode()  # type: ignore[attr-defined]


def test_only_who_sent_something_is_told_what_became_of_it() -> None:
    words = "Nothing of what you sent was saved half."
    factory = RequestFactory()
    assert words not in failed(factory.get("/"))
    assert words in failed(factory.post("/"))


def test_what_failed_on_our_side_asks_the_database_nothing(alice: User) -> None:
    request: Any = RequestFactory().get("/")
    request.user = alice
    with CaptureQueriesContext(connection) as queries:
        pages = [failed(request), refusal("/", 503, "Not now", "Away.").content.decode()]  # type: ignore[arg-type]
    assert len(queries) == 0
    for html in pages:
        assert menu_of(html) == ["/", "/"]
        assert "alice" not in html
        assert 'class="button" href="/">To the board' in html


def test_a_form_that_is_too_large_is_told_so_and_not_that_its_address_is_wrong(
    alice: User,
) -> None:
    answer = signed_in(alice).post("/tickets/new/", {"subject": "x" * 3_000_000})
    html = answer.content.decode()
    assert answer.status_code == 413
    assert "<h1>This is too large</h1>" in html
    assert menu_of(html) == ["/", "/"]


def test_a_request_that_cannot_be_read_is_refused_within_the_site(alice: User) -> None:
    kind = "multipart/form-data; boundary=\xff"
    answers = [
        signed_in(alice).post("/tickets/new/", b"x", content_type=kind),
        signed_in(alice).get("/", headers={"Host": "elsewhere.example"}),
    ]
    for answer in answers:
        html = answer.content.decode()
        assert answer.status_code == 400
        assert "<h1>This is not understood</h1>" in html
        assert menu_of(html) == ["/", "/"]


@pytest.mark.parametrize("status", [400, 404, 413, 429, 500, 503])
def test_a_refusal_without_a_database_is_a_page_of_the_site(status: int) -> None:
    title = TITLES.get(status, "Too many requests")
    html = refusal("/", HTTPStatus(status), title, "In words of people.").content.decode()
    assert f"<h1>{title}</h1>" in html
    assert "In words of people." in html
    assert menu_of(html) == ["/", "/"]
    assert f"{status}" not in html.partition("<main")[2]
