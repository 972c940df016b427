"""By what a message is known to belong to a ticket, and by what it is not."""

from email import message_from_bytes

import pytest
from django.contrib.auth.models import User

from tests.harness.told import forget, told, told_of
from tickets.mail import threads
from tickets.mail.message import message_of
from tickets.mail.models import Heard, Mail, State
from tickets.merging.deeds import merge
from tickets.models import Comment, Ticket
from tickets.visibility import audience_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailing")]


@pytest.fixture
def mail(asked: Ticket, alice: User) -> Mail:
    return Mail.objects.get(comment=Comment.objects.create(ticket=asked, author=alice, body="Hm"))


def named(mail: Mail, asked: Ticket) -> str:
    return threads.message_id_for(mail, threads.token_of(asked))


def test_a_token_is_long_stays_and_is_of_one_ticket(asked: Ticket, ticket: Ticket) -> None:
    token = threads.token_of(asked)
    assert len(token) == 20  # of 32 letters: 100 bits
    assert token == threads.token_of(asked) != threads.token_of(ticket)
    for other in ("", token[:-1], f"{token}a", "a" * 20, "0" * 20, f"{token}\n{token}"):
        assert threads.ticket_answered([], [threads.reply_address(other)]) is None


def test_an_answer_names_its_ticket_by_reference_or_address(mail: Mail, asked: Ticket) -> None:
    message_id, token = named(mail, asked), threads.token_of(asked)
    answered = threads.ticket_answered
    assert answered([message_id], []) == asked
    assert answered(["<other@example.com>", f" {message_id.upper()}"], ["x@example.com"]) == asked
    assert answered([], [threads.reply_address(token)]) == asked
    assert answered([], ["x@example.com", f"Desk+{token.upper()}@elsewhere.example"]) == asked
    assert answered([], []) is None
    assert (
        answered(["<m1.1@example.com>", token], [f"{token}@example.com", "help@example.com"])
        is None
    )


def test_of_two_tickets_the_best_reference_decides(
    mail: Mail, asked: Ticket, ticket: Ticket
) -> None:
    address = threads.reply_address(threads.token_of(ticket))
    assert threads.ticket_answered([named(mail, asked)], [address]) == asked
    assert threads.ticket_answered(["<unknown@x>"], [address]) == ticket


def test_a_message_that_names_thousands_is_looked_at_in_part(mail: Mail, asked: Ticket) -> None:
    flood = [f"<m{number}.1.{'a' * 20}@x>" for number in range(100_000)]
    assert threads.ticket_answered([named(mail, asked), *flood], flood) == asked
    assert threads.ticket_answered([*flood, named(mail, asked)], ["+" * 100_000]) is None


def test_our_own_messages_are_known(mail: Mail, asked: Ticket, ticket: Ticket) -> None:
    assert threads.is_ours(named(mail, asked))
    assert not threads.is_ours("<someone@else.example>")
    other = threads.token_of(ticket)  # of another ticket, which the message is not of
    assert not threads.is_ours(threads.message_id_for(mail, other))


def test_a_bounce_marks_the_reply_failed_and_open_pages_are_told(mail: Mail, asked: Ticket) -> None:
    Mail.objects.update(state=State.SENT)
    forget()
    assert threads.note_bounce(named(mail, asked), "550 no such\r\nuser")
    mail.refresh_from_db()
    assert (mail.state, mail.reason) == (State.FAILED, "550 no such user")
    (event,) = told_of("comment.mailed")
    assert event.audience == audience_of(asked)
    assert event.data["ticket"] == {"id": asked.pk}
    assert event.data["comment"] == {
        "id": mail.comment_id,
        "mail": {"state": "failed", "reason": "550 no such user", "to": mail.to, "cc": []},
    }
    forget()
    assert not threads.note_bounce(named(mail, asked), "again")
    assert not threads.note_bounce("<someone@else.example>", "not ours")
    assert told() == []


def test_a_reply_is_known_by_its_message_where_its_ticket_was_merged_since(
    mail: Mail, asked: Ticket, ticket: Ticket, admin: User
) -> None:
    """It was sent with the token of the ticket on which it was said."""
    Mail.objects.update(state=State.SENT)
    message_id = named(mail, asked)
    merge(admin, asked.pk, ticket.pk, despite=True)
    assert threads.is_ours(message_id)
    assert threads.note_bounce(message_id, "550 no such user")
    assert Mail.objects.get().state == State.FAILED
    later = Comment.objects.create(ticket=ticket, author=admin, body="Said after the merge")
    Mail.objects.get_or_create(comment=later, defaults={"to": "a@b.example", "subject": "Later"})
    assert not threads.is_ours(threads.message_id_for(later.mail_row, threads.token_of(asked)))


def test_a_bounce_of_an_earlier_sending_is_no_news(mail: Mail, asked: Ticket) -> None:
    first = named(mail, asked)
    Mail.objects.update(state=State.SENT, sending=2)
    assert not threads.note_bounce(first, "late")
    assert Mail.objects.get().state == State.SENT


def test_what_came_last_is_answered_and_the_first_is_always_named(
    mail: Mail, asked: Ticket
) -> None:
    assert threads.named_before(mail) == []
    for number in range(30):
        threads.note_heard(asked, f"<{number}@example.com>")
        threads.note_heard(asked, f"<{number}@example.com>")  # the same message twice
    found = threads.named_before(mail)
    assert (found[0], found[-1], len(found)) == ("<0@example.com>", "<29@example.com>", 10)


def test_where_nothing_came_our_last_message_is_what_a_reply_goes_on_from(
    mail: Mail, asked: Ticket, alice: User
) -> None:
    second = Comment.objects.create(ticket=asked, author=alice, body="And").mail_row
    assert threads.named_before(second) == [named(mail, asked)]


def test_after_a_merge_a_reply_names_the_messages_that_were_really_sent(
    mail: Mail, asked: Ticket, ticket: Ticket, admin: User
) -> None:
    message_id = named(mail, asked)
    merge(admin, asked.pk, ticket.pk, despite=True)
    later = Comment.objects.create(ticket=ticket, author=admin, body="Said after the merge")
    second = Mail.objects.create(comment=later, to="a@b.example", subject="Later")
    assert threads.named_before(second) == [message_id]


def test_a_reply_that_is_tried_again_after_a_merge_is_still_the_same_message(
    mail: Mail, asked: Ticket, ticket: Ticket, admin: User
) -> None:
    def message_id() -> str:
        raw, _ = message_of(Mail.objects.select_related("comment__ticket").get(pk=mail.pk))
        return str(message_from_bytes(raw)["Message-ID"])

    before = message_id()
    merge(admin, asked.pk, ticket.pk, despite=True)
    assert message_id() == before
    assert threads.is_ours(before)


@pytest.mark.parametrize(
    "message_id", ["", "a@b", "<a b@c>", "<a@b>\r\nBcc: x@y", "<ä@b>", f"<{'a' * 300}@b>"]
)
def test_an_id_that_cannot_stand_in_a_header_is_not_noted(message_id: str, asked: Ticket) -> None:
    threads.note_heard(asked, message_id)
    assert not Heard.objects.exists()
