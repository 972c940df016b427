"""Sending, against a real mail server: what is taken, refused, put off, and never sent twice."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.harness.post import SENDER, PostOffice, post_office
from tests.harness.told import forget, told_of
from tests.streamdoctor.certificates import Certificate
from tickets import editing
from tickets.mail import outcomes, sending, smtp
from tickets.mail.message import message_of
from tickets.mail.models import Mail, State
from tickets.mail.outcomes import wait_after
from tickets.mail.outgoing import queue
from tickets.mail.sending import claim
from tickets.mail.smtp import Server
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def send_due() -> None:
    sending.send_due.func()


def only() -> Mail:
    return Mail.objects.get()


def make_due() -> None:
    Mail.objects.update(next_at=timezone.now())


# --- Taken ----------------------------------------------------------------------------------------


def test_what_is_queued_is_sent_and_said_so(office: PostOffice, reply: Any, asked: Ticket) -> None:
    reply(cc=["boss@bücher.example"])
    forget()
    send_due()
    taken = office.next()
    assert (taken.sender, taken.to) == (
        "help@example.com", ["zoe@customers.example", "boss@xn--bcher-kva.example"],
    )  # fmt: skip
    assert taken.text().startswith("Pull the plug.")
    assert (only().state, only().reason, only().tries) == (State.SENT, "", 1)
    (event,) = told_of("comment.mailed")
    assert event.data["comment"]["mail"]["state"] == "sent"
    send_due()
    assert office.taken.empty()


def test_a_text_of_its_own_is_sent_and_then_forgotten(office: PostOffice) -> None:
    queue("alice@example.com", "Set a password", "https://desk/secret")
    send_due()
    assert "https://desk/secret" in office.next().text()
    assert (only().state, only().text) == (State.SENT, "")


def test_many_go_over_one_connection_after_the_other(
    office: PostOffice, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "MOST_ON_ONE", 2)
    for number in range(5):
        reply(f"{number}")
    send_due()
    assert [office.next().text()[0] for _ in range(5)] == list("01234")
    assert set(Mail.objects.values_list("state", flat=True)) == {State.SENT}


def test_a_turn_ends_and_another_task_goes_on(
    office: PostOffice, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TURN", 0)
    reply("one")
    reply("two")
    DBTaskResult.objects.all().delete()
    send_due()
    assert Mail.objects.filter(state=State.SENT).count() == 1
    assert DBTaskResult.objects.count() == 1


# --- Refused, and put off -------------------------------------------------------------------------


def test_an_address_that_is_refused_for_good_fails_at_once(office: PostOffice, reply: Any) -> None:
    office.recipient = lambda address: "550 5.1.1 No such\tuser here"
    reply()
    forget()
    send_due()
    assert only().state == State.FAILED
    assert only().reason == (
        "The mail server refuses the address: 550 5.1.1 No such user here."
    )  # fmt: skip
    (event,) = told_of("comment.mailed")
    assert event.data["comment"]["mail"]["reason"] == only().reason
    assert office.taken.empty()


def test_a_message_that_is_refused_for_good_fails_at_once(office: PostOffice, reply: Any) -> None:
    office.content = lambda taken: "554 5.7.1 Looks like spam"
    reply()
    send_due()
    assert only().state == State.FAILED
    assert "554 5.7.1 Looks like spam" in only().reason


@pytest.mark.parametrize("place", ["recipient", "content"])
def test_what_is_refused_for_now_is_tried_again_and_then_sent(
    place: str, office: PostOffice, reply: Any
) -> None:
    setattr(office, place, lambda given: "451 4.7.1 Greylisted, come back")
    reply()
    forget()
    send_due()
    mail = only()
    assert (mail.state, mail.tries, mail.claimed_until) == (State.QUEUED, 1, None)
    assert "451 4.7.1 Greylisted, come back" in mail.reason
    assert timedelta(seconds=50) < mail.next_at - timezone.now() < timedelta(seconds=70)
    assert DBTaskResult.objects.filter(run_after=mail.next_at).exists()
    assert len(told_of("comment.mailed")) == 1
    send_due()
    assert only().tries == 1  # not before its time
    setattr(office, place, lambda given: "")
    make_due()
    send_due()
    assert (only().state, only().reason) == (State.SENT, "")
    office.next()
    assert office.taken.empty()


def test_one_that_is_refused_does_not_hinder_the_next(
    office: PostOffice, reply: Any, alice: User, asked: Ticket
) -> None:
    office.recipient = lambda address: "550 no" if "zoe" in address else ""
    reply("to Zoë")
    Ticket.objects.filter(pk=asked.pk).update(requester_email="yan@customers.example")
    reply("to Yan")
    send_due()
    assert office.next().to == ["yan@customers.example"]
    assert [*Mail.objects.order_by("pk").values_list("state", flat=True)] == ["failed", "sent"]


def test_a_copy_that_is_refused_for_good_is_said_and_the_reply_is_sent(
    office: PostOffice, reply: Any
) -> None:
    office.recipient = lambda address: "550 gone" if "boss" in address else ""
    reply(cc=["boss@example.com"])
    send_due()
    assert office.next().to == ["zoe@customers.example"]
    assert (only().state, only().reason) == (
        State.SENT, "No copy to boss@example.com (550 gone).",
    )  # fmt: skip


def test_a_copy_that_is_refused_for_now_puts_off_the_whole_but_not_for_ever(
    office: PostOffice, reply: Any
) -> None:
    office.recipient = lambda address: "450 later" if "boss" in address else ""
    reply(cc=["boss@example.com"])
    for _ in range(3):
        send_due()
        assert only().state == State.QUEUED
        assert office.taken.empty()
        make_due()
    send_due()
    assert office.next().to == ["zoe@customers.example"]
    assert only().state == State.SENT


def test_the_waits_double_up_to_six_hours() -> None:
    minutes = [wait_after(tries) / timedelta(minutes=1) for tries in range(1, 13)]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]
    assert wait_after(10**9) == timedelta(hours=6)


def test_after_a_day_it_is_given_up_with_the_last_reason(office: PostOffice, reply: Any) -> None:
    office.recipient = lambda address: "451 not now"
    reply()
    Mail.objects.update(queued_at=timezone.now() - timedelta(hours=23, minutes=30), tries=12)
    send_due()
    mail = only()
    assert mail.state == State.QUEUED
    assert mail.next_at == mail.queued_at + timedelta(hours=24)  # the last try is then
    Mail.objects.update(queued_at=timezone.now() - timedelta(hours=24), next_at=timezone.now())
    send_due()
    assert only().state == State.FAILED
    assert "451 not now" in only().reason


# --- Nobody answers -------------------------------------------------------------------------------


@contextmanager
def silent(*, says: bytes = b"", drips: bytes = b"", hangs_up: bool = False) -> Iterator[str]:
    """A server that greets so, or not at all, and then keeps silent, drips, or hangs up."""
    ended = threading.Event()

    def answer(client: socket.socket) -> None:
        with suppress(OSError), client:
            client.sendall(says)
            while not hangs_up and not ended.wait(0.05):
                client.sendall(drips)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=answer, args=[client], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)


TO_THE_LAST_ANSWER = b"220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({}, "has not answered in time"),
        ({"drips": b"2"}, "has not answered in time"),
        ({"says": TO_THE_LAST_ANSWER, "drips": b"2"}, "has not answered in time"),
        ({"hangs_up": True}, "closed the connection"),
        ({"says": b"554 go away\r\n", "hangs_up": True}, "takes nothing now: 554 go away"),
        ({"says": b"421 too busy\r\n", "hangs_up": True}, "takes nothing now: 421 too busy"),
        ({"says": b"\xff" * 20_000, "hangs_up": True}, "takes nothing now|closed the connection"),
        ({"says": b"220 hi\r\n", "hangs_up": True}, "closed the connection"),
    ],
    ids=[
        "silent",
        "drips",
        "drips its last answer",
        "hangs up",
        "refuses",
        "busy",
        "babbles",
        "hangs up later",
    ],
)
def test_a_server_that_cannot_be_talked_to_costs_a_bounded_time_and_is_tried_again(
    how: dict[str, Any], why: str, reply: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "hangs_up" not in how:  # the others have their say, however long a busy machine takes
        monkeypatch.setattr(smtp, "STEP", 0.4)
        monkeypatch.setattr(smtp, "WHOLE", 1.0)
    settings.MAIL_FROM = SENDER
    with silent(**how) as settings.EMAIL_URL:
        reply()
        began = time.monotonic()
        send_due()
        assert time.monotonic() - began < 15
    assert (only().state, only().tries) == (State.QUEUED, 1)
    assert re.search(why, only().reason), only().reason


def test_a_connection_that_comes_when_the_time_is_over_is_cut_too(
    reply: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "WHOLE", 0.0)
    settings.MAIL_FROM = SENDER
    with silent(drips=b"2") as settings.EMAIL_URL:
        reply()
        send_due()
    assert (only().state, only().tries) == (State.QUEUED, 1)
    assert "has not answered in time" in only().reason


@pytest.mark.usefixtures("mailing")
def test_where_nobody_listens_one_message_a_minute_finds_out(reply: Any) -> None:
    for number in range(4):
        reply(f"{number}")
    DBTaskResult.objects.all().delete()
    send_due()
    mails = Mail.objects.order_by("pk")
    assert [mail.tries for mail in mails] == [1, 0, 0, 0]
    assert mails[0].reason == "The mail server cannot be reached: connection refused."
    assert all(mail.next_at > timezone.now() + timedelta(seconds=50) for mail in mails)
    assert DBTaskResult.objects.count() == 2
    make_due()
    send_due()
    assert sum(mail.tries for mail in Mail.objects.all()) == 2


def test_a_name_that_nobody_knows_is_said(reply: Any, settings: Any) -> None:
    settings.EMAIL_URL, settings.MAIL_FROM = "smtp://mail.invalid", SENDER
    reply()
    send_due()
    assert only().reason == "The name of the mail server is not known."


def test_a_connection_that_ended_in_between_is_opened_anew(office: PostOffice, reply: Any) -> None:
    """Servers take so many messages over one, and then hang up."""
    said = iter(["", "421 enough for today", "", ""])
    office.recipient = lambda address: next(said)
    reply("one")
    reply("two")
    send_due()
    assert [office.next().text()[:3] for _ in range(2)] == ["one", "two"]


# --- TLS and log-ins ------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["?tls=true", "smtps"])
def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    way: str, reply: Any, settings: Any
) -> None:
    certificate = Certificate()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.private)
    starts = way == "?tls=true"
    with post_office(**{"tls_context" if starts else "ssl_context": context}) as office:
        settings.MAIL_FROM = SENDER
        settings.EMAIL_URL = (
            f"{office.url}/?tls=true" if starts else office.url.replace("smtp:", "smtps:")
        )
        reply()
        send_due()
        assert only().state == State.QUEUED
        assert only().reason.startswith("The mail server's certificate is not trusted: ")
        assert office.taken.empty()


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for(
    office: PostOffice, reply: Any, settings: Any
) -> None:
    settings.EMAIL_URL = f"smtp://user:s3cret@127.0.0.1:{office.port}/?tls=true"
    reply()
    send_due()
    assert only().reason == (
        "The mail server does not offer what EMAIL_URL asks for: TLS, or a log-in."
    )
    assert office.taken.empty()


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail", Server("mail", 25, "", "", False, False)),
        ("smtp://u:p%40%2F@mail/?tls=true", Server("mail", 587, "u", "p@/", False, True)),
        ("smtps://u:p@mail", Server("mail", 465, "u", "p", True, False)),
        ("smtp://mail:2525?ssl=1", Server("mail", 2525, "", "", True, False)),
        ("smtp://mail:2525?ssl=0&tls=no", Server("mail", 2525, "", "", False, False)),
    ],
)
def test_the_url_says_how_it_is_talked_to(url: str, server: Server) -> None:
    assert Server.of(url) == server


# --- Twice ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("mailing")
def test_what_one_worker_has_no_other_takes_until_its_claim_runs_out(reply: Any) -> None:
    reply("one")
    reply("two")
    first, second = claim(), claim()
    assert first and second
    assert first.pk != second.pk
    assert claim() is None
    Mail.objects.filter(pk=first.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))
    again = claim()
    assert again and (again.pk, again.tries) == (first.pk, 2)


@pytest.mark.usefixtures("mailing")
def test_a_worker_that_was_too_slow_writes_nothing_over_another_ones_outcome(reply: Any) -> None:
    reply()
    slow = claim()
    assert slow
    Mail.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    quick = claim()
    assert quick
    outcomes.failed(slow, "too late")
    assert only().state == State.QUEUED  # the quick one is at it
    outcomes.sent(quick)
    outcomes.failed(slow, "too late")
    assert outcomes.put_off(slow, "too late") is None
    assert (only().state, only().reason) == (State.SENT, "")


def test_a_ticket_that_is_deleted_meanwhile_ends_it(
    office: PostOffice, reply: Any, asked: Ticket
) -> None:
    office.content = lambda taken: ""
    reply()
    mail = claim()
    assert mail
    asked.delete()
    outcomes.sent(mail)
    assert not Mail.objects.exists()


def test_one_that_breaks_the_making_of_its_message_stops_no_other(
    office: PostOffice, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = reply("broken").mail_row.pk
    reply("whole")

    def make(mail: Mail) -> Any:
        if mail.pk == broken:
            raise LookupError("a bug")
        return message_of(mail)

    monkeypatch.setattr(sending, "message_of", make)
    send_due()
    assert office.next().text().startswith("whole")
    mail = Mail.objects.get(pk=broken)
    assert (mail.state, mail.reason) == (State.QUEUED, sending.BROKEN)


def test_without_a_mail_server_what_is_queued_waits(
    reply: Any, settings: Any, office: PostOffice
) -> None:
    reply()
    settings.EMAIL_URL = ""
    send_due()
    assert (only().state, only().tries) == (State.QUEUED, 0)


def test_the_claim_outlasts_what_a_message_may_take() -> None:
    assert sending.CLAIM.total_seconds() > smtp.WHOLE + smtp.STEP


def test_what_is_sent_goes_to_where_the_ticket_is_seen_by_then(
    office: PostOffice, reply: Any, asked: Ticket, network: Any, alice: User
) -> None:
    reply()
    editing.edit(alice, asked.pk, {"queue": network}, version=None)
    forget()
    send_due()
    (event,) = told_of("comment.mailed")
    assert f"queue:{network.pk}" in event.audience
