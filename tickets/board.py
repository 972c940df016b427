"""The list of tickets: filters and search as they stand in the URL, order and paging.

Pages and API share it, under the same names. They differ in one default: the board without
`status` shows what is open, the API whatever may be seen.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.paginator import Page, Paginator
from django.db import connections
from django.db.models import Q, QuerySet
from django.http import QueryDict

from tickets.models import Priority, Status, Ticket

PAGE_SIZE = 50
OPEN = frozenset({Status.NEW.value, Status.OPEN.value, Status.PENDING.value})
ANY = "all"  # as a status: whatever it is
NOBODY = 0  # as an assignee; no user has this id
LONGEST_SEARCH = 200
LARGEST_ID = 2**63 - 1  # the databases' own limit, beyond which they fail
IDENTITY = re.compile("[1-9][0-9]{0,18}")
SEARCHED = ("subject", "requester_name", "requester_email", "description")


class BadFilter(ValueError):
    """A parameter of the URL that means nothing."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name}={value[:60]!r} is not allowed: it must be {allowed}.")
        self.name = name


class Filterable(Protocol):
    """What a filter looks at: a ticket, or a group of tickets alike."""

    @property
    def queue_id(self) -> int: ...
    @property
    def assignee_id(self) -> int | None: ...
    @property
    def status(self) -> str: ...
    @property
    def priority(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    statuses: frozenset[str] = frozenset()  # empty: any
    priority: str = ""
    queue: int | None = None
    assignee: int | None = None  # None: anybody; NOBODY: nobody
    q: str = ""

    @classmethod
    def parse(
        cls, params: QueryDict, user: Any, *, unless_named: Collection[str] = ()
    ) -> "Filters":
        """The filters of a URL; with no status in it, those of `unless_named`."""
        statuses = [word for word in params.getlist("status") if word]
        for word in statuses:
            _one_of("status", word, [ANY, *Status.values])
        return cls(
            statuses=frozenset(() if ANY in statuses else statuses or unless_named),
            priority=_one_of("priority", params.get("priority", ""), ["", *Priority.values]),
            queue=_identity("queue", params.get("queue", "")),
            assignee=_assignee(params.get("assignee", ""), user),
            q=_search(params.get("q", "")),
        )

    def apply(self, tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
        """Those that match, newest first."""
        if self.statuses:
            tickets = tickets.filter(status__in=self.statuses)
        if self.priority:
            tickets = tickets.filter(priority=self.priority)
        if self.queue is not None:
            tickets = tickets.filter(queue_id=self.queue)
        if self.assignee is not None:
            tickets = tickets.filter(assignee_id=self.assignee or None)
        for word in self.q.split():
            tickets = tickets.filter(_mentions(word, tickets.db))
        return tickets.order_by("-id")

    def match(self, one: Filterable) -> bool:
        """The same for one at hand, but for the search."""
        return (
            (not self.statuses or one.status in self.statuses)
            and self.priority in ("", one.priority)
            and self.queue in (None, one.queue_id)
            and self.assignee in (None, one.assignee_id or NOBODY)
        )


def page_of(tickets: QuerySet[Ticket], number: int) -> Page[Ticket]:
    """A page of the list; the last one if there are not as many."""
    return Paginator(tickets, PAGE_SIZE).get_page(number)


def page_number(params: QueryDict) -> int:
    value = params.get("page", "") or "1"
    number = _identity("page", value)
    if not number:
        raise BadFilter("page", value, "a whole number from 1")
    return number


def _mentions(word: str, using: str) -> Q:
    # SQLite's LIKE knows upper and lower case of ASCII only; its REGEXP is Python's.
    ascii_only = connections[using].vendor == "sqlite" and not word.isascii()
    lookup, value = ("iregex", re.escape(word)) if ascii_only else ("icontains", word)
    found = Q()
    for field in SEARCHED:
        found |= Q(**{f"{field}__{lookup}": value})
    number = word.removeprefix("#")
    if number.isascii() and number.isdigit() and int(number) <= LARGEST_ID:
        found |= Q(pk=int(number))
    return found


def _assignee(value: str, user: Any) -> int | None:
    if value == "me":
        return int(user.pk)
    if value == "none":
        return NOBODY
    return _identity("assignee", value, "me, none or the id of a user")


def _identity(name: str, value: str, allowed: str = "a whole number") -> int | None:
    if not value:
        return None
    if not (IDENTITY.fullmatch(value) and int(value) <= LARGEST_ID):
        raise BadFilter(name, value, allowed)
    return int(value)


def _search(value: str) -> str:
    text = value.strip()
    if "\0" in text or len(text) > LONGEST_SEARCH:
        raise BadFilter("q", text, f"text of at most {LONGEST_SEARCH} characters")
    return text


def _one_of(name: str, value: str, allowed: Collection[str]) -> str:
    if value not in allowed:
        raise BadFilter(name, value, ", ".join(word for word in allowed if word))
    return value
