"""Sends once more what has failed, after somebody has looked at why."""

from typing import Any

from django.conf import settings
from django.db import transaction

from tickets.editing import hold
from tickets.mail.models import Mail, State
from tickets.mail.outgoing import enqueue
from tickets.mail.telling import tell
from tickets.models import Comment, Ticket

NO_MAIL = "Nothing is mailed here any more: EMAIL_URL is not set."
NOT_FAILED = "It has not failed, so it is not sent again: look at its state."
NO_ADDRESS = "The ticket has no address of the requester: enter it first."


class NotAgain(Exception):
    """Nothing was queued. The message says why."""


def try_again(user: Any, ticket_id: int, comment_id: int) -> Ticket:
    """Queue the failed mail of a reply again, to the address that the ticket has by now. It is a
    message of its own, for a receiver may remember the first one and drop it."""
    with transaction.atomic():
        ticket = hold(user, ticket_id)
        if not ticket.comments.filter(pk=comment_id).exists():
            raise Comment.DoesNotExist
        mail = Mail.objects.select_for_update().filter(comment=comment_id).first()
        if not settings.EMAIL_URL:
            raise NotAgain(NO_MAIL)
        if mail is None or mail.state != State.FAILED:
            raise NotAgain(NOT_FAILED)
        if not ticket.requester_email:
            raise NotAgain(NO_ADDRESS)
        mail.to = ticket.requester_email
        mail.sending += 1
        enqueue(mail)
        tell(mail, ticket)
        return ticket
