"""The list of tickets: its filters and its search, which stand in the URL, and its pages.

The board and the API read the same parameters here. They differ in one default: without `status`
the board shows the open tickets, and the API all tickets that the user may see.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from tickets import tags
from tickets.folding import MOST_WORDS, words_of
from tickets.ids import IDENTITY
from tickets.lists.due import DUE, Day
from tickets.lists.sorting import NEWEST_FIRST, SORTS
from tickets.models import Priority, Status, Ticket
from tickets.requesters import asked_by
from tickets.search import LARGEST_ID, mentioning
from tickets.tagging import tagged
from tickets.texts import shortened

PAGE_SIZE = 50
OPEN = frozenset({Status.NEW.value, Status.OPEN.value, Status.PENDING.value})
ANY = "all"  # asked for as a status: tickets of any status
NO_STATUS = frozenset({"none"})  # which no ticket has
US = "us"  # asked for as those whom a ticket waits for
NOBODY = 0  # asked for as an assignee: unassigned tickets; no user has this id
LONGEST_SEARCH = 200
LONGEST_ADDRESS = 254
LONGEST_QUOTE = 60  # characters of what is refused


class BadFilter(ValueError):
    """A parameter of the URL has a value that is not allowed. The message says what is."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


class TooManyWords(BadFilter):
    """Each word of a search costs a look at all texts."""

    def __init__(self) -> None:
        super().__init__("q", f"A search takes at most {MOST_WORDS} words.")


