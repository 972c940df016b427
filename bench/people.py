"""This makes agents with sessions and two queues for them, in our project and in the recipe alike.

Sessions are written straight into the database, for a thousand log-ins are not to be measured.
"""

from typing import Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import transaction

from bench.worker import serve
from tests.harness.sessions import signed_in_session


def make(agents: int, near: int) -> dict[str, Any]:
    """All agents serve the queue `wide`, the first of them the queue `near` too."""
    call_command("migrate", verbosity=0)
    # The recipe's models have no migrations, and PostgreSQL asks for the users that they point to.
    call_command("migrate", run_syncdb=True, verbosity=0)
    with transaction.atomic():
        users = get_user_model()._default_manager
        users.bulk_create(users.model(username=f"agent{n}", password="!") for n in range(agents))
        people = list(users.order_by("pk"))
        sessions = [signed_in_session(user) for user in people]
        SessionStore.get_model_class().objects.bulk_create(sessions)
        return {
            "wide": _queue("Everything", people),
            "near": _queue("Printers", people[:near]),
            "sessions": [session.session_key for session in sessions],
        }


def _queue(name: str, agents: list[Any]) -> int:
    queue = apps.get_model("tickets", "Queue")._default_manager.create(name=name)
    queue.agents.add(*agents)
    return int(queue.pk)


if __name__ == "__main__":
    django.setup()
    serve(make=make)
