"""Addresses in mail: whose they are, and how they stand on the wire."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MOST_COPIES = 10
LONGEST_FIELD = 3000  # characters of a field with addresses: ten of the longest
LONGEST_NAME = 100  # characters of a name beside an address
MAILBOX = re.compile(r"(?:(?P<name>[^<>]*?)\s*<)?(?P<address>[^<>\s]+)>?")
# Between two addresses. White space alone divides them too, for none has any in it.
BETWEEN = re.compile(r"[\s,;]+")
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class BadAddress(ValueError):
    """The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mail comes from, by MAIL_FROM."""

    name: str
    local: str
    domain: str  # in ASCII

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"


def sender() -> Sender:
    return _sender(settings.MAIL_FROM)


@lru_cache(maxsize=8)
def _sender(mailbox: str) -> Sender:
    found = MAILBOX.fullmatch(mailbox)
    assert found, "ticketsystem/environment_of_mail.py lets no other one through"
    local, _, domain = on_the_wire(found["address"]).rpartition("@")
    return Sender((found["name"] or "").strip(), local, domain)


def on_the_wire(address: str) -> str:
    """The address with its domain in ASCII, as mail servers know it; or BadAddress."""
    local, _, domain = address.rpartition("@")
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
        validate_email(f"{local}@{ascii_domain}")
        if len(address) > 254 or domain.startswith("["):
            raise ValidationError("")
    except (ValidationError, idna.IDNAError):
        raise BadAddress(f"{shown(address)} is not an address such as name@example.com.") from None
    return f"{local}@{ascii_domain}"


def shown(text: str) -> str:
    """A text in one line, shortened, for a sentence."""
    line = in_a_line(text)
    return f"“{line if len(line) <= 80 else line[:79] + '…'}”"


def in_a_line(text: str) -> str:
    """Without what ends a line or is not seen, so that it can stand in a header."""
    return UNSEEN.sub(" ", text).strip()


def copies_in(text: str) -> list[str]:
    """The addresses that somebody typed, with commas, semicolons or spaces between them, each once.
    Raises BadAddress."""
    if len(text) > LONGEST_FIELD:
        raise BadAddress(f"These are too many: at most {MOST_COPIES} people get a copy.")
    return checked_copies(word for word in BETWEEN.split(text) if word)


def checked_copies(addresses: Iterable[str]) -> list[str]:
    by_wire = {on_the_wire(address).lower(): address for address in addresses}
    if len(by_wire) > MOST_COPIES:
        raise BadAddress(f"These are {len(by_wire)} people: at most {MOST_COPIES} get a copy.")
    return [*by_wire.values()]
