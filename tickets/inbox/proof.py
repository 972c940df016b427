"""Who wrote a message that answers a ticket, as far as it is proven.

A sender's address is what the sender typed. Whoever answers a ticket has proven that they know of
it; as its requester they are then believed, unless the mail server says that the address is forged,
for all that this gains them is to speak of their own matter. An agent's words go to the requester
in the desk's name, so an agent is believed only where the mail server vouches for the sender.
"""

import re
import unicodedata
from dataclasses import dataclass
from email.utils import getaddresses
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tickets.inbox.authentication import Verdict, domain_of, verdict
from tickets.inbox.message import Mailbox, Received
from tickets.models import Comment, Ticket
from tickets.visibility import visible_tickets

LONGEST_HEAD = 1_000_000  # bytes of a message's headers that are looked at
LONGEST_FROM, MOST_BRACKETS = 2_000, 20
END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
BARE_CR = re.compile(rb"\r(?!\n)")
FIELD = re.compile(rb"^(from|authentication-results)[ \t]*:(.*(?:\n[ \t].*)*)", re.I | re.M)
LONGEST_NAME = Comment._meta.get_field("author_name").max_length


@dataclass(frozen=True)
class Writer:
    """Whose words a comment says that they are."""

    agent: Any = None  # None: nobody who can sign in, or it is not proven
    is_requester: bool = False
    says_agent: bool = False  # they write under an agent's address, and it is not proven

    def marks(self, sender: Mailbox) -> dict[str, Any]:
        """The fields of the comment."""
        return {
            "author": self.agent,
            "author_name": "" if self.agent else shown(sender),
            "requester": self.is_requester,
            "internal": self.says_agent,
        }


def writer_of(received: Received, raw: bytes, ticket: Ticket) -> Writer:
    address = received.sender.address
    judged = verdict_on(raw, address)
    if address.lower() == ticket.requester_email.lower():
        return Writer(is_requester=judged is not Verdict.FORGED)
    agents = list(get_user_model()._default_manager.filter(email__iexact=address, is_active=True))
    if not agents:
        return Writer()
    seeing = [agent for agent in agents if judged is Verdict.PROVEN and _sees(agent, ticket)]
    return Writer(agent=seeing[0]) if len(seeing) == 1 else Writer(says_agent=True)


def _sees(agent: Any, ticket: Ticket) -> bool:
    return visible_tickets(agent).filter(pk=ticket.pk).exists()


def verdict_on(raw: bytes, address: str) -> Verdict:
    """What the named mail server says of the sender. A message in which others may see another
    sender than we do counts as forged: some take the first of two, and some see another header
    behind a CR alone. The headers are read as they stand, for what is decoded first may hold quotes
    of a stranger's."""
    end = END_OF_HEAD.search(raw, 0, LONGEST_HEAD)
    head = raw[: end.start() if end else LONGEST_HEAD]
    fields: dict[str, list[str]] = {"from": [], "authentication-results": []}
    for name, value in FIELD.findall(head):
        fields[name.decode().lower()].append(" ".join(value.decode("latin-1").split()))
    if BARE_CR.search(head) or _addresses(fields["from"]) != [address.lower()]:
        return Verdict.FORGED
    server = settings.MAIL_AUTHENTICATION_SERVER
    return verdict(fields["authentication-results"], server, domain_of(address))


def _addresses(senders: list[str]) -> list[str]:
    """Those of the one header there is. Each bracket costs Python's parser a frame."""
    if len(senders) != 1 or len(senders[0]) > LONGEST_FROM or senders[0].count("(") > MOST_BRACKETS:
        return []
    return [address.lower() for _, address in getaddresses(senders) if "@" in address]


def shown(sender: Mailbox) -> str:
    """The sender with their address, for a name can be anybody's: "Jonas Weber <jonas@…>". Nothing
    else ends so (names.is_unproven)."""
    address = f"<{sender.address}>"
    name = plain_name(sender)[: (LONGEST_NAME or 0) - len(address) - 1]
    return f"{name} {address}".lstrip()


def plain_name(sender: Mailbox) -> str:
    """The name without what hides or turns letters, and none at all where it looks like an address:
    that would be another one than theirs."""
    visible = (letter if letter.isprintable() else " " for letter in sender.name)
    name = " ".join("".join(visible).translate(ANGLES).split())
    return "" if "@" in unicodedata.normalize("NFKC", name) else name


ANGLES = str.maketrans("<>", "  ")


def can_be_answered(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return len(address) <= (Ticket._meta.get_field("requester_email").max_length or 0)
