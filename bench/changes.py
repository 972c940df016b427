"""Agents open tickets through the ORM, at a pace, or many at a time as fast as they can.

They say what was committed and when, and each stream is held against that.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import django
from django.apps import apps

from bench.worker import serve

Committed = tuple[int, int, float]  # ticket, its version, when (monotonic)


def create(queue: int, changes: int, pause: float) -> list[Committed]:
    """One writer opens so many tickets, each in a transaction of its own."""
    committed = []
    for _ in range(changes):
        committed += _save(queue, 1)
        time.sleep(pause)
    return committed


def hurry(queue: int, writers: int, saves: int, together: int) -> dict[str, Any]:
    """Each writer commits so many transactions with so many tickets in each; it also tells what
    that cost this process."""
    began = time.process_time()
    with ThreadPoolExecutor(writers) as threads:
        saved = threads.map(lambda _: _save(queue, together), range(writers * saves))
        committed = list(chain.from_iterable(saved))
    return {"committed": committed, "cpu_seconds": time.process_time() - began}


def _save(queue: int, together: int) -> list[Committed]:
    tickets = apps.get_model("tickets", "Ticket")
    new = [tickets(queue_id=queue, subject="Printer on fire") for _ in range(together)]
    if together == 1:
        new[0].save()
    else:
        tickets._default_manager.bulk_create(new)
    now = time.monotonic()
    return [(ticket.pk, ticket.version, now) for ticket in new]


if __name__ == "__main__":
    django.setup()
    serve(create=create, hurry=hurry)
