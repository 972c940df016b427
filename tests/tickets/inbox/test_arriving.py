"""What becomes of a message: what is refused and forged first, then what is meant well."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError

from tests.harness.people import signed_in
from tests.harness.told import forget, names, told_of
from tests.tickets.inbox.fixtures import NAMES, raw
from tests.tickets.inbox.letters import DESK, JONAS, above, bounce_of, letter, vouched
from tickets import editing
from tickets.actor import acting_as
from tickets.attachments import limits as attachment_limits
from tickets.inbox import arriving, limits, reading
from tickets.inbox.arriving import TryAgain, receive
from tickets.inbox.limits import ANSWERS_OF_ONE, TICKETS_OF_ALL, TICKETS_OF_ONE
from tickets.inbox.models import KeptMail, Letter, MailText
from tickets.mail import threads
from tickets.mail.models import Mail
from tickets.merging.deeds import merge
from tickets.models import Attachment, Comment, Queue, Ticket
from tickets.notices.models import Notice
from tickets.texts import LONGEST_TEXT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]

ALICE = "alice@desk.example"
MALLORY = "Mallory <mallory@else.example>"
PASS = "dmarc=pass header.from=desk.example"


def said(ticket: Ticket) -> Comment:
    return ticket.comments.select_related("author").get()


def kept() -> KeptMail:
    return KeptMail.objects.get()


# --- Forged, strange, or of somebody else ---------------------------------------------------------


def test_who_knows_the_token_and_is_somebody_else_is_marked_and_reopens_nothing(
    jonas: Ticket, token: str
) -> None:
    assert jonas.awaits_answer
    forget()
    receive(letter("I am Jonas' wife.", sender=MALLORY, to=token))
    comment = said(jonas)
    assert (comment.author, comment.requester, comment.internal) == (None, False, False)
    assert comment.author_name == "Mallory <mallory@else.example>"
    assert comment.via == "mail"
    jonas.refresh_from_db()
    assert (jonas.status, jonas.last_activity_by, jonas.awaits_answer) == (
        "resolved", "system", True,
    )  # fmt: skip
    assert names() == ["comment.created"]


def test_a_name_that_is_an_agents_changes_nothing_and_stands_with_its_address(
    jonas: Ticket, token: str, alice: User
) -> None:
    editing.edit_any(jonas.pk, {"assignee": alice})
    receive(letter("Close it.", sender="alice <mallory@else.example>", to=token))
    told = "alice <mallory@else.example>"
    assert said(jonas).author_name == told
    (event,) = told_of("comment.created")
    assert event.data["comment"]["author"] is None
    assert event.data["comment"]["author_name"] == told
    assert Notice.objects.get(kind="replied").actor_name == told
    page = signed_in(alice).get(f"/tickets/{jonas.pk}/").content.decode()
    assert "<strong>alice &lt;mallory@else.example&gt;</strong>" in page
    assert ">not the requester<" in page


def test_a_requester_whose_name_is_an_agents_stands_with_their_address(
    jonas: Ticket, token: str, alice: User
) -> None:
    editing.edit_any(jonas.pk, {"assignee": alice, "requester_name": "carol"})
    receive(letter("Close it.", sender="carol <jonas@weber.example>", to=token))
    told = "carol <jonas@weber.example>"
    assert Notice.objects.get(kind="replied").actor_name == told
    page = signed_in(alice).get(f"/tickets/{jonas.pk}/").content.decode()
    assert "<strong>carol &lt;jonas@weber.example&gt;</strong>" in page


@pytest.mark.parametrize("vouch", ["", "dmarc=fail header.from=desk.example"])
def test_an_agents_address_that_nobody_vouches_for_is_a_note_that_is_marked(
    vouch: str, jonas: Ticket, token: str, alice: User
) -> None:
    alice.email = ALICE
    alice.save()
    raw = letter("Here is my password: …", sender=f"alice <{ALICE}>", to=token)
    receive(vouched(raw, vouch) if vouch else raw)
    comment = said(jonas)
    assert (comment.author, comment.internal, comment.requester) == (None, True, False)
    jonas.refresh_from_db()
    assert jonas.status == "resolved"
    page = signed_in(alice).get(f"/tickets/{jonas.pk}/").content.decode()
    assert ">internal note, not proven<" in page


def test_a_forged_requester_whose_domain_says_so_reopens_nothing(jonas: Ticket, token: str) -> None:
    receive(vouched(letter(to=token), "dmarc=fail header.from=weber.example"))
    assert not said(jonas).requester
    jonas.refresh_from_db()
    assert jonas.status == "resolved"


def test_a_number_in_the_subject_proves_nothing(jonas: Ticket) -> None:
    receive(letter("Me too!", subject=f"Re: [#{jonas.pk}] Printer on fire"))
    assert not jonas.comments.exists()
    opened = Ticket.objects.exclude(pk=jonas.pk).get()
    assert f"Its subject names #{jonas.pk}, but nothing proves" in opened.description
    receive(letter("Yours?", subject="[#999999] Your order"))
    assert Ticket.objects.latest("pk").description == "Yours?"


def test_a_token_that_is_not_quite_one_opens_a_ticket(jonas: Ticket, token: str) -> None:
    receive(letter("Hello", to=token.replace(threads.token_of(jonas), "a" * 20)))
    assert not jonas.comments.exists()
    assert Ticket.objects.count() == 2


# --- What opens nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
    ],
)
def test_what_a_machine_sent_opens_and_answers_nothing_and_is_kept(
    headers: Any, jonas: Ticket, token: str
) -> None:
    for to in (DESK, token):
        receive(letter("I am away.", to=to, **headers))
    assert not jonas.comments.exists()
    assert Ticket.objects.get().status == "resolved"
    assert [mail.reason for mail in KeptMail.objects.all()] == [
        "A machine sent it, by what it says of itself: it opens and answers nothing."
    ] * 2


@pytest.mark.parametrize("sender", ["help@desk.example", "Alice <HELP+x@Desk.Example>"])
def test_what_has_our_own_address_as_sender_goes_round_no_more(
    sender: str, jonas: Ticket, token: str
) -> None:
    receive(letter(sender=sender, to=token))
    assert not Comment.objects.exists()
    assert Ticket.objects.count() == 1
    assert not Letter.objects.exists()  # anybody can send any number of them


def replied(ticket: Ticket, alice: User, settings: Any) -> tuple[Mail, str]:
    """A reply of alice's that was mailed, and its Message-ID."""
    settings.EMAIL_URL = "smtp://localhost"
    with acting_as(alice):
        comment = Comment.objects.create(ticket=ticket, author=alice, body="Is it out?")
    mail = Mail.objects.get(comment=comment)
    return mail, threads.message_id_for(mail, threads.token_of(ticket))


