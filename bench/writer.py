"""A writer writes tickets through the ORM while servers crash, and remembers what it committed.

Its memory is the truth of the crash run: each follower must have been told once whatever it says
was committed, and nobody whatever it rolled back.
"""

import random
import threading
import time
from typing import Any

import django
from django.apps import apps
from django.db import transaction

from bench.worker import serve

MOST = 5_000  # writes; it ends by itself


class Writer:
    def __init__(self) -> None:
        self.committed: list[tuple[int, int]] = []  # (ticket, its version)
        self.error = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self, queue: int, seed: int, pause: float) -> dict[str, Any]:
        self.queue, self.pause, self.chance = queue, pause, random.Random(seed)
        self._thread.start()
        return {}

    def stop(self) -> dict[str, Any]:
        self._stopped.set()
        self._thread.join(60)
        return {"committed": self.committed, "error": self.error}

    def _write(self) -> None:
        try:
            for _ in range(MOST):
                if self._stopped.wait(self.chance.uniform(0, 2 * self.pause)):
                    return
                self.chance.choice([self._create, self._change, self._change, self._both])()
        except Exception as error:
            self.error = repr(error)

    def _create(self) -> None:
        self._saved(self._new("created"))

    def _change(self) -> None:
        if self.committed:
            ticket, _ = self.chance.choice(self.committed)
            self._saved(self._changed(ticket))

    def _both(self) -> None:
        """Save twice in a transaction that takes its time, and roll back one in four of them."""
        rolls_back = self.chance.random() < 0.25
        with transaction.atomic():
            ticket = self._new("rolled back" if rolls_back else "created, then changed")
            versions = [ticket.version]
            time.sleep(self.chance.uniform(0, 0.02))
            ticket = self._changed(ticket.pk, ticket.subject)
            versions.append(ticket.version)
            transaction.set_rollback(rolls_back)
        if not rolls_back:
            self.committed += [(ticket.pk, version) for version in versions]

    def _new(self, subject: str) -> Any:
        tickets = apps.get_model("tickets", "Ticket")._default_manager
        return tickets.create(queue_id=self.queue, subject=subject)

    def _changed(self, ticket_id: int, subject: str = "changed") -> Any:
        """Change a ticket so that it differs from before, for a save that changes nothing tells
        nothing."""
        with transaction.atomic():
            tickets = apps.get_model("tickets", "Ticket")._default_manager
            ticket = tickets.select_for_update().get(pk=ticket_id)
            ticket.subject = f"{subject} {ticket.version}"
            ticket.save()
        return ticket

    def _saved(self, ticket: Any) -> None:
        self.committed.append((ticket.pk, ticket.version))


if __name__ == "__main__":
    django.setup()
    writer = Writer()
    serve(start=writer.start, stop=writer.stop)
