"""This fills a help desk with tickets and comments of many words, as it has them after years."""
# ruff: noqa: E402  models need the apps

from itertools import islice
from random import Random
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from bench.worker import serve
from live.observed.wrapping import plain_bulk_create
from tickets.models import Change, Comment, Ticket
from tickets.search import remember

AT_ONCE = 2_000
SYLLABLES = ("bace", "difo", "guha", "jeki", "lomu", "nape", "quiro", "suta", "vewi", "xoza")
EACH = 12  # words that each text takes from the common ones, and as many from all
RARE, FREQUENT = "quixotevel", "wednesday"  # in every 10,000th ticket, in every tenth


def fill(tickets: int, comments: int, queue: int) -> dict[str, str]:
    """So many tickets, each with so many comments, and the words to look for."""
    dice = Random(1)
    words = ["".join(dice.choices(SYLLABLES, k=dice.randint(1, 3))) for _ in range(20_000)]
    for start in range(0, tickets, AT_ONCE):
        with transaction.atomic():
            rows = _create(
                Ticket(
                    subject=_text(words, dice)[:90],
                    description=_text(words, dice) + _marks(start + offset),
                    queue_id=queue,
                    requester_name=" ".join(dice.choices(words, k=2)).title()[:100],
                    status="closed" if dice.random() < 0.95 else "open",
                )
                for offset in range(min(AT_ONCE, tickets - start))
            )
            said = _create(
                Comment(ticket=ticket, body=_text(words, dice), author_id=None)
                for ticket in rows
                for _ in range(comments)
            )
            for some in (rows, said):
                remember(some)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return {"rare": RARE, "frequent": FREQUENT, "other": words[0]}


def lengthen(ticket: int, entries: int, characters: int) -> None:
    """Give the ticket so many comments of so many characters, and as many changes."""
    text, user = "é<" * (characters // 2), User.objects.earliest("pk")
    for start in range(0, entries, 100):
        count = min(100, entries - start)
        _create(Comment(ticket_id=ticket, author=user, body=text) for _ in range(count))
        Change.objects.bulk_create(
            Change(ticket_id=ticket, version=version, field="description", old=text, new=text,
                   at=timezone.now(), actor=user, actor_name="somebody")
            for version in range(start + 2, start + 2 + count)
        )  # fmt: skip


def _create(rows: Any) -> list[Any]:
    """Without telling anybody, which would take longer than all else."""
    iterator = iter(rows)
    first = next(iterator)
    made = plain_bulk_create(type(first)._base_manager.all(), [first, *iterator], 500)
    return list(made)


def _text(words: list[str], dice: Random) -> str:
    chosen = [*dice.choices(words[:300], k=EACH), *dice.choices(words, k=EACH)]
    dice.shuffle(chosen)
    return " ".join(islice(chosen, 2 * EACH)).capitalize() + "."


def _marks(number: int) -> str:
    marks = [RARE] if number % 10_000 == 5 else []
    return " ".join(["", *marks, *([FREQUENT] if number % 10 == 3 else [])])


if __name__ == "__main__":
    serve(fill=fill, lengthen=lengthen)
