"""One page of a list as scripts take it: the API's answer, and what the board keeps of its rows."""

from typing import Any

from django.core.paginator import Page

from tickets.lists.unread import mark_unread
from tickets.models import Ticket
from tickets.public import public_ticket


def listing(page: Page[Ticket], head: int, reader: Any) -> dict[str, Any]:
    """The tickets are at least as new as the position `head` of the log. Which of them are unread
    is the reader's own."""
    tickets: list[Any] = list(page)
    mark_unread(reader, tickets)
    return {
        "results": [{**public_ticket(ticket), "unread": ticket.unread} for ticket in tickets],
        "count": page.paginator.count,
        "page": page.number,
        "pages": page.paginator.num_pages,
        "head": head,
    }
