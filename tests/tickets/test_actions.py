"""What the forms of a ticket's page do in one step, and what stops them."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.harness.filled import filled
from tests.harness.people import signed_in
from tickets.actor import acting_as
from tickets.models import Comment, Queue, Ticket, Via
from tickets.texts import LONGEST_TEXT

pytestmark = pytest.mark.django_db


class Page:
    """A ticket's page as somebody has it open; its forms are sent as they are filled in by then."""

    def __init__(self, user: User, ticket: Ticket) -> None:
        self.client, self.ticket = signed_in(user), ticket
        self.take(self.client.get(self.url("ticket")))

    def url(self, name: str) -> str:
        return reverse(name, args=[self.ticket.pk])

    def take(self, answer: Any) -> None:
        self.shown = answer.content.decode()
        self.forms: dict[str, dict[str, Any]] = {
            name: filled(self.shown, name) for name in ("composer", "panel")
        }

    def send(self, form: str, **typed: Any) -> Any:
        """Of the composer, as its script sends it: with the panel, if something is chosen there."""
        name = {"composer": "add-comment", "panel": "edit-ticket"}[form]
        answer = self.client.post(self.url(name), {**self.forms[form], **typed})
        if answer.status_code not in (302, 404):
            self.take(answer)
        return answer

    def say(self, body: Any = "Hello", **typed: Any) -> Any:
        return self.send("composer", body=body, **typed)


