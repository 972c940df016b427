"""A mail server's report that a message of ours could not be delivered: which, to whom, and why.

Most say so by RFC 3464. What others write flufl.bounce knows; it is given only what comes from a
server by its looks, with short lines, for its expressions were not made for enemies.
"""

import re
from collections.abc import Iterator
from email.message import Message
from email.utils import parseaddr

from flufl.bounce import all_failures

from tickets.inbox.charsets import decoded, tidy
from tickets.inbox.headers import address_of, ids, mailboxes, one_line, words
from tickets.inbox.message import Bounced
from tickets.inbox.parts import Part, head_of
from tickets.inbox.statuses import in_words

MOST_READ = 30_000  # bytes of one part of a report
MOST_LINES = 500  # of its words
LONGEST_LINE = 300
LONGEST_REASON = 300
MOST_PARTS = 3
MOST_RECIPIENTS = 50  # of a report; ours goes to a few

STATUS = ("message/delivery-status", "message/global-delivery-status")
ORIGINAL = (
    "message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global",
    "message/global-headers",
)  # fmt: skip
NOBODY = "nobody@localhost"
READABLE = ("text/plain", "text/html")
SERVERS = {
    "mailer-daemon", "postmaster", "mail-daemon", "mdaemon", "mail delivery system",
    "mail delivery subsystem",
}  # fmt: skip
EMPTY_LINES = re.compile(rb"(?:\r?\n){2,}")
MESSAGE_ID = re.compile(
    r"^[> \t]*Message-ID:[ \t]*(<[^<>\s]{1,248}>)", re.MULTILINE | re.IGNORECASE
)
# How a server tells a failure: "550 5.1.1 No such user", "#5.1.1", "550-5.7.1".
TOLD = re.compile(r"\b[45]\d\d[ -]|\b5\.\d{1,3}\.\d{1,3}\b")


def is_bounce(root: Part) -> bool:
    """Whether a mail server wrote it, of a delivery: one that failed, waits or was made."""
    if root.type != "multipart/report" and not _comes_from_a_server(root.head):
        return False
    return any(part.type in STATUS for part in root.leaves()) or any(_failures(root))


def has_no_way_back(head: Message) -> bool:
    """No person sends with an empty return path; one that is not there says nothing."""
    return any(value.strip() == "<>" for value in head.get_all("Return-Path", []))


def bounced(root: Part) -> Bounced | None:
    """What could not be delivered for good, or None if the report is of another kind."""
    return _by_standard(root) if _recipients(root) else _by_looks(root)


def _by_standard(root: Part) -> Bounced | None:
    for recipient in _recipients(root):
        status = words(recipient.get("Status", "")).strip()[:20]
        action = recipient.get("Action", "").strip().lower()
        if action.startswith(("fail", "error")) or (not action and status.startswith("5")):
            told = words(recipient.get("Diagnostic-Code", ""))
            reason = in_words(status, told.partition(";")[2] or told)
            return Bounced(_original(root), _recipient(recipient), one_line(reason, LONGEST_REASON))
    return None


def _recipients(root: Part) -> list[Message]:
    """What the report says of each recipient."""
    reports = [part for part in root.leaves() if part.type in STATUS]
    groups = [
        head_of(group)
        for report in reports
        for group in EMPTY_LINES.split(report.content(MOST_READ).strip())[: MOST_RECIPIENTS + 1]
    ]
    return [group for group in groups if "Final-Recipient" in group or "Action" in group]


def _recipient(group: Message) -> str:
    for name in ("Original-Recipient", "Final-Recipient"):
        value = words(group.get(name, ""))
        address = address_of(parseaddr(value.partition(";")[2] or value)[1])
        if address:
            return address
    return ""


def _original(root: Part) -> str:
    """The Message-ID of what was not delivered: in what came back of it, or as it is answered."""
    returned = [part for part in root.leaves() if part.type in ORIGINAL]
    for part in returned[:MOST_PARTS]:
        head = head_of(EMPTY_LINES.split(part.content(MOST_READ).lstrip(), maxsplit=1)[0])
        if found := ids(head.get("Message-ID", "")):
            return found[0]
    quoted = MESSAGE_ID.findall("\n".join(_texts(root)))
    answered = ids(root.head.get("In-Reply-To", "")) or ids(root.head.get("References", ""))[::-1]
    return (quoted or answered or [""])[0]


def _comes_from_a_server(head: Message) -> bool:
    """By its looks alone: whoever wants to can have them."""
    senders = mailboxes(head.get_all("From", []))
    names = {box.address.partition("@")[0].lower() for box in senders}
    names |= {box.name.lower() for box in senders}
    return "X-Failed-Recipients" in head or has_no_way_back(head) or bool(names & SERVERS)


def _by_looks(root: Part) -> Bounced | None:
    _, failed = _failures(root)
    if not failed:
        return None
    address = address_of(sorted(failed)[0])
    lines = "\n".join(_texts(root)).split("\n")
    told = next((line for line in lines if TOLD.search(line)), "")
    return Bounced(_original(root), address, one_line(in_words("", told), LONGEST_REASON))


def _failures(root: Part) -> tuple[list[str], list[str]]:
    """The addresses that wait, and those that failed, as flufl.bounce finds them."""
    waiting, failed = all_failures(_flat(root))
    return [_text(address) for address in waiting], [_text(address) for address in failed]


def _text(address: bytes) -> str:
    return address.decode("ascii", "replace")


def _flat(root: Part) -> Message:
    """The report as the library expects one, of texts alone, none of them deep or long."""
    message = Message()
    senders = mailboxes(root.head.get_all("From", []))
    message["From"] = (senders and senders[0].address) or NOBODY  # the library needs somebody
    for name in ("Subject", "X-Failed-Recipients", "X-Mailer"):
        message[name] = one_line(words(root.head.get(name, "")), LONGEST_LINE)
    if not root.children:
        message.set_payload("\n".join(_texts(root)))
        return message
    message["Content-Type"] = root.type
    for part, text in zip(_readable(root), _texts(root), strict=True):
        leaf = Message()
        leaf["Content-Type"] = "text/plain"
        leaf["Content-Description"] = one_line(part.head.get("Content-Description", ""))
        leaf.set_payload(text)
        message.attach(leaf)
    return message


def _texts(root: Part) -> Iterator[str]:
    for part in _readable(root):
        text = tidy(decoded(part.content(MOST_READ), None))
        yield "\n".join(line[:LONGEST_LINE] for line in text.split("\n")[:MOST_LINES])


def _readable(root: Part) -> list[Part]:
    parts = [part for part in root.leaves() if part.type in (*READABLE, *ORIGINAL)]
    return parts[:MOST_PARTS]
