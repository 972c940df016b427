"""What puts a message into the queue, in the transaction of whatever it tells of.

A reply is mailed if it is public, of an agent, and on a ticket that names the requester's address.
So whatever makes one has it mailed: page, API, admin, shell. What only tells of the past, such as
an import, is done inside `unmailed()`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from tickets.database_time import clock
from tickets.mail.addresses import (
    LONGEST_NAME,
    BadAddress,
    checked_copies,
    in_a_line,
    on_the_wire,
)
from tickets.mail.models import Mail, State
from tickets.mail.sending import send_due

LONGEST_SUBJECT = Mail._meta.get_field("subject").max_length
NO_MAIL = "Nothing is mailed here, so nobody can get a copy."
NO_RECIPIENT = (
    "This is not mailed, so nobody can get a copy: only a reply to a requester whose address the"
    " ticket has is."
)


class NotMailed(ValidationError):
    """Somebody was to get a copy of what is mailed to nobody. Nothing was written."""

    def __str__(self) -> str:
        return " ".join(self.messages)


_unmailed: ContextVar[bool] = ContextVar("unmailed", default=False)


@contextmanager
def unmailed() -> Iterator[None]:
    """What is said inside was said elsewhere, or long ago: it is mailed to nobody."""
    token = _unmailed.set(True)
    try:
        yield
    finally:
        _unmailed.reset(token)


def is_mailed(comment: Any, ticket: Any) -> bool:
    """Whether saying this has the requester mailed."""
    is_reply = not comment.internal and not comment.requester and comment.author_id is not None
    return bool(
        settings.EMAIL_URL and is_reply and ticket.requester_email and not _unmailed.get()
    )  # fmt: skip


def queue_reply(comment: Any, ticket: Any) -> Mail | None:
    """Queue the mail of a comment that has just been written, if it is one to be mailed. The ticket
    is locked. An address to which nothing can be sent makes a mail that has failed."""
    copies = _copies(comment)
    mail = None
    if is_mailed(comment, ticket):
        mail = Mail(
            comment=comment,
            to=ticket.requester_email,
            to_name=in_a_line(ticket.requester_name)[:LONGEST_NAME],
            cc=copies,
            subject=in_a_line(ticket.subject)[:LONGEST_SUBJECT],
        )
        enqueue(mail)
    elif copies:
        raise NotMailed({"cc": NO_RECIPIENT if settings.EMAIL_URL else NO_MAIL})
    # Known from here on, also where there is none: nobody has to look again.
    type(comment)._meta.get_field("mail_row").set_cached_value(comment, mail)
    return mail


def queue(
    to: str, subject: str, text: str, *, name: str = "", until: datetime | None = None
) -> Mail:
    """Queue a message that is no reply, such as a link to set a new password. It is marked as
    automatic; its text is forgotten once it is sent, or given up. After `until` it is not sent."""
    on_the_wire(to)  # raises BadAddress
    mail = Mail(
        to=to, to_name=in_a_line(name)[:LONGEST_NAME], text=text,
        subject=in_a_line(subject)[:LONGEST_SUBJECT], until=until,
    )  # fmt: skip
    enqueue(mail)
    return mail


def enqueue(mail: Mail) -> None:
    """Write the row, to be sent as soon as the transaction is committed."""
    now: datetime = clock.now()
    mail.state, mail.reason, mail.tries = State.QUEUED, "", 0
    mail.queued_at = mail.next_at = now
    mail.claimed_until = mail.done_at = None
    try:
        on_the_wire(mail.to)
    except BadAddress as error:
        mail.state, mail.reason, mail.done_at = State.FAILED, f"{error}", now
        mail.save()
    else:
        mail.save()
        send_due.enqueue()


def _copies(comment: Any) -> Sequence[str]:
    try:
        return checked_copies(comment.cc)
    except BadAddress as error:
        raise ValidationError({"cc": f"{error}"}) from None
