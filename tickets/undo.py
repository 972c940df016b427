"""Taking back a change: its fields become what they were, as a new change with its own history.

A person takes back only what they did themselves, and only where nobody has changed the same fields
since. A change that moved the ticket out of its maker's sight can be taken back too, for a minute,
as long as nothing else has happened to the ticket: so nobody gets to see what they had not seen.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import ForeignKey

from tickets import editing
from tickets.database_time import clock
from tickets.history import CREATED, MERGES, NOT_IN_WORDS
from tickets.models import Change, Queue, Ticket
from tickets.timeline import MOST_MISSED, deeds, newest_saves
from tickets.visibility import assignable, visible_tickets

REACH = timedelta(minutes=1)  # of undo, for a ticket that one has moved out of one's own sight

NO_SUCH_CHANGE = "There is no such change of this ticket to take back."
OPENED = "That a ticket was opened cannot be taken back."
MERGED = "That tickets were merged cannot be taken back."
NOT_YOURS = "Only who made a change takes it back: this one was made by {actor}."
CHANGED_SINCE = "Not taken back, for since then the same was changed: {deeds}."
TOO_OLD = "Not taken back: changes of the {name} from before this release cannot be."
GONE = "Not taken back: {old}, which was its {name}, cannot be chosen any more."


class NotUndoable(Exception):
    """A sentence that says why. Nothing was written."""


def undo(user: Any, ticket_id: int, version: int) -> Ticket:
    """The ticket, in which the fields that the user changed as this version are as before it."""
    with transaction.atomic():
        ticket = _held(user, ticket_id, version)
        changes = _own_changes(user, ticket, version)
        names = [change.field for change in changes]
        later = ticket.history.filter(version__gt=version, field__in=names)
        if since := newest_saves(later, MOST_MISSED):
            raise NotUndoable(CHANGED_SINCE.format(deeds="; ".join(deeds(since))))
        restored = editing.saved(ticket, dict(_before(ticket, change) for change in changes))
        if not visible_tickets(user).filter(pk=ticket_id).exists():
            raise Ticket.DoesNotExist
        return restored


def _held(user: Any, ticket_id: int, version: int) -> Ticket:
    """The ticket, locked: one that the user sees, or has just moved out of their own sight."""
    if visible_tickets(user).filter(pk=ticket_id).exists():
        return editing.hold(user, ticket_id)
    moved = Change.objects.filter(
        ticket_id=ticket_id, version=version, actor=user.pk, field__in=("queue", "assignee"),
        at__gt=clock.now() - REACH,
    )  # fmt: skip
    change = moved.first()
    if change is None:
        raise Ticket.DoesNotExist
    ticket = editing.hold_any(ticket_id)
    if ticket.version != version or ticket.comments.filter(created_at__gte=change.at).exists():
        raise Ticket.DoesNotExist
    return ticket


def _own_changes(user: Any, ticket: Ticket, version: int) -> list[Change]:
    changes = [*ticket.history.filter(version=version)]
    if any(change.field == CREATED for change in changes):
        raise NotUndoable(OPENED)
    if any(change.field in MERGES for change in changes):
        raise NotUndoable(MERGED)
    changes = [change for change in changes if change.field in Ticket.tracked]
    if not changes:
        raise NotUndoable(NO_SUCH_CHANGE)
    for change in changes:
        if change.actor_id != user.pk:
            raise NotUndoable(NOT_YOURS.format(actor=change.actor_name or "somebody else"))
    return changes


def _before(ticket: Ticket, change: Change) -> tuple[str, Any]:
    """The name and the value of the field as it was before the change."""
    field: Any = Ticket._meta.get_field(change.field)
    words = {"name": change.field.removesuffix("_at").replace("_", " "), "old": change.old}
    if change.old_value is None and isinstance(field, NOT_IN_WORDS):
        raise NotUndoable(TOO_OLD.format(**words))
    stored = change.old if change.old_value is None else change.old_value
    value = None if field.null and not stored else field.to_python(stored)
    if isinstance(field, ForeignKey) and value is not None:
        may_be_set = assignable(ticket) if field.name == "assignee" else Queue.objects.all()
        if not may_be_set.filter(pk=value).exists():
            raise NotUndoable(GONE.format(**words))
    return field.attname, value
