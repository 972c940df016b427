"""Changing a ticket that others may be changing too: nobody's change is overwritten unseen."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction

from tickets.models import Ticket
from tickets.public import name_of


class StaleVersion(Exception):
    """The ticket has changed since the version that was seen; nothing was written."""

    def __init__(self, current: Ticket, seen: int) -> None:
        super().__init__(
            f"Ticket #{current.pk} is at version {current.version} and not {seen} any more:"
            " look at what has changed, then save with the new version."
        )
        self.current = current
        self.seen = seen


class AlreadyTaken(Exception):
    """Somebody else was first; nothing was written."""

    def __init__(self, current: Ticket) -> None:
        super().__init__(f"{name_of(current.assignee)} took ticket #{current.pk} a moment ago.")
        self.current = current


def edit(ticket_id: int, changes: dict[str, Any], *, version: int | None) -> Ticket:
    """Set the fields, if the ticket still has the version (None: whatever it has)."""
    with transaction.atomic():
        ticket = _locked(ticket_id)
        if version is not None and version != ticket.version:
            raise StaleVersion(ticket, version)
        return _saved(ticket, changes)


def take(ticket_id: int, user: Any) -> Ticket:
    """Assign the ticket to the user, unless somebody else has it: the first one wins."""
    with transaction.atomic():
        ticket = _locked(ticket_id)
        if ticket.assignee_id not in (None, user.pk):
            raise AlreadyTaken(ticket)
        return _saved(ticket, {"assignee": user})


def _locked(ticket_id: int) -> Ticket:
    return Ticket.locked([ticket_id], DEFAULT_DB_ALIAS).get()


def _saved(ticket: Ticket, changes: dict[str, Any]) -> Ticket:
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.save()
    return ticket
