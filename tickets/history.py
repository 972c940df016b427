"""The history of tickets: for each changed field a row that says who, when, from what to what."""

from collections.abc import Iterable
from typing import Any

from django.db.models import DateTimeField, ForeignKey

from live import Transition
from tickets.actor import current_actor
from tickets.database_time import clock
from tickets.models import Change, Ticket
from tickets.names import name_of
from tickets.public import in_words

LONGEST_NAME = Change._meta.get_field("actor_name").max_length
CREATED, DELETED = "created", "deleted"
MERGED_INTO, TOOK_IN = "merged_into", "merged"  # of a ticket that was merged, and of the other one
MERGES = (MERGED_INTO, TOOK_IN)
# Their words do not tell the whole value: somebody else may have the name by now, and a time is put
# into words without its seconds.
NOT_IN_WORDS = (ForeignKey, DateTimeField)


def record(transition: Transition[Ticket]) -> None:
    """Write one row per changed field, in the transaction of the change."""
    before, after = transition.before, transition.after
    if before is None and after is not None:
        _write(after, [Change(field=CREATED, new=after.subject)])
    elif after is None and before is not None:
        _write(before, [Change(field=DELETED, old=before.subject)])
    elif before is not None and after is not None:
        _write(after, [_change(before, after, name) for name in transition.fields])


def record_creations(tickets: Iterable[Ticket]) -> None:
    """The same for many new tickets at once, which are as old as they say."""
    actor = current_actor()
    name = name_of(actor)[:LONGEST_NAME] if actor else ""
    Change.objects.bulk_create(
        Change(
            ticket_id=ticket.pk, version=ticket.version, field=CREATED, new=ticket.subject,
            at=ticket.created_at, actor_id=actor.pk if actor else None, actor_name=name,
        )
        for ticket in tickets
    )  # fmt: skip


def record_merge(ticket: Ticket, merged: Ticket) -> None:
    """The ticket, in this version, has taken in the other one."""
    _write(ticket, [Change(field=TOOK_IN, new=f"{merged}")])


def _change(before: Ticket, after: Ticket, name: str) -> Change:
    words = {"old": in_words(before, name), "new": in_words(after, name)}
    return Change(field=name, old_value=exact_value(before, name), **words)


def exact_value(ticket: Ticket, name: str) -> str | None:
    """A field's value where its words are not all of it, as the field itself reads it again."""
    field: Any = Ticket._meta.get_field(name)
    if not isinstance(field, NOT_IN_WORDS):
        return None
    value = getattr(ticket, field.attname)
    return "" if value is None else str(value)


def _write(ticket: Ticket, changes: list[Change]) -> None:
    actor, now = current_actor(), clock.now()
    # A first and a last name may be longer together than the column.
    actor_name = name_of(actor)[:LONGEST_NAME] if actor else ""
    for change in changes:
        change.ticket_id, change.version, change.at = ticket.pk, ticket.version, now
        change.actor_id, change.actor_name = actor.pk if actor else None, actor_name
    Change.objects.bulk_create(changes)
