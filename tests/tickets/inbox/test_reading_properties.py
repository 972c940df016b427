"""Whatever becomes of a message on its way: it is read, or refused with a sentence, and soon."""

from dataclasses import astuple
from time import process_time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tickets.inbox.fixtures import NAMES, raw, storable
from tickets.inbox.headers import one_line
from tickets.inbox.message import Received, Unreadable
from tickets.inbox.reading import FAULT, read

MESSAGES = {name: raw(name) for name in NAMES}
PIECES = [
    b"\r\n", b"\r\n\r\n", b"--q\r\n", b"--q--\r\n", b"=?utf-8?B?", b"?=", b"\x00", b"\xff\xfe",
    b"\xed\xa0\x80", b"Content-Type: multipart/mixed; boundary=q\r\n",
    b"Content-Type: multipart/alternative; boundary=q\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"; charset=utf-16", b"; charset=unicode_escape", b"; charset*=utf-9''%FF",
    b"; filename*0*=x''%", b"Content-Type: text/html\r\n", b"<div><a href='",
    b"Content-Type: text/calendar\r\n", b"BEGIN:VEVENT\r\n",
    b"Content-Type: message/delivery-status\r\n", b"Return-Path: <>\r\n",
    b"On 5 Jan 2026, x wrote:\r\n", b"Date: 0 Jan 0000 00:00:00 +99999999\r\n",
    b"From: (((\r\n", b"> ", b"\xe2\x80\xae",
]  # fmt: skip

changes = st.lists(
    st.tuples(
        st.integers(0, 3000), st.integers(0, 200), st.sampled_from(PIECES) | st.binary(max_size=8)
    ),
    min_size=1,
    max_size=6,
)


def is_sound(received: Received) -> bool:
    """All of its texts can be stored, and what may stand in a header is one short line."""
    lines = [received.subject, received.sender.name, received.sender.address, *received.to]
    lines += [*received.references, *received.too_large]
    lines += [file.name for file in received.files]
    short = all(line == one_line(line, 20_000) and len(line) <= 20_000 for line in lines)
    named = all(file.name and "/" not in file.name for file in received.files)
    return (
        short
        and named
        and storable(astuple(received))
        and bool(received.said) == bool(received.text)
    )


def read_or_refused(message: bytes) -> None:
    begun = process_time()
    try:
        assert is_sound(read(message))
    except Unreadable as refusal:
        assert str(refusal).endswith(".") and not str(refusal).startswith(FAULT)
    assert process_time() - begun < 2


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(NAMES), changes)
def test_a_message_that_was_damaged_is_read_or_refused(
    name: str, changed: list[tuple[int, int, bytes]]
) -> None:
    message = MESSAGES[name]
    for place, length, piece in changed:
        message = message[:place] + piece + message[place + length :]
    read_or_refused(message)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(0, 2000), st.integers(0, 2000))
def test_the_halves_of_two_messages_are_read_or_refused(
    one: str, other: str, end: int, start: int
) -> None:
    read_or_refused(MESSAGES[one][:end] + MESSAGES[other][start:])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(anything: bytes) -> None:
    read_or_refused(anything)
    read_or_refused(b"From: r@example.com\r\n" + anything)
