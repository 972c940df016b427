"""The same application with live switched off, to measure what a save costs without it.

A change of a ticket is written into its history and nothing else: no content for an event is put
together, no row of the log is written, no position is given and no bell rung.
"""
# ruff: noqa: E402  models need the apps

from typing import Any

import django

django.setup()

from live import Transition, changed
from tickets.history import record
from tickets.models import Ticket
from ticketsystem.asgi import application

__all__ = ["application"]

if not changed.disconnect(sender=Ticket, dispatch_uid="tickets.ticket_changed"):
    raise RuntimeError("tickets/receivers.py has no receiver of that name any more")


def keep_history(transition: Transition[Ticket], **kwargs: Any) -> None:
    record(transition)


changed.connect(keep_history, sender=Ticket)
