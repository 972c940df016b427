"""POST /api/tickets/<id>/presence/, and the people that the API and the pages show."""

import json
import time
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection  # noqa: F401  a condition below names it
from django.test import Client

from tests.harness.people import signed_in
from tests.tickets.test_api_bulk import held
from tickets.models import Ticket
from tickets.presence.api import BUSY
from tickets.presence.deeds import MOST_ON_ONE, look_round
from tickets.presence.models import Presence

pytestmark = pytest.mark.django_db

JSON = "application/json"
VIEWING = {"state": "viewing", "client": "a"}


def post(user: User | None, ticket: Ticket | int, body: Any = VIEWING) -> Any:
    client = signed_in(user) if user else Client()
    number = ticket if isinstance(ticket, int) else ticket.pk
    return client.post(f"/api/tickets/{number}/presence/", body, content_type=JSON)


def refusal(answer: Any) -> str:
    assert set(answer.json()) == {"error", "fields"}
    sentence: str = answer.json()["error"]
    assert sentence.endswith(".")
    return sentence


def test_a_stranger_another_queues_agent_and_a_script_without_a_token_are_refused(
    bob: User, dave: User, alice: User, ticket: Ticket
) -> None:
    assert post(None, ticket).status_code == 401
    for user in (bob, dave):
        assert post(user, ticket).status_code == 404
        assert post(user, 10**9).status_code == 404
    careless = Client(enforce_csrf_checks=True)
    careless.force_login(alice)
    answer = careless.post(f"/api/tickets/{ticket.pk}/presence/", VIEWING, content_type=JSON)
    assert answer.status_code == 403
    assert signed_in(alice).get(f"/api/tickets/{ticket.pk}/presence/").status_code == 405
    assert not Presence.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"state": "viewing"},
        {"client": "a"},
        {"state": "asleep", "client": "a"},
        {"state": "viewing", "client": ""},
        {"state": "viewing", "client": "a" * 65},
        {"state": "viewing", "client": "a\0b"},
        {"state": "viewing", "client": "a b"},
        {"state": "viewing", "client": 7},
        {"state": ["viewing"], "client": "a"},
        {"state": "viewing", "client": "a", "user": 1},
        [],
        "viewing",
    ],
)
def test_junk_gets_a_sentence(alice: User, ticket: Ticket, body: Any) -> None:
    answer = post(alice, ticket, json.dumps(body))
    assert answer.status_code in (400, 422)
    assert refusal(answer)
    assert not Presence.objects.exists()


def test_an_unknown_state_is_told_which_there_are(alice: User, ticket: Ticket) -> None:
    answer = post(alice, ticket, {"state": "asleep", "client": "a"})
    assert answer.json()["fields"] == {"state": "This has to be viewing, replying or left."}


def test_it_is_taken_without_a_word_and_shown_to_others(
    alice: User, carol: User, ticket: Ticket
) -> None:
    answer = post(alice, ticket, {"state": "replying", "client": "~" * 64})
    assert (answer.status_code, answer.content) == (204, b"")
    shown = signed_in(carol).get(f"/api/tickets/{ticket.pk}/").json()
    assert shown["people"] == [{"id": alice.pk, "name": "alice", "state": "replying"}]
    post(alice, ticket, {"state": "left", "client": "~" * 64})
    assert signed_in(carol).get(f"/api/tickets/{ticket.pk}/").json()["people"] == []


def test_a_tab_too_many_is_told_so(alice: User, ticket: Ticket) -> None:
    for number in range(MOST_ON_ONE):
        assert post(alice, ticket, {**VIEWING, "client": f"{number}"}).status_code == 204
    answer = post(alice, ticket, {**VIEWING, "client": "more"})
    assert answer.status_code == 429
    assert "too many tickets open" in refusal(answer)


def test_a_change_too_many_is_told_so(
    alice: User, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.presence.pace.MOST", 1)
    monkeypatch.setattr("tickets.presence.pace.MINUTE", 1e9)  # which does not end during the test
    assert [post(alice, ticket).status_code for _ in range(3)] == [204, 204, 204]
    answer = post(alice, ticket, {**VIEWING, "state": "left"})
    assert answer.status_code == 429
    assert "too often" in refusal(answer)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite locks no single ticket")
def test_a_ticket_that_is_being_saved_is_waited_for_one_second_and_then_said_again(
    alice: User, ticket: Ticket
) -> None:
    other = Ticket.objects.create(subject="Other", queue=ticket.queue)
    assert post(alice, ticket).status_code == 204
    with held(ticket):
        began = time.monotonic()
        answer = post(alice, ticket, {"state": "replying", "client": "a"})
        assert (answer.status_code, refusal(answer)) == (503, BUSY)
        assert 1 <= time.monotonic() - began < 9
        assert post(alice, ticket).status_code == 204  # what was said before locks no ticket
        look_round()
        assert post(alice, other).status_code == 204
    assert post(alice, ticket, {"state": "replying", "client": "a"}).status_code == 204


def people_in(page: Any) -> Any:
    _, attribute = page.content.decode().split('data-people="')
    return json.loads(unescape(attribute.partition('"')[0]))


def test_pages_know_who_is_there_and_never_more_than_may_be_seen(
    alice: User, bob: User, carol: User, ticket: Ticket
) -> None:
    post(alice, ticket)
    expected = {f"{ticket.pk}": [{"id": alice.pk, "name": "alice", "state": "viewing"}]}
    assert people_in(signed_in(carol).get("/")) == expected
    assert people_in(signed_in(carol).get(f"/tickets/{ticket.pk}/")) == expected
    assert people_in(signed_in(bob).get("/")) == {}
    assert signed_in(carol).get("/presence/").json()["people"] == expected
    assert signed_in(bob).get("/presence/").json()["people"] == {}
    assert Client().get("/presence/").status_code == 401
    assert signed_in(carol).post("/presence/").status_code == 405


def test_a_page_of_somebody_else_neither_says_nor_hears_anything(
    alice: User, carol: User, ticket: Ticket
) -> None:
    """In a browser whose user has changed, until the old page notices."""
    browser = signed_in(carol, headers={"X-Sent-For": f"{alice.pk}"})
    path = f"/api/tickets/{ticket.pk}/presence/"
    assert browser.post(path, VIEWING, content_type=JSON).status_code == 403
    assert browser.get("/presence/").status_code == 403
    assert not Presence.objects.exists()


def test_a_name_is_text_on_every_page(alice: User, carol: User, ticket: Ticket) -> None:
    alice.first_name = """\"><script>alert(1)</script>'"""
    alice.save()
    post(alice, ticket)
    page = signed_in(carol).get(f"/tickets/{ticket.pk}/")
    assert b"<script>alert" not in page.content
    assert people_in(page)[f"{ticket.pk}"][0]["name"] == alice.first_name
