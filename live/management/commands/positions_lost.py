"""After a restore from backup: make every older stream position invalid."""

from typing import Any

from django.core.management.base import BaseCommand

from live.log import retention


class Command(BaseCommand):
    help = (
        "Run this once after restoring the database from a backup, before the servers start."
        " Browsers still hold positions that the restored log never gave or will give to other"
        " events; from here on each of them gets `reset` and loads its page afresh."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        above = retention.positions_lost()
        self.stdout.write(f"The log goes on after {above}; every older position gets `reset`.")
