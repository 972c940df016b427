"""The log: appended to in the transaction of a change, numbered after its commit, read in order.

A database sequence is not a log: its ids are taken before the commits, so a reader that has seen
6 never sees 5. And a counter locked by the writers would make each wait for the slowest. So rows
are written unnumbered, and a short transaction of its own numbers what is committed.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone

from live.bell import bell
from live.entries import ACCESS, ACCESS_CHANGED, COLUMNS, MISSED, Entry, entry_of
from live.models import Event, Head
from live.numbering import number, numbered_bounds

Data = dict[str, Any]


# In SQL, as numbering is: by the ORM it was a third of what live adds to a save.
APPEND = """
INSERT INTO live_event (name, data, audience, "before", entered, "left", created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


class PositionLost(Exception):
    """What came after this position cannot be told: pruned, never given, or from a lost log."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a reader gets at once: the log's bounds, and the entries after its own position."""

    head: int
    floor: int
    entries: list[Entry]


def publish(
    name: str,
    data: Data,
    audience: Collection[str],
    *,
    before: Collection[str] | None = None,
    entered: tuple[str, Data] | None = None,
    left: tuple[str, Data] | None = None,
) -> None:
    """Write one event into the log, to be delivered once the transaction has committed.

    `audience` names who sees the change (`queue:3`, `user:7`, …: the words of the function
    named in `LIVE_AUDIENCES`). Where a change also moves its subject from one audience to
    another, `before` names the former one: who is in both gets (`name`, `data`), who is only in
    the new one gets `entered`, who is only in the former one gets `left`, each a pair of name
    and data.
    """
    moved = before is not None and set(before) != set(audience)
    row = (
        name,
        _json(data),
        _words(audience),
        _words(before) if moved and before is not None else None,
        _pair(entered) if moved and entered else None,
        _pair(left) if moved and left else None,
        connection.ops.adapt_datetimefield_value(timezone.now()),
    )
    with connection.cursor() as cursor:
        cursor.execute(APPEND, row)
    # robust: a bell that cannot ring must not fail a change that is already committed.
    transaction.on_commit(_announce, robust=True)


def _announce() -> None:
    """Ring; and on SQLite number first, unless a relay of this process is about to.

    SQLite's write lock is not fair: while another process writes without a pause, a relay waits
    for it in vain (events up to 21 s late, measured; 0.6 s so). The writer itself has it easy.
    """
    if connection.vendor == "sqlite" and not bell.is_attached():
        number()
    bell.ring()


def access_changed(
    user_id: int, *, gained: Collection[str] = (), lost: Collection[str] = ()
) -> None:
    """From this place in the log on, the user is in the `gained` audiences, not in the `lost`."""
    if gained or lost:
        data = {"user": user_id, "gained": sorted(gained), "lost": sorted(lost)}
        publish(ACCESS, data, [processes_of(user_id)])


def processes_of(user_id: int) -> str:
    """The audience of what concerns a user but is told to the server processes only."""
    return f"@{user_id}"


def head() -> int:
    """The log's newest position: what is read afterwards is at least as new as this."""
    return Head.objects.values_list("position", flat=True).filter(pk=1).first() or 0


def advance(after: int, limit: int) -> Stretch:
    """Number what is committed, then read up to `limit` entries after the given position.

    Raises PositionLost where the entries after the position are not all there.
    """
    position, floor, _ = numbered_bounds()
    if not floor <= after <= position:
        raise PositionLost(f"{after} is not within {floor} and {position}")
    entries = read(after, limit) if position > after else []
    return Stretch(position, floor, entries)


def newest(limit: int) -> Stretch:
    """Number what is committed, then read up to `limit` of the newest entries, to the head."""
    position, floor, _ = numbered_bounds()
    start = max(floor, position - limit)
    try:
        entries = read(start, position - start)  # others may have numbered more meanwhile
    except PositionLost:
        entries = []
    return Stretch(position, floor, entries)


def read(after: int, limit: int) -> list[Entry]:
    """The entries after the position, at least one and up to `limit`; else PositionLost.

    Numbers have no gaps: where one is missing, the log was pruned meanwhile.
    """
    rows = Event.objects.filter(position__gt=after).order_by("position").values_list(*COLUMNS)
    entries = [entry_of(*row) for row in rows[:limit]]
    if not entries or entries[-1].position != after + len(entries):
        raise PositionLost(f"not all that came after {after} is there")
    return entries


def hindrance(user_id: int, after: int, until: int) -> str:
    """Why the user cannot be told what came between, as the reason of a reset; "" if they can.

    Old events are never judged by new rights: not across a change of the user's own.
    """
    if not Event.objects.filter(position=after + 1).exists():  # pruned, and what came before it
        return MISSED
    changes = Event.objects.filter(
        name=ACCESS, audience=processes_of(user_id), position__gt=after, position__lte=until
    )
    return ACCESS_CHANGED if changes.exists() else ""


def _json(data: Data) -> str:
    return json.dumps(data, cls=DjangoJSONEncoder, separators=(",", ":"), ensure_ascii=False)


def _pair(special: tuple[str, Data]) -> str:
    name, data = special
    return json.dumps([name, _json(data)])


def _words(audience: Iterable[str]) -> str:
    return " ".join(sorted(set(audience)))
