"""`manage.py fold`: have the search find what was written past it."""

from typing import Any

from django.core.management.base import BaseCommand

from tickets.search import fold_all


class Command(BaseCommand):
    help = (
        "Folds the texts of tickets and comments for the search where that is missing or old:"
        " after an upgrade, once the last process of the release before has ended, and after a"
        " migration or SQL that wrote tickets or comments. It may be run at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = fold_all()
        self.stdout.write(f"{done} {'text was' if done == 1 else 'texts were'} folded anew.")
