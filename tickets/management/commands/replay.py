"""`manage.py replay`: reads an event log, and replays it at a chosen speed into chosen queues."""

import math
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import TIMEOUT_MAX, Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from tickets.management.stopping import told_to_stop
from tickets.models import Queue
from tickets.replay import DoneElsewhere, Log, MalformedLog, Replay, Row, active_agents, read_log

NEW_QUEUES = ("Replay 1", "Replay 2", "Replay 3")
STOPPED = 130  # the exit code of what Ctrl-C ended


class Command(BaseCommand):
    help = (
        "Replay a help desk's event log: a CSV file in UTF-8 with the columns case_id, activity"
        " and timestamp. The whole file is checked before anything is written. Ctrl-C stops after"
        " the current row; the same command goes on from there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("log", type=Path, metavar="LOG.csv")
        parser.add_argument(
            "--speed", type=_speed, metavar="N",
            help="N times as fast as it happened, 3600 for an hour a second"
            " (default: as fast as possible)",
        )  # fmt: skip
        parser.add_argument(
            "--queues", nargs="+", metavar="NAME",
            help="spread the cases over these (default: over all queues; where there are none,"
            f" over {', '.join(NEW_QUEUES)}, which are made)",
        )  # fmt: skip

    def handle(
        self, *args: Any, log: Path, speed: float | None, queues: Sequence[str] | None,
        **options: Any,
    ) -> None:  # fmt: skip
        checked = self._read(log)
        done = checked.done()
        rows = checked.rows[done:]
        if not rows:
            self.stdout.write(f"{log.name}: all {done} rows are replayed already.")
            return
        replay = Replay(checked, _queues(queues))
        self._say_what_will_happen(replay, done)
        with told_to_stop() as stop:
            done += self._perform(replay, rows, done, speed, stop)
        if done < len(checked.rows):
            self.stdout.write(
                f"Stopped after {done} of {len(checked.rows)} rows;"
                " the same command goes on from there."
            )
            sys.exit(STOPPED)
        self.stdout.write(f"{log.name}: all {done} rows are replayed.")

    def _read(self, path: Path) -> Log:
        try:
            return read_log(path)
        except OSError as error:
            raise CommandError(
                f"{path} cannot be read ({error.strerror}): give the path of a CSV file."
            ) from None
        except MalformedLog as error:
            raise CommandError(f"{error} Nothing was written.") from None

    def _say_what_will_happen(self, replay: Replay, done: int) -> None:
        if done:
            self.stdout.write(f"Going on after row {done}.")
        idle = [queue.name for queue in replay.queues if not active_agents(queue.pk)]
        if idle:
            self.stdout.write(
                f"No active agent serves {', '.join(idle)}: its tickets stay unassigned."
            )

    def _perform(
        self, replay: Replay, rows: Sequence[Row], done: int, speed: float | None, stop: Event
    ) -> int:
        """Replay the rows until told to stop. How many were done."""
        performed = 0
        # disable=None: a bar on a terminal only, none in a log file.
        with tqdm(initial=done, total=done + len(rows), unit="row", disable=None) as bar:
            for row in _paced(rows, speed, stop):
                try:
                    replay.perform(row)
                except DoneElsewhere as error:
                    raise CommandError(f"{error}") from None
                performed += 1
                bar.update()
        return performed


def _paced(rows: Sequence[Row], speed: float | None, stop: Event) -> Iterator[Row]:
    """Each row when its time has come, until told to stop."""
    began = time.monotonic()
    for row in rows:
        if speed is not None:
            due = began + (row.at - rows[0].at).total_seconds() / speed
            stop.wait(min(due - time.monotonic(), TIMEOUT_MAX))
        if stop.is_set():
            return
        yield row


def _queues(names: Sequence[str] | None) -> list[Queue]:
    if names is None:
        with transaction.atomic():
            return list(Queue.objects.all()) or [
                Queue.objects.create(name=name) for name in NEW_QUEUES
            ]
    queues = {queue.name: queue for queue in Queue.objects.all()}
    for name in names:
        if name not in queues:
            there = ", ".join(queues) or "none yet"
            raise CommandError(f"There is no queue {name!r}: there are {there}.")
    return [queues[name] for name in names]


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 < speed < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a speed: it must be a number above 0")
    return speed
