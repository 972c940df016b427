"""`manage.py import_tickets`: reads a table of tickets, checks all of it, and imports it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError
from tqdm import tqdm

from tickets.exchange import importing
from tickets.exchange.checking import Checker, Row, Wrong
from tickets.exchange.models import LONGEST_SOURCE
from tickets.exchange.reading import OPTIONAL, REQUIRED, Table, Unreadable
from tickets.management.stopping import told_to_stop

MOST_SHOWN = 50  # sentences about rows; the rest is counted
STOPPED = 130  # the exit code of what Ctrl-C ended
SOURCE = "import"


@dataclass(slots=True)
class Found:
    """What a look at the whole file has shown."""

    good: int = 0
    bad: int = 0
    known: int = 0
    sentences: list[str] = field(default_factory=list)


class Command(BaseCommand):
    help = (
        "Import tickets of another system from a CSV file in UTF-8, with commas or semicolons. It"
        f" needs the columns {', '.join(REQUIRED)}, and may have {', '.join(OPTIONAL)}. The whole"
        " file is checked before anything is written. The same file again is harmless: each id is"
        " imported once. docs/exchange.md has the columns."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="check, and write nothing")
        parser.add_argument(
            "--skip-bad", action="store_true",
            help="import the good rows although others are wrong (default: none of them)",
        )  # fmt: skip
        parser.add_argument(
            "--source", default=SOURCE, metavar="NAME",
            help="the other system: its ids are told apart from those of a second one"
            f" (default: {SOURCE})",
        )  # fmt: skip

    def handle(
        self, *args: Any, file: Path, dry_run: bool, skip_bad: bool, source: str, **options: Any
    ) -> None:
        if not (0 < len(source) <= LONGEST_SOURCE and source.isprintable()):
            raise CommandError(f"--source takes 1 to {LONGEST_SOURCE} printable characters.")
        try:
            table = Table.open(file)
            if table.unread:
                self.stdout.write(f"Not read: {', '.join(table.unread)}.")
            with told_to_stop() as stop:
                found = self._check(table, source, stop)
                self._say_what_is_wrong(table, found, may_go_on=skip_bad or dry_run)
                if dry_run:
                    self._say_what_would_be(table, found)
                elif not self._import(table, source, found, stop):
                    sys.exit(STOPPED)
        except OSError as error:
            raise CommandError(
                f"{file} cannot be read ({error.strerror}): give the path of a CSV file."
            ) from None
        except Unreadable as error:
            raise CommandError(f"{error} Nothing was written.") from None

    def _check(self, table: Table, source: str, stop: Event) -> Found:
        """Look at each row. Of what is wrong only the first sentences are kept."""
        found, checker = Found(), Checker()

        def good_rows() -> Iterator[Row]:
            # disable=None: a bar on a terminal only, none in a log file.
            for record in tqdm(table.records(), desc="checking", unit="row", disable=None):
                if stop.is_set():
                    sys.exit(STOPPED)
                try:
                    yield checker.check(record)
                except Wrong as error:
                    found.bad += 1
                    room = MOST_SHOWN - len(found.sentences)
                    found.sentences += error.sentences[: max(0, room)]

        rows = good_rows()
        while batch := list(islice(rows, importing.BATCH)):
            found.good += len(batch)
            found.known += len(importing.known(source, batch))
        if not found.good and not found.bad:
            raise Unreadable(f"{table.path.name} has no rows below its header.")
        return found

    def _say_what_is_wrong(self, table: Table, found: Found, *, may_go_on: bool) -> None:
        if not found.bad:
            return
        rows = "1 row is" if found.bad == 1 else f"{found.bad:,} rows are"
        lines = [f"{table.path.name}: {rows} wrong.", *found.sentences]
        if len(found.sentences) == MOST_SHOWN:
            lines.append("… and perhaps more: these are the first.")
        if not may_go_on:
            lines.append("Nothing was written. --skip-bad imports the others.")
            raise CommandError("\n".join(lines))
        self.stderr.write("\n".join(lines))

    def _say_what_would_be(self, table: Table, found: Found) -> None:
        new = found.good - found.known
        self.stdout.write(
            f"{table.path.name}: {new:,} tickets would be imported, {found.known:,} are there"
            f" already, {found.bad:,} rows are wrong. Nothing was written."
        )

    def _import(self, table: Table, source: str, found: Found, stop: Event) -> bool:
        """Whether all of it is imported, and nobody has told it to stop."""
        created = there = 0
        with tqdm(total=found.good, desc="importing", unit="ticket", disable=None) as bar:
            try:
                for done in importing.write(source, self._good_rows(table)):
                    created += done.created
                    there += done.known
                    bar.update(done.created + done.known)
                    if stop.is_set():
                        break
            except IntegrityError:
                raise CommandError(
                    f"Stopped after {created:,} tickets: a queue or a person that the file names"
                    " has just been deleted. The same command does the rest."
                ) from None
        whole = created + there == found.good
        self.stdout.write(
            f"{table.path.name}: {created:,} tickets imported, {there:,} were there already,"
            f" {found.bad:,} rows left out."
            + ("" if whole else " Stopped before the end; the same command does the rest.")
        )
        return whole

    def _good_rows(self, table: Table) -> Iterator[Row]:
        """Read again, for all of them at once may be more than fits into memory."""
        checker = Checker()
        for record in table.records():
            try:
                yield checker.check(record)
            except Wrong:
                continue
