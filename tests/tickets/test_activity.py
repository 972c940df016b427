"""A message is news: what it moves on its ticket, whatever way it is made."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.harness.people import signed_in
from tests.harness.told import forget, only, told
from tickets import editing
from tickets.actor import acting_as
from tickets.demo.samples import make_samples
from tickets.models import Comment, Queue, Ticket
from tickets.public import public_ticket

pytestmark = pytest.mark.django_db
JSON = "application/json"


def activity(ticket: Ticket) -> tuple[str, bool]:
    stored = Ticket.objects.get(pk=ticket.pk)
    return stored.last_activity_by, stored.awaits_answer


# --- Which activity it is ---


def test_the_opening_is_the_first_activity(billing: Queue, alice: User) -> None:
    by_nobody = Ticket.objects.create(subject="x", queue=billing)
    with acting_as(alice):
        by_agent = Ticket.objects.create(subject="x", queue=billing)
        for_somebody = Ticket.objects.create(subject="x", queue=billing, requester_name="Marta")
        (at_once,) = Ticket.objects.bulk_create(
            [Ticket(subject="x", queue=billing, requester_email="marta@example.com")]
        )
    opened = [by_nobody, by_agent, for_somebody, at_once]
    assert [activity(ticket) for ticket in opened] == [
        ("system", False), ("agent", False), ("requester", True), ("requester", True),
    ]  # fmt: skip
    for ticket in Ticket.objects.all():
        assert ticket.last_activity_at == ticket.created_at


def test_the_last_word_decides_who_waits_for_whom(ticket: Ticket, alice: User) -> None:
    def say(author: User | None = None, **how: Any) -> tuple[str, bool]:
        Comment.objects.create(ticket=ticket, author=author, body="Hi", **how)
        return activity(ticket)

    assert say(alice, requester=True, via="phone") == ("requester", True)
    assert say(alice, internal=True) == ("agent", True)  # which the requester never hears
    assert say(alice) == ("agent", False)
    assert say(requester=True, via="mail") == ("requester", True)
    assert say() == ("system", False)


def test_a_change_of_fields_is_no_activity(ticket: Ticket) -> None:
    ticket.status = "open"
    ticket.save()
    Ticket.objects.update(priority="high")
    stored = Ticket.objects.get()
    assert stored.updated_at > stored.last_activity_at == stored.created_at


# --- How it moves ---

WAYS: dict[str, Callable[[Ticket, User], Any]] = {
    "save": lambda ticket, alice: Comment(ticket=ticket, author=alice, body="Hi").save(),
    "bulk_create": lambda ticket, alice: Comment.objects.bulk_create(
        [Comment(ticket=ticket, author=alice, body=body) for body in ("Hi", "there")]
    ),
    "related": lambda ticket, alice: ticket.comments.create(author=alice, body="Hi", internal=True),
    "past the model": lambda ticket, alice: models.Model.save(
        Comment(ticket=ticket, author=alice, body="Hi"), force_insert=True
    ),
    "api": lambda ticket, alice: signed_in(alice).post(
        f"/api/tickets/{ticket.pk}/comments/", {"body": "Hi", "internal": True}, content_type=JSON
    ),
    "page": lambda ticket, alice: signed_in(alice).post(
        f"/tickets/{ticket.pk}/comment/", {"body": "Hi"}
    ),
    "command": lambda ticket, alice: editing.comment_on_any(ticket.pk, alice, "Hi"),
}


@pytest.mark.parametrize("say", WAYS.values(), ids=WAYS.keys())
def test_each_way_to_comment_moves_the_activity_and_never_the_version(
    say: Callable[[Ticket, User], Any], ticket: Ticket, alice: User
) -> None:
    forget()
    say(ticket, alice)
    stored, newest = Ticket.objects.get(), Comment.objects.latest("pk")
    assert (stored.version, stored.last_activity_by) == (1, "agent")
    assert stored.last_activity_at == stored.updated_at == newest.created_at
    told_last = told()[-1].data
    assert told_last["ticket"] == {
        "id": ticket.pk,
        "last_activity_at": told_last["at"],
        "last_activity_by": "agent",
        "updated_at": told_last["at"],
    }


def test_what_is_rolled_back_has_moved_nothing(ticket: Ticket) -> None:
    before = public_ticket(Ticket.objects.get())
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Comment.objects.create(ticket=ticket, body="Hi")
        1 / 0  # noqa: B018
    assert public_ticket(Ticket.objects.get()) == before


def test_a_comment_dated_back_moves_nothing_back(ticket: Ticket, alice: User) -> None:
    Comment.objects.create(ticket=ticket, requester=True, body="Now")
    before = public_ticket(Ticket.objects.get())
    past = timezone.now() - timedelta(days=1)
    Comment.objects.create(ticket=ticket, author=alice, body="Then", created_at=past)
    assert public_ticket(Ticket.objects.get()) == before


def test_a_save_of_what_was_read_before_the_comment_takes_nothing_back(
    ticket: Ticket, alice: User
) -> None:
    said = Comment.objects.create(ticket_id=ticket.pk, author=alice, body="Hi")
    forget()
    ticket.status = "open"
    ticket.save()
    assert (ticket.last_activity_at, ticket.last_activity_by) == (said.created_at, "agent")
    assert public_ticket(ticket) == public_ticket(Ticket.objects.get())
    assert only().data["ticket"]["last_activity_by"] == "agent"


def test_a_comment_costs_one_statement_more(ticket: Ticket, alice: User) -> None:
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        Comment.objects.create(ticket=ticket, author=alice, body="Hi")
    updates = [query for query in queries if query["sql"].startswith("UPDATE")]
    assert len([query for query in updates if "last_activity_at" in query["sql"]]) == 1
    # The ticket's lock, the comment, read back, what the search looks at, the activity, the
    # ticket as it is, the event, which webhooks want it; on SQLite a savepoint of the test too.
    assert len(queries) <= 11, [query["sql"] for query in queries]


# --- The requester's words ---


def test_the_requesters_words_are_never_internal(ticket: Ticket) -> None:
    words = {"ticket": ticket, "body": "Hi", "requester": True, "internal": True}
    for refused in (
        lambda: Comment.objects.create(**words),
        lambda: Comment.objects.bulk_create([Comment(**words)]),
        lambda: Comment(**words).full_clean(),
    ):
        with pytest.raises(ValidationError, match="is never internal"):
            refused()
    assert not Comment.objects.exists()


def test_the_database_refuses_internal_words_of_a_requester_too(ticket: Ticket) -> None:
    said = Comment.objects.create(ticket=ticket, body="Hi", internal=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.update_without_telling(Comment.objects.filter(pk=said.pk), requester=True)


def test_who_wrote_themselves_is_named(billing: Queue, alice: User) -> None:
    ticket = Ticket.objects.create(
        subject="x", queue=billing, requester_name="Marta Sol", requester_email="m@example.com"
    )
    nameless = Ticket.objects.create(subject="x", queue=billing, requester_email="m@example.com")
    said = [
        Comment.objects.create(ticket=ticket, body="Hi", requester=True),
        Comment.objects.create(ticket=nameless, body="Hi", requester=True),
        Comment.objects.create(ticket=ticket, body="Hi", requester=True, author=alice),
        Comment.objects.create(ticket=ticket, body="Hi"),
    ]
    assert [comment.author_name for comment in said] == ["Marta Sol", "m@example.com", "alice", ""]


def test_staff_note_the_requesters_words_in_the_admin(ticket: Ticket, admin: User) -> None:
    page = signed_in(admin).get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert 'name="comments-__prefix__-requester"' in page


def test_the_demos_customers_speak() -> None:
    make_samples()
    said = Comment.objects.filter(requester=True)
    assert said.exists()
    assert not said.filter(author_name="").exists()
    waiting = Ticket.objects.filter(awaits_answer=True, status="open")
    assert waiting.exists()
    for ticket in Ticket.objects.filter(comments__isnull=False).distinct():
        newest = ticket.comments.latest("created_at")
        assert ticket.last_activity_at == newest.created_at
        assert ticket.last_activity_by == ("requester" if newest.requester else "agent")


@pytest.mark.parametrize("internal", [False, True])
def test_a_strangers_mail_neither_asks_nor_answers(internal: bool, ticket: Ticket) -> None:
    Comment.objects.create(ticket=ticket, body="Help", requester=True, via="mail")
    how = {"author_name": "Eve <eve@else.example>", "via": "mail", "internal": internal}
    mail = Comment.objects.create(ticket=ticket, body="Me too", **how)
    ticket.refresh_from_db()
    assert ticket.last_activity_at == mail.created_at
    assert (ticket.last_activity_by, ticket.awaits_answer) == ("system", True)