def test_our_own_message_that_comes_back_under_another_sender_is_known_by_its_name(
    jonas: Ticket, alice: User, settings: Any
) -> None:
    _, message_id = replied(jonas, alice, settings)
    receive(letter(sender=MALLORY, message_id=message_id))
    assert jonas.comments.count() == 1
    assert not Letter.objects.exists()


def test_a_bounce_marks_the_reply_as_failed_and_says_nothing_on_the_ticket(
    jonas: Ticket, alice: User, settings: Any
) -> None:
    mail, message_id = replied(jonas, alice, settings)
    forget()
    receive(bounce_of(message_id))
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert mail.reason.startswith("jonas@weber.example: There is no such address: ")
    assert names() == ["comment.mailed"]
    assert jonas.comments.count() == 1
    jonas.refresh_from_db()
    assert jonas.status == "resolved"
    receive(bounce_of(message_id))
    assert names() == ["comment.mailed"]
    assert not Letter.objects.exists()  # whoever has the reply can send any number of these


def test_a_bounce_of_what_we_have_not_sent_is_kept(jonas: Ticket) -> None:
    receive(bounce_of("<m1.1.aaaaaaaaaaaaaaaaaaaa@desk.example>"))
    assert "no reply of ours is known" in kept().reason
    assert not Comment.objects.exists()


