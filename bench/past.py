"""A log that has grown for long: events of the past, numbered as if they had been told."""
# ruff: noqa: E402  models need the apps

from datetime import timedelta

import django

django.setup()

from django.db import transaction
from django.utils import timezone

from bench.worker import serve
from live.models import Event, Head

AT_ONCE = 10_000
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


if __name__ == "__main__":
    serve(fill=fill)
