"""The counters beside the board. Each says how many tickets are in the list its link leads to.

The database always counts them. A page does not add or subtract by events, for the data that it
loaded may hold the change of an event already. For the dashboards that are open, the tickets are
counted at most once per second in each process, however many dashboards there are.

Time changes some of the numbers too: a ticket becomes overdue, and a day ends. No event tells of
that, so the numbers say until when they hold.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, starmap
from threading import Lock
from typing import Any, NamedTuple

from django.db.models import Case, Count, DateTimeField, Func, IntegerField, Min, Value, When
from django.utils import timezone

import live
from tickets.board import OPEN, Filters
from tickets.lists.due import DAYS_OF_A_WEEK, Day
from tickets.lists.navigation import Link
from tickets.models import Queue, Status, Ticket
from tickets.visibility import audience_of, audiences_within, visible_tickets

FRESH = 1.0  # seconds for which one tally serves all open dashboards
ALIKE = ("queue_id", "assignee_id", "status", "priority", "awaits_answer")
A_DAY = timedelta(days=1)
LONG_AGO, MUCH_LATER, UNDATED = -1, -2, -3  # in place of a quarter


class Place(NamedTuple):
    """The two fields that decide who sees a ticket."""

    queue_id: int
    assignee_id: int | None


class Group(NamedTuple):
    """How many tickets are alike. Rights, filters and counters look at no other fields."""

    queue_id: int
    assignee_id: int | None
    status: str
    priority: str
    awaits_answer: bool
    kind: int | None  # what _alike_in_due() says
    due_at: datetime | None  # of the first of them
    number: int

    @property
    def place(self) -> Place:
        return Place(self.queue_id, self.assignee_id)


class Quarter(Func):
    """The number of the quarter of an hour since 1970, doubled: _alike_in_due() adds one to it.

    In every time zone a day begins with a quarter. So tickets that are due in the same one are due
    on the same day for everybody.
    """

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        context["template"] = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / 900 * 2"
        return self.as_sql(compiler, connection, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        context["template"] = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 900)::int * 2"
        return self.as_sql(compiler, connection, **context)


def _alike_in_due(now: datetime) -> Case:
    """Tickets with the same number are due on the same day, and either all overdue or none: in the
    quarter that is now, what is not overdue has the odd number."""
    beyond = now + (DAYS_OF_A_WEEK + 2) * A_DAY  # whichever zone the week is of
    passed = Case(When(due_at__lt=now, then=Value(0)), default=Value(1))
    return Case(
        When(due_at=None, then=Value(None)),
        When(due_at__lt=now - 2 * A_DAY, then=Value(LONG_AGO)),
        When(due_at__gte=beyond, then=Value(MUCH_LATER)),
        default=Quarter("due_at") + passed,
        output_field=IntegerField(),
    )


def _counted(now: datetime, tickets: Any, *beside: str) -> Any:
    """The tickets, whichever way they are due; then what of them is open, by its due date too."""
    tickets = tickets.order_by().values(*ALIKE, *beside)
    nothing = Value(None, output_field=DateTimeField())
    plain = tickets.annotate(kind=Value(UNDATED), first=nothing, number=Count("pk"))
    dated = tickets.filter(status__in=OPEN).annotate(
        kind=_alike_in_due(now), first=Min("due_at"), number=Count("pk")
    )
    columns = (*ALIKE, "kind", "first", "number", *beside)  # as a group has them
    return plain.values_list(*columns).union(dated.values_list(*columns), all=True)


@dataclass(frozen=True, slots=True)
class Tally:
    """All tickets, counted in one query. It is at least as new as the position `head`."""

    head: int
    read_at: float
    now: datetime
    groups: Mapping[str | int, list[Group]]  # by status, and by queue
    dated: tuple[Group, ...]  # what is open, by its due date too
    # By tag, of those that a list asked for: the groups of both kinds.
    tagged: dict[str, list[Group]] = field(default_factory=dict)
    _sums: dict[tuple[Filters, Day], Mapping[Place, int]] = field(default_factory=dict)

    @classmethod
    def read(cls, head: int | None = None) -> "Tally":
        """`head` is a position of the log that was read before, if one was."""
        head = live.head() if head is None else head
        read_at, now = time.monotonic(), timezone.now()
        groups: defaultdict[str | int, list[Group]] = defaultdict(list)
        due = []
        for group in starmap(Group, _counted(now, Ticket.objects)):
            if group.kind == UNDATED:
                groups[group.status].append(group)
                groups[group.queue_id].append(group)
            else:
                due.append(group)
        return cls(head, read_at, now, groups, tuple(due))

    def seen_by(self, audiences: Collection[str]) -> list[Place]:
        audiences = frozenset(audiences)
        places = {group.place for group in self._among(Filters())}
        return [place for place in places if not audiences.isdisjoint(audience_of(place))]

    def look_up(self, tags: Iterable[str]) -> None:
        """Count the tickets with these tags too. A process does so once for all who ask, and they
        may be newer than the rest by then, which is no older than `head` says all the same."""
        new = {*tags} - {*self.tagged, ""}
        if not new:
            return
        found: dict[str, list[Group]] = {tag: [] for tag in new}
        having = Ticket.objects.filter(tagged__tag__in=new)
        for *columns, tag in _counted(self.now, having, "tagged__tag"):
            found[tag].append(Group(*columns))
        self.tagged.update(found)

    def count(self, filters: Filters, day: Day, seen: Collection[Place]) -> int:
        """How many tickets match, of those at these places."""
        by_place = self._sums.get((filters, day))
        if by_place is None:
            by_place = self._sums[filters, day] = self._sum(filters, day)
        return sum(by_place.get(place, 0) for place in seen)

    def _sum(self, filters: Filters, day: Day) -> Mapping[Place, int]:
        sums: defaultdict[Place, int] = defaultdict(int)
        for group in self._in_kind(filters):
            if filters.match(group, day):
                sums[group.place] += group.number
        return sums

    def _in_kind(self, filters: Filters) -> Iterable[Group]:
        """Those that hold each matching ticket once: what is due is grouped by that too."""
        if filters.tag:
            is_dated = bool(filters.due)
            return (g for g in self.tagged[filters.tag] if (g.kind != UNDATED) == is_dated)
        return self.dated if filters.due else self._among(filters)

    def _among(self, filters: Filters) -> Iterable[Group]:
        """Few of the groups, with all those that match."""
        if filters.queue is not None:
            return self.groups.get(filters.queue, ())
        return chain.from_iterable(
            self.groups.get(status, ()) for status in filters.statuses or Status.values
        )

    def next_due(self, seen: Collection[Place]) -> datetime | None:
        """When the next of the tickets at these places becomes overdue."""
        places = frozenset(seen)
        return min(
            (
                group.due_at
                for group in self.dated
                if group.due_at and group.due_at >= self.now and group.place in places
            ),
            default=None,
        )


class _Latest:
    """The newest tally of this process. Whoever asks while it is read waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tally: Tally | None = None

    def get(self, not_before: float, head: int | None) -> Tally:
        with self._lock:
            if self._tally is None or self._tally.read_at < not_before:
                self._tally = Tally.read(head)
            return self._tally