def test_a_message_without_a_sender_to_answer_is_kept(jonas: Ticket, token: str) -> None:
    receive(letter("One.", sender="<>", to=token))
    receive(letter("Two.", sender="Jonas <jonas@b>", to=token))
    assert [mail.reason for mail in KeptMail.objects.all()] == [
        "It names no sender to whom an answer could go."
    ] * 2


# --- Too much, too often, too early ---------------------------------------------------------------


def test_the_twenty_first_ticket_of_an_address_within_an_hour_is_kept(jonas: Ticket) -> None:
    for number in range(TICKETS_OF_ONE + 1):
        receive(letter(f"Number {number}", sender="Jonas <Jonas@Weber.example>"))
    assert Ticket.objects.count() == 1 + TICKETS_OF_ONE == 21
    assert kept().reason == "This address has opened 20 tickets within an hour already."
    receive(letter(sender=MALLORY))
    assert Ticket.objects.count() == 22


def test_of_all_addresses_five_hundred(billing: Queue) -> None:
    assert TICKETS_OF_ALL == 500
    Letter.objects.bulk_create(
        Letter(digest=f"{number}", address=f"{number}@else.example", outcome="opened")
        for number in range(TICKETS_OF_ALL)
    )
    receive(letter())
    assert kept().reason == "500 tickets were opened by mail within an hour already."
    assert not Ticket.objects.exists()


def test_two_machines_that_answer_each_other_end(jonas: Ticket, token: str) -> None:
    for number in range(ANSWERS_OF_ONE + 2):
        receive(letter(f"Number {number}", to=token))
    assert jonas.comments.count() == ANSWERS_OF_ONE
    assert KeptMail.objects.count() == 2
    assert "has answered" in KeptMail.objects.latest("pk").reason
    receive(letter(sender=MALLORY, to=token))
    assert jonas.comments.count() == ANSWERS_OF_ONE + 1


def test_nor_do_many_addresses_fill_one_ticket(jonas: Ticket, token: str) -> None:
    Letter.objects.bulk_create(
        Letter(digest=f"{n}", address=f"{n}@else.example", outcome="answered", ticket=jonas)
        for n in range(limits.ANSWERS_OF_ALL)
    )
    receive(letter(to=token))
    assert not jonas.comments.exists()
    assert kept().reason == f"#{jonas.pk} was answered by mail 100 times within an hour."


def test_the_same_message_is_once_whichever_way_it_comes(jonas: Ticket, token: str) -> None:
    raw = letter("Still on fire.", to=token)
    receive(raw)
    receive(raw)
    receive(above(raw, "Received: from another way", "Delivered-To: help@desk.example"))
    assert jonas.comments.count() == 1
    nameless = letter("Once.", sender=MALLORY, message_id="")
    receive(nameless)
    receive(nameless)
    assert Ticket.objects.count() == 2


def test_a_message_id_that_somebody_used_up_costs_no_message(jonas: Ticket, token: str) -> None:
    """They may have guessed it, or seen the message before us."""
    name = "<1@weber.example>"
    receive(letter("Nothing.", sender=MALLORY, message_id=name))
    receive(letter("It is urgent.", to=token, message_id=name))
    assert not jonas.comments.exists()
    assert kept().reason.startswith("A message with the same Message-ID")
    assert b"It is urgent." in kept().read()


