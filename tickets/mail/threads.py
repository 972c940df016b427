"""By what a message names its ticket, whatever becomes of its subject.

Each message carries the ticket's token twice: in its own Message-ID, which an answer names in
`In-Reply-To` and `References`, and in `Reply-To`, as help+TOKEN@example.com, for programs that
answer without those. Nobody can guess a token, so whoever has it has had a message of the ticket.
"""

import re
import secrets
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from tickets.mail import outcomes
from tickets.mail.addresses import sender
from tickets.mail.models import LONGEST_ID, Heard, Mail, Thread
from tickets.models import Ticket

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"  # mail servers may change large letters to small ones
TOKEN_LENGTH = 20  # of 32 letters each: 100 bits
TOKEN = f"[{LETTERS}]{{{TOKEN_LENGTH}}}"
# <ticket-mail.sending.token@…>
OWN_ID = re.compile(rf"<m([0-9]{{1,18}})\.([0-9]{{1,9}})\.({TOKEN})@[^<>\s]*>", re.IGNORECASE)
ADDRESSED = re.compile(rf"[^@\s]*\+({TOKEN})@[^@\s]+", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")  # one line of visible ASCII, so it can stand in a header
MOST_LOOKED_AT = 100  # references and addresses of one message
MOST_NAMED = 10  # messages that one of ours names


def token_of(ticket: Ticket) -> str:
    thread, _ = Thread.objects.get_or_create(ticket_id=ticket.pk, defaults={"token": new_token()})
    return thread.token


def new_token() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(TOKEN_LENGTH))


def token_for(comment: Any) -> str:
    """The token of the ticket on which the comment was said, also where that was merged since: so a
    reply that is tried once more after the merge is still the same message."""
    if comment.said_on is not None:
        said_on = Thread.objects.filter(ticket=comment.said_on).first()
        if said_on is not None:
            return said_on.token
    return token_of(comment.ticket)


def message_id_for(mail: Mail, token: str) -> str:
    """The Message-ID of a mail, the same each time that this sending is tried: a receiver who gets
    it twice can tell."""
    return f"<m{mail.pk}.{mail.sending}.{token}@{sender().domain}>"


def reply_address(token: str) -> str:
    return f"{sender().local}+{token}@{sender().domain}"


def ticket_answered(references: Iterable[str], addressed: Iterable[str]) -> Ticket | None:
    """The ticket that a message belongs to, by the Message-IDs it refers to, the best one first,
    and by the addresses it was sent to; None where neither proves one."""
    named = [found[3] for found in map(OWN_ID.fullmatch, _some(references)) if found]
    named += [found[1] for found in map(ADDRESSED.fullmatch, _some(addressed)) if found]
    tokens = [token.lower() for token in named]
    found = {
        thread.token: thread.ticket_id for thread in Thread.objects.filter(token__in=set(tokens))
    }
    first = next((found[token] for token in tokens if token in found), None)
    return _tickets().filter(pk__in=[first] if first else []).first()


def is_ours(message_id: str) -> bool:
    """Whether we have sent the message with this Message-ID."""
    return mail_named(message_id) is not None


def mail_named(message_id: str) -> Mail | None:
    """The mail of a ticket that has this Message-ID now. An earlier sending had another one. What
    was sent before its ticket was merged into another has the token of the merged one."""
    if not (found := OWN_ID.fullmatch(message_id.strip())):
        return None
    number, sending, token = int(found[1]), int(found[2]), found[3].lower()
    ticket = _tickets().filter(mail_thread__token=token).first()
    if ticket is None:
        return None
    said = Q(comment__ticket=ticket) | Q(
        comment__ticket=ticket.merged_into_id, comment__said_on=ticket.pk
    )
    mails = Mail.objects.filter(said, pk=number, sending=sending)
    return mails.select_related("comment").first()


def note_bounce(message_id: str, reason: str) -> bool:
    """The message with this Message-ID came back: its reply has failed, for this reason. False
    where it is none of ours, or that was known."""
    mail = mail_named(message_id)
    return mail is not None and outcomes.bounced(mail, reason)


def note_heard(ticket: Ticket, message_id: str) -> None:
    """A message has come for the ticket: what we send next answers it. One whose id cannot stand in
    a header, or is too long, is left out."""
    if MESSAGE_ID.fullmatch(message_id) and len(message_id) <= LONGEST_ID:
        Heard.objects.get_or_create(ticket_id=ticket.pk, message_id=message_id)


def named_before(mail: Mail) -> list[str]:
    """The Message-IDs that a reply names, the oldest first: what came, and what we have sent. The
    last one is what it answers. Of many the first one stays, which all programs know."""
    comment: Any = mail.comment
    heard = Heard.objects.filter(ticket=comment.ticket_id)
    sent = Mail.objects.filter(comment__ticket=comment.ticket_id, pk__lt=mail.pk).order_by("-pk")
    replies: Any = list(sent.select_related("comment__ticket")[:MOST_NAMED])
    of_each_ticket = {one.comment.said_on: one.comment for one in replies}
    tokens = {said_on: token_for(one) for said_on, one in of_each_ticket.items()}
    first = list(heard.order_by("pk").values_list("message_id", flat=True)[:1])
    came = list(heard.order_by("-pk").values_list("message_id", flat=True)[:MOST_NAMED])[::-1]
    ours = [message_id_for(one, tokens[one.comment.said_on]) for one in replies][::-1]
    # What came last is what is answered; where nothing came, our last one.
    found = [*dict.fromkeys([*ours, *came])]
    return [*dict.fromkeys([*first, *found[-MOST_NAMED + len(first) :]])] if found else []


def _some(texts: Iterable[str]) -> list[str]:
    return [text.strip() for text, _ in zip(texts, range(MOST_LOOKED_AT), strict=False)]


def _tickets() -> QuerySet[Ticket]:
    return Ticket.objects.select_related("queue", "assignee")
