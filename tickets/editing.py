"""The commands on tickets: create, edit, take, comment, delete, and edit many.

Pages, API, admin, demo and replay call these commands; none of them writes a ticket or a comment
by itself. Only the deletion of a single ticket, which the admin offers, is Django's own. Each
command is one transaction; edit_each() uses one for each ticket.

A command for a user finds the ticket among those that this user may see, locks it, and looks again
under the lock. So nobody can write to a ticket that has just been moved out of their sight. Where
there is no such ticket the command raises `Ticket.DoesNotExist`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from tickets.database_time import clock
from tickets.models import Attachment, Comment, Ticket
from tickets.names import name_of
from tickets.visibility import visible_tickets


class StaleVersion(Exception):
    """The ticket has changed since the user saw it. Nothing was written."""

    def __init__(self, current: Ticket, seen: int) -> None:
        super().__init__(
            f"Ticket #{current.pk} has changed since you saw it (version {seen}, now"
            f" {current.version}). Look at what has changed, then save again."
        )
        self.current = current
        self.seen = seen


class Unseen(Exception):
    """Others have written on the ticket since the user looked. Nothing was written."""

    def __init__(self, current: Ticket, seen: int) -> None:
        super().__init__(
            f"Others have written on ticket #{current.pk} since you looked: read it, then send"
            " yours again."
        )
        self.current = current
        self.seen = seen


class AlreadyTaken(Exception):
    """Somebody else has the ticket. Nothing was written."""

    def __init__(self, current: Ticket) -> None:
        name = name_of(current.assignee)
        super().__init__(f"{name} has ticket #{current.pk} already, so you did not get it.")
        self.current = current


@dataclass(frozen=True, slots=True)
class Edited:
    """The result for one ticket of those that `edit_each()` was given."""

    ticket_id: int
    ticket: Ticket | None  # None: there is no such ticket among those the user may see
    is_changed: bool


def create(**values: Any) -> Ticket:
    """Open a ticket. An agent may open it in any queue, also in one that they do not serve."""
    return Ticket.objects.create(**values)


def edit(user: Any, ticket_id: int, changes: dict[str, Any], *, version: int | None) -> Ticket:
    """Set fields of the ticket. If it is not at this version any more, raise StaleVersion instead;
    None stands for any version."""
    with transaction.atomic():
        return saved(hold(user, ticket_id, version=version), changes)


def edit_each(user: Any, ticket_ids: Iterable[int], changes: dict[str, Any]) -> Iterator[Edited]:
    """Set the same fields of many tickets, each in a transaction of its own: the ones that the user
    may not see do not hinder the others."""
    for ticket_id in ticket_ids:
        try:
            with transaction.atomic():
                ticket = saved(hold(user, ticket_id), changes)
        except Ticket.DoesNotExist:
            yield Edited(ticket_id, None, is_changed=False)
        else:
            yield Edited(ticket_id, ticket, is_changed=ticket.has_changed)


def take(user: Any, ticket_id: int) -> Ticket:
    """Assign the ticket to the user. If somebody else has it already, raise AlreadyTaken."""
    with transaction.atomic():
        ticket = hold(user, ticket_id)
        if ticket.assignee_id not in (None, user.pk):
            raise AlreadyTaken(ticket)
        return saved(ticket, {"assignee": user})


def comment(
    user: Any,
    ticket_id: int,
    body: str,
    *,
    seen: int | None = None,
    changes: dict[str, Any] | None = None,
    version: int | None = None,
    attaching: Sequence[Attachment] = (),
    cc: Sequence[str] = (),
    **how: Any,
) -> Comment:
    """Add what the user says, and set fields of the ticket in the same step. `how` says whether it
    is `internal`, the `requester`'s words, and `via` what it came. It takes along the files that it
    is `attaching`, and its mail goes to those in `cc` too.

    If others have written since the user looked, raise Unseen instead: `seen` is the newest comment
    that they had seen, 0 is none, and None asks for no such look. `version` is as in edit(). `cc`
    are the addresses that get a copy of a reply that is mailed.
    """
    with transaction.atomic():
        ticket = hold(user, ticket_id)
        if seen is not None and unseen(ticket, user, seen).exists():
            raise Unseen(ticket, seen)
        _must_be_at(ticket, version)
        if changes:
            saved(ticket, changes)  # before the comment, which moves the stored row on
        said = Comment(ticket=ticket, author=user, body=body, **how)
        return _said(said, attaching, cc)


def unseen(ticket: Ticket, user: Any, seen: int) -> QuerySet[Comment]:
    """What others have written after the newest comment that the user had seen. A ticket is locked
    before a comment of it gets its id, so a later one has a larger id."""
    return ticket.comments.filter(pk__gt=seen).exclude(author=user)


def delete(user: Any, ticket_id: int) -> None:
    """Delete the ticket with its comments. Its history stays."""
    with transaction.atomic():
        hold(user, ticket_id).delete()


def hold(user: Any, ticket_id: int, *, version: int | None = None) -> Ticket:
    """Find, lock, and look again: the ticket as it is now, locked until the transaction ends. If it
    is not at this version any more, raise StaleVersion; None stands for any version.

    Each command for a user begins with this. The admin's form calls it by itself, for it has to
    show an old version as an error before Django has it saved.
    """
    visible = visible_tickets(user)
    Ticket.locked([visible.get(pk=ticket_id).pk])
    ticket = visible.get(pk=ticket_id)  # it may have moved while this waited
    _must_be_at(ticket, version)
    return ticket


# What follows does not ask who may see the ticket. The demo and the replay use it, which act
# without anybody at a screen, the admin's form, which has called hold() before, and undo.py, which
# has a rule of its own for what somebody has moved out of their own sight.


def hold_any(ticket_id: int) -> Ticket:
    """Any ticket, locked until the transaction ends."""
    return Ticket.locked([ticket_id]).get()


def where_it_goes_on(ticket_id: int) -> int:
    """The number of the ticket that it was merged into, or its own."""
    pointer = Ticket.objects.filter(pk=ticket_id).values_list("merged_into", flat=True).first()
    return pointer or ticket_id


def edit_any(ticket_id: int, changes: dict[str, Any]) -> Ticket:
    """Set the fields of any ticket."""
    with transaction.atomic():
        return saved(hold_any(ticket_id), changes)


def comment_on_any(
    ticket_id: int,
    author: Any,
    body: str,
    *,
    at: datetime | None = None,
    attaching: Sequence[Attachment] = (),
    cc: Sequence[str] = (),
    **how: Any,
) -> Comment:
    """Add a comment to any ticket, or where its conversation goes on if it was merged, dated `at`
    or now. All else is as in comment(). If the ticket is being merged at this very moment, Merged
    is raised: then it can be done again."""
    with transaction.atomic():
        ticket = hold_any(where_it_goes_on(ticket_id))
        at = at or clock.now()
        said = Comment(ticket=ticket, author=author, body=body, created_at=at, **how)
        return _said(said, attaching, cc)


def _said(comment: Comment, attaching: Sequence[Attachment], cc: Sequence[str]) -> Comment:
    comment.attaching, comment.cc = attaching, cc
    comment.save()
    return comment


def _must_be_at(ticket: Ticket, version: int | None) -> None:
    if version is not None and version != ticket.version:
        raise StaleVersion(ticket, version)


def saved(ticket: Ticket, changes: dict[str, Any]) -> Ticket:
    """The ticket, which hold() has locked, with these fields set."""
    before = ticket.version
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.save()
    ticket.has_changed = ticket.version != before
    return ticket