_latest = _Latest()


@dataclass(frozen=True, slots=True)
class Counts:
    head: int  # a position of the log; the numbers are at least as new
    by_link: dict[str, int]  # by the link's key; what searches for words is not counted
    until: datetime  # when time alone changes a number
    total: int = 0  # of the list that the board shows


def count(
    user: Any,
    served: Collection[Queue],
    links: Iterable[Link],
    *,
    listed: Filters | None = None,
    max_age: float = 0,
    head: int | None = None,
) -> Counts:
    """How many tickets the user, who sees those of the `served` queues, sees by each link, and in
    the list with the filters `listed`. They were counted at most `max_age` seconds ago, or after
    the log was at `head`."""
    tally = _latest.get(time.monotonic() - max_age, head)
    links = [link for link in links if not link.trouble]
    tally.look_up(asked.tag for asked in [*(link.filters for link in links), listed] if asked)
    day, seen = Day.of(tally.now), tally.seen_by(audiences_within(user, served))
    by_link = {link.key: tally.count(link.filters, day, seen) for link in links}
    until = min(day.end, tally.next_due(seen) or day.end)
    if listed is None:
        return Counts(tally.head, by_link, until)
    if listed.is_search:  # a group does not know what its tickets say
        total = listed.apply(visible_tickets(user)).count()
    else:
        total = tally.count(listed, day, seen)
    return Counts(tally.head, by_link, until, total)
