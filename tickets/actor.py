"""Who is acting: the signed-in user of the request, or whoever a command says it acts as."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
_acting: ContextVar[AbstractBaseUser | None] = ContextVar("acting")


def current_actor() -> Any:
    """The acting user, or None: a command, the shell, somebody who is not signed in."""
    with suppress(LookupError):
        return _acting.get()
    request = _request.get()
    user = getattr(request, "user", None)  # asked late: a view may sign somebody in
    return user if user is not None and user.is_authenticated else None


@contextmanager
def acting_as(user: AbstractBaseUser | None) -> Iterator[None]:
    """Whatever is changed inside is changed by this user, or by nobody, whoever is signed in."""
    token = _acting.set(user)
    try:
        yield
    finally:
        _acting.reset(token)


def ActorMiddleware(  # noqa: N802  named as middlewares are
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Synchronous, and the last in the list: all middlewares then run in the one thread that the
    view needs anyway, instead of hopping to it one by one (an eighth of a request's CPU)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return get_response(request)
        finally:
            _request.reset(token)

    return middleware