def test_without_its_queue_a_message_comes_again_and_answers_go_on(
    jonas: Ticket, token: str, settings: Any
) -> None:
    for name, sentence in (("Gone", "MAIL_QUEUE='Gone' is the name of no queue"),
                           ("", "MAIL_QUEUE is not set")):  # fmt: skip
        settings.MAIL_QUEUE = name
        with pytest.raises(TryAgain, match=sentence):
            receive(letter())
    assert not Letter.objects.exists()
    receive(letter(to=token))
    assert jonas.comments.count() == 1


def test_where_the_database_fails_nothing_is_done_and_it_comes_again(
    jonas: Ticket, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: Any, **options: Any) -> None:
        raise OperationalError("server closed the connection")

    raw = letter(to=token, files={"a.txt": b"a"})
    monkeypatch.setattr(MailText.objects, "create", gone)
    monkeypatch.setattr(threads, "note_heard", gone)
    with pytest.raises(TryAgain, match="server closed the connection"):
        receive(raw)
    for rows in (Letter, Comment, Attachment, KeptMail):
        assert not rows._default_manager.exists()
    jonas.refresh_from_db()
    assert jonas.status == "resolved"
    monkeypatch.undo()


def test_a_message_that_breaks_us_is_kept_and_the_next_one_comes_in(
    jonas: Ticket, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    for module, name in ((reading, "take_apart"), (arriving, "words_of")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, broken)
            receive(letter(f"{name}", to=token))
    assert [mail.reason for mail in KeptMail.objects.order_by("pk")] == [
        "The message could not be read, by a fault that is logged: ZeroDivisionError.",
        "It could not be taken in (ZeroDivisionError); the log has more.",
    ]
    receive(letter("words_of", to=token))
    assert said(jonas).body == "words_of"


def test_where_there_is_no_memory_for_a_message_it_comes_again(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(*args: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(reading, "take_apart", too_much)
    with pytest.raises(TryAgain, match="not there now: MemoryError"):
        receive(letter(to=token))
    assert not KeptMail.objects.exists()


def test_what_is_no_message_is_kept_with_its_reason() -> None:
    receive(b"\x00\xff gibberish")
    assert kept().read() == b"\x00\xff gibberish"
    assert kept().reason


# --- Meant well -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [("pending", "open"), ("resolved", "open"), ("closed", "open"), ("open", "open"),
     ("new", "new")],
)  # fmt: skip
def test_the_requesters_answer_is_their_comment_and_opens_what_was_done(
    before: str, after: str, jonas: Ticket, token: str
) -> None:
    editing.edit_any(jonas.pk, {"status": before})
    forget()
    receive(letter("It burns again.", to=f"Help <{token}>"))
    comment = said(jonas)
    assert (comment.author, comment.requester, comment.internal) == (None, True, False)
    assert (comment.body, comment.via) == ("It burns again.", "mail")
    assert comment.author_name == "Jonas Weber <jonas@weber.example>"
    jonas.refresh_from_db()
    assert (jonas.status, jonas.last_activity_by, jonas.awaits_answer) == (
        after, "requester", True,
    )  # fmt: skip
    changed = [] if before == after else ["ticket.updated"]
    assert names() == [*changed, "comment.created"]


def test_an_answer_is_known_by_what_it_answers(jonas: Ticket, alice: User, settings: Any) -> None:
    _, message_id = replied(jonas, alice, settings)
    receive(letter("Yes.", answers=message_id, subject="Anything else"))
    assert jonas.comments.latest("pk").body == "Yes."
    receive(letter("Yes!", References=f"<else@else.example> {message_id}"))
    assert jonas.comments.latest("pk").body == "Yes!"


def test_who_writes_again_before_anybody_answers_stays_on_their_ticket(billing: Queue) -> None:
    first = letter("It burns.", message_id="<1@weber.example>")
    receive(first)
    receive(letter("Oh, it is out.", answers="<1@weber.example>"))
    ticket = Ticket.objects.get()
    assert said(ticket).body == "Oh, it is out."
    receive(letter("It burns.", sender=MALLORY, answers="<1@weber.example>"))
    assert not ticket.comments.latest("pk").requester


def test_an_agent_who_is_vouched_for_replies_in_the_desks_name(
    jonas: Ticket, token: str, alice: User, settings: Any
) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    alice.email = ALICE
    alice.save()
    receive(vouched(letter("Try water.", sender=f"Alice <{ALICE}>", to=token), PASS))
    comment = said(jonas)
    assert (comment.author, comment.author_name) == (alice, "alice")
    assert (comment.requester, comment.internal, comment.via) == (False, False, "mail")
    assert Mail.objects.get().to == "jonas@weber.example"
    jonas.refresh_from_db()
    assert (jonas.status, jonas.last_activity_by) == ("resolved", "agent")
    (event,) = told_of("comment.created")
    assert event.data["actor"] == {"id": alice.pk, "name": "alice"}


def test_anything_else_opens_a_ticket(billing: Queue) -> None:
    receive(letter("It burns.\n\n-- \nJonas", subject="Fire", files={"a.bin": b"\x00\x01"}))
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.description, ticket.queue) == ("Fire", "It burns.", billing)
    assert (ticket.requester_name, ticket.requester_email) == ("Jonas Weber", "jonas@weber.example")
    assert (ticket.status, ticket.last_activity_by, ticket.awaits_answer) == (
        "new", "requester", True,
    )  # fmt: skip
    attached = Attachment.objects.get()
    assert (attached.ticket, attached.comment, attached.pending) == (ticket, None, False)
    assert attached.file.open("rb").read() == b"\x00\x01"
    assert "-- \nJonas" in MailText.objects.get(ticket=ticket).text


