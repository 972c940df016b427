"""What a user could see when they last came: finds changes of their rights that nobody announced.

`User.objects.update(is_superuser=...)`, SQL by hand: while the user is connected, live.guard sees
them. While the user is away nobody does, and what came before would be replayed by new rights.
"""

import json
from collections.abc import Mapping

from django.db import transaction

from live.audience import audiences_of
from live.entries import ACCESS
from live.log import access_changed, processes_of
from live.models import Event, Rights
from live.numbering import number
from live.slices import slices


def announce(audiences: Mapping[int, frozenset[str]]) -> None:
    """Publish how each user's audiences differ from what the log would have them be, if they do."""
    known = {
        user_id: words
        for some in slices(audiences)
        for user_id, words in Rights.objects.filter(pk__in=some).values_list("pk", "audiences")
    }
    news = [one for one, seen in audiences.items() if known.get(one) != _words(seen)]
    for some in slices(news):
        _announce(some)


def _announce(user_ids: list[int]) -> None:
    # First what was announced, then what is: a change in between is announced twice, never undone.
    position = number()
    former = Rights.objects.in_bulk(user_ids)
    expected = {user_id: _with_announced(rights) for user_id, rights in former.items()}
    now = audiences_of(user_ids)
    rows = [Rights(one, _words(now[one]), position) for one in user_ids]
    with transaction.atomic():
        Rights.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["user_id"],
            update_fields=["audiences", "position"],
        )  # fmt: skip
        for user_id, before in expected.items():
            after = now[user_id]
            access_changed(user_id, gained=after - before, lost=before - after)


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
