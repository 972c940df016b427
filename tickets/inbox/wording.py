"""What a message says, as a comment or description shows it, and what is kept beside it.

Quoted history and signature are folded away; the whole text is kept. What is longer than a comment
may be becomes its first part, with the whole as message.txt beside it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from tickets import attachments
from tickets.attachments.limits import MOST as MOST_FILES
from tickets.attachments.limits import DiskFull, NotStored, Refused
from tickets.attachments.models import Attachment
from tickets.inbox.message import Received, ReceivedFile
from tickets.inbox.models import MailText
from tickets.models import Comment, Ticket
from tickets.texts import LONGEST_TEXT, shortened

LONGEST_WHOLE = 200_000  # characters of a whole text that a page shows; more is in message.txt
MOST_NAMED = 20  # files that were left out
NO_TEXT = "(no text)"
CUT = "\n\n(It is longer: the whole is in message.txt.)"
NAMED_TICKET = re.compile(r"\[#([0-9]{1,18})\]")


@dataclass(frozen=True)
class Words:
    body: str
    whole: str  # "" where the body is all of it
    files: tuple[ReceivedFile, ...]


def words_of(received: Received, *, added: str = "") -> Words:
    """`added` is a sentence of ours, which stands below."""
    files = [file for file in received.files if file.content]
    left_out = [*received.too_large, *(file.name for file in received.files if not file.content)]
    said, text = received.said.strip() or NO_TEXT, received.text.strip()
    below = f"\n\n({added})" if added else ""
    is_long = len(said) + len(below) + _room_to_name(left_out) > LONGEST_TEXT
    if is_long or len(text) > LONGEST_WHOLE:
        whole = ReceivedFile("message.txt", "text/plain", text.encode())
        files.insert(0, whole)
    left_out += [file.name for file in files[MOST_FILES:]]
    below = _left_out(left_out) + below
    if is_long:
        below = CUT + below
        said = said[: LONGEST_TEXT - len(below)]
    return Words(
        body=said + below,
        whole=shortened(text, LONGEST_WHOLE) if text not in ("", said) else "",
        files=tuple(files[:MOST_FILES]),
    )


def _room_to_name(names: list[str]) -> int:
    return len(_left_out([*names, "x" * 100])) + 100


def _left_out(names: list[str]) -> str:
    """Such as "(Not kept, for they are too large, too many or empty: film.mkv)"."""
    if not names:
        return ""
    what = "it is" if len(names) == 1 else "they are"
    return f"\n\n(Not kept, for {what} too large, one too many, or empty: {_named(names)})"


def _named(names: list[str]) -> str:
    named = ", ".join(shortened(name, 100) for name in names[:MOST_NAMED])
    return f"{named} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else named


def stored(ticket: Ticket, files: Iterable[ReceivedFile]) -> tuple[list[Attachment], str]:
    """The files as attachments that are still pending, and why the ticket does not take the others
    any more, with their names; "" if it takes all of them."""
    kept: list[Attachment] = []
    refused: dict[str, list[str]] = {}  # names by the reason
    for file in files:
        try:
            kept.append(attachments.store(ticket, file.name, BytesIO(file.content)))
        except (DiskFull, NotStored):  # its time will come
            raise
        except Refused as refusal:
            refused.setdefault(f"{refusal}", []).append(file.name)
    return kept, " ".join(f"{why} Not kept: {_named(names)}." for why, names in refused.items())


def keep_whole(
    words: Words, *, comment: Comment | None = None, ticket: Ticket | None = None
) -> None:
    if words.whole:
        MailText.objects.create(comment=comment, ticket=ticket, text=words.whole)


def ticket_named(subject: str) -> int | None:
    """The number that stands in the subject, which anybody can write there."""
    found = NAMED_TICKET.search(subject)
    return int(found[1]) if found else None
