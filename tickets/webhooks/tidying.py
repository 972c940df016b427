"""Keeps the deliveries within bounds, and has a worker look again at what is due. One server
process does it, again and again."""

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tickets.webhooks.models import Delivery, Webhook
from tickets.webhooks.working import waiting, wake, work_off

EVERY = 10.0  # seconds: how late a second try may be
KEPT = timedelta(days=3)  # what nobody has taken by then is given up
MOST_WAITING = 10_000  # of one webhook, then it is turned off
AT_ONCE = 1_000  # rows that are deleted in a pass
RESULTS_KEPT = timedelta(hours=1)  # of tasks that are done
LOST_AFTER = timedelta(minutes=10)  # a task that began before was killed with its worker


def tidy() -> None:
    """To be called in a transaction, by one process at a time (live.every)."""
    forget_old()
    turn_off_the_flooded()
    forget_tasks()
    if waiting().exists():
        wake()


def forget_old() -> None:
    """Delete what is three days old, and count what was never taken."""
    old = Delivery.objects.filter(created_at__lt=Now() - KEPT).order_by("created_at")
    rows = list(old.values_list("pk", "webhook_id", "delivered_at")[:AT_ONCE])
    lost: dict[int, int] = {}
    for _, webhook_id, delivered_at in rows:
        if delivered_at is None:
            lost[webhook_id] = lost.get(webhook_id, 0) + 1
    for webhook_id, number in lost.items():
        Webhook.objects.filter(pk=webhook_id).update(given_up=F("given_up") + number)
    Delivery.objects.filter(pk__in=[pk for pk, _, _ in rows]).delete()


def turn_off_the_flooded() -> None:
    """A webhook whose receiver takes too little grows without end otherwise."""
    for hook in Webhook.objects.filter(is_on=True):
        rows = Delivery.objects.filter(webhook=hook, delivered_at=None).order_by("due_at")
        if len(rows.values_list("pk")[: MOST_WAITING + 1]) > MOST_WAITING:
            Webhook.objects.filter(pk=hook.pk).update(
                is_on=False,
                trouble=f"It was turned off by itself, because more than {MOST_WAITING:,} messages"
                " waited for its receiver. Nothing that happened since is kept for it.",
            )


def forget_tasks() -> None:
    """Their results say nothing: what became of a delivery stands in its row."""
    own = DBTaskResult.objects.filter(task_path=work_off.module_path)
    own.filter(
        status__in=[TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED],
        finished_at__lt=Now() - RESULTS_KEPT,
    ).delete()
    own.filter(status=TaskResultStatus.RUNNING, started_at__lt=Now() - LOST_AFTER).delete()
