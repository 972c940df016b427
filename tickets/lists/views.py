"""The board, and what its script asks for while it is open: its rows and its counters.

Each reads the head of the log before its data, which is then at least as new.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

import live
from tickets.board import OPEN, BadFilter, Filters, page_number, page_of, sort_of
from tickets.counters import FRESH
from tickets.forms import FilterForm
from tickets.lists.heading import heading
from tickets.lists.listing import listing
from tickets.lists.sidebar import Sidebar
from tickets.lists.sorting import ordered
from tickets.models import Ticket
from tickets.pages import page
from tickets.refusals import SIGNED_OUT, refuse
from tickets.visibility import visible_tickets


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: which list, in which order, and which page of it."""

    filters: Filters
    sort: str
    number: int

    @classmethod
    def by(cls, request: HttpRequest) -> "Asked":
        filters = Filters.parse(request.GET, request.user, unless_named=OPEN)
        return cls(filters, sort_of(request.GET), page_number(request.GET))

    def page(self, user: Any, total: int | None = None) -> Page[Ticket]:
        tickets = ordered(self.filters.apply(visible_tickets(user)), self.sort)
        return page_of(tickets, self.number, total)


@require_safe
@never_cache
@login_required
def board(request: HttpRequest) -> HttpResponse:
    head = live.head()
    try:
        asked = Asked.by(request)
    except BadFilter as error:
        return render(request, "400.html", {"sentence": error}, status=HTTPStatus.BAD_REQUEST)
    side = Sidebar.of(request.user, listed=asked.filters, head=head)
    listed = asked.page(request.user, side.counts.total)
    form = FilterForm(side.queues, initial=request.GET.dict())
    context = {
        "filters": asked.filters,
        "page": listed,
        "listing": listing(listed, head, request.user),
        "blank": Ticket(),  # for the row that scripts copy
        **heading(request.GET, side.links, form),
    }
    return page(request, "tickets/board.html", head, context, side=side)


@require_safe
@never_cache
def rows(request: HttpRequest) -> JsonResponse:
    """The rows, for an open board that asks by its own URL's parameters."""
    if not request.user.is_authenticated:
        return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
    head = live.head()
    try:
        listed = Asked.by(request).page(request.user)
    except BadFilter as error:
        return refuse(HTTPStatus.BAD_REQUEST, str(error))
    return JsonResponse(listing(listed, head, request.user))


@require_safe
@never_cache
def counters(request: HttpRequest) -> JsonResponse:
    """The numbers beside the board, for an open board that asks by its own URL's filters."""
    if not request.user.is_authenticated:
        return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
    try:
        filters = Filters.parse(request.GET, request.user, unless_named=OPEN)
    except BadFilter as error:
        return refuse(HTTPStatus.BAD_REQUEST, str(error))
    counts = Sidebar.of(request.user, listed=filters, max_age=FRESH).counts
    return JsonResponse(
        {
            "head": counts.head,
            "total": counts.total,
            "links": counts.by_link,
            "until": counts.until,
        }
    )
