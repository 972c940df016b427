"""What a user could see when they last came: finds changes of their rights that nobody announced.

`User.objects.update(is_superuser=...)`, SQL by hand: while the user is connected, live.guard sees
them. While the user is away nobody does, and what came before would be replayed by new rights.
"""

import json

from django.db import transaction

from live.audience import audiences_of
from live.entries import ACCESS
from live.log import access_changed, number, processes_of
from live.models import Event, Rights


def announce(user_id: int, audiences: frozenset[str]) -> None:
    """Publish how the audiences differ from what the log would have them be, if they do."""
    if Rights.objects.filter(pk=user_id, audiences=_words(audiences)).exists():
        return
    # First what was announced, then what is: a change in between is announced twice, never undone.
    position = number()
    former = Rights.objects.filter(pk=user_id).first()
    expected = None if former is None else _with_announced(former)
    now = audiences_of([user_id])[user_id]
    with transaction.atomic():
        said = {"audiences": _words(now), "position": position}
        Rights.objects.update_or_create(pk=user_id, defaults=said)
        if expected is not None:
            access_changed(user_id, gained=now - expected, lost=expected - now)


def _with_announced(rights: Rights) -> frozenset[str]:
    audiences = frozenset(rights.audiences.split())
    announced = Event.objects.filter(
        name=ACCESS, audience=processes_of(rights.user_id), position__gt=rights.position
    )
    for data in announced.order_by("position").values_list("data", flat=True):
        change = json.loads(data)
        audiences = audiences.union(change["gained"]).difference(change["lost"])
    return audiences


def _words(audiences: frozenset[str]) -> str:
    return " ".join(sorted(audiences))
