"""Tickets of another system become tickets here, a batch at a time, each of them once.

Each batch is one short transaction: what it writes, the memory of what was written, and the word to
open pages to load afresh. So an import that is killed has left whole batches, and the same command
does the rest. Twenty thousand events would tell each page of each ticket, and push what everybody
else does out of the memory of the servers; one `live.reload()` for each batch tells those who see
one of its tickets.

What is imported is the past: nobody is mailed, no agent is notified, and no webhook is told.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import IntegrityError, transaction

import live
from tickets import tagging
from tickets.board import OPEN
from tickets.database_time import clock
from tickets.exchange.checking import Row
from tickets.exchange.models import ImportedTicket
from tickets.history import record_creations
from tickets.models import Ticket
from tickets.notices.models import DueTold, Kind
from tickets.search import remember
from tickets.visibility import audience_of

BATCH = 250  # rows: the locks that one takes are held for some 50 ms
# Seconds between two batches, in which others write. Whoever waits for SQLite's lock looks for it
# every tenth of a second.
LEAST_PAUSE, MOST_PAUSE = 0.02, 0.15
TRIES = 3  # of a batch that another import was quicker with


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the rows of a batch."""

    created: int
    known: int  # imported earlier


def write(source: str, rows: Iterable[Row]) -> Iterator[Done]:
    """Import the rows batch by batch. After each of them the caller may stop."""
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        began = time.monotonic()
        yield _write_batch(source, batch)
        # SQLite has one writer at a time, and its lock is not fair: half the time is the others'.
        took = time.monotonic() - began
        time.sleep(min(max(took, LEAST_PAUSE), MOST_PAUSE))


def known(source: str, rows: Sequence[Row]) -> set[str]:
    """The ids of those that were imported before."""
    ids = [row.external_id for row in rows]
    there = ImportedTicket.objects.filter(source=source, external_id__in=ids)
    return set(there.values_list("external_id", flat=True))


def _write_batch(source: str, batch: list[Row]) -> Done:
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return _write(source, batch)
        except IntegrityError:  # somebody else imports the same: then they are known now
            if not left:
                raise
    raise AssertionError("a batch is tried at least once")


def _write(source: str, batch: list[Row]) -> Done:
    there = known(source, batch)
    new = [row for row in batch if row.external_id not in there]
    if new:
        tickets = Ticket.create_without_telling([Ticket(**row.values) for row in new])
        ImportedTicket.objects.bulk_create(
            ImportedTicket(source=source, external_id=row.external_id, ticket=ticket)
            for row, ticket in zip(new, tickets, strict=True)
        )
        record_creations(tickets)
        remember(tickets)
        tagging.remember_new(tickets)
        _leave_overdue_untold(tickets)
        live.reload(set().union(*(audience_of(ticket) for ticket in tickets)))
    return Done(len(new), len(there))


def _leave_overdue_untold(tickets: Sequence[Ticket]) -> None:
    """What was overdue already is no news to its agent."""
    now = clock.now()
    DueTold.objects.bulk_create(
        DueTold(ticket=ticket, user_id=ticket.assignee_id, kind=Kind.OVERDUE, due_at=ticket.due_at)
        for ticket in tickets
        if ticket.assignee_id is not None
        and ticket.status in OPEN
        and ticket.due_at is not None
        and ticket.due_at <= now
    )
