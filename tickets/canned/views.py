"""The pages of canned replies: the list, each one, and what changes them.

Named with a ticket (`?ticket=17`), each reply reads as it does on that ticket: so it can be copied
where there are no scripts.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import live
from tickets.canned.forms import NAME_TAKEN, ReplyForm
from tickets.canned.models import CannedReply
from tickets.canned.placeholders import PLACEHOLDERS
from tickets.canned.replies import beginnings, changeable_by, filling, replies_for
from tickets.forms import valid
from tickets.models import Ticket
from tickets.pages import page, visible_or_404
from tickets.queues.guards import REFUSED, do_once, refused
from tickets.search import LARGEST_ID
from tickets.texts import number_in

NO_SUCH_REPLY = "There is no such reply of yours to change."


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Who has to sign in first is led to the list, for a deed has no page."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, **named: int) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("canned"))
        return view(request, **named)

    return guarded


@require_safe
@signed_in
def replies(request: HttpRequest) -> HttpResponse:
    head = live.head()
    ticket = _ticket(request)
    listed = list(beginnings(replies_for(request.user)))
    changeable = {*changeable_by(request.user).values_list("pk", flat=True)}
    own = [reply for reply in listed if reply.owner_id == request.user.pk]
    others = [reply for reply in listed if reply.owner_id != request.user.pk]
    context = {"place": "canned", "own": own, "others": others, "changeable": changeable}
    return page(request, "canned/replies.html", head, {**context, "ticket": ticket})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest) -> HttpResponseBase:
    def form_for(user: Any, is_held: bool) -> ReplyForm:
        return ReplyForm(user, CannedReply(owner=user), request.POST or None)

    return _form_page(request, form_for, "The reply is saved.")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def reply(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """Its form for who may change it. Others, and who answers a ticket, read it."""
    shown = get_object_or_404(replies_for(request.user), pk=reply_id)
    ticket = _ticket(request)
    if ticket or not changeable_by(request.user).filter(pk=reply_id).exists():
        if request.method == "POST":
            raise Http404(NO_SUCH_REPLY)
        context = {"place": "canned", "reply": shown, "ticket": ticket}
        text = filling(ticket, request.user)(shown.text)
        return page(request, "canned/reply.html", live.head(), {**context, "text": text})

    def form_for(user: Any, is_held: bool) -> ReplyForm:
        stored = changeable_by(user)
        if is_held:
            stored = stored.select_for_update(no_key=True)
        return ReplyForm(user, get_object_or_404(stored, pk=reply_id), request.POST or None)

    return _form_page(request, form_for, "The reply is saved.", reply=shown)


@require_POST
@signed_in
def delete(request: HttpRequest, reply_id: int) -> HttpResponseBase:
    """A reply that is gone is not deleted twice, so this needs no key."""
    doomed = get_object_or_404(changeable_by(request.user), pk=reply_id)
    doomed.delete()
    messages.success(request, f"The reply “{doomed.name}” is deleted.")
    return redirect("canned")


def _form_page(
    request: HttpRequest, form_for: Callable[[Any, bool], ReplyForm], sentence: str, **context: Any
) -> HttpResponseBase:
    """`form_for` gives the form of a user; of what is stored, locked, where they are held too."""
    head, key, status = live.head(), None, HTTPStatus.OK
    form: ReplyForm | None = None

    def save() -> CannedReply:
        nonlocal form
        with transaction.atomic():
            form = form_for(_hold(request.user), True)
            return valid(form).save()

    if request.method == "POST":
        try:
            do_once(request, save, sentence)
            return redirect("canned")
        except REFUSED as error:
            form = form or form_for(request.user, False)
            key, status = refused(form, error, name=NAME_TAKEN)
    shown = {
        "form": form or form_for(request.user, False),
        "key": key,
        "placeholders": PLACEHOLDERS,
    }
    context = {"place": "canned", **shown, **context}
    return page(request, "canned/form.html", head, context, status=status)


def _hold(user: Any) -> Any:
    """Locked, so that two saves at once are counted one after the other."""
    users = get_user_model()._default_manager.select_for_update(no_key=True)
    return users.get(pk=user.pk)


def _ticket(request: HttpRequest) -> Ticket | None:
    named = request.GET.get("ticket", "")
    if not named:
        return None
    return visible_or_404(request, number_in(named) or LARGEST_ID)
