"""The pages of notices: the list, the bell of an open page, and what is to be told."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import live
from tickets.board import PAGE_SIZE, BadFilter, page_number
from tickets.notices.away import missed, moment
from tickets.notices.models import Kind
from tickets.notices.muting import want_only
from tickets.notices.reading import Bell, Shown, notices_of, read, shown
from tickets.pages import page
from tickets.refusals import SIGNED_OUT, refuse
from tickets.scripted import sent_by_script
from tickets.templatetags.wording import duration
from tickets.texts import number_in

NO_MOMENTS = "since and until have to be times, in milliseconds since 1970."


@require_safe
@never_cache
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """All that is kept, the unread first."""
    head = live.head()
    try:
        number = page_number(request.GET)
    except BadFilter as error:
        return render(request, "400.html", {"sentence": error}, status=HTTPStatus.BAD_REQUEST)
    listed = Paginator(notices_of(request.user), PAGE_SIZE).get_page(number)
    context = {"listed": listed, "notices": shown(listed)}
    return page(request, "notices/list.html", head, context)


@require_safe
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """What stands in the bell now, for an open page."""
    if not request.user.is_authenticated:
        return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
    return render(request, "notices/_bell.html", {"head": live.head()})


@require_safe
@never_cache
def unread(request: HttpRequest) -> HttpResponse:
    """The unread ones in JSON, the newest first, at most a hundred."""
    if not request.user.is_authenticated:
        return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
    head = live.head()
    found = Bell(request.user).unread
    return JsonResponse({"head": head, "notices": [_told(notice) for notice in found]})


@require_safe
@never_cache
def away(request: HttpRequest) -> HttpResponse:
    """What the reader has missed between two moments, in a line for an open page."""
    if not request.user.is_authenticated:
        return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
    since, until = (moment(request.GET.get(name, "")) for name in ("since", "until"))
    if since is None or until is None:
        return refuse(HTTPStatus.BAD_REQUEST, NO_MOMENTS)
    lasted = duration((until - since).total_seconds()) or "for a moment"
    context = {"lasted": lasted, "missed": missed(request.user, since)}
    return render(request, "notices/away.html", context)


def _told(notice: Shown) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "words": f"{notice}",
        "ticket": {"id": notice.ticket_id, "subject": notice.subject},
        "by": notice.by or None,
        "due_at": notice.due_at,
        "at": notice.at,
        "url": notice.url,
    }


@sent_by_script
@require_POST
def mark_read(request: HttpRequest) -> HttpResponseBase:
    """One notice, those of a ticket, or all of them."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("notices"))
    try:
        which = _named(request, "notice", "pk") & _named(request, "ticket", "ticket")
    except BadFilter as error:
        return refuse(HTTPStatus.BAD_REQUEST, f"{error}")
    read(request.user, which)
    return redirect("notices")


def _named(request: HttpRequest, name: str, column: str) -> Q:
    value = request.POST.get(name, "")
    if not value:
        return Q()
    number = number_in(value)
    if number is None:
        raise BadFilter(name, f"There is no such {name}: name it by its number.")
    return Q(**{column: number})


@require_POST
def preferences(request: HttpRequest) -> HttpResponseBase:
    """Which kinds the user wants. Sound and desktop are each browser's own (rings.js)."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("preferences"))
    kinds = request.POST.getlist("kinds")
    if not set(kinds) <= set(Kind.values):
        return refuse(HTTPStatus.BAD_REQUEST, f"Nothing was saved: kinds are {', '.join(Kind)}.")
    want_only(request.user, kinds)
    messages.success(request, "Your preferences are saved.")
    return redirect("preferences")
