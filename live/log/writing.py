"""Writing the log, in any process: an event is appended in the transaction of its change.

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

from live.log.bell import running_bells
from live.log.entries import ACCESS, EVERYBODY, RENAMED, UNTOLD, processes_of
from live.log.numbering import number
from live.models import Event

Data = dict[str, Any]


# In SQL, as numbering is: by the ORM it was a third of what live adds to a save.
APPEND = """
INSERT INTO live_event (name, data, audience, "before", entered, "left", passing)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def publish(
    name: str,
    data: Data,
    audience: Collection[str],
    *,
    before: Collection[str] | None = None,
    entered: tuple[str, Data] | None = None,
    left: tuple[str, Data] | None = None,
    passing: str | None = None,
) -> None:
    """Write one event into the log, to be delivered once the transaction has committed.

    `audience` names who sees the change: `queue:3`, `user:7` … as the function in `LIVE_AUDIENCES`
    names them. A change may also take a thing out of the sight of some users and bring it into the
    sight of others, as when a ticket moves to another queue. Then `before` is the former audience:

    * a user in both audiences gets (`name`, `data`);
    * a user only in the new one gets `entered`, a pair of name and data;
    * a user only in the former one gets `left`, such a pair too.

    `passing` is for what is soon over, such as who has a ticket open: it names the matter,
    `presence:17`, in at most 64 characters. Who is connected gets every such event. Of a backlog
    only the newest one of the matter is told, and none that is older than a minute. The data says
    under `passing` which matter it is, so that browsers keep to that too.
    """
    if passing is not None:
        data = {**data, "passing": passing}
    moved = before is not None and set(before) != set(audience)
    row = (
        name,
        _json(data),
        _words(audience),
        _words(before) if moved and before is not None else None,
        _pair(entered) if moved and entered else None,
        _pair(left) if moved and left else None,
        passing,
    )
    with connection.cursor() as cursor:
        cursor.execute(APPEND, row)
    # robust: a bell that cannot ring must not fail a change that is already committed.
    transaction.on_commit(_wake_relays, robust=True)


def _wake_relays() -> None:
    """Ring the bell, once the event is committed. On SQLite a process without a relay gives it its
    position first.

    SQLite's write lock is not fair: while another process writes without a pause, a relay waits
    for the lock in vain, and events were up to 21 s late. The writer gets the lock again at once,
    so it does the numbering, and they are 0.6 s late at most.
    """
    if connection.vendor == "sqlite" and not running_bells:
        number()
    running_bells.ring()


def access_changed(
    user_id: int, *, gained: Collection[str] = (), lost: Collection[str] = ()
) -> None:
    """From this place in the log on, the user is in the `gained` audiences, not in the `lost`."""
    if gained or lost:
        data = {"user": user_id, "gained": sorted(gained), "lost": sorted(lost)}
        publish(ACCESS, data, [processes_of(user_id)])


def reload(audience: Collection[str]) -> None:
    """Have the open pages of these users load their data afresh: what they show has changed in a
    way that no other event tells, such as the name of a queue."""
    _reset(RENAMED, audience)


def reload_everybody() -> None:
    """Have every open page load its data afresh, and every process look at its readers' rights.

    For writes that cannot be told one by one. Where a migration runs before the log has its table
    nobody is told.
    """
    if _log_has_its_table():
        _reset(UNTOLD, [EVERYBODY])


@dataclass(frozen=True)
class _ResetWritten:
    """Waits for the commit, beside an event `reset` that this transaction has written. A savepoint
    that is rolled back takes it along with the event."""

    reason: str
    audience: str

    def __call__(self) -> None:
        """Nothing is left to do at the commit."""


def _reset(reason: str, audience: Collection[str]) -> None:
    """One event is enough for a transaction, however often this is called in it."""
    written = _ResetWritten(reason, _words(audience))
    if not _waits_for_commit(written):
        publish("reset", {"reason": reason}, audience)
        transaction.on_commit(written)


def _waits_for_commit(written: _ResetWritten) -> bool:
    around = {None, *connection.savepoint_ids}  # a savepoint that is over counts no more
    return any(
        waiting[1] == written and around.issuperset(waiting[0])
        for waiting in connection.run_on_commit
    )


def _log_has_its_table() -> bool:
    return Event._meta.db_table in connection.introspection.table_names()


def _json(data: Data) -> str:
    return json.dumps(data, cls=DjangoJSONEncoder, separators=(",", ":"), ensure_ascii=False)


def _pair(special: tuple[str, Data]) -> str:
    name, data = special
    return json.dumps([name, _json(data)])


def _words(audience: Iterable[str]) -> str:
    return " ".join(sorted(set(audience)))
