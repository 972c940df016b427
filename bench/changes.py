"""Agents who change tickets through the ORM, in threads, as fast as they can or at a pace.

What they say was committed, and when, is what each stream is held against.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import django
from django.apps import apps

from bench.worker import serve

Committed = tuple[int, int, float]  # ticket, its version, when (monotonic)
OWN = 10  # tickets of each writer: no two writers ever meet in one


def create(queue: int, changes: int, pause: float) -> list[Committed]:
    """So many tickets by one writer, each in a transaction of its own."""
    committed = []
    for number in range(changes):
        ticket = _tickets().create(queue_id=queue, subject=f"Change {number}")
        committed.append((ticket.pk, ticket.version, time.monotonic()))
        time.sleep(pause)
    return committed


def prepare(queue: int, writers: int) -> None:
    """The tickets that change() changes."""
    _own.extend(
        [_tickets().create(queue_id=queue, subject="Changed often") for _ in range(OWN)]
        for _ in range(writers)
    )


def change(changes: int) -> dict[str, Any]:
    """So many by each writer, all at the same time; what that cost here."""
    began = time.process_time()
    with ThreadPoolExecutor(len(_own)) as threads:
        by_writer = threads.map(lambda tickets: _change(tickets, changes), _own)
        committed = list(chain.from_iterable(by_writer))
    return {"committed": committed, "cpu_seconds": time.process_time() - began}


def _change(tickets: list[Any], changes: int) -> list[Committed]:
    committed = []
    for number in range(changes):
        ticket = tickets[number % OWN]
        ticket.subject = f"Change {number}"
        ticket.save()
        committed.append((ticket.pk, ticket.version, time.monotonic()))
    return committed


def _tickets() -> Any:
    return apps.get_model("tickets", "Ticket")._default_manager


_own: list[list[Any]] = []  # of each writer


if __name__ == "__main__":
    django.setup()
    serve(create=create, prepare=prepare, change=change)
