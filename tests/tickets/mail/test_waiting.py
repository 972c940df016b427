"""How much mail waits, for a worker or for the mail server."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.harness.post import PostOffice
from tickets.database_time import clock
from tickets.mail import outcomes
from tickets.mail.models import Mail, State
from tickets.mail.outgoing import queue
from tickets.mail.sending import send_due
from tickets.mail.waiting import Waiting, how_much_waits
from tickets.models import Comment, Ticket


@pytest.fixture(autouse=True)
def nothing_waits(db: None, mailing: None) -> None:
    Mail.objects.all().delete()  # of tests that run servers: nothing of theirs is flushed


def reply(author: User, ticket: Ticket, since: timedelta, **fields: Any) -> Mail:
    """One whose mail has been due for so long."""
    ticket.requester_email = "uli@example.org"
    ticket.save()
    said = Comment.objects.create(ticket=ticket, author=author, body="Water?")
    now = clock.now()
    mails = Mail.objects.filter(comment=said)
    assert mails.update(next_at=now - since, **fields) == 1
    return mails.get()


def test_nothing_waits_where_nothing_is_queued(db: None) -> None:
    assert how_much_waits() == Waiting(0, 0, 0)


def test_what_waits_is_counted_from_when_the_first_of_it_was_due(
    alice: User, ticket: Ticket
) -> None:
    reply(alice, ticket, timedelta(minutes=12))
    reply(alice, ticket, timedelta(seconds=3))
    queue("dave@example.org", "Hello", "A link")
    Mail.objects.filter(comment=None).update(queued_at=clock.now() - timedelta(hours=1))
    found = how_much_waits()
    assert found.queued == 3
    assert 3600 <= found.oldest < 3630
    assert 720 <= found.untaken < 750


def test_what_is_tried_again_later_or_is_in_hand_waits_for_no_worker(
    alice: User, ticket: Ticket
) -> None:
    reply(alice, ticket, -timedelta(minutes=5), reason="The server is busy.")
    soon = clock.now() + timedelta(minutes=1)
    held = reply(alice, ticket, timedelta(minutes=4), claimed_until=soon)
    assert (how_much_waits().queued, how_much_waits().untaken) == (2, 0)
    Mail.objects.filter(pk=held.pk).update(claimed_until=clock.now() - timedelta(seconds=1))
    assert 240 <= how_much_waits().untaken < 270  # whoever had it has died


def test_a_link_that_no_longer_holds_is_not_tried_again(db: None) -> None:
    now = clock.now()
    mail = queue("dave@example.org", "Hello", "A link", until=now + timedelta(hours=1))
    Mail.objects.update(tries=3)
    next_at = outcomes.put_off(Mail.objects.get(pk=mail.pk), "The server is busy.")
    assert next_at is not None
    Mail.objects.update(until=now + timedelta(seconds=90), tries=5)
    next_at = outcomes.put_off(Mail.objects.get(pk=mail.pk), "The server is busy.")
    assert next_at is not None
    assert next_at <= now + timedelta(seconds=90)
    Mail.objects.update(until=now - timedelta(seconds=1), tries=6)
    assert outcomes.put_off(Mail.objects.get(pk=mail.pk), "The server is busy.") is None
    mail.refresh_from_db()
    assert (mail.state, mail.text) == (State.FAILED, "")


def test_what_says_something_that_holds_no_more_is_given_up_unsent(
    office: PostOffice,
) -> None:
    now = clock.now()
    late = queue("dave@example.org", "Late", "A link", until=now - timedelta(seconds=1))
    queue("dave@example.org", "In time", "A link", until=now + timedelta(minutes=1))
    send_due.call()
    assert office.next().message["Subject"] == "In time"
    assert office.taken.empty()
    late.refresh_from_db()
    assert (late.state, late.text) == (State.FAILED, "")
    assert "too late" in late.reason