def stored(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def change_as(user: User, ticket: Ticket, **fields: Any) -> None:
    with acting_as(user):
        Ticket.objects.filter(pk=ticket.pk).update(**fields)


# --- What no page of ours sends ------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", " 1 ", "١", "9" * 30])
def test_an_old_version_in_other_digits_is_an_old_version(
    version: str, ticket: Ticket, alice: User, carol: User
) -> None:
    change_as(carol, ticket, priority="high")
    answer = Page(alice, ticket).send("panel", version=version, status="open")
    assert answer.status_code == 409
    assert stored(ticket).status == "new"


@pytest.mark.parametrize("version", ["1.0", "", "x", None])
def test_a_reply_that_is_stopped_may_come_with_any_version_or_none(
    version: str | None, ticket: Ticket, alice: User, carol: User
) -> None:
    Comment.objects.create(ticket=ticket, author=carol, body="Not seen")
    sent = {"body": "Hi", "seen": "0", "initial-status": "new", "status": "open"}
    named = {} if version is None else {"version": version}
    answer = signed_in(alice).post(reverse("add-comment", args=[ticket.pk]), sent | named)
    assert answer.status_code == (422 if version in ("", "x") else 409)
    assert Comment.objects.filter(author=alice).count() == 0


# --- What stops a reply ---------------------------------------------------------------------------


def test_a_reply_after_what_others_wrote_unseen_stops_shows_it_and_goes_when_sent_again(
    ticket: Ticket, alice: User, carol: User
) -> None:
    Comment.objects.create(ticket=ticket, author=carol, body="Seen by alice")
    page = Page(alice, ticket)
    newer = Comment.objects.create(ticket=ticket, author=carol, body="<b>Not</b> seen")
    Comment.objects.create(ticket=ticket, author=alice, body="Her own")
    answer = page.say("My answer", then="resolved")
    assert answer.status_code == 409
    assert Comment.objects.filter(body="My answer").count() == 0
    assert stored(ticket).version == 1
    notice = page.shown.partition('id="unseen"')[2].partition("</div>")[0]
    assert "Not added: others have written" in notice
    assert re.findall(r"<strong>(\w+)</strong>: ([^<]*)", notice) == [
        ("carol", "&lt;b&gt;Not&lt;/b&gt; seen")
    ]
    assert f'href="#comment-{newer.pk}"' in notice
    assert "My answer" in page.shown
    assert 'form="composer" name="then" value="resolved"' in notice

    Comment.objects.create(ticket=ticket, author=carol, body="And another")
    assert page.say("My answer", then="resolved").status_code == 409
    assert page.say("My answer", then="resolved").status_code == 302
    assert Comment.objects.filter(body="My answer", author=alice).count() == 1
    assert stored(ticket).status == "resolved"


@pytest.mark.parametrize("author", ["nobody", "the requester"])
def test_what_nobody_signed_stops_a_reply_too(author: str, ticket: Ticket, alice: User) -> None:
    page = Page(alice, ticket)
    is_theirs = author == "the requester"
    Comment.objects.create(ticket=ticket, body="From afar", requester=is_theirs, via=Via.MAIL)
    assert page.say().status_code == 409


def test_a_refusal_of_another_kind_does_not_count_as_having_looked(
    ticket: Ticket, alice: User, carol: User
) -> None:
    page = Page(alice, ticket)
    Comment.objects.create(ticket=ticket, author=carol, body="Not seen")
    assert page.say("").status_code == 422
    assert page.say("x" * (LONGEST_TEXT + 1)).status_code == 422
    assert page.say().status_code == 409


def test_from_a_page_of_the_past_nobody_has_seen_what_is_newest(
    ticket: Ticket, alice: User, carol: User
) -> None:
    first, second = (
        Comment.objects.create(ticket=ticket, author=carol, body=f"{n}") for n in range(2)
    )
    page = Page(alice, ticket)
    page.take(page.client.get(f"{page.url('ticket')}?before=comment-{second.pk}"))
    assert page.forms["composer"]["seen"] == [str(first.pk)]
    assert page.say().status_code == 409


@pytest.mark.parametrize("seen", ["x", "-1", "9" * 30])
def test_junk_for_what_was_seen_adds_nothing(seen: str, ticket: Ticket, alice: User) -> None:
    assert Page(alice, ticket).say(seen=seen).status_code == 422
    assert not Comment.objects.exists()


# --- A reply and a choice in one step -------------------------------------------------------------


@pytest.mark.parametrize("then", ["resolved", "pending"])
def test_a_button_beside_the_reply_sets_the_status_in_the_same_step(
    then: str, ticket: Ticket, alice: User
) -> None:
    answer = Page(alice, ticket).say(then=then)
    said = Comment.objects.get()
    assert answer["Location"] == f"/tickets/{ticket.pk}/#comment-{said.pk}"
    assert stored(ticket).status == then
    assert stored(ticket).history.get(version=2).actor_name == "alice"


def test_what_is_chosen_in_the_panel_is_saved_with_the_reply(ticket: Ticket, alice: User) -> None:
    page = Page(alice, ticket)
    chosen = {
        **page.forms["panel"],
        "priority": "urgent",
        "status": "open",
        "subject": "Smoke",
    }
    del chosen["csrfmiddlewaretoken"], chosen["idempotency_key"]
    assert page.say(**chosen, then="pending").status_code == 302
    saved = stored(ticket)
    assert (saved.status, saved.priority, saved.subject) == ("pending", "urgent", "Smoke")
    assert (saved.version, Comment.objects.count()) == (2, 1)


def test_neither_is_done_if_the_ticket_has_changed_since(
    ticket: Ticket, alice: User, carol: User
) -> None:
    page = Page(alice, ticket)
    change_as(carol, ticket, status="open", priority="high")
    chosen = {**page.forms["panel"], "priority": "low"}
    assert page.say(**chosen).status_code == 409
    assert "new → open" in page.shown
    assert not Comment.objects.exists()
    assert stored(ticket).version == 2
    assert page.forms["panel"]["priority"] == ["low"]
    assert page.forms["panel"]["status"] == ["open"]
    assert page.say(**page.forms["panel"]).status_code == 302
    assert (stored(ticket).status, stored(ticket).priority) == ("open", "low")


def test_a_reply_alone_is_not_stopped_by_a_change(ticket: Ticket, alice: User, carol: User) -> None:
    page = Page(alice, ticket)
    change_as(carol, ticket, status="open")
    assert page.say().status_code == 302
    assert stored(ticket).status == "open"


def test_a_bad_choice_is_said_beside_its_field_and_nothing_is_added(
    ticket: Ticket, alice: User
) -> None:
    page = Page(alice, ticket)
    answer = page.say(**{**page.forms["panel"], "requester_email": "nobody", "then": "burning"})
    assert answer.status_code == 422
    assert page.forms["panel"]["requester_email"] == ["nobody"]
    assert not Comment.objects.exists()
    assert stored(ticket).version == 1


def test_who_moves_a_ticket_away_with_a_reply_is_told_on_the_board(
    ticket: Ticket, network: Queue, alice: User
) -> None:
    page = Page(alice, ticket)
    answer = page.say(**{**page.forms["panel"], "queue": network.pk})
    assert answer["Location"] == "/"
    assert "out of your sight now" in page.client.get("/").content.decode()
    assert Comment.objects.get().ticket.queue == network


def test_a_reply_sent_again_while_the_page_went_on_is_the_same_reply(
    ticket: Ticket, alice: User, carol: User
) -> None:
    page = Page(alice, ticket)
    page.say(then="pending")
    change_as(carol, ticket, priority="low")
    assert page.say(then="pending", version="3", seen="7").status_code == 302
    assert Comment.objects.count() == 1


# --- Fields that agents change in place -----------------------------------------------------------


def test_subject_requester_and_due_date_are_changed(
    ticket: Ticket, alice: User, settings: Any
) -> None:
    settings.TIME_ZONE = "America/New_York"  # of whoever has chosen none
    typed = {
        "subject": "Smoke", "requester_name": "Zoë", "requester_email": "zoe@example.com",
        "due_at": "2026-12-01T10:30",
    }  # fmt: skip
    assert Page(alice, ticket).send("panel", **typed).status_code == 302
    saved = stored(ticket)
    assert (saved.subject, saved.requester_name) == ("Smoke", "Zoë")
    assert (saved.requester_email, saved.version) == ("zoe@example.com", 2)
    assert saved.due_at == datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
    shown = Page(alice, ticket).forms["panel"]
    assert {name: shown[name] for name in typed} == {name: [typed[name]] for name in typed}
    assert Page(alice, ticket).send("panel", due_at="").status_code == 302
    assert stored(ticket).due_at is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", ""), ("subject", "x" * 201), ("requester_name", "x" * 101),
        ("requester_email", "nobody"), ("due_at", "tomorrow"), ("subject", "a\0b"),
    ],
)  # fmt: skip
def test_what_a_field_cannot_hold_is_said_beside_it(
    field: str, value: str, ticket: Ticket, alice: User
) -> None:
    answer = Page(alice, ticket).send("panel", **{field: value})
    assert answer.status_code == 422
    assert answer.context["edit_form"].errors.keys() == {field}
    assert stored(ticket).version == 1


