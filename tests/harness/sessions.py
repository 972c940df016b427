"""Sessions as if somebody had logged in, written straight into the database."""

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore


def session_of(user: Any) -> str:
    """The key of a new session in which the user is signed in."""
    session = signed_in_session(user)
    session.save()
    return str(session.session_key)


def signed_in_session(user: Any) -> Any:
    """The row of such a session, not yet saved."""
    signed_in = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    return SessionStore().create_model_instance(signed_in)
