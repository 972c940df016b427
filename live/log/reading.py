"""Reading the log, in the server processes: from a position on, in order and without gaps.

Who asks gets the events after the position that they know. If those are not all there, PositionLost
says so, and no part of them is given.

Nobody knows how long events are, so what is read at once is bounded in bytes and not only in
number. 500 comments of 50,000 characters would be 25 MB, and each reader would take as much.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import FloatField
from django.db.models.expressions import RawSQL

from live.log.entries import ACCESS, ACCESS_CHANGED, COLUMNS, MISSED, Entry, entry_of, processes_of
from live.log.numbering import numbered_bounds
from live.models import Event, Head

AT_ONCE = 500  # events
BYTES_AT_ONCE = 1_000_000

# From the first position on, event by event towards the last: how many were looked at, and how many
# of these fit into so many bytes. It looks at no more than one that does not: to add up the lengths
# of all that may follow would be reading all of it.
PART = """
WITH RECURSIVE part(position, bytes) AS (
    SELECT position, {size} FROM live_event WHERE position = %s
    UNION ALL
    SELECT live_event.position, part.bytes + {size}
    FROM part JOIN live_event ON live_event.position = part.position + {step}
    WHERE part.position <> %s AND part.bytes <= %s
) SELECT COUNT(*), COUNT(CASE WHEN bytes <= %s THEN 1 END) FROM part
"""
COUNTED = ("data", "audience", "before", "entered", "left")

# The seconds since a passing event was written, by the database's clock; NULL if there is a newer
# event of its matter.
AGE = """
CASE WHEN passing IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM live_event AS newer
    WHERE newer.passing = live_event.passing AND newer.position > live_event.position
) THEN {} END
"""
SINCE_WRITTEN = {
    "postgresql": "EXTRACT(EPOCH FROM STATEMENT_TIMESTAMP() - created_at)",
    "sqlite": "(julianday('now') - julianday(created_at)) * 86400",
}


class PositionLost(Exception):
    """The events after this position are not all there: they were pruned, the position was never
    given, or it stems from a log that was replaced by a backup."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a reader gets at once: the log's bounds, and the entries after its own position."""

    head: int
    floor: int
    entries: list[Entry]


def head() -> int:
    """The log's newest position. Data that is read afterwards is at least as new as this."""
    return Head.objects.values_list("position", flat=True).filter(pk=1).first() or 0


def advance(after: int, limit: int) -> Stretch:
    """Give committed events their positions, then read up to `limit` of those after `after`.

    Raises PositionLost where the events after the position are not all there.
    """
    position, floor, _ = numbered_bounds()
    if not floor <= after <= position:
        raise PositionLost(f"{after} is not within {floor} and {position}")
    entries = read(after, min(limit, position - after)) if position > after else []
    return Stretch(position, floor, entries)


def newest(limit: int, most_bytes: int) -> Stretch:
    """Give committed events their positions, then read the newest up to the head: `limit` at most,
    and no more than have so many bytes together."""
    position, floor, _ = numbered_bounds()
    entries: list[Entry] = []
    try:
        oldest = max(floor, position - limit) + 1
        after = position if oldest > position else _furthest(position, oldest, most_bytes) - 1
        while after < position:  # others may number more meanwhile, which is for later
            entries += read(after, min(AT_ONCE, position - after))
            after = entries[-1].position
    except PositionLost:
        entries = []
    return Stretch(position, floor, entries)


def read(after: int, count: int, most_bytes: int = BYTES_AT_ONCE) -> list[Entry]:
    """The next `count` events after the position, of which the log has that many: no more than have
    so many bytes together, but at least one.

    Positions have no gaps. So if one is missing, the log was pruned meanwhile: PositionLost is
    raised.
    """
    last = after + 1 if count == 1 else _furthest(after + 1, after + count, most_bytes)
    rows = Event.objects.filter(position__gt=after, position__lte=last).order_by("position")
    age = RawSQL(AGE.format(SINCE_WRITTEN[connection.vendor]), (), FloatField())  # noqa: S611  of constants
    entries = [entry_of(*row) for row in rows.values_list(*COLUMNS, age)]
    if not entries or entries[-1].position != after + len(entries):
        raise PositionLost(f"not all that came after {after} is there")
    return entries


def hindrance(user_id: Any, after: int, until: int) -> str:
    """Why the events from `after` to `until` cannot be sent to this user: a reason for `reset`, or
    "" if they can.

    Old events are never judged by new rights. So if the user's own rights have changed among these
    events, none of them is sent.
    """
    if not Event.objects.filter(position=after + 1).exists():  # pruned, with all before it
        return MISSED
    changes = Event.objects.filter(
        name=ACCESS, audience=processes_of(user_id), position__gt=after, position__lte=until
    )
    return ACCESS_CHANGED if changes.exists() else ""


def _furthest(first: int, last: int, most_bytes: int) -> int:
    """How far one may read from the first position towards the last, which may lie before it, so
    that the events have no more than so many bytes together; one event always fits.

    Raises PositionLost where a position is missing on the way.
    """
    # What PostgreSQL stores compressed, or apart from its row, is measured without being read.
    length = "octet_length({})" if connection.vendor == "postgresql" else "LENGTH(CAST({} AS BLOB))"
    columns = (f"live_event.{connection.ops.quote_name(name)}" for name in COUNTED)
    size = " + ".join(f"COALESCE({length.format(column)}, 0)" for column in columns)
    step = 1 if first <= last else -1
    with connection.cursor() as cursor:
        cursor.execute(PART.format(size=size, step=step), [first, last, most_bytes, most_bytes])
        looked_at, fitting = cursor.fetchone()
    furthest: int = first + step * (max(1, fitting) - 1)
    if looked_at == 0 or (looked_at == fitting and furthest != last):
        raise PositionLost(f"{first + step * looked_at} is not there")
    return furthest
