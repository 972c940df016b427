"""This saves from another process than the server's, as a shell or a cron job does."""

import time
from typing import Any

import django
from django.apps import apps

from bench.worker import serve


def save(queue: int, subject: str) -> dict[str, Any]:
    """Save a ticket through the ORM, in autocommit, and tell what that cost this process."""
    began = time.process_time()
    ticket = apps.get_model("tickets", "Ticket").objects.create(queue_id=queue, subject=subject)
    return {"id": ticket.pk, "cpu_seconds": time.process_time() - began}


if __name__ == "__main__":
    django.setup()
    serve(save=save)
