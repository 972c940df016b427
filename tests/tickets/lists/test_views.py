"""What the board's script asks for: its rows, as the page itself has them."""

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

import live
from tests.harness.people import signed_in
from tickets.models import Queue, Ticket

pytestmark = pytest.mark.django_db


def test_a_stranger_gets_no_rows(client: Client) -> None:
    answer = client.get("/rows/")
    assert answer.status_code == 401
    assert answer.json()["error"]


def test_rows_are_only_read(alice: User) -> None:
    assert signed_in(alice).post("/rows/").status_code == 405


def test_a_filter_that_means_nothing_is_refused_in_json(alice: User) -> None:
    answer = signed_in(alice).get("/rows/?status=burning")
    assert answer.status_code == 400
    assert "burning" in answer.json()["error"]


def test_nobody_gets_rows_of_tickets_that_they_may_not_see(
    alice: User, bob: User, dave: User, ticket: Ticket
) -> None:
    counts = {user: signed_in(user).get("/rows/").json()["count"] for user in (alice, bob, dave)}
    assert counts == {alice: 1, bob: 0, dave: 0}


def test_the_rows_are_those_of_the_page_with_the_same_address(alice: User, billing: Queue) -> None:
    for number in range(3):
        Ticket.objects.create(subject=f"</script>{number}", queue=billing, priority="high")
    Ticket.objects.create(subject="Done", queue=billing, status="closed")
    client = signed_in(alice)
    for query in ("", "?sort=id", "?status=all", "?priority=low", "?page=7"):
        page = client.get(f"/{query}").content.decode()
        written = page.partition('<script id="listing" type="application/json">')[2]
        on_page = json.loads(written.partition("</script>")[0])
        assert client.get(f"/rows/{query}").json() == on_page
    assert on_page["head"] == live.head()
    assert (on_page["count"], on_page["page"], on_page["pages"]) == (3, 1, 1)
