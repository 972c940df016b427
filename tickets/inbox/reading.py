"""`read`: a message as it came over the wire, as what the desk knows of it.

It asks no database and no other machine. Whatever the bytes are, it ends soon, and either gives a
message whose texts can be stored or raises `Unreadable` with a sentence; MemoryError stays what it
is, for it says nothing of the message.
"""

import logging
from email.message import Message

from tickets.inbox.body import body_of
from tickets.inbox.bounces import bounced
from tickets.inbox.files import kept
from tickets.inbox.headers import date, ids, mailboxes, one_line, references, words
from tickets.inbox.kinds import kind_of
from tickets.inbox.message import Kind, Mailbox, Received, Unreadable
from tickets.inbox.parts import take_apart
from tickets.inbox.said import said_in

logger = logging.getLogger(__name__)

FAULT = "The message could not be read, by a fault that is logged"
LARGEST = 64_000_000  # bytes: a message of 45 MB with what its encoding adds
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To")


def read(raw: bytes) -> Received:
    if not raw or raw.isspace():
        raise Unreadable("The message is empty.")
    if len(raw) > LARGEST:
        raise Unreadable(f"The message has {len(raw):,} bytes; at most {LARGEST:,} are read.")
    try:
        return _read(raw)
    except (Unreadable, MemoryError):  # of memory there is more at another time
        raise
    except Exception as failure:
        # A fault of ours or of a library. The message is kept aside, and the next one is read.
        logger.exception("A message could not be read")
        raise Unreadable(f"{FAULT}: {type(failure).__name__}.") from failure


def _read(raw: bytes) -> Received:
    root = take_apart(raw)
    head = root.head
    if not head.keys():
        raise Unreadable("The message has no headers: it is not one.")
    text, parts = body_of(root)
    files, too_large = kept(parts)
    subject = one_line(words(head.get("Subject", "")))
    kind = kind_of(root, subject)
    return Received(
        message_id=next(iter(ids(head.get("Message-ID", ""))), ""),
        sender=_sender(head),
        to=_addressed(head),
        subject=subject,
        references=references(head),
        text=text,
        said=said_in(text, subject),
        files=files,
        too_large=too_large,
        kind=kind,
        bounced=bounced(root) if kind is Kind.BOUNCE else None,
        date=date(head),
    )


def _sender(head: Message) -> Mailbox:
    """Whom the message says it is from: the first of them, or nobody."""
    return next(iter(mailboxes(head.get_all("From", []))), Mailbox("", ""))


def _addressed(head: Message) -> tuple[str, ...]:
    found = [box.address for name in ADDRESSED for box in mailboxes(head.get_all(name, []))]
    return tuple(dict.fromkeys(address for address in found if address))
