"""The button and the call that send again what has failed: who may, when, and where to."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.harness.people import signed_in
from tests.harness.told import forget, told_of
from tickets.mail.models import Mail, State
from tickets.mail.threads import message_id_for, token_of
from tickets.models import Comment, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailing")]

JSON = "application/json"


@pytest.fixture
def failed(reply: Any) -> Comment:
    comment: Comment = reply()
    Mail.objects.update(state=State.FAILED, reason="550 no such user", tries=3)
    return Comment.objects.get(pk=comment.pk)


def page_url(comment: Comment) -> str:
    return f"/tickets/{comment.ticket_id}/comments/{comment.pk}/mail/"


def api_url(comment: Comment) -> str:
    return f"/api{page_url(comment)}"


def state() -> str:
    return Mail.objects.get().state


@pytest.mark.parametrize("url", [page_url, api_url])
def test_who_does_not_see_the_ticket_sends_nothing(
    url: Any, failed: Comment, bob: User, dave: User
) -> None:
    for user in (bob, dave):
        assert signed_in(user).post(url(failed)).status_code == HTTPStatus.NOT_FOUND
    assert signed_in(bob).get(url(failed)).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert state() == State.FAILED


def test_who_is_signed_out_is_led_to_the_log_in(failed: Comment) -> None:
    answer = Client().post(page_url(failed))
    assert answer.status_code == HTTPStatus.FOUND
    assert answer["Location"].startswith("/accounts/login/")
    assert Client().post(api_url(failed)).status_code == HTTPStatus.UNAUTHORIZED
    assert Client(enforce_csrf_checks=True).post(page_url(failed)).status_code == 403
    assert state() == State.FAILED


def test_a_comment_of_another_ticket_is_not_found(
    failed: Comment, alice: User, ticket: Ticket
) -> None:
    other = f"/tickets/{ticket.pk}/comments/{failed.pk}/mail/"
    assert signed_in(alice).post(other).status_code == HTTPStatus.NOT_FOUND
    assert signed_in(alice).post(f"/api{other}").status_code == HTTPStatus.NOT_FOUND
    missing = f"/tickets/{ticket.pk}/comments/999999/mail/"
    assert signed_in(alice).post(missing).status_code == HTTPStatus.NOT_FOUND
    assert state() == State.FAILED


@pytest.mark.parametrize("now", [State.QUEUED, State.SENT])
def test_what_has_not_failed_is_not_sent_again(now: State, failed: Comment, alice: User) -> None:
    Mail.objects.update(state=now)
    answer = signed_in(alice).post(api_url(failed))
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "has not failed" in answer.json()["error"]
    page = signed_in(alice).post(page_url(failed), follow=True)
    assert "It has not failed, so it is not sent again" in page.content.decode()
    assert (state(), Mail.objects.get().sending) == (now, 1)


def test_a_note_that_was_never_mailed_is_not_sent_again(reply: Any, alice: User) -> None:
    assert signed_in(alice).post(api_url(reply(internal=True))).status_code == HTTPStatus.CONFLICT


def test_without_an_address_or_a_server_it_says_what_is_missing(
    failed: Comment, alice: User, asked: Ticket, settings: Any
) -> None:
    Ticket.objects.filter(pk=asked.pk).update(requester_email="")
    assert "no address" in signed_in(alice).post(api_url(failed)).json()["error"]
    settings.EMAIL_URL = ""
    assert "EMAIL_URL is not set" in signed_in(alice).post(api_url(failed)).json()["error"]
    assert state() == State.FAILED


@pytest.mark.parametrize("url", [page_url, api_url])
def test_it_is_queued_again_to_the_address_the_ticket_has_by_now(
    url: Any, failed: Comment, alice: User, asked: Ticket
) -> None:
    before = message_id_for(Mail.objects.get(), token_of(asked))
    Ticket.objects.filter(pk=asked.pk).update(requester_email="right@customers.example")
    forget()
    answer = signed_in(alice).post(url(failed), {"idempotency_key": "k"})
    assert answer.status_code in (HTTPStatus.OK, HTTPStatus.FOUND)
    mail = Mail.objects.get()
    assert (mail.state, mail.reason, mail.tries) == (State.QUEUED, "", 0)
    assert mail.to == "right@customers.example"
    assert message_id_for(mail, token_of(asked)) != before
    (event,) = told_of("comment.mailed")
    assert event.data["comment"]["mail"]["state"] == "queued"
    if url is api_url:
        assert answer.json()["mail"]["to"] == "right@customers.example"


def test_pressed_twice_it_is_queued_once(failed: Comment, alice: User) -> None:
    client = signed_in(alice)
    for _ in range(2):
        client.post(page_url(failed), {"idempotency_key": "the same"})
        Mail.objects.update(state=State.FAILED)
    assert Mail.objects.get().sending == 2
    key = {"Idempotency-Key": "k"}
    for _ in range(2):
        assert (
            client.post(api_url(failed), content_type=JSON, headers=key).status_code
            == HTTPStatus.OK
        )
        Mail.objects.update(state=State.FAILED)
    assert Mail.objects.get().sending == 3


def test_the_page_offers_it_where_it_failed_and_says_why(failed: Comment, alice: User) -> None:
    client = signed_in(alice)
    page = client.get(f"/tickets/{failed.ticket_id}/").content.decode()
    assert "Not mailed to zoe@customers.example. 550 no such user" in page
    assert f'action="{page_url(failed)}">' in page
    Mail.objects.update(state=State.SENT, reason="<b>&")
    page = client.get(f"/tickets/{failed.ticket_id}/").content.decode()
    assert "Mailed to zoe@customers.example. &lt;b&gt;&amp;" in page
    assert f'action="{page_url(failed)}" hidden>' in page
