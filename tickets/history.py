"""The history of every change: who, when, which field, old → new."""

from django.utils import timezone

from tickets.actor import current_actor
from tickets.models import Change, Ticket
from tickets.observed import Transition
from tickets.public import in_words, name_of

CREATED, DELETED = "created", "deleted"


def record(transition: Transition[Ticket]) -> None:
    """Write one row per changed field, in the transaction of the change."""
    before, after = transition.before, transition.after
    if before is None and after is not None:
        _write(after, [(CREATED, "", after.subject)])
    elif after is None and before is not None:
        _write(before, [(DELETED, before.subject, "")])
    elif before is not None and after is not None:
        fields = transition.fields
        _write(after, [(name, in_words(before, name), in_words(after, name)) for name in fields])


def _write(ticket: Ticket, changes: list[tuple[str, str, str]]) -> None:
    actor = current_actor()
    by = {
        "actor_id": actor.pk if actor else None,
        "actor_name": name_of(actor) if actor else "",
        "at": timezone.now(),
    }
    Change.objects.bulk_create(
        Change(ticket_id=ticket.pk, version=ticket.version, field=field, old=old, new=new, **by)
        for field, old, new in changes
    )
