"""Forms that a script sends: for whom, and where the answer leads."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.harness.people import signed_in
from tickets.models import Comment, Queue, Ticket
from tickets.scripted import SOMEONE_ELSE

pytestmark = pytest.mark.django_db


def comment(client: Client, ticket: Ticket, reader: User, body: str = "Hello") -> Any:
    url = reverse("add-comment", args=[ticket.pk])
    return client.post(url, {"body": body}, headers={"X-Sent-For": str(reader.pk)})


def test_a_script_is_told_where_to_go_on(alice: User, ticket: Ticket) -> None:
    answer = comment(signed_in(alice), ticket, alice)
    made = Comment.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {"leads_to": f"/tickets/{ticket.pk}/#comment-{made.pk}"}


def test_what_was_done_is_said_on_the_page_it_leads_to(alice: User, billing: Queue) -> None:
    client = signed_in(alice)
    data = {"subject": "Toner", "queue": billing.pk, "priority": "low"}
    answer = client.post("/tickets/new/", data, headers={"X-Sent-For": str(alice.pk)})
    page = client.get(answer.json()["leads_to"]).content.decode()
    assert f"Ticket #{Ticket.objects.get().pk} is open." in page


def test_a_page_of_somebody_else_writes_nothing(alice: User, carol: User, ticket: Ticket) -> None:
    answer = comment(signed_in(carol), ticket, alice)
    assert answer.status_code == 403
    assert answer.json()["error"] == SOMEONE_ELSE
    assert not Comment.objects.exists()


def test_the_signed_out_are_told_so_and_not_led_away(
    client: Client, alice: User, ticket: Ticket
) -> None:
    assert comment(client, ticket, alice).status_code == 401
    new = client.post("/tickets/new/", {}, headers={"X-Sent-For": str(alice.pk)})
    assert new.status_code == 401
    assert not Comment.objects.exists()


def test_a_refusal_is_the_page_that_everybody_gets(alice: User, ticket: Ticket) -> None:
    answer = comment(signed_in(alice), ticket, alice, body=" ")
    assert answer.status_code == 422
    assert answer.context["comment_form"].errors["body"]


def test_a_refused_token_is_marked_for_scripts(alice: User, ticket: Ticket) -> None:
    """static/tickets/sending.js looks for the mark."""
    answer = comment(signed_in(alice, enforce_csrf_checks=True), ticket, alice)
    assert answer.status_code == 403
    assert "data-token-refused" in answer.content.decode()


def test_pages_name_the_cookie_of_the_token(alice: User, settings: Any) -> None:
    settings.CSRF_COOKIE_NAME = "desk-token"
    assert 'data-csrf-cookie="desk-token"' in signed_in(alice).get("/").content.decode()
