"""Who holds a session, and whether they still do.

Sessions are looked up by many keys at once, and only read. Django's own `get_user()` asks one by
one, and ends a session that was begun with another password.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth import HASH_SESSION_KEY as HASH
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import salted_hmac

from live.access.audience import audiences_of
from live.log.slices import slices


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in user, as of one moment."""

    user_id: Any  # the user's key, of whatever type
    session_key: str
    auth_hash: str  # changes with the password
    audiences: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sessions that still held at one look at the database, and what their users might see."""

    sessions: frozenset[tuple[str, str]]  # (key, auth hash)
    audiences: dict[Any, frozenset[str]]


def identify(keys: Collection[str]) -> dict[str, Identity]:
    """Whose sessions these are, by session key, in three queries however many they are.

    A key is left out if there is no such session, if it has ended, or if its user is not active.
    """
    sessions = _sessions(keys)
    claimed = {key: _signed_in_as(data) for key, data in sessions.items()}
    user_ids = {key: user_id for key, user_id in claimed.items() if user_id is not None}
    hashes = _auth_hashes(set(user_ids.values()))
    holds = {
        key: user_id
        for key, user_id in user_ids.items()
        if sessions[key].get(HASH) in hashes.get(user_id, ())
    }
    audiences = audiences_of(set(holds.values()))
    return {
        key: Identity(user_id, key, sessions[key][HASH], audiences[user_id])
        for key, user_id in holds.items()
    }


def revalidate(held: Collection[tuple[Any, str, str]]) -> Verdict:
    """Look again at sessions, each (user's key, session key, auth hash), in a few queries."""
    hashes = _auth_hashes({user_id for user_id, _, _ in held})
    alive = _existing({key for _, key, _ in held})
    return Verdict(
        frozenset(
            (key, auth_hash)
            for user_id, key, auth_hash in held
            if key in alive and auth_hash in hashes.get(user_id, ())
        ),
        audiences_of(hashes.keys()),
    )


def digest(session_key: str) -> str:
    """Names a session in the log without giving it away."""
    return salted_hmac("live.sessions", session_key).hexdigest()


def _sessions(keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """What is kept in each session that has not ended."""
    store = _store()
    if not hasattr(store, "get_model_class"):  # kept in a cache or cookie only: one look-up each
        return {key: store(key).load() for key in keys}
    rows = _rows(store, keys, "session_key", "session_data")
    return {key: store().decode(data) for key, data in rows}


def _signed_in_as(data: dict[str, Any]) -> Any:
    """The key of the user whose session it claims to be; None if it claims none, or no key."""
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        return get_user_model()._meta.pk.clean(data.get(SESSION_KEY), None)
    except ValidationError:
        return None


def _auth_hashes(user_ids: Collection[Any]) -> dict[Any, set[str]]:
    """The hashes that a session of each active user may hold: by SECRET_KEY and its fallbacks."""
    users = get_user_model()._default_manager.filter(is_active=True)
    return {
        user.pk: {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}
        for user_keys in slices(user_ids)
        for user in users.filter(pk__in=user_keys)
    }


def _existing(keys: Collection[str]) -> set[str]:
    store = _store()
    if not hasattr(store, "get_model_class"):
        return {key for key in keys if store().exists(key)}
    return {key for (key,) in _rows(store, keys, "session_key")}


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore


def _rows(store: Any, keys: Collection[str], *columns: str) -> Iterator[tuple[Any, ...]]:
    sessions = store.get_model_class().objects.filter(expire_date__gt=timezone.now())
    for session_keys in slices(keys):
        yield from sessions.filter(session_key__in=session_keys).values_list(*columns)
