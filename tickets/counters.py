"""The counters beside the board: each equals the list that its link leads to.

They are read, never added up from events (which would count twice what a page already held), and
for live dashboards read once per process and second, however many of them are open.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.db.models import Count
from django.http import QueryDict

import live
from tickets.board import ANY, OPEN, Filters
from tickets.models import Queue, Status, Ticket
from tickets.visibility import audience_of, audiences_of, served_queues, visible_tickets

FRESH = 1.0  # seconds for which one reading serves all live dashboards
ALIKE = ("queue_id", "assignee_id", "status", "priority")


@dataclass(frozen=True, slots=True)
class Group:
    """Tickets alike in all that rights, filters and counters look at."""

    queue_id: int
    assignee_id: int | None
    status: str
    priority: str
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """All tickets, counted in one query; at least as new as `head`."""

    head: int
    read_at: float
    groups: tuple[tuple[frozenset[str], Group], ...]  # each with those who see it

    @classmethod
    def read(cls) -> "Tally":
        head, read_at = live.head(), time.monotonic()
        rows = Ticket.objects.order_by().values_list(*ALIKE)
        groups = [Group(*row) for row in rows.annotate(count=Count("pk"))]
        return cls(head, read_at, tuple((frozenset(audience_of(one)), one) for one in groups))

    def seen_by(self, user: Any) -> list[Group]:
        audiences = audiences_of([user.pk]).get(user.pk, frozenset())
        return [group for seers, group in self.groups if not seers.isdisjoint(audiences)]


class _Latest:
    """The newest reading of this process, shared by all who were waiting when it began."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tally: Tally | None = None

    def get(self, not_before: float) -> Tally:
        with self._lock:
            if self._tally is None or self._tally.read_at < not_before:
                self._tally = Tally.read()
            return self._tally


_latest = _Latest()


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the side navigation."""

    key: str
    label: str
    query: str  # of the board's URL
    filters: Filters


@dataclass(frozen=True, slots=True)
class Counts:
    head: int  # of the log; the numbers are at least as new
    by_link: dict[str, int]
    total: int = 0  # of the list at hand


def navigation(user: Any) -> dict[str, list[Link]]:
    """The entries under their headings."""

    def link(key: str, label: str, query: str) -> Link:
        return Link(key, label, query, Filters.parse(QueryDict(query), user, unless_named=OPEN))

    queues: Iterable[Queue] = served_queues(user)
    return {
        "Mine": [link("mine", "Assigned to me", "assignee=me")],
        "Views": [
            link("open", "All open", ""),
            link("unassigned", "Unassigned", "assignee=none"),
            link("all", "All tickets", f"status={ANY}"),
        ],
        "Status": [link(f"status-{one}", one.title(), f"status={one}") for one in Status.values],
        "Queues": [link(f"queue-{one.pk}", one.name, f"queue={one.pk}") for one in queues],
    }


def count(
    user: Any, links: Iterable[Link], *, listed: Filters | None = None, max_age: float = 0
) -> Counts:
    """What the user sees by link, and in the list at hand, read at most `max_age` seconds ago."""
    tally = _latest.get(time.monotonic() - max_age)
    seen = tally.seen_by(user)
    cells = _without_details(seen, user)
    by_link = {link.key: _sum(cells, link.filters) for link in links}
    if listed is None:
        return Counts(tally.head, by_link)
    if listed.q:  # no group knows what its tickets say
        return Counts(tally.head, by_link, listed.apply(visible_tickets(user)).count())
    return Counts(tally.head, by_link, _sum(seen, listed))


def _sum(groups: Iterable[Group], filters: Filters) -> int:
    return sum(group.count for group in groups if filters.match(group))


def _without_details(groups: Iterable[Group], user: Any) -> list[Group]:
    """Fewer groups, for no link asks for a priority or for somebody else: each is matched against
    each link, for every dashboard, every second."""
    somebody_else = -1
    cells: Counter[tuple[int, int | None, str]] = Counter()
    for group in groups:
        who = group.assignee_id if group.assignee_id in (None, user.pk) else somebody_else
        cells[group.queue_id, who, group.status] += group.count
    return [Group(queue, who, status, "", n) for (queue, who, status), n in cells.items()]
