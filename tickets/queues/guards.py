"""Who may use the pages of queues and people, and how a deed there is done once and told."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tickets.forms import Invalid
from tickets.idempotency import Done, KeyRefused, Sent, once
from tickets.pages import way_back

ONLY_SUPERUSERS = (
    "Only superusers manage queues and people here. With staff status and the permissions for it"
    " you can do so in the admin."
)
DONE_BEFORE = "That was sent twice, and was done once."
REFUSED = (KeyRefused, IntegrityError, Invalid)

Made = TypeVar("Made", bound=Model)
View = Callable[..., HttpResponseBase]


class Refused(Exception):
    """Nothing was done; the message says why."""


def superusers_only(sentence: str, home: str) -> Callable[[View], View]:
    """Guards views with this sentence. Who has to sign in first is led to that page, for a deed has
    none."""

    def guard(view: View) -> View:
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, **named: int) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(reverse(home))
            if not request.user.is_superuser:
                raise PermissionDenied(sentence)
            return view(request, **named)

        return guarded

    return guard


for_superusers = superusers_only(ONLY_SUPERUSERS, "queues")


def do_once(request: HttpRequest, deed: Callable[[], Made], sentence: str) -> Done[Made]:
    """Do it, unless the same form was sent before, and have the next page say so."""
    done = once(Sent.by_form(request), deed)
    messages.success(request, sentence if done.made else DONE_BEFORE)
    return done


def refused(form: Any, error: Exception, **taken: str) -> tuple[str | None, HTTPStatus]:
    """Have the form say why nothing was saved. `taken` names a field, and what it says where
    somebody else was quicker. Returns the key that the form is sent with next, and the status of
    its page."""
    match error:
        case KeyRefused():
            form.add_error(None, f"{error}")
            return error.next_key, error.status
        case IntegrityError():
            for field, sentence in taken.items():
                form.add_error(field, sentence)
            return None, HTTPStatus.CONFLICT
    return None, HTTPStatus.UNPROCESSABLE_ENTITY  # Invalid: the fields say it by themselves


def answer(
    request: HttpRequest, deed: Callable[[], Model], sentence: str, *page: str | int
) -> HttpResponseBase:
    """Do what a button alone asks for. A refusal is told on the page to which it leads."""
    try:
        do_once(request, deed, sentence)
    except (Refused, KeyRefused) as refusal:
        messages.error(request, f"{refusal}")
    return redirect(way_back(request) or reverse(f"{page[0]}", args=page[1:]))
