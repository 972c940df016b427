"""Saves from another process than the server's: a shell, a cron job."""

import time
from typing import Any

import django
from django.apps import apps

from bench.worker import serve


def save(queue: int, subject: str) -> dict[str, Any]:
    """One ticket through the ORM, in autocommit; what it cost here."""
    began = time.process_time()
    ticket = apps.get_model("tickets", "Ticket").objects.create(queue_id=queue, subject=subject)
    return {"id": ticket.pk, "cpu_seconds": time.process_time() - began}


if __name__ == "__main__":
    django.setup()
    serve(save=save)
