"""What stands over the list: which list it is, what it is narrowed to, and its columns.

A search and filters narrow a list of the side navigation, whose name and mark then stay: who
searches in "Unassigned" is still there. What narrows it is shown as words, each of which can be
taken out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from tickets.forms import FilterForm
from tickets.lists.navigation import Link
from tickets.lists.saved import filters_in
from tickets.lists.sorting import NEWEST_FIRST


@dataclass(frozen=True, slots=True)
class Word:
    """A filter that narrows the list, and the URL's query without it."""

    text: str
    query: str


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    sort: str = ""  # as a click on its head first sorts; "" where there is no such order
    now: str = ""  # as the list is sorted

    @property
    def direction(self) -> str:
        """For `aria-sort`; "" where the list is sorted by another column."""
        if not self.sort or self.now.lstrip("-") != self.sort.lstrip("-"):
            return ""
        return "descending" if self.now.startswith("-") else "ascending"

    @property
    def next(self) -> str:
        """How a click sorts the list. The second click turns the order round."""
        if self.now != self.sort:
            return self.sort
        return self.sort.removeprefix("-") if self.sort.startswith("-") else f"-{self.sort}"


COLUMNS = (
    Column("number", "#", NEWEST_FIRST),
    Column("subject", "Subject"),
    Column("requester", "Requester"),
    Column("queue", "Queue"),
    Column("status", "Status"),
    Column("priority", "Priority", "-priority"),
    Column("assignee", "Assignee"),
    Column("due", "Due", "due"),
    Column("age", "Age", "-age"),
    Column("activity", "Last message", "-activity"),
    Column("updated", "Updated", "-updated"),
)


def heading(params: QueryDict, links: Iterable[Link], form: FilterForm) -> dict[str, Any]:
    """As the template takes it."""
    current = list_within(params, links)
    now = params.get("sort") or NEWEST_FIRST
    return {
        "current": current,
        "words": list(words(params, current, form)),
        "columns": [replace(column, now=now) for column in COLUMNS],
        "filter_form": form,
        "kept": kept(params, form),
    }


def list_within(params: QueryDict, links: Iterable[Link]) -> Link | None:
    """The list of the side navigation that the URL's list is, or is a part of. Where there are
    several it is the narrowest."""

    asked = filters_in(params)

    def holds(link: Link) -> bool:
        own = filters_in(QueryDict(link.query))
        if not own and "status" in asked:
            return False  # "All open" holds no list of resolved tickets
        return all(asked.get(name) == values for name, values in own.items())

    found = [link for link in links if holds(link)]
    return max(found, key=lambda link: len(filters_in(QueryDict(link.query))), default=None)


def words(params: QueryDict, within: Link | None, form: FilterForm) -> Iterator[Word]:
    """What narrows the list within that one."""
    own = filters_in(QueryDict(within.query)) if within else {}
    filters, sort = filters_in(params), [params["sort"]] if params.get("sort") else []
    for name, values in filters.items():
        if name in own:
            continue
        for value in values:
            rest = {**filters, name: [other for other in values if other != value], "sort": sort}
            yield Word(form.in_words(name, value), urlencode(rest, doseq=True))


def kept(params: QueryDict, form: FilterForm) -> list[tuple[str, str]]:
    """What the form has no field for, so that a search does not lose it."""
    return [
        (name, value)
        for name, values in filters_in(params).items()
        if name not in form.fields
        for value in values
    ]
