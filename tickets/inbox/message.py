"""A message as it was read: what is known of it, in the words of the desk.

All texts in it can be stored: no NUL, no half of a surrogate pair. Names, addresses and subjects
are one line each, without control characters, so that they may be put into headers again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Unreadable(Exception):
    """The message cannot be read; the sentence says why."""


class Kind(StrEnum):
    LETTER = "letter"  # somebody wrote it
    AUTOMATIC = "automatic"  # a machine did: out of office, a newsletter, an alert
    BOUNCE = "bounce"  # a mail server did: a message could not be delivered, or not yet


@dataclass(frozen=True)
class Mailbox:
    name: str  # as the sender calls themselves; proves nothing
    address: str  # empty where there is none


@dataclass(frozen=True)
class ReceivedFile:
    name: str  # without folders, never empty
    type: str  # as the sender says
    content: bytes


@dataclass(frozen=True)
class Bounced:
    """The message that could not be delivered for good. Empty is what the report does not say."""

    message_id: str
    address: str
    reason: str


@dataclass(frozen=True)
class Received:
    message_id: str  # empty where there is none, or none that can be one
    sender: Mailbox
    to: tuple[str, ...]  # the addresses of To, Cc, Delivered-To and X-Original-To
    subject: str
    references: tuple[str, ...]  # In-Reply-To first, then References, the newest first
    text: str  # all that can be read
    said: str  # the same without quoted history and signature; never empty where text is not
    files: tuple[ReceivedFile, ...]
    too_large: tuple[str, ...]  # names of the files that were left out
    kind: Kind
    bounced: Bounced | None  # of a bounce that is final
    date: datetime | None  # when it says that it was sent, where that can be
