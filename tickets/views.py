"""The pages: the board, a ticket, a new ticket.

Each reads the log's head before its data and hands it to the live client, so that nothing falls
between the page and its stream.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import live
from tickets.board import OPEN, BadFilter, Filters, page_number, page_of
from tickets.counters import FRESH, Link, count, navigation
from tickets.editing import AlreadyTaken, StaleVersion, edit, take
from tickets.forms import CommentForm, EditForm, FilterForm, NewTicketForm
from tickets.models import Ticket
from tickets.timeline import changes_since, timeline
from tickets.visibility import may_create, served_queues, visible_tickets


def action(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Something done to a ticket. Who has to log in first comes back to the ticket, not to the
    address of the action, which has no page."""

    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("ticket", args=[ticket_id]))
        return view(request, ticket_id)

    return guarded


@require_safe
@never_cache
@login_required
def board(request: HttpRequest) -> HttpResponse:
    head = live.head()
    try:
        filters = Filters.parse(request.GET, request.user, unless_named=OPEN)
        number = page_number(request.GET)
    except BadFilter as error:
        return render(request, "400.html", {"sentence": error}, status=HTTPStatus.BAD_REQUEST)
    page = page_of(filters.apply(visible_tickets(request.user)), number)
    context = {
        "filters": filters,
        "filter_form": FilterForm(served_queues(request.user), initial=request.GET.dict()),
        "page": page,
        "has_due": any(ticket.due_at for ticket in page),
        "blank": Ticket(),  # for the row that scripts copy
    }
    return _page(request, "tickets/board.html", head, context, filters=filters)


@require_safe
@never_cache
def counters(request: HttpRequest) -> JsonResponse:
    """What the counters beside the board say now; with the filters of the board's own URL."""
    if not request.user.is_authenticated:
        return _sentence("You are signed out: log in again.", HTTPStatus.UNAUTHORIZED)
    try:
        filters = Filters.parse(request.GET, request.user, unless_named=OPEN)
    except BadFilter as error:
        return _sentence(str(error), HTTPStatus.BAD_REQUEST)
    links = _links(navigation(request.user))
    counts = count(request.user, links, listed=filters, max_age=FRESH)
    return JsonResponse({"head": counts.head, "total": counts.total, "links": counts.by_link})


@require_safe
@never_cache
@login_required
def ticket(request: HttpRequest, ticket_id: int) -> HttpResponse:
    head = live.head()
    return _ticket_page(request, _visible(request, ticket_id), head)


@never_cache
@login_required
def new_ticket(request: HttpRequest) -> HttpResponseBase:
    if not may_create(request.user):
        raise PermissionDenied("Only agents who serve a queue open tickets.")
    head = live.head()
    form = NewTicketForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _after(request, form.save(), "Ticket #{pk} is open.")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return _page(request, "tickets/new.html", head, {"form": form}, status=status)


@action
def edit_ticket(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    head = live.head()
    ticket = _visible(request, ticket_id)
    form = EditForm(ticket, request.POST)
    if not form.is_valid():
        return _ticket_page(
            request, ticket, head, edit_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    try:
        with transaction.atomic():
            _lock_visible(request, ticket_id)
            saved = edit(ticket_id, form.wanted(), version=form.cleaned_data["version"])
    except StaleVersion as stale:
        return _ticket_page(
            request,
            stale.current,
            head,
            edit_form=form.on_top_of(stale.current),
            missed=changes_since(stale.current, stale.seen),
            status=HTTPStatus.CONFLICT,
        )
    return _after(request, saved, "Saved.")


@action
def take_ticket(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    head = live.head()
    try:
        with transaction.atomic():
            _lock_visible(request, ticket_id)
            taken = take(ticket_id, request.user)
    except AlreadyTaken as late:
        return _ticket_page(
            request, late.current, head, refusal=str(late), status=HTTPStatus.CONFLICT
        )
    return _after(request, taken, "Ticket #{pk} is yours.")


@action
def add_comment(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    head = live.head()
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _ticket_page(
            request,
            _visible(request, ticket_id),
            head,
            comment_form=form,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    comment = form.save(commit=False)
    with transaction.atomic():
        comment.ticket = _lock_visible(request, ticket_id)
        comment.author_id = request.user.pk
        comment.save()
    return redirect(f"{_url_of(comment.ticket)}#comment-{comment.pk}")


def _visible(request: HttpRequest, ticket_id: int) -> Ticket:
    return get_object_or_404(visible_tickets(request.user), pk=ticket_id)


def _lock_visible(request: HttpRequest, ticket_id: int) -> Ticket:
    """Looked at again under its lock, for it may just be moving out of this user's sight."""
    Ticket.locked([_visible(request, ticket_id).pk], DEFAULT_DB_ALIAS)
    return _visible(request, ticket_id)


def _after(request: HttpRequest, ticket: Ticket, message: str) -> HttpResponseBase:
    """To the ticket, or, if it has left this user's sight by that, to the board."""
    if visible_tickets(request.user).filter(pk=ticket.pk).exists():
        messages.success(request, message.format(pk=ticket.pk))
        return redirect(_url_of(ticket))
    messages.success(
        request,
        f"Ticket #{ticket.pk} is saved in {ticket.queue}, which you do not serve:"
        " it is out of your sight now.",
    )
    return redirect("board")


def _ticket_page(
    request: HttpRequest,
    ticket: Ticket,
    head: int,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    **context: Any,
) -> HttpResponse:
    forms = {"edit_form": EditForm(ticket), "comment_form": CommentForm()}
    shown = {"ticket": ticket, "timeline": timeline(ticket), **forms, **context}
    return _page(request, "tickets/ticket.html", head, shown, status=status)


def _page(
    request: HttpRequest,
    template: str,
    head: int,
    context: dict[str, Any],
    *,
    filters: Filters | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """A page with the side navigation and its counters."""
    sections = navigation(request.user)
    links = _links(sections)
    numbers = count(request.user, links).by_link
    shared = {
        "head": head,
        "sections": [
            (heading, [(link, numbers[link.key]) for link in sections[heading]])
            for heading in sections
        ],
        "current": next((link for link in links if link.filters == filters), None),
        "may_create": may_create(request.user),
    }
    return render(request, template, {**shared, **context}, status=status)


def _links(sections: dict[str, list[Link]]) -> list[Link]:
    return [link for links in sections.values() for link in links]


def _url_of(ticket: Ticket) -> str:
    return reverse("ticket", args=[ticket.pk])


def _sentence(words: str, status: HTTPStatus) -> JsonResponse:
    return JsonResponse({"error": words, "fields": {}}, status=status)