def test_what_a_ticket_has_from_before_there_were_limits_stays_as_it_is(
    billing: Queue, alice: User
) -> None:
    """A control of one line takes no ends of lines, and a minute is its smallest step."""
    odd = {
        "subject": "two\nlines " + "x" * 180, "requester_name": "\r\nZoë ",
        "requester_email": "zoë",
        "due_at": timezone.now().replace(second=33, microsecond=5),
    }  # fmt: skip
    ticket = Ticket.objects.create(queue=billing, **odd)
    page = Page(alice, ticket)
    assert page.send("panel", status="open").status_code == 302
    saved = stored(ticket)
    assert saved.status == "open"
    assert {name: getattr(saved, name) for name in odd} == odd
    assert set(saved.history.filter(version=2).values_list("field", flat=True)) == {"status"}


def test_a_time_that_comes_twice_stays_as_it_is(ticket: Ticket, alice: User, settings: Any) -> None:
    """On the night on which clocks are put back; whoever types it is asked for another one."""
    settings.TIME_ZONE = "Europe/Berlin"
    due_at = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at)
    page = Page(alice, ticket)
    assert page.forms["panel"]["due_at"] == ["2026-10-25T02:30"]
    assert page.send("panel", status="open").status_code == 302
    assert (stored(ticket).status, stored(ticket).due_at) == ("open", due_at)
    assert Page(alice, ticket).send("panel", due_at="2026-10-25T02:31").status_code == 422


# --- Whose words they are -------------------------------------------------------------------------


def test_what_the_requester_said_on_the_phone_is_shown_as_theirs(
    ticket: Ticket, alice: User
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(requester_name="Jonas Weber")
    page = Page(alice, ticket)
    assert page.say("It works again", internal="requester").status_code == 302
    said = Comment.objects.get()
    assert (said.requester, said.internal, said.via) == (True, False, Via.PHONE)
    assert said.author == alice
    page = Page(alice, ticket)
    entry = page.shown.partition(f'id="comment-{said.pk}"')[2].partition("</li>")[0]
    assert "<strong>Jonas Weber</strong>" in entry
    assert "noted by alice, by phone" in entry
    assert "internal note" not in entry


@pytest.mark.parametrize("sent", ["1", "on", "true", "junk"])
def test_a_note_of_an_old_page_never_becomes_a_reply(
    sent: str, ticket: Ticket, alice: User
) -> None:
    signed_in(alice).post(reverse("add-comment", args=[ticket.pk]), {"body": "x", "internal": sent})
    assert Comment.objects.get().internal


def test_a_comment_without_author_shows_the_name_that_it_has(ticket: Ticket, alice: User) -> None:
    Comment.objects.create(ticket=ticket, author_name="Importer of 2019", body="Long ago")
    page = Page(alice, ticket)
    assert "<strong>Importer of 2019</strong>" in page.shown


def test_the_button_says_that_a_reply_is_not_mailed(ticket: Ticket, alice: User) -> None:
    page = Page(alice, ticket)
    assert "Add reply (not e-mailed)" in page.shown
    assert "no mail here yet" in page.shown
    assert "Send" not in page.shown.partition("<main")[2]


def test_a_page_of_many_comments_takes_few_queries(
    ticket: Ticket, alice: User, carol: User
) -> None:
    edit = {"requester_email": "jonas@weber.example"}
    change_as(alice, ticket, **edit)
    Ticket.objects.create(subject="Smoke", queue=ticket.queue, **edit)
    for number in range(40):
        Comment.objects.create(ticket=ticket, author=carol, body=f"{number}")
        change_as(alice, ticket, status=["open", "pending"][number % 2])
    client = signed_in(alice)
    client.get(reverse("ticket", args=[ticket.pk]))
    with CaptureQueriesContext(connection) as seen:
        client.get(reverse("ticket", args=[ticket.pk]))
    assert len(seen) <= 20, len(seen)
