"""Presence follows a ticket that moves, and ends when its user signs out."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from live import Transition, changed
from tickets.models import Ticket
from tickets.presence.deeds import follow, leave_all
from tickets.visibility import audience_of


@receiver(changed, sender=Ticket, dispatch_uid="tickets.presence.ticket_moved")
def ticket_moved(transition: Transition[Ticket], **kwargs: Any) -> None:
    before, after = transition.before, transition.after
    if before is not None and after is not None and audience_of(before) != audience_of(after):
        follow(after)


@receiver(user_logged_out, dispatch_uid="tickets.presence.signed_out")
def signed_out(user: Any, **kwargs: Any) -> None:
    if user is not None:
        leave_all(user)
