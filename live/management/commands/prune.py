"""Forget old events."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from live.conf import conf
from live.log import numbering, retention

MOST_HOURS = 1_000_000  # more than a century


class Command(BaseCommand):
    help = (
        "Forget the events of the log that are older than LIVE_RETENTION_HOURS. Servers do this"
        " by themselves once an hour. A browser that was away for longer loads its page afresh."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--hours", type=float, default=conf.RETENTION_HOURS,
            help="how much to keep (default: LIVE_RETENTION_HOURS, now %(default)s)",
        )  # fmt: skip

    def handle(self, *args: Any, hours: float, **options: Any) -> None:
        if not 0 <= hours <= MOST_HOURS:  # nor is NaN
            raise CommandError(
                f"--hours {hours:g} is not allowed: it must be a number from 0 to {MOST_HOURS}."
            )
        numbering.number()
        forgotten = retention.prune(hours)
        self.stdout.write(f"{forgotten} events older than {hours:g} hours forgotten.")
