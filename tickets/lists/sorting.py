"""The orders that a list can have. Each is one order for everybody: tickets that are equal in it
stand by their numbers, so that no page shows a ticket twice."""

from typing import Any

from django.db.models import Case, F, OrderBy, QuerySet, Value, When

from tickets.models import Priority, Ticket

NEWEST_FIRST = "-id"
URGENCY = Case(
    *(When(priority=word, then=Value(level)) for level, word in enumerate(Priority.values))
)
# By the word in the URL. A ticket without a due date stands last, whichever way the others stand.
COLUMNS: dict[str, Any] = {
    "id": F("pk"),
    "updated": F("updated_at"),
    "activity": F("last_activity_at"),
    "due": F("due_at"),
    "priority": URGENCY,
    "age": F("created_at"),
}
SORTS = (*COLUMNS, *(f"-{name}" for name in COLUMNS))


def ordered(tickets: QuerySet[Ticket], sort: str = NEWEST_FIRST) -> QuerySet[Ticket]:
    """The tickets in this order; with a minus, the greatest first."""
    name = sort.removeprefix("-")
    descending = sort.startswith("-")
    # The younger a ticket, the smaller its age, and the greater the time at which it was created.
    if name == "age":
        descending = not descending
    last = {"nulls_last": True} if name == "due" else {}
    by = OrderBy(COLUMNS[name], descending=descending, **last)
    return tickets.order_by(by, "-pk" if descending else "pk")