def test_who_has_no_name_is_called_by_their_address_and_nothing_is_missing(db: None) -> None:
    receive(letter("", sender="jonas@weber.example", subject=""))
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.description) == ("(no subject)", "(no text)")
    assert ticket.requester_name == "jonas@weber.example"


def test_what_is_quoted_is_kept_and_shown_when_asked_for(
    jonas: Ticket, token: str, alice: User
) -> None:
    quoted = "It burns.\n\nOn 27 Nov 2026, Help desk wrote:\n> Is it <b>out</b>?\n> alice\n"
    receive(letter(quoted, to=token))
    comment = said(jonas)
    assert comment.body == "It burns."
    (event,) = told_of("comment.created")
    assert event.data["comment"]["quoted"] is True
    at_alices = signed_in(alice)
    url = f"/tickets/{jonas.pk}/comments/{comment.pk}/"
    assert at_alices.get(f"/api{url}").json()["quoted"] is True
    page = at_alices.get(f"/tickets/{jonas.pk}/").content.decode()
    assert f'href="{url}?quoted"' in page
    assert "Is it" not in page
    whole = at_alices.get(f"{url}?quoted").content.decode()
    assert "&gt; Is it &lt;b&gt;out&lt;/b&gt;?" in whole
    assert signed_in(User.objects.create(username="dave")).get(f"{url}?quoted").status_code == 404


def test_where_nothing_is_quoted_there_is_no_more_to_show(
    jonas: Ticket, token: str, alice: User
) -> None:
    receive(letter("It burns.", to=token))
    at_alices, url = signed_in(alice), f"/tickets/{jonas.pk}/comments/{said(jonas).pk}/"
    assert at_alices.get(f"/api{url}").json()["quoted"] is False
    assert (
        "?quoted"
        not in at_alices.get(f"/tickets/{jonas.pk}/").content.decode().partition("<template")[0]
    )
    assert at_alices.get(f"{url}?quoted").status_code == 404
    assert at_alices.get(f"/tickets/{jonas.pk}/description/?quoted").status_code == 404


