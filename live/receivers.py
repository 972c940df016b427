"""Signing out and a saved user are published as events, so that every process ends streams at
once."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest

from live.access.sessions import digest
from live.log.entries import IDENTITY, SESSION_ENDED, processes_of
from live.log.writing import publish
from live.observed.family import listens
from live.observed.wrapping import watch_doubles

# Users that `loaddata` or a migration writes may be other people, with other rights and names.
watch_doubles(get_user_model())


@receiver(user_logged_out, dispatch_uid="live.session_ended")
def session_ended(request: HttpRequest, user: AbstractBaseUser | None, **kwargs: Any) -> None:
    """Each process ends the streams that this session of the user has open there."""
    key = request.session.session_key
    if user is not None and key:
        told = {"user": user.pk, "session": digest(key)}
        publish(SESSION_ENDED, told, [processes_of(user.pk)])


@listens(post_save, post_delete, to=get_user_model())
def identity_changed(sender: type, instance: Any, **kwargs: Any) -> None:
    """A saved user may have a new password or be inactive: each process looks again at the sessions
    of that user's streams, and ends those that no longer hold."""
    updated = kwargs.get("update_fields")
    matters = updated is None or {"password", "is_active"} & set(updated)
    if matters and not kwargs.get("created") and not kwargs.get("raw"):
        publish(IDENTITY, {"user": instance.pk}, [processes_of(instance.pk)])
