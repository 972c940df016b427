"""What mail costs: how many messages a worker sends in a second, and what it adds to the save of a
reply. The figures of docs/decisions-desk.md are from here.

    python -m bench.mail_out              on SQLite
    python -m bench.mail_out --postgres

The mail server, which takes everything at once, runs in this process, the worker in another.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import django

from tests.harness.databases import Postgres
from tests.harness.post import SENDER, post_office
from tests.harness.processes import ROOT
from tests.harness.temporary import folder

MESSAGES = 300
SAVES = 150  # with mail, and as many without, in turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as running:
        url = f"sqlite:///{folder / 'mail.sqlite3'}"
        if asked.postgres:
            url = running.enter_context(Postgres(folder / "postgres")).url
        office = running.enter_context(post_office())
        os.environ |= {
            "DATABASE_URL": url, "EMAIL_URL": office.url, "MAIL_FROM": SENDER,
            "DJANGO_SETTINGS_MODULE": "ticketsystem.settings",
        }  # fmt: skip
        django.setup()
        measure(office.taken.qsize)


def measure(taken: Callable[[], int]) -> None:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from tickets import editing
    from tickets.mail.models import Mail
    from tickets.models import Queue, Ticket

    call_command("migrate", verbosity=0)
    alice = User.objects.create(username="alice", is_superuser=True)
    ticket = Ticket.objects.create(
        subject="Printer on fire", description="It smokes.",
        queue=Queue.objects.create(name="Billing"), requester_email="zoe@customers.example",
    )  # fmt: skip

    def save(number: int) -> None:
        editing.comment(alice, ticket.pk, f"{number}: have you tried to switch it off and on?")

    costs: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    url = settings.EMAIL_URL
    for number in range(2 * SAVES):
        settings.EMAIL_URL = url if number % 2 else ""
        costs[bool(number % 2)].append(timed(lambda: save(number)))  # noqa: B023  called at once
    settings.EMAIL_URL = url
    for is_on, found in costs.items():
        wall, cpu = (median(values) for values in zip(*found[10:], strict=True))
        print(
            f"a reply is saved, mail {'on ' if is_on else 'off'}: {wall:.2f} ms, CPU {cpu:.2f} ms"
        )

    for number in range(MESSAGES - Mail.objects.count()):
        save(number)
    waiting = Mail.objects.filter(state="queued").count()
    command = [sys.executable, "manage.py", "db_worker", "--no-reload", "--no-startup-delay",
               "-v", "0", "--interval", "0.05"]  # fmt: skip
    worker = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until(lambda: taken() > 0)
        began, first, spent = time.monotonic(), taken(), cpu_of(worker.pid)
        wait_until(lambda: not Mail.objects.filter(state="queued").exists())
        seconds = time.monotonic() - began
        spent = cpu_of(worker.pid) - spent
    finally:
        worker.terminate()
        worker.wait(20)
    sent = taken() - first
    print(f"{waiting} messages are sent: {sent / seconds:.0f} a second")
    print(f"CPU of the worker for each: {1000 * spent / sent:.1f} ms")


def cpu_of(pid: int) -> float:
    """Seconds that the process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def timed(deed: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    deed()
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


if __name__ == "__main__":
    main()
