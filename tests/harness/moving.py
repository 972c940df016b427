"""A ticket that moves away at the last moment, after somebody has found it and before its lock."""

from typing import Any

import pytest

from tickets.models import Queue, Ticket


def move_before_its_lock(ticket: Ticket, to: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next time the ticket is to be locked, it is moved first. The move is made in the
    transaction of whoever locks, and undone with it."""
    locked = Ticket.locked

    def moved_and_locked(keys: Any) -> Any:
        monkeypatch.setattr(Ticket, "locked", locked)
        Ticket.objects.filter(pk=ticket.pk).update(queue=to)
        return locked(keys)

    monkeypatch.setattr(Ticket, "locked", moved_and_locked)
