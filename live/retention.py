"""What the log forgets, and what it cannot know any more after a restore from backup."""

import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from live.models import Event, Head
from live.numbering import locked_head


def prune(hours: float) -> int:
    """Forget what is older than the given hours; how many events that were."""
    with transaction.atomic():
        locked = locked_head()
        # Only numbered rows, and only up to a position: the floor tells where the rest begins.
        oldest_kept = timezone.now() - timedelta(hours=hours)
        old = Event.objects.filter(created_at__lt=oldest_kept, position__isnull=False)
        last = old.aggregate(last=Max("position"))["last"]
        if last is None:
            return 0
        locked.floor = max(locked.floor, last)
        locked.save(update_fields=["floor"])
        return Event.objects.filter(position__lte=last).delete()[0]


def prune_if_due(hours: float, every: timedelta) -> int:
    """Prune, unless another process has done so within `every`."""
    now = timezone.now()
    claimed = Head.objects.filter(pk=1, pruned_at__lt=now - every).update(pruned_at=now)
    return prune(hours) if claimed else 0


def positions_lost() -> int:
    """After a restore from backup: go on above any number ever given; the new head.

    Positions that browsers still hold may name events that the restored log never had, or has
    given to others. Milliseconds of the clock are above them all (as long as the log never took
    more than a thousand events a second, for ever) and still exact in JavaScript.
    """
    with transaction.atomic():
        locked = locked_head()
        above = max(int(time.time() * 1000), locked.position + 1)
        Event.objects.filter(position__isnull=False).delete()
        locked.position = locked.floor = above
        locked.save(update_fields=["position", "floor"])
        return above
