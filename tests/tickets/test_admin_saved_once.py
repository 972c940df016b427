"""A form of the admin that is sent twice is saved once."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from tests.harness.people import signed_in
from tests.tickets.test_admin_ticket_form import form_in
from tickets.models import Comment, Queue, Ticket

pytestmark = pytest.mark.django_db
ADD = "/admin/tickets/ticket/add/"


@pytest.fixture
def at_admin(admin: User) -> Client:
    return signed_in(admin)


def filled_in(client: Client, queue: Queue, **own: Any) -> dict[str, Any]:
    return {**form_in(client.get(ADD)), "subject": "Paper", "queue": queue.pk, **own}


def shown_to(client: Client) -> list[str]:
    answer = client.get("/admin/tickets/ticket/")
    return [str(message) for message in answer.context["messages"]]


def test_a_new_ticket_sent_twice_is_one_and_the_second_answer_says_so(
    billing: Queue, at_admin: Client
) -> None:
    form = filled_in(at_admin, billing)
    for _ in range(2):
        assert at_admin.post(ADD, form).url == "/admin/tickets/ticket/"  # type: ignore[attr-defined]
    ticket = Ticket.objects.get()
    assert LogEntry.objects.count() == 1
    assert f"Ticket #{ticket.pk} was saved once, though this was sent twice." in shown_to(at_admin)


def test_a_comment_beside_a_ticket_sent_twice_is_one(ticket: Ticket, at_admin: Client) -> None:
    url = f"/admin/tickets/ticket/{ticket.pk}/change/"
    form = {**form_in(at_admin.get(url)), "comments-TOTAL_FORMS": "1", "comments-0-body": "Hello"}
    for _ in range(2):
        assert at_admin.post(url, form).status_code == 302
    assert Comment.objects.get().body == "Hello"


def test_something_else_under_the_same_key_is_refused_and_saved_by_a_second_press(
    billing: Queue, at_admin: Client
) -> None:
    form = filled_in(at_admin, billing)
    at_admin.post(ADD, form)
    refused = at_admin.post(ADD, {**form, "subject": "Ink"})
    assert "this form was saved before, with something else in it" in refused.content.decode()
    assert Ticket.objects.count() == 1
    at_admin.post(ADD, form_in(refused))
    assert [*Ticket.objects.order_by("pk").values_list("subject", flat=True)] == ["Paper", "Ink"]


def test_what_was_refused_is_not_remembered(billing: Queue, at_admin: Client) -> None:
    form = filled_in(at_admin, billing)
    assert at_admin.post(ADD, {**form, "subject": ""}).status_code == 200
    assert at_admin.post(ADD, form).status_code == 302
    assert Ticket.objects.get().subject == "Paper"


@pytest.mark.parametrize("key", ["", "junk" * 100])
def test_a_form_without_a_good_key_is_saved(key: str, billing: Queue, at_admin: Client) -> None:
    at_admin.post(ADD, filled_in(at_admin, billing, idempotency_key=key))
    assert Ticket.objects.get().subject == "Paper"
