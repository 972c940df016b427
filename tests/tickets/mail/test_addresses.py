"""Addresses: what is one, how it stands on the wire, and how many get a copy."""

import time
from typing import Any

import pytest

from tickets.mail.addresses import (
    LONGEST_FIELD,
    BadAddress,
    copies_in,
    in_a_line,
    on_the_wire,
    sender,
)


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("zoe@example.com", "zoe@example.com"),
        ("Zoe+Desk@Example.COM", "Zoe+Desk@Example.COM"),
        ("zoe@bücher.example", "zoe@xn--bcher-kva.example"),
        ("zoe@straße.example", "zoe@xn--strae-oqa.example"),  # strasse.example is somebody else's
        ("zoe@例え.テスト", "zoe@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_a_domain_goes_over_the_wire_in_ascii(address: str, wire: str) -> None:
    assert on_the_wire(address) == wire


@pytest.mark.parametrize(
    "text",
    ["", "zoe", "@example.com", "zoe@", "zoe@-bad-.com", "a b@example.com", "zoe@example.com\n",
     "zoe@example.com\r\nBcc: eve@example.com", "<zoe@example.com>", "zoe@[192.0.2.1]",
     "zoë@example.com", "zoe@exa\u202emple.com", "zoe@" + "a" * 64 + ".com",
     "a" * 250 + "@example.com", "zoe@\ud800.com"],
)  # fmt: skip
def test_what_is_no_address_is_none(text: str) -> None:
    with pytest.raises(BadAddress, match="is not an address such as name"):
        on_the_wire(text)


def test_copies_are_typed_with_anything_between_them_and_each_counts_once() -> None:
    typed = " a@example.com, b@example.com;c@example.com\n A@example.com,, "
    assert copies_in(typed) == ["A@example.com", "b@example.com", "c@example.com"]
    assert copies_in("") == []


def test_more_than_ten_get_no_copy_and_a_long_field_is_not_even_read() -> None:
    many = ", ".join(f"a{number}@example.com" for number in range(11))
    with pytest.raises(BadAddress, match="These are 11 people: at most 10 get a copy"):
        copies_in(many)
    began = time.process_time()
    with pytest.raises(BadAddress, match="too many"):
        copies_in("a@" * LONGEST_FIELD)
    with pytest.raises(BadAddress):
        copies_in("," * (LONGEST_FIELD - 10) + "no")
    assert time.process_time() - began < 1


def test_a_line_has_nothing_in_it_that_ends_one() -> None:
    assert in_a_line("a\r\nBcc: b\x00\x1b\u2028c\x85d\t") == "a Bcc: b c d"


@pytest.mark.parametrize(
    ("mailbox", "name", "address"),
    [
        ("help@example.com", "", "help@example.com"),
        ("Help desk <help@bücher.example>", "Help desk", "help@xn--bcher-kva.example"),
        ("<help@example.com>", "", "help@example.com"),
    ],
)
def test_the_sender_is_a_name_and_an_address(
    mailbox: str, name: str, address: str, settings: Any
) -> None:
    settings.MAIL_FROM = mailbox
    assert (sender().name, sender().address) == (name, address)
