"""Forget old events."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from live import numbering, retention


class Command(BaseCommand):
    help = (
        "Forget the events of the log that are older than LIVE_RETENTION_HOURS. Servers do this"
        " by themselves once an hour. A browser that was away for longer loads its page afresh."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--hours", type=float, default=settings.LIVE_RETENTION_HOURS,
            help="how much to keep (default: LIVE_RETENTION_HOURS, now %(default)s)",
        )  # fmt: skip

    def handle(self, *args: Any, hours: float, **options: Any) -> None:
        numbering.number()
        forgotten = retention.prune(hours)
        self.stdout.write(f"{forgotten} events older than {hours:g} hours forgotten.")
