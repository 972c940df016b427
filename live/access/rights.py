"""Finds changes of a user's rights that nobody announced while the user was away.

When users open a stream, it is worked out what they may see by the log: what they could see when
they last came, and all changes that were announced since. If the database says something else,
somebody has changed rights without the log, by `User.objects.update(is_superuser=...)` or SQL by
hand. The difference is published now, so that no older event is told by rights that were not there
yet. While a user is connected, process/guard.py finds such changes.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from live.access.audience import audiences_of
from live.log.entries import ACCESS, key_of
from live.log.numbering import number
from live.log.slices import slices
from live.log.writing import access_changed
from live.models import Event, Rights

# What was noted of a user counts only where the log has told of no change since: else to be back in
# the same audiences is a change as well. In SQL, for the ORM took 0.4 ms of each look-up to compose
# it; to run it for 100 users takes 0.05 ms (SQLite) to 0.2 ms (PostgreSQL).
NOT_TOLD_SINCE = RawSQL(
    """
    NOT EXISTS (
        SELECT 1 FROM live_event AS event
        WHERE event.name = %s AND event.audience = '@' || live_noted_rights.user_id
        AND (event.position > live_noted_rights.position OR event.position IS NULL)
    )
    """,
    (ACCESS,),
    output_field=BooleanField(),
)


def announce(audiences: Mapping[Any, frozenset[str]]) -> None:
    """Publish, for each user whose audiences are not those that follow from the log, what
    differs."""
    by_key = {key_of(user_id): user_id for user_id in audiences}
    still_true = Rights.objects.filter(NOT_TOLD_SINCE)
    known: dict[str, str] = {
        key: words
        for keys in slices(by_key)
        for key, words in still_true.filter(pk__in=keys).values_list("pk", "audiences")
    }
    changed = [
        key for key, user_id in by_key.items() if known.get(key) != _words(audiences[user_id])
    ]
    # In one order for all processes, for they lock these rows.
    for keys in slices(sorted(changed)):
        _announce([by_key[key] for key in keys])


def _announce(user_ids: list[Any]) -> None:
    # What the log has announced is read first, and what is true second. A change that is made and
    # announced in between is then announced twice, which harms nobody; the other way round it
    # would be taken back.
    position = number()
    former = Rights.objects.in_bulk([key_of(user_id) for user_id in user_ids])
    expected = _as_announced(former)
    now = audiences_of(user_ids)
    rows = [Rights(key_of(user_id), _words(now[user_id]), position) for user_id in user_ids]
    with transaction.atomic():
        Rights.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["user_id"],
            update_fields=["audiences", "position"],
        )  # fmt: skip
        for user_id in user_ids:
            before, after = expected.get(key_of(user_id)), now[user_id]
            if before is not None:  # else the user comes for the first time
                access_changed(user_id, gained=after - before, lost=before - after)


def _as_announced(former: dict[str, Rights]) -> dict[str, frozenset[str]]:
    """The audiences that each user would be in now, by what the log has told since they last came.
    By the user's key as the log has it."""
    expected = {key: frozenset(rights.audiences.split()) for key, rights in former.items()}
    by_word = {f"@{key}": key for key in former}
    since = min((rights.position for rights in former.values()), default=0)
    announced = Event.objects.filter(name=ACCESS, audience__in=by_word, position__gt=since)
    for event in announced.order_by("position"):
        key, change = by_word[event.audience], json.loads(event.data)
        if (event.position or 0) > former[key].position:
            expected[key] = expected[key].union(change["gained"]).difference(change["lost"])
    return expected


def _words(audiences: Iterable[str]) -> str:
    return " ".join(sorted(audiences))
