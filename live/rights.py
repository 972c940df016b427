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
    for some in slices(sorted(news)):  # in one order for all processes, whose rows lock each other
        _announce(some)


def _announce(user_ids: list[int]) -> None:
    # First what was announced, then what is: a change in between is announced twice, never undone.
    position = number()
    former = Rights.objects.in_bulk(user_ids)
    expected = _with_announced(former)
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


def _with_announced(former: dict[int, Rights]) -> dict[int, frozenset[str]]:
    """What each user's audiences would be by what the log has told since."""
    found = {user_id: frozenset(rights.audiences.split()) for user_id, rights in former.items()}
    user_of = {processes_of(user_id): user_id for user_id in former}
    since = min((rights.position for rights in former.values()), default=0)
    announced = Event.objects.filter(name=ACCESS, audience__in=user_of, position__gt=since)
    for row in announced.order_by("position"):
        user_id, change = user_of[row.audience], json.loads(row.data)
        if (row.position or 0) > former[user_id].position:
            found[user_id] = found[user_id].union(change["gained"]).difference(change["lost"])
    return found


def _words(audiences: frozenset[str]) -> str:
    return " ".join(sorted(audiences))