def test_what_is_longer_than_a_comment_is_attached_as_a_whole(jonas: Ticket, token: str) -> None:
    long = "\n".join(f"Line {number} of it." for number in range(5_000))
    receive(letter(long, to=token, files={"a.bin": b"a"}))
    comment = said(jonas)
    assert len(comment.body) <= LONGEST_TEXT
    assert comment.body.startswith("Line 0 of it.")
    assert comment.body.endswith("(It is longer: the whole is in message.txt.)")
    whole, other = Attachment.objects.filter(comment=comment)
    assert (whole.name, other.name) == ("message.txt", "a.bin")
    assert whole.file.open("rb").read().decode() == long


def test_files_that_are_not_kept_are_named(jonas: Ticket, token: str) -> None:
    files = {f"{number}.bin": b"x" for number in range(22)} | {"empty.bin": b""}
    receive(letter("See these.", to=token, files=files))
    assert Attachment.objects.filter(comment=said(jonas)).count() == 20
    named = said(jonas).body.partition("(Not kept")[2]
    assert all(name in named for name in ("20.bin", "21.bin", "empty.bin"))
    assert "19.bin" not in named


def test_a_ticket_that_takes_no_more_files_says_so_once_for_each_answer(
    jonas: Ticket, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachment_limits, "MOST_ON_TICKET", 1)
    receive(letter("Look", to=token, files={f"{name}.txt": b"x" for name in "abcd"}))
    answer, note = jonas.comments.order_by("pk")
    assert [answer.body, answer.attachments.count()] == ["Look", 1]
    assert note.internal
    assert note.body.endswith("already, and takes no more. Not kept: b.txt, c.txt, d.txt.")


def test_the_assignee_is_told_of_the_answer(jonas: Ticket, token: str, alice: User) -> None:
    editing.edit_any(jonas.pk, {"assignee": alice})
    Notice.objects.all().delete()
    receive(letter(to=token, sender=JONAS))
    notice = Notice.objects.get()
    assert (notice.kind, notice.user, notice.ticket_id) == ("replied", alice, jonas.pk)


def test_an_answer_to_a_ticket_that_was_deleted_opens_one_also_at_the_last_moment(
    jonas: Ticket, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted(received: Any) -> Ticket:
        return Ticket(pk=jonas.pk + 1)

    with monkeypatch.context() as patched:
        patched.setattr(arriving, "ticket_of", deleted)
        receive(letter("First.", to=token))
    jonas.delete()
    receive(letter("Second.", to=token))
    assert Ticket.objects.count() == 2
    assert not Comment.objects.exists()


def test_an_answer_to_a_ticket_that_was_merged_goes_where_its_conversation_is(
    jonas: Ticket, token: str, alice: User, billing: Queue
) -> None:
    into, last = (
        Ticket.objects.create(subject=name, queue=billing, requester_email=jonas.requester_email)
        for name in ("The other one", "The last one")
    )
    merge(alice, jonas.pk, into.pk)
    merge(alice, into.pk, last.pk)
    editing.edit_any(last.pk, {"status": "pending"})
    receive(letter("It burns again.", to=token))
    assert last.comments.latest("pk").body == "It burns again."
    last.refresh_from_db()
    assert last.status == "open"
    assert Letter.objects.get().ticket == last


def test_what_is_written_with_nul_and_halves_of_letters_can_be_stored(
    jonas: Ticket, token: str
) -> None:
    raw = letter("It burns.", to=token).replace(b"It burns", b"It \x00 \xff burns")
    receive(raw)
    assert "burns" in said(jonas).body


def test_each_message_that_programs_write_finds_its_place_and_none_breaks_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "TICKETS_OF_ONE", 1_000)
    for name in NAMES:
        receive(raw(name))
    broken = [mail.reason for mail in KeptMail.objects.all() if "Error" in mail.reason]
    assert broken == []
    placed = Letter.objects.count() + KeptMail.objects.count()
    assert placed > len(NAMES) * 0.9  # some are the same message, written in another way
    assert Ticket.objects.count() > len(NAMES) / 2
