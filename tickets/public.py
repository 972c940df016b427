"""Tickets and comments as the API and live events show them: both have the same fields."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from tickets import tags
from tickets.attachments.shown import public_attachment
from tickets.mail.telling import public_mail
from tickets.models import Comment, Ticket, Via
from tickets.names import is_unproven, name_from, name_of
from tickets.texts import LONGEST_LINE, LONGEST_TEXT, SHOWN_AT_ONCE, shortened

LONG_TEXT = {"description"}  # changes of these are told without their values


def person(user: Any) -> dict[str, Any] | None:
    return None if user is None else {"id": user.pk, "name": name_of(user)}


def names_of(users: QuerySet[Any]) -> Iterator[tuple[Any, str]]:
    """The id of each user and the name that name_of() gives, without an object for each user."""
    for key, *columns in users.values_list("pk", "first_name", "last_name", "username"):
        yield key, name_from(*columns)


def public_ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.pk,
        "subject": shortened(ticket.subject, LONGEST_LINE),
        "status": ticket.status,
        "priority": ticket.priority,
        "queue": {"id": ticket.queue_id, "name": ticket.queue.name},
        "assignee": person(ticket.assignee),
        "requester_name": shortened(ticket.requester_name, LONGEST_LINE),
        "requester_email": shortened(ticket.requester_email, LONGEST_LINE),
        "tags": tags.listed(ticket.tags),
        "due_at": ticket.due_at,
        "version": ticket.version,
        "created_at": ticket.created_at,
        "awaits_answer": ticket.awaits_answer,
        "merged_into": ticket.merged_into_id,
        **last_activity(ticket),
    }


def shown(ticket: Ticket) -> dict[str, Any]:
    """The ticket as in events, with its description beside. A description from before there was a
    limit is shortened to it, and ends with an ellipsis."""
    return {**public_ticket(ticket), "description": shortened(ticket.description, LONGEST_TEXT)}


def last_activity(ticket: Ticket) -> dict[str, Any]:
    """The fields that a comment moves too, which leaves the version as it is."""
    return {
        "last_activity_at": ticket.last_activity_at,
        "last_activity_by": ticket.last_activity_by,
        "updated_at": ticket.updated_at,
    }


def public_comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "author": person(comment.author),
        "author_name": comment.written_by,
        "requester": comment.requester,
        "via": comment.via,
        "body": comment.body,
        "internal": comment.internal,
        "created_at": comment.created_at,
        "said_on": comment.said_on,
        "asker": comment.asker,
        "attachments": [public_attachment(attachment) for attachment in comment.attached],
        "mail": public_mail(comment),
        "quoted": comment.is_folded,
    }


def told_comment(comment: Comment) -> dict[str, Any]:
    """The comment as events have it, and each open page shows it: a long one is shortened, and
    says so."""
    told = public_comment(comment)
    if len(comment.body) <= SHOWN_AT_ONCE:
        return told
    return {**told, "body": comment.body[:SHOWN_AT_ONCE], "shortened": True}


def public_changes(before: Ticket, after: Ticket, fields: tuple[str, ...]) -> dict[str, list[Any]]:
    """{field: [old, new]}, with values as in public_ticket(). A long text has [] instead."""
    return {
        name: [] if name in LONG_TEXT else [_brief(before, name), _brief(after, name)]
        for name in fields
    }


def _brief(ticket: Ticket, name: str) -> Any:
    value = public_value(ticket, name)
    return shortened(value, LONGEST_LINE) if isinstance(value, str) else value


def public_value(ticket: Ticket, name: str) -> Any:
    if name == "queue":
        return {"id": ticket.queue_id, "name": ticket.queue.name}
    if name == "assignee":
        return person(ticket.assignee)
    if name == "tags":
        return tags.listed(ticket.tags)
    if name == "merged_into":
        into = ticket.merged_into_id
        return into and {"id": into, "name": f"#{into}"}
    return getattr(ticket, name)


def in_words(ticket: Ticket, name: str) -> str:
    """A field's value as a person reads it, or "" where the field is empty."""
    value = public_value(ticket, name)
    if isinstance(value, dict):
        return str(value["name"])
    if isinstance(value, list):
        return tags.joined(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return "" if value is None else str(value)


WAYS = {Via.PHONE.value: "by phone", Via.MAIL.value: "by mail"}


def said_by(comment: Comment, ticket: Ticket, nameless: str = "Requester") -> str:
    """Whose words they are; "" where it is not known. static/tickets/speakers.js says the same. By
    mail it is with the address, so that nobody passes for somebody else by a name."""
    if not comment.requester:
        is_claim = comment.internal and is_unproven(comment)
        return f"says they are {comment.written_by}" if is_claim else comment.written_by
    own = comment.author_name if comment.via == Via.MAIL else ""  # else it is the agent's
    asker = comment.asker if comment.said_on else ticket.requester_name
    return own or asker or nameless


def noted(comment: Comment) -> str:
    """How it came, such as "noted by alice, by phone", and on which ticket, if not on this one."""
    is_mail = comment.via == Via.MAIL
    agent = comment.written_by if comment.requester and not is_mail else ""
    is_known = comment.requester or comment.author_id or is_unproven(comment)
    ways = [
        f"noted by {agent}" if agent else "",
        WAYS.get(comment.via, "") if comment.requester or (is_mail and is_known) else "",
        f"on #{comment.said_on}" if comment.said_on else "",
    ]
    return ", ".join(way for way in ways if way)


def tag(comment: Comment) -> str:
    """What nobody may overlook: that the requester does not read it, or did not write it. A mail
    from an agent's address may be anybody's until that is proved."""
    if comment.internal:
        return "internal note, not proven" if is_unproven(comment) else "internal note"
    return "not the requester" if is_unproven(comment) else ""
