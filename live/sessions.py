"""Who holds a session, and whether they still do."""

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from live import rights
from live.audience import audiences_of
from live.entries import IDENTITY, SESSION_ENDED
from live.log import processes_of, publish

AT_ONCE = 500  # values in one IN (…): SQLite and PostgreSQL both take these


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


def identify(session: SessionBase) -> Identity | None:
    """Whose session it is; None where it is nobody's, has ended, or its user is inactive."""
    if "\0" in (session.session_key or ""):  # PostgreSQL would not even look for it
        return None
    user = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    if not user.is_authenticated or session.session_key is None:
        return None
    auth_hash = session.get(HASH_SESSION_KEY, "")
    audiences = audiences_of([user.pk])[user.pk]
    rights.announce(user.pk, audiences)
    return Identity(user.pk, session.session_key, auth_hash, audiences)


def revalidate(held: Collection[tuple[int, str, str]]) -> Verdict:
    """Look again at sessions, each (user id, session key, auth hash), in a few queries."""
    hashes = _auth_hashes({user_id for user_id, _, _ in held})
    alive = _existing({key for _, key, _ in held})
    return Verdict(
        frozenset(
            (key, auth_hash)
            for user_id, key, auth_hash in held
            if key in alive and hashes.get(user_id) == auth_hash
        ),
        audiences_of(hashes.keys()),
    )


def digest(session_key: str) -> str:
    """Names a session in the log without giving it away."""
    return salted_hmac("live.sessions", session_key).hexdigest()


def _auth_hashes(user_ids: Collection[int]) -> dict[int, str]:
    users = get_user_model()._default_manager.filter(is_active=True)
    return {
        user.pk: user.get_session_auth_hash()
        for some in _slices(user_ids)
        for user in users.filter(pk__in=some)
    }


def _existing(keys: Collection[str]) -> set[str]:
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    if not hasattr(store, "get_model_class"):  # kept in a cache only: one look-up each
        return {key for key in keys if store().exists(key)}
    sessions = store.get_model_class().objects.filter(expire_date__gt=timezone.now())
    return {
        key
        for some in _slices(keys)
        for key in sessions.filter(session_key__in=some).values_list("session_key", flat=True)
    }


def _slices(values: Collection[Any]) -> list[list[Any]]:
    listed = list(values)
    return [listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE)]


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
