"""Who holds a session, and whether they still do."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth import HASH_SESSION_KEY as HASH
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import ValidationError
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from live import rights
from live.audience import audiences_of
from live.entries import IDENTITY, SESSION_ENDED
from live.log import processes_of, publish
from live.slices import slices


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in user, as of one moment."""

    user_id: int
    session_key: str
    auth_hash: str  # changes with the password
    audiences: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one look at the database: the sessions that still hold, and what their users may see."""

    sessions: frozenset[tuple[str, str]]  # (key, auth hash)
    audiences: dict[int, frozenset[str]]


def identify(keys: Collection[str]) -> dict[str, Identity]:
    """Whose sessions they are, in a few queries however many.

    Not in it: what is no session, has ended, or is of nobody who is active. Nothing is written to
    a session, unlike Django's get_user, which ends one with another password's hash.
    """
    sessions = _sessions(keys)
    claimed = {key: _signed_in_as(data) for key, data in sessions.items()}
    user_ids = {key: user_id for key, user_id in claimed.items() if user_id is not None}
    hashes = _auth_hashes(set(user_ids.values()))
    holds = [key for key, one in user_ids.items() if sessions[key].get(HASH) in hashes.get(one, ())]
    audiences = audiences_of({user_ids[key] for key in holds})
    rights.announce(audiences)
    return {
        key: Identity(user_ids[key], key, sessions[key][HASH], audiences[user_ids[key]])
        for key in holds
    }


def revalidate(held: Collection[tuple[int, str, str]]) -> Verdict:
    """Look again at sessions, each (user id, session key, auth hash), in a few queries."""
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
    """The id that the session claims; None if it is nobody's, or no id at all."""
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        return get_user_model()._meta.pk.clean(data.get(SESSION_KEY), None)
    except ValidationError:
        return None


def _auth_hashes(user_ids: Collection[int]) -> dict[int, set[str]]:
    """The hashes that a session of each active user may hold: by SECRET_KEY and its fallbacks."""
    users = get_user_model()._default_manager.filter(is_active=True)
    return {
        user.pk: {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}
        for some in slices(user_ids)
        for user in users.filter(pk__in=some)
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
    for some in slices(keys):
        yield from sessions.filter(session_key__in=some).values_list(*columns)


@receiver(user_logged_out, dispatch_uid="live.session_ended")
def session_ended(request: HttpRequest, user: AbstractBaseUser | None, **kwargs: Any) -> None:
    """Signing out travels the log, so that every process ends the session's streams at once."""
    key = request.session.session_key
    if user is not None and key:
        publish(SESSION_ENDED, {"session": digest(key)}, [processes_of(user.pk)])


@receiver(
    [post_save, post_delete], sender=settings.AUTH_USER_MODEL, dispatch_uid="live.identity_changed"
)
def identity_changed(sender: type, instance: Any, **kwargs: Any) -> None:
    """A saved user may have a new password, or be inactive: let the processes look again."""
    updated = kwargs.get("update_fields")
    matters = updated is None or {"password", "is_active"} & set(updated)
    if matters and not kwargs.get("created"):
        publish(IDENTITY, {"user": instance.pk}, [processes_of(instance.pk)])
