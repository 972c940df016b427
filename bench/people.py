"""Agents with sessions, and their two queues; in ours and in the recipe alike.

Sessions are written straight into the database: a thousand log-ins are not what is measured.
"""

from typing import Any

import django
from django.apps import apps
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import transaction

from bench.worker import serve


def make(agents: int, near: int) -> dict[str, Any]:
    """All agents serve the queue `wide`, the first of them the queue `near` too."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    with transaction.atomic():
        users = get_user_model()._default_manager
        users.bulk_create(users.model(username=f"agent{n}", password="!") for n in range(agents))
        people = list(users.order_by("pk"))
        sessions = [_session(user) for user in people]
        SessionStore.get_model_class().objects.bulk_create(sessions)
        return {
            "wide": _queue("Everything", people),
            "near": _queue("Printers", people[:near]),
            "sessions": [session.session_key for session in sessions],
        }


def session_of(user: Any) -> str:
    """The key of a new session in which the user is signed in."""
    session = _session(user)
    session.save()
    return str(session.session_key)


def _session(user: Any) -> Any:
    signed_in = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    return SessionStore().create_model_instance(signed_in)


def _queue(name: str, agents: list[Any]) -> int:
    queue = apps.get_model("tickets", "Queue")._default_manager.create(name=name)
    queue.agents.add(*agents)
    return int(queue.pk)


if __name__ == "__main__":
    django.setup()
    serve(make=make)
