"""The log forgets old events; after a restore from a backup it makes every old position invalid."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Now

from live.log.numbering import locked_head
from live.models import Event, Head


def prune(hours: float) -> int:
    """Forget events older than the given hours. Returns how many that were."""
    with transaction.atomic():
        locked = locked_head()
        # Only events with a position, and all up to some position, so that the head's floor says
        # where the rest begins.
        oldest_kept = Now() - timedelta(hours=hours)
        old = Event.objects.filter(created_at__lt=oldest_kept, position__isnull=False)
        last = old.aggregate(last=Max("position"))["last"]
        if last is None:
            return 0
        locked.floor = max(locked.floor, last)
        locked.save(update_fields=["floor"])
        return Event.objects.filter(position__lte=last).delete()[0]


def prune_if_due(hours: float, every: timedelta) -> int:
    """Prune, unless some process has done so within `every`. Returns how many events it forgot.

    A time in the future was written by a clock that was ahead and has been put right since, so the
    log is due. A minute is left to processes that ask in one instant.
    """
    from_a_wrong_clock = Q(pruned_at__gt=Now() + timedelta(minutes=1))
    due = Q(pruned_at__lt=Now() - every) | from_a_wrong_clock
    claimed = Head.objects.filter(due, pk=1).update(pruned_at=Now())
    return prune(hours) if claimed else 0


def positions_lost() -> int:
    """After a restore from a backup, let positions go on above any that was ever given. Returns the
    new head.

    Browsers still hold positions that the restored log never gave, or will give to other events.
    The log goes on at the milliseconds of the database's clock, which is one for all hosts. That is
    above every earlier position, if there were fewer than a thousand events a second on average,
    and JavaScript still knows it exactly.
    """
    with transaction.atomic():
        locked = locked_head()
        now = Head.objects.values_list(Now(), flat=True).get(pk=locked.pk)
        above = max(int(now.timestamp() * 1000), locked.position + 1)
        Event.objects.filter(position__isnull=False).delete()
        locked.position = locked.floor = above
        locked.save(update_fields=["position", "floor"])
        return above
