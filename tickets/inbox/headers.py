"""What headers say: words in any charset on one line, addresses, names of messages, a time."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from tickets.inbox.charsets import decoded, storable
from tickets.inbox.message import Mailbox
from tickets.inbox.transfer import from_base64, from_quoted_printable

LONGEST_NAME = 200
LONGEST_ID = 250
LONGEST_ADDRESS = 254
LONGEST_MAILBOX = 1_000
MOST_ADDRESSES = 200
MOST_REFERENCES = 100
MOST_COMMENTS = 20  # brackets in a header with addresses: each costs Python's parser a frame

FIRST_YEAR = 1990  # of a date that can be; no later one than tomorrow's

WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
# Ends of lines and other controls; and what turns the direction of all that follows it.
CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]+")
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
ID = re.compile(rf"<[^<>\s]{{1,{LONGEST_ID - 2}}}>")
ADDRESS = re.compile(r"[^\s<>()\[\]@,:;\"\\]{1,64}@[^\s<>()\[\]@,:;\"\\]{1,250}")
ONE_MAILBOX = re.compile(r"([^<>]*)<\s*([^<>\s]+)\s*>\s*")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def one_line(text: str, most: int = LONGEST_NAME) -> str:
    """The text as it can stand in a header: what would end or turn its line is a space or �."""
    line = " ".join(TURNS.sub("\ufffd", CONTROLS.sub(" ", storable(text))).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def bare(value: str) -> str:
    """A header's value as it stands there, also where it has 8-bit bytes, which nothing declares.

    What servers and programs act upon is never more than that: else somebody could write an address
    or a verdict that means another one here than it meant to the server.
    """
    return value if value.isascii() else decoded(value.encode("utf-8", "surrogateescape"), None)


def words(value: str) -> str:
    """What people read of a header, as its writer meant it."""
    return "".join(_pieces(bare(value)))


def _pieces(value: str) -> Iterator[str]:
    """What stands between encoded words, and these; what was encoded apart is decoded together."""
    done, charset, content = 0, "", b""
    for word in WORD.finditer(value):
        between = value[done : word.start()]
        named = word[1].partition("*")[0].lower()
        if content and (between.strip() or named != charset):
            yield decoded(content, charset)
            content = b""
        if between.strip() or not done:
            yield between
        body = word[3].encode("utf-8", "surrogateescape")
        content += (
            from_base64(body)
            if word[2] in "bB"
            else from_quoted_printable(body.replace(b"_", b" "))
        )
        done, charset = word.end(), named
    yield decoded(content, charset)
    yield value[done:]


def mailboxes(values: Iterable[str]) -> list[Mailbox]:
    """The mailboxes that the headers name, the first ones; what is no address has an empty one."""
    found: list[Mailbox] = []
    for value in values:
        found += _mailboxes(value)
        if len(found) >= MOST_ADDRESSES:
            break
    return found[:MOST_ADDRESSES]


def _mailboxes(value: str) -> list[Mailbox]:
    if len(value) <= LONGEST_MAILBOX and (one := ONE_MAILBOX.fullmatch(value)):
        # "alice@example.com <mallory@example.net>" is Mallory, whatever he calls himself.
        bare = QUOTED.sub("", one[1])
        if "," not in bare or "@" not in bare:
            return [Mailbox(one_line(words(_unquoted(one[1]))), address_of(one[2]))]
    if value.count("(") > MOST_COMMENTS:
        value = value.replace("(", " ")
    return [
        Mailbox(one_line(words(name)), address_of(address))
        for name, address in getaddresses([value])
        if name or address
    ]


def _unquoted(name: str) -> str:
    name = name.strip()
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if QUOTED.fullmatch(name) else name


def address_of(text: str) -> str:
    """The address, its domain in small letters, or nothing if it is none."""
    text = bare(text).strip()
    if len(text) > LONGEST_ADDRESS or not ADDRESS.fullmatch(text) or one_line(text) != text:
        return ""
    local, _, domain = text.partition("@")
    return f"{local}@{domain.lower()}"


def ids(value: str) -> list[str]:
    return ID.findall(storable(bare(value)))


def references(head: Message) -> tuple[str, ...]:
    """In-Reply-To first, then References, the newest first, each once."""
    named = ids(head.get("In-Reply-To", "")) + ids(head.get("References", ""))[::-1]
    return tuple(dict.fromkeys(named))[:MOST_REFERENCES]


def date(head: Message) -> datetime | None:
    """When the message says that it was sent, unless that cannot be."""
    try:
        said = parsedate_to_datetime(bare(head.get("Date", ""))[:200])
        moment = said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):  # none, or no date that there is
        return None
    is_possible = moment.year >= FIRST_YEAR and moment <= datetime.now(UTC) + timedelta(days=1)
    return moment if is_possible else None
