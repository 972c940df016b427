"""This makes a log that has grown for long, its events numbered as if they had been told."""
# ruff: noqa: E402  models need the apps

import time
from datetime import timedelta

import django

django.setup()

from django.db import transaction
from django.utils import timezone

import live
from bench.worker import serve
from live.log.numbering import number
from live.models import Event, Head

AT_ONCE = 10_000
SOME = 100  # long ones
REACH = timedelta(hours=40)  # less than LIVE_RETENTION_HOURS: nothing of it is to be pruned


def fill(rows: int) -> int:
    """Lengthen the log to so many rows, all like the newest, while no server runs."""
    like, missing = Event.objects.latest("id"), rows - Event.objects.count()
    began_at, step = timezone.now() - REACH, REACH / max(1, missing)
    for start in range(0, missing, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, missing))
        with transaction.atomic():
            head, _ = Head.objects.get_or_create(pk=1)
            Event.objects.bulk_create(
                Event(
                    position=position,
                    name=like.name,
                    data=like.data,
                    audience=like.audience,
                    created_at=began_at + number * step,
                )
                for position, number in enumerate(numbers, head.position + 1)
            )
            head.position += len(numbers)
            head.save(update_fields=["position"])
    return missing


def fill_long(rows: int, characters: int, queue: int) -> int:
    """So many events with texts that long for the agents of the queue; the head."""
    for start in range(0, rows, SOME):
        with transaction.atomic():
            for _ in range(min(SOME, rows - start)):
                _tell_long(characters, queue)
    return number()


def tell_long(told: int, characters: int, queue: int, pause: float) -> int:
    """The same one by one, each delivered at once; how many those were."""
    for _ in range(told):
        _tell_long(characters, queue)
        time.sleep(pause)
    return told


def _tell_long(characters: int, queue: int) -> None:
    comment = {"id": 1, "body": "x" * characters}
    live.publish("comment.created", {"ticket": {"id": 1}, "comment": comment}, [f"queue:{queue}"])


if __name__ == "__main__":
    serve(fill=fill, fill_long=fill_long, tell_long=tell_long)
