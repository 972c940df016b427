"""Who is acting: the signed-in user of the request, or the user for whom a command acts.

History and events name the actor. They ask here, so that no function has to pass the user along.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
_acting: ContextVar[AbstractBaseUser | None] = ContextVar("acting")


def current_actor() -> Any:
    """The acting user. It is None in a shell, in a command that acts for nobody, and where nobody
    is signed in."""
    with suppress(LookupError):
        return _acting.get()
    request = _request.get()
    user = getattr(request, "user", None)  # asked only now: a view may sign somebody in
    return user if user is not None and user.is_authenticated else None


@contextmanager
def acting_as(user: AbstractBaseUser | None) -> Iterator[None]:
    """All changes made inside are changes by this user, or by nobody if it is None, whoever is
    signed in."""
    token = _acting.set(user)
    try:
        yield
    finally:
        _acting.reset(token)


def ActorMiddleware(  # noqa: N802  named as middlewares are
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Remembers the request, so that `current_actor()` knows who is signed in.

    It is synchronous and the last in the list. So Django runs all middlewares in the one thread
    that the view needs anyway; to change threads for each of them took an eighth of a request's
    CPU.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return get_response(request)
        finally:
            _request.reset(token)

    return middleware
