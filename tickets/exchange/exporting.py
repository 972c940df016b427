"""A list as a table: CSV that a spreadsheet opens, and that can be imported again.

Which tickets stand in it, and in which order, is decided once. Then they are read some at a time,
by threads of their own and only as fast as the reader takes them, and each time among those that
the user may see by then. So an export of any length holds no thread of requests, no transaction,
and no more than a piece of itself in memory.
"""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, tzinfo
from typing import Any

from django.contrib.auth import get_user_model
from django.db import close_old_connections
from django.db.models import QuerySet

from tickets.exchange.cells import disarmed
from tickets.models import Ticket
from tickets.texts import LONGEST_TEXT
from tickets.visibility import visible_tickets

MOST = 50_000  # tickets of an export
AT_ONCE = 100  # of them, that are read together: 5 MB, were all descriptions as long as may be
EACH, IN_ALL = 2, 20  # exports that are under way, of a user and in this process
LOOK_AGAIN = 0.2  # seconds
BOM = "\ufeff"  # without it, Excel reads UTF-8 as something else
COLUMNS = (
    "id", "subject", "description", "queue", "status", "priority", "tags", "assignee",
    "requester_name", "requester_email", "created_at", "due_at", "updated_at", "last_activity_at",
)  # fmt: skip

_threads = ThreadPoolExecutor(2, thread_name_prefix="export")
_under_way: Counter[Any] = Counter()  # by user; written by the event loop alone


def is_full(user_id: Any) -> bool:
    """Whether as many are under way as may be."""
    return _under_way[user_id] >= EACH or _under_way.total() >= IN_ALL


def chosen(tickets: QuerySet[Ticket]) -> list[int]:
    """Their numbers in the order of the list; one more than MOST, where there are more."""
    return list(tickets.values_list("pk", flat=True)[: MOST + 1])


async def table(user_id: Any, numbers: Sequence[int], zone: tzinfo) -> AsyncIterator[bytes]:
    """The pieces of the file."""
    while is_full(user_id):  # others have begun since the view has looked
        await asyncio.sleep(LOOK_AGAIN)
    _under_way[user_id] += 1
    try:
        yield (BOM + _lines([COLUMNS])).encode()
        for start in range(0, len(numbers), AT_ONCE):
            some = numbers[start : start + AT_ONCE]
            loop = asyncio.get_running_loop()
            yield await loop.run_in_executor(_threads, _piece, user_id, some, zone)
    finally:
        _under_way[user_id] -= 1
        if not _under_way[user_id]:
            del _under_way[user_id]


def _piece(user_id: Any, numbers: Sequence[int], zone: tzinfo) -> bytes:
    """Of these tickets those that the user may see now."""
    close_old_connections()
    try:
        user = get_user_model()._default_manager.get(pk=user_id)
        found = visible_tickets(user).in_bulk(numbers)
        tickets = [found[number] for number in numbers if number in found]
        return _lines(_row(ticket, zone) for ticket in tickets).encode()
    finally:
        close_old_connections()


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


def _row(ticket: Ticket, zone: tzinfo) -> list[str]:
    texts = {
        "description": ticket.description[:LONGEST_TEXT],
        "queue": ticket.queue.name,
        "assignee": ticket.assignee.get_username() if ticket.assignee else "",
        "id": f"{ticket.pk}",
    }
    return [_cell(texts.get(name, getattr(ticket, name)), zone) for name in COLUMNS]


def _cell(value: Any, zone: tzinfo) -> str:
    """A time with its zone, so that it is the same moment wherever the table is read."""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    return disarmed("" if value is None else str(value))
