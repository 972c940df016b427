"""What comes out of a header can be put into one again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.inbox.headers import ADDRESS, address_of, mailboxes, one_line, words
from tickets.inbox.message import Mailbox


@given(st.text(), st.integers(2, 300))
def test_one_line_is_one_line_and_stays_as_it_is(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert not any(letter < " " or letter in "\x7f\x85\u2028\u2029\u202e" for letter in line)
    assert one_line(line, most) == line


@given(st.text(max_size=300))
def test_an_address_is_one_or_is_empty(text: str) -> None:
    address = address_of(text)
    assert not address or (ADDRESS.fullmatch(address) and one_line(address) == address)


@pytest.mark.parametrize(
    "bad",
    ["", "rosa", "rosa@", "@example.com", "a@b@example.com", "a b@example.com", "<a@example.com>",
     '"a b"@example.com', "a@example.com,b@example.com", "a@exam\u202eple.com",
     "a@example.com\nBcc: x",
     "a\x00@example.com", "a" * 65 + "@example.com", "a@" + "x" * 251],
)  # fmt: skip
def test_what_is_no_address_has_none(bad: str) -> None:
    assert address_of(bad) == ""


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Rosa <rosa@example.com>", [("Rosa", "rosa@example.com")]),
        ('"Quint, \\"R\\"" <rosa@example.com>', [('Quint, "R"', "rosa@example.com")]),
        ("rosa@example.com (Rosa)", [("Rosa", "rosa@example.com")]),
        ("a@example.com, B <b@example.com>", [("", "a@example.com"), ("B", "b@example.com")]),
        ("alice@example.org <m@example.net>", [("alice@example.org", "m@example.net")]),
        ('"alice@example.org" <m@example.net>', [("alice@example.org", "m@example.net")]),
        ('"alice@example.org, x" <m@example.net>', [("alice@example.org, x", "m@example.net")]),
        ("Group: a@example.com, b@example.com;", [("", "a@example.com"), ("", "b@example.com")]),
        ("undisclosed-recipients:;", []),
        ("<>", []),
    ],
)
def test_mailboxes_are_told_as_a_reader_sees_them(
    header: str, found: list[tuple[str, str]]
) -> None:
    assert mailboxes([header]) == [Mailbox(*box) for box in found]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("plain", "plain"),
        ("=?utf-8?Q?a_b?= =?utf-8?Q?c?=", "a bc"),
        ("=?utf-8?Q?a?= and =?utf-8?Q?b?=", "a and b"),
        ("=?utf-8?Q?K=C3?= =?utf-8?Q?=B6ln?=", "Köln"),
        ("=?iso-8859-1?Q?K=F6?= =?utf-8?B?w7Y=?=", "Köö"),
        ("=?utf-8*de?Q?K=C3=B6ln?=", "Köln"),
        ("=?ISO-2022-JP?B?GyRCJDMbKEI=?=", "こ"),
        ("=?x-none?Q?abc?=", "abc"),
        ("=?utf-8?Q?half", "=?utf-8?Q?half"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("a=?utf-8?Q?b?=c", "abc"),
        ("caf\udcc3\udca9", "café"),
        ("caf\udce9", "café"),
    ],
)
def test_words_are_as_their_writer_meant_them(value: str, meant: str) -> None:
    assert words(value) == meant