class Filterable(Protocol):
    """The fields that a filter compares.

    A `Ticket` has them. So has a `Group` of counters.py, which counts tickets that are alike in
    these fields: a filter that matches the group matches each of its tickets.
    """

    @property
    def queue_id(self) -> int: ...
    @property
    def assignee_id(self) -> int | None: ...
    @property
    def status(self) -> str: ...
    @property
    def priority(self) -> str: ...
    @property
    def awaits_answer(self) -> bool: ...
    @property
    def due_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which tickets a list shows. `apply()` has the database choose them; `match()` says whether
    a ticket that has been read already is among them."""

    statuses: frozenset[str] = frozenset()  # empty: any
    priority: str = ""
    queue: int | None = None
    assignee: int | None = None  # None: anybody; NOBODY: nobody
    waiting: str = ""  # US: the last word is the requester's
    due: str = ""
    tag: str = ""
    requester: str = ""  # an address
    q: str = ""

    @classmethod
    def parse(
        cls, params: QueryDict, user: Any, *, unless_named: Collection[str] = ()
    ) -> "Filters":
        """The filters of a URL. Where it names no status, those of `unless_named` count."""
        known = [*Status.values, ANY]
        named = [_one_of("status", word, known) for word in params.getlist("status") if word]
        statuses = frozenset(() if ANY in named else named or unless_named)
        waiting = _one_of("waiting", params.get("waiting", ""), [US])
        due = _one_of("due", params.get("due", ""), DUE)
        if waiting or due:  # what is resolved or closed is not due, and waits for nobody
            statuses = (statuses or OPEN) & OPEN or NO_STATUS
        return cls(
            statuses=statuses,
            priority=_one_of("priority", params.get("priority", ""), Priority.values),
            queue=_queue(params.get("queue", "")),
            assignee=_assignee(params.get("assignee", ""), user),
            waiting=waiting,
            due=due,
            tag=_tag(params.get("tag", "")),
            requester=_requester(params.get("requester", "")),
            q=_search(params.get("q", "")),
        )

    def apply(self, tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
        """The tickets that match, without their descriptions: fifty long ones would be millions of
        characters, and no list shows them."""
        if self.statuses:
            tickets = tickets.filter(status__in=self.statuses)
        if self.priority:
            tickets = tickets.filter(priority=self.priority)
        if self.queue is not None:
            tickets = tickets.filter(queue_id=self.queue)
        if self.assignee is not None:
            tickets = tickets.filter(assignee_id=self.assignee or None)
        if self.waiting:
            tickets = tickets.filter(awaits_answer=True)
        if self.due:
            tickets = tickets.filter(Day.of(timezone.now()).among(self.due))
        if self.tag:
            tickets = tagged(tickets, self.tag)
        if self.requester:
            tickets = asked_by(tickets, self.requester)
        if self.q:
            tickets = mentioning(tickets, words_of(self.q))
        return tickets.defer("description")

    @property
    def is_search(self) -> bool:
        """Whether only the database finds what matches."""
        return bool(self.q or self.requester)

    def match(self, candidate: Filterable, day: Day) -> bool:
        """Whether a ticket, or each ticket of a group, matches on that day. The tag, and what only
        the database finds, are left out: a group does not know what its tickets have and say."""
        return (
            (not self.statuses or candidate.status in self.statuses)
            and self.priority in ("", candidate.priority)
            and self.queue in (None, candidate.queue_id)
            and self.assignee in (None, candidate.assignee_id or NOBODY)
            and (not self.waiting or candidate.awaits_answer)
            and (not self.due or day.is_due(self.due, candidate.due_at))
        )


def page_of(tickets: QuerySet[Ticket], number: int, total: int | None = None) -> Page[Ticket]:
    """This page of the list, or the last page if there are fewer. `total` is how many tickets there
    are, where they have been counted already."""
    pages = Paginator(tickets, PAGE_SIZE)
    if total is not None:
        vars(pages)["count"] = total  # as Django keeps it once it has counted
    return pages.get_page(number)


def page_number(params: QueryDict) -> int:
    value = params.get("page", "") or "1"
    number = _identity("page", value, f"There is no page {_quoted(value)}: pages count from 1.")
    return number or 1


def sort_of(params: QueryDict) -> str:
    return _one_of("sort", params.get("sort", ""), SORTS) or NEWEST_FIRST


def _assignee(value: str, user: Any) -> int | None:
    if value == "me":
        return int(user.pk)
    if value == "none":
        return NOBODY
    sentence = f"{_quoted(value)} is nobody: choose me, none, or the number of a user."
    return _identity("assignee", value, sentence)


def _queue(value: str) -> int | None:
    sentence = f"{_quoted(value)} is no queue: name it by its number."
    return _identity("queue", value, sentence)


def _identity(name: str, value: str, sentence: str) -> int | None:
    if not value:
        return None
    if not (IDENTITY.fullmatch(value) and int(value) <= LARGEST_ID):
        raise BadFilter(name, sentence)
    return int(value)


def _tag(value: str) -> str:
    try:
        return tags.one(value) if value.strip() else ""
    except tags.BadTags as error:
        raise BadFilter("tag", f"{error}") from None


def _requester(value: str) -> str:
    address = value.strip()
    if "\0" in address or len(address) > LONGEST_ADDRESS:
        raise BadFilter(
            "requester",
            f"A requester is an address of at most {LONGEST_ADDRESS} characters, without NUL.",
        )
    return address


def _search(value: str) -> str:
    text = value.strip()
    if "\0" in text:
        raise BadFilter("q", "A search cannot contain the character NUL.")
    if len(text) > LONGEST_SEARCH:
        raise BadFilter("q", f"A search takes at most {LONGEST_SEARCH} characters.")
    if len(words_of(text)) > MOST_WORDS:
        raise TooManyWords
    return text


REFUSALS = {
    "status": "There is no status {}: choose {}.",
    "priority": "There is no priority {}: choose {}.",
    "waiting": "Nobody can wait for {}: choose {}.",
    "due": "Nothing is due {}: choose {}.",
    "sort": "No list is sorted by {}: choose {}.",
}


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value and value not in allowed:
        *first, last = allowed
        choice = f"{', '.join(first)} or {last}" if first else last
        raise BadFilter(name, REFUSALS[name].format(_quoted(value), choice))
    return value


def _quoted(value: str) -> str:
    """As a person quotes it, and no more of it than a sentence bears."""
    return f"“{shortened(value, LONGEST_QUOTE)}”"
