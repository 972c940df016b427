"""Letters, automatic answers and bounces are told by what servers and programs say of them."""

import pytest

from tickets.inbox.message import Kind
from tickets.inbox.reading import read

REPORT = (
    b"Content-Type: multipart/report; boundary=q; report-type=delivery-status\r\n\r\n"
    b"--q\r\n\r\nSorry.\r\n--q\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.example.net\r\n\r\n"
    b"Final-Recipient: rfc822; rosa@example.com\r\n%s\r\n--q--\r\n"
)


def kind_of(headers: str) -> Kind:
    return read(f"From: rosa@example.com\r\n{headers}\r\n\r\nWords\r\n".encode()).kind


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "auto-submitted: AUTO-GENERATED; x=y",
     "Auto-Submitted: auto-notified",
     "X-Autoreply: yes", "X-Autorespond: whatever", "Precedence: bulk", "Precedence: JUNK",
     "Precedence: auto_reply", "X-Precedence: auto_reply", "Return-Path: <>",
     "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
     "Subject: Out of Office: x\r\nX-Auto-Response-Suppress: All"],
)  # fmt: skip
def test_what_says_that_it_is_automatic_is(header: str) -> None:
    assert kind_of(header) is Kind.AUTOMATIC


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: no", "Auto-Submitted: No (typed)", "Auto-Submitted:", "X-Autoreply: no",
     "Precedence: list", "Precedence: normal", "List-Id: <support.example.org>",
     "X-Auto-Response-Suppress: DR, OOF, AutoReply", "Return-Path: <rosa@example.com>",
     "Subject: Out of Office: who answers?", "Subject: Undelivered Mail Returned to Sender",
     "From: postmaster@example.com"],
)  # fmt: skip
def test_what_a_person_may_have_written_is_a_letter(header: str) -> None:
    assert kind_of(header) is Kind.LETTER


@pytest.mark.parametrize(
    ("said", "is_final"),
    [(b"Action: failed", True), (b"Action: Failed (5 days)", True), (b"Status: 5.1.1", True),
     (b"Action: error", True), (b"Action: delayed", False), (b"Action: relayed", False),
     (b"Action: expanded", False), (b"Action: delivered", False), (b"Status: 4.4.1", False),
     (b"Action: delayed\r\nStatus: 5.1.1", False)],
)  # fmt: skip
def test_a_report_of_a_delivery_is_a_bounce_and_names_only_what_failed_for_good(
    said: bytes, is_final: bool
) -> None:
    received = read(b"From: x@example.net\r\n" + REPORT % said)
    assert received.kind is Kind.BOUNCE
    assert (received.bounced is not None) == is_final


def test_a_report_within_a_letter_makes_no_bounce_of_it() -> None:
    report = b"From: x@example.net\r\n" + REPORT % b"Action: failed"
    letter = (
        b"From: rosa@example.com\r\nContent-Type: multipart/mixed; boundary=w\r\n\r\n--w\r\n\r\n"
        b"What is this?\r\n--w\r\nContent-Type: message/rfc822\r\n\r\n" + report + b"\r\n--w--\r\n"
    )
    assert (read(letter).kind, read(letter).bounced) == (Kind.LETTER, None)


def test_a_part_that_looks_like_a_report_makes_no_bounce_of_a_persons_letter() -> None:
    forged = REPORT.replace(b"multipart/report", b"multipart/mixed") % b"Action: failed"
    assert read(b"From: rosa@example.com\r\n" + forged).kind is Kind.LETTER
