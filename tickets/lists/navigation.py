"""The entries of the side navigation: each leads to a list, by the filters in its address."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from tickets.board import ANY, OPEN, US, BadFilter, Filters
from tickets.bookkeeping import SavedView
from tickets.lists.due import OVERDUE, TODAY
from tickets.lists.saved import gone_queues, views_for
from tickets.models import Queue, Status
from tickets.names import name_of
from tickets.visibility import may_create

VIEWS = (
    ("mine", "Assigned to me", "assignee=me"),
    ("waiting", "Waiting for us", f"waiting={US}"),
    ("overdue", "Overdue", f"due={OVERDUE}"),
    ("today", "Due today", f"due={TODAY}"),
    ("open", "All open", ""),
    ("unassigned", "Unassigned", "assignee=none"),
    ("all", "All tickets", f"status={ANY}"),
)


@dataclass(frozen=True, slots=True)
class Link:
    key: str
    label: str
    query: str  # of the board's URL
    filters: Filters
    saved: SavedView | None = None
    trouble: str = ""  # why it has no number

    @property
    def note(self) -> str:
        """The whole name, whose view it is, and what is the matter with it."""
        view = self.saved
        whose = f"Shared by {name_of(view.owner)}." if view and view.shared else ""
        return " ".join(filter(None, [self.label, whose, self.trouble]))


def navigation(user: Any, queues: Collection[Queue]) -> dict[str, list[Link]]:
    """The entries by heading, with one for each of the queues, whose tickets the user sees."""

    def link(key: str, label: str, query: str) -> Link:
        return Link(key, label, query, _filters(query, user))

    return {
        "Views": [link(*view) for view in VIEWS],
        "Saved": _saved(user, queues),
        "Status": [
            link(f"status-{status}", status.title(), f"status={status}") for status in Status.values
        ],
        "Queues": [link(f"queue-{queue.pk}", queue.name, f"queue={queue.pk}") for queue in queues],
    }


def _filters(query: str, user: Any) -> Filters:
    return Filters.parse(QueryDict(query), user, unless_named=OPEN)


def _saved(user: Any, queues: Collection[Queue]) -> list[Link]:
    """Each is read again, for what it names may be gone, or mean nothing to this release."""
    found: list[tuple[SavedView, Filters | None]] = []
    for view in views_for(user, is_agent=may_create(user, queues)):
        try:
            found.append((view, _filters(view.query, user)))
        except BadFilter:
            found.append((view, None))
    lost = gone_queues([filters for _, filters in found if filters], {queue.pk for queue in queues})
    return [
        Link(
            f"saved-{view.pk}", view.name, view.query, filters or Filters(), view,
            _trouble(filters, lost),
        )
        for view, filters in found
    ]  # fmt: skip


def _trouble(filters: Filters | None, lost: set[int]) -> str:
    """Why the view has no number."""
    if filters is None:
        return "It asks for something that there is no more."
    if filters.queue in lost:
        return "Its queue is gone."
    return "A search is not counted." if filters.is_search else ""
