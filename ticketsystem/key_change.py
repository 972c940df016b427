"""Nobody is signed out when SECRET_KEY is changed and the old one is among SECRET_KEY_FALLBACKS."""

from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib import auth
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth import middleware as django
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


class AuthenticationMiddleware(django.AuthenticationMiddleware):
    """As Django's, but a session that was begun under an old key goes on under its own name.

    Django would begin another session and delete this one. Requests that the same browser has sent
    meanwhile, for another tab or the counters, would then come too late: they would be answered as
    to a stranger, and take the new cookie away with them.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SECRET_KEY_FALLBACKS:
            renew = partial(_renewed, request, request.user)
            request.user = cast(User, SimpleLazyObject(renew))


def _renewed(request: HttpRequest, user: Any) -> Any:
    """The user as Django finds it, once the session holds the hash that it has by today's key."""
    held: str | None = request.session.get(HASH_SESSION_KEY)
    key = request.session.get(auth.SESSION_KEY)
    owner = User.objects.filter(pk=key).first() if key else None
    if owner and held and held in owner.get_session_auth_fallback_hash():
        request.session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
    return user
