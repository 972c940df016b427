"""What a user prefers, asked once in a request, and on each page of theirs."""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from tickets.own.models import Preferences
from tickets.own.zones import OwnZone


def preferences_of(user: Any) -> Preferences:
    """The user's preferences, or the defaults: a stranger has them too."""
    kept = Preferences.objects.filter(pk=user.pk).first() if user.is_authenticated else None
    return kept or Preferences(user_id=user.pk)


def prefer(user: Any, **chosen: str) -> None:
    """Keep what the user has chosen. Who changes nothing gets no row."""
    before = preferences_of(user)
    changed = {name: value for name, value in chosen.items() if value != getattr(before, name)}
    if changed:
        Preferences.objects.update_or_create(user_id=user.pk, defaults=changed)


def OwnMiddleware(  # noqa: N802  named as middlewares are
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Tells all times of an answer in the time zone of who asked for it. Preferences are read from
    the database in each request, for they may have been changed in another browser, but only when
    somebody looks at them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        own = SimpleLazyObject(lambda: preferences_of(request.user))
        request.own = own  # type: ignore[attr-defined]
        with timezone.override(OwnZone(own)):
            return get_response(request)

    return middleware


def kept(request: HttpRequest) -> Preferences:
    """The preferences of whoever asks. A request that was refused before anybody was signed in has
    the defaults."""
    return cast(Preferences, getattr(request, "own", None) or Preferences())


def own(request: HttpRequest) -> dict[str, Preferences]:
    """The same, for templates."""
    return {"own": kept(request)}
