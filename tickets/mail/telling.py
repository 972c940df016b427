"""What open pages and the API are told of the mail of a reply."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from tickets import telling
from tickets.database_time import clock
from tickets.mail.models import Mail, State
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


def worded(mail: dict[str, Any]) -> str:
    """A sentence for the reply's page. static/tickets/mailed.js says the same."""
    to = ", ".join([mail["to"], *mail["cc"]])
    reason = f" {mail['reason']}" if mail["reason"] else ""
    if mail["state"] == State.SENT:
        return f"Mailed to {to}.{reason}"
    if mail["state"] == State.FAILED:
        return f"Not mailed to {to}.{reason}"
    return f"Still to be mailed to {to}.{reason}" if reason else f"Being mailed to {to}."


def tell(mail: Mail, ticket: Any) -> None:
    """The state of a reply's mail has changed; its ticket is locked."""
    data = {
        "ticket": {"id": ticket.pk},
        "comment": {"id": mail.comment_id, "mail": shown(mail)},
        "at": clock.now(),
    }
    telling.tell("comment.mailed", data, audience_of(ticket))
