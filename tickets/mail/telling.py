"""What open pages and the API are told of the mail of a reply."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from tickets import telling
from tickets.database_time import clock
from tickets.mail.models import Mail
from tickets.visibility import audience_of


def public_mail(comment: Any) -> dict[str, Any] | None:
    """Of a comment that was read with its `mail_row`."""
    if comment.internal or comment.requester:
        return None
    try:
        mail: Mail | None = comment.mail_row
    except ObjectDoesNotExist:
        return None
    return shown(mail) if mail else None


def shown(mail: Mail) -> dict[str, Any]:
    """Where it goes, beside the state that the contract has."""
    return {"state": mail.state, "reason": mail.reason, "to": mail.to, "cc": mail.cc}


def tell(mail: Mail, ticket: Any) -> None:
    """The state of a reply's mail has changed; its ticket is locked."""
    data = {
        "ticket": {"id": ticket.pk},
        "comment": {"id": mail.comment_id, "mail": shown(mail)},
        "at": clock.now(),
    }
    telling.tell("comment.mailed", data, audience_of(ticket))
