"""The words in braces in a canned reply, in place of which it says what the ticket has.

Only these few are known, and what they stand for goes in as it is: a requester who is called
"{agent}" stays so. There is no other meaning in a brace, but that two of them around a word are one
that is meant as it stands.
"""

import re
from collections.abc import Mapping
from typing import Any

from tickets.models import Ticket
from tickets.names import name_of
from tickets.texts import in_one_line

PLACEHOLDERS = {
    "requester": "the name of who asked, or their address",
    "email": "the address of who asked",
    "ticket": "the number of the ticket, such as #123",
    "subject": "its subject",
    "queue": "its queue",
    "agent": "your own name",
}
MOST = 50  # in one reply
WORD = r"[^\W\d_]+"
BRACES = re.compile(rf"\{{\{{({WORD})\}}\}}|\{{({WORD})\}}")
LISTED = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)

UNKNOWN = (
    "There is no placeholder {{{name}}}: choose one of {listed}. Braces that are meant as they"
    " stand are doubled: {{{{{name}}}}}."
)
TOO_MANY = f"A reply has at most {MOST} placeholders."


def refusal(text: str) -> str:
    """The sentence that refuses a text because of its placeholders, or ""."""
    found = [name for _, name in BRACES.findall(text) if name]
    for name in found:
        if name not in PLACEHOLDERS:
            return UNKNOWN.format(name=name[:40], listed=LISTED)
    return TOO_MANY if len(found) > MOST else ""


def values_of(ticket: Ticket, agent: Any) -> dict[str, str]:
    return {
        "requester": in_one_line(ticket.requester_name or ticket.requester_email),
        "email": in_one_line(ticket.requester_email),
        "ticket": f"#{ticket.pk}",
        "subject": in_one_line(ticket.subject),
        "queue": in_one_line(ticket.queue.name),
        "agent": in_one_line(name_of(agent)),
    }


def filled(text: str, values: Mapping[str, str]) -> str:
    """In one pass, so that nothing in a value is looked at again. A word that a later release knows
    stays as it was typed."""

    def value(found: re.Match[str]) -> str:
        literal, name = found.groups()
        return f"{{{literal}}}" if literal else values.get(name, found[0])

    return BRACES.sub(value, text)
