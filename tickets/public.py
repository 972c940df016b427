"""Tickets and comments as the world outside sees them: API and live events alike."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from tickets.models import Comment, Ticket

LONG_TEXT = {"description"}  # changes of these are told without their values


def person(user: Any) -> dict[str, Any] | None:
    return None if user is None else {"id": user.pk, "name": name_of(user)}


def name_of(user: Any) -> str:
    return str(user.get_full_name() or user.get_username())


def names_of(users: QuerySet[Any]) -> Iterator[tuple[Any, str]]:
    """Each user's id and the same name, without an object for each."""
    for key, first, last, username in users.values_list(
        "pk", "first_name", "last_name", "username"
    ):
        yield key, f"{first} {last}".strip() or username


def public_ticket(ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.pk,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "queue": {"id": ticket.queue_id, "name": ticket.queue.name},
        "assignee": person(ticket.assignee),
        "requester_name": ticket.requester_name,
        "due_at": ticket.due_at,
        "version": ticket.version,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
    }


def public_comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "author": person(comment.author),
        "body": comment.body,
        "internal": comment.internal,
        "created_at": comment.created_at,
    }


def public_changes(before: Ticket, after: Ticket, fields: tuple[str, ...]) -> dict[str, list[Any]]:
    """{field: [old, new]}, values as in the ticket; [] for long text."""
    return {
        name: [] if name in LONG_TEXT else [public_value(before, name), public_value(after, name)]
        for name in fields
    }


def public_value(ticket: Ticket, name: str) -> Any:
    if name == "queue":
        return {"id": ticket.queue_id, "name": ticket.queue.name}
    if name == "assignee":
        return person(ticket.assignee)
    return getattr(ticket, name)


def in_words(ticket: Ticket, name: str) -> str:
    """A field's value as a person reads it; "" for nothing."""
    value = public_value(ticket, name)
    if isinstance(value, dict):
        return str(value["name"])
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return "" if value is None else str(value)
