"""The same done to many tickets by one request, in bounded time: to each as if it were done alone.

Each ticket is done in a transaction of its own, in the order of their numbers, so nobody else waits
for more than one of them. A ticket that somebody else is at work on is waited for briefly; when the
time for all is over, the rest is left, and its results say so.

Where the request carries an idempotency key, what became of a ticket is noted beside the key in the
ticket's own transaction. So a request that is sent again does only what is left.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from tickets import editing, lock_waits, tags
from tickets.bookkeeping import RememberedWrite
from tickets.editing import StaleVersion
from tickets.idempotency import Sent, remember_again
from tickets.lock_waits import WaitedTooLong
from tickets.merging.refusals import Merged
from tickets.models import Ticket
from tickets.refusals import JUST_DELETED, since_then
from tickets.tags import BadTags
from tickets.undo import NotUndoable, undo
from tickets.visibility import NO_SUCH_TICKET

MOST = 500  # tickets of one request
LOCK_SECONDS = 1.0
SECONDS = 10.0

BUSY = "Somebody else is at work on it: nothing was changed. Try it again in a moment."
NOT_REACHED = f"It was not reached within {SECONDS:g} seconds: nothing was changed. Try it again."

Act = Callable[[int], int]  # on the ticket with this number: the version it made, 0 if none


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a ticket; schemas.py says what its fields mean to a caller of the API."""

    id: int
    error: str | None = None
    version: int | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


def edit_each(
    sent: Sent, user: Any, ticket_ids: Iterable[int], changes: Mapping[str, Any],
    versions: Mapping[int, int], *, add_tags: Collection[str], remove_tags: Collection[str],
) -> list[Result]:  # fmt: skip
    """Set the same fields of each ticket that is still at its version of `versions`, if it has one
    there, and change its tags."""

    def set_fields(ticket_id: int) -> int:
        ticket = editing.hold(user, ticket_id, version=versions.get(ticket_id))
        values = dict(changes)
        if add_tags or remove_tags:
            kept = values.get("tags", ticket.tags)
            values["tags"] = tags.changed(kept, add_tags, remove_tags)
        ticket = editing.saved(ticket, values)
        return ticket.version if ticket.has_changed else 0

    return _each(sent, ticket_ids, set_fields)


def undo_each(sent: Sent, user: Any, versions: Mapping[int, int]) -> list[Result]:
    """Take back of each ticket what the user changed as this version of it."""
    return _each(sent, versions, lambda pk: undo(user, pk, versions[pk]).version)


def _each(sent: Sent, ticket_ids: Iterable[int], act: Act) -> list[Result]:
    """One result for each ticket, in the order in which they were named."""
    end = monotonic() + SECONDS
    results = {
        ticket_id: _done(sent, ticket_id, act)
        if monotonic() < end
        else Result(ticket_id, NOT_REACHED)
        for ticket_id in sorted(ticket_ids)
    }
    return [results[ticket_id] for ticket_id in ticket_ids]


def _done(sent: Sent, ticket_id: int, act: Act) -> Result:
    within = LOCK_SECONDS
    try:
        with lock_waits.for_writer(within), transaction.atomic(), lock_waits.to_the_end(within):
            return Result(ticket_id, version=_once(sent, ticket_id, act) or None)
    except Ticket.DoesNotExist:
        return Result(ticket_id, NO_SUCH_TICKET)
    except StaleVersion as stale:
        return Result(ticket_id, since_then(stale))
    except (BadTags, Merged, NotUndoable) as refusal:
        return Result(ticket_id, f"{refusal}")
    except WaitedTooLong:
        return Result(ticket_id, BUSY)
    except IntegrityError:  # found at the commit
        return Result(ticket_id, JUST_DELETED)


def _once(sent: Sent, ticket_id: int, act: Act) -> int:
    """Do it, unless the same request did it before."""
    if sent.key is None:
        return act(ticket_id)
    memory = remember_again(sent)
    done = dict(part.split(":") for part in memory.parts.split())
    if f"{ticket_id}" in done:
        return int(done[f"{ticket_id}"])
    version = act(ticket_id)
    parts = Concat(F("parts"), Value(f" {ticket_id}:{version}"))
    RememberedWrite.objects.filter(pk=memory.pk).update(parts=parts)
    return version
