"""What a page has the server keep for its user: how far they have read, and the views they save."""

import json
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tickets.bookkeeping import SavedView
from tickets.lists.saved import SavedViewForm
from tickets.lists.unread import see
from tickets.notices.reading import read
from tickets.refusals import SIGNED_OUT, refuse
from tickets.scripted import SOMEONE_ELSE, is_sent_for_another, sent_by_script
from tickets.search import LARGEST_ID
from tickets.visibility import NO_SUCH_TICKET, visible_tickets

BAD_SEEN = (
    'Send {"comment": the id of the newest comment seen, 0 for none}: it has to be a comment of'
    " this ticket."
)


@require_POST
@never_cache
def seen(request: HttpRequest, ticket_id: int) -> HttpResponseBase:
    """The page's script says how far its reader has read."""
    if not request.user.is_authenticated:
        return refuse(HTTPStatus.UNAUTHORIZED, SIGNED_OUT)
    if is_sent_for_another(request):  # what they have not read would count as read
        return refuse(HTTPStatus.FORBIDDEN, SOMEONE_ELSE)
    ticket = visible_tickets(request.user).filter(pk=ticket_id).first()
    if ticket is None:
        return refuse(HTTPStatus.NOT_FOUND, NO_SUCH_TICKET)
    comment = _comment_in(request.body)
    if comment is None or (comment and not ticket.comments.filter(pk=comment).exists()):
        return refuse(HTTPStatus.BAD_REQUEST, BAD_SEEN)
    see(request.user, ticket, comment)
    read(request.user, Q(ticket=ticket.pk))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@sent_by_script
@require_POST
@never_cache
@login_required
def save_view(request: HttpRequest) -> HttpResponseBase:
    with transaction.atomic():
        owner = _hold(request.user)
        form = SavedViewForm(owner, request.POST)
        if form.is_valid():
            form.instance.owner = owner
            view = form.save()
            messages.success(request, f"The view “{view.name}” is saved.")
            return _to_board(view.query)
    messages.error(request, f"The view is not saved. {form.sentence()}")
    return _to_board(request.POST.get("query", ""))


@sent_by_script
@require_POST
@never_cache
@login_required
def remove_view(request: HttpRequest, view_id: int) -> HttpResponseBase:
    """By its owner, or by an administrator if it is shared."""
    removable = Q(owner=request.user.pk)
    if request.user.is_superuser:
        removable |= Q(shared=True)
    view = SavedView.objects.filter(removable, pk=view_id).first()
    if view is None:
        raise Http404("There is no such view of yours.")
    view.delete()
    messages.success(request, f"The view “{view.name}” is removed.")
    return _to_board(view.query)


def _comment_in(body: bytes) -> int | None:
    try:
        comment = json.loads(body)["comment"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_id = isinstance(comment, int) and not isinstance(comment, bool)
    return comment if is_id and 0 <= comment <= LARGEST_ID else None


def _hold(user: Any) -> Any:
    """Locked, so that two saves at once are counted one after the other."""
    users = get_user_model()._default_manager.select_for_update(no_key=True)
    return users.get(pk=user.pk)


def _to_board(query: str) -> HttpResponse:
    """To the list that is shown, as it was asked for."""
    query = QueryDict(query.removeprefix("?")).urlencode()
    return redirect(f"{reverse('board')}?{query}" if query else "board")
