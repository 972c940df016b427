"""Delivers what is kept for webhooks: the task of a worker, `manage.py db_worker`.

The rows are the truth, and the task is a hint to look at them: one that is lost, or that a killed
worker took along, is enqueued again by tidying.py. A delivery waits as long as an earlier one of
the same ticket and webhook does; it waits for nothing else.

A worker claims a row for two minutes, sends it in a thread that knows no database, and writes
down what became of it. So two workers never send the same row at a time. What a worker was sending
when it was killed is sent again once its claim is over: its receiver knows the message by its id.
"""

import random
import time
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from tickets.webhooks.addresses import Network
from tickets.webhooks.models import Delivery, Webhook
from tickets.webhooks.sending import Answer, Letter, send

QUEUE = "webhooks"  # of tasks: who has much to send gives it a worker of its own
PRIORITY = -10  # of a task: a worker that sends mail too sends that first
THREADS = 8  # messages that a worker sends at once
EACH = 2  # of them, to one webhook: a receiver that takes its time leaves the others theirs
# Seconds, after which a task begins nothing more and makes room for mail: mail waits that long, and
# for one slow receiver (SECONDS in sending.py).
BUDGET = 5.0
LEASE = timedelta(seconds=120)  # longer than a message can take, the look-up of a name included
LOOK_AGAIN = 1.0  # seconds, while all that is under way is slow
# Seconds between tries; the last one again and again.
PAUSES = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600)

Sending = dict[Future[Answer], Delivery]


def waiting() -> QuerySet[Delivery]:
    """What could be sent now: due, with nothing before it, and nobody at it."""
    earlier = Delivery.objects.filter(
        webhook=OuterRef("webhook"), ticket=OuterRef("ticket"), pk__lt=OuterRef("pk"),
        delivered_at=None,
    )  # fmt: skip
    unclaimed = Q(claimed_until=None) | Q(claimed_until__lte=Now())
    return Delivery.objects.filter(
        ~Exists(earlier), unclaimed, delivered_at=None, due_at__lte=Now(), webhook__is_on=True
    ).order_by("due_at")


def wake() -> None:
    """Have a worker look. One task that has not begun is enough: it will see what is there then."""
    ready = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY, task_path=work_off.module_path
    )
    if not ready.exists():
        work_off.enqueue()


@task(queue_name=QUEUE, priority=PRIORITY)
def work_off() -> None:
    """Send what can be sent, until nothing can or the budget is spent."""
    ends = time.monotonic() + BUDGET
    under_way: Sending = {}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as threads:
        while True:
            if time.monotonic() < ends:
                for delivery in claim(under_way.values()):
                    under_way[threads.submit(send, letter_of(delivery), _allowed())] = delivery
            if not under_way:
                break
            done, _ = wait(under_way, LOOK_AGAIN, FIRST_COMPLETED)
            for future in done:
                record(under_way.pop(future), future.result())
    if waiting().exists():
        wake()


def claim(under_way: Collection[Delivery]) -> Iterator[Delivery]:
    """Claim as many more as there are threads, a few of each webhook."""
    room = THREADS - len(under_way)
    busy = Counter(delivery.webhook_id for delivery in under_way)
    if not room:
        return
    due = Delivery.objects.filter(webhook=OuterRef("pk"), delivered_at=None, due_at__lte=Now())
    hooks = list(Webhook.objects.filter(Exists(due), is_on=True).order_by())
    random.shuffle(hooks)  # so that no webhook is the first each time
    for hook in hooks:
        for delivery in _claimed(hook, min(room, EACH - busy[hook.pk])):
            room -= 1
            yield delivery


def _claimed(hook: Webhook, most: int) -> list[Delivery]:
    if most <= 0:
        return []
    with transaction.atomic():
        rows = waiting().filter(webhook=hook).select_for_update(skip_locked=True, of=("self",))
        found = list(rows[:most])
        keys = [delivery.pk for delivery in found]
        if keys:
            Delivery.objects.filter(pk__in=keys).update(claimed_until=Now() + LEASE)
    for delivery in found:
        delivery.webhook = hook
    return found


def letter_of(delivery: Delivery) -> Letter:
    hook = delivery.webhook
    return Letter(hook.url, hook.secret, f"{delivery.message}", delivery.body.encode())


def record(delivery: Delivery, answer: Answer) -> None:
    """Write down what became of it. Where a claim was over and somebody else has delivered it
    meanwhile, that stands."""
    tries = delivery.tries + 1
    outcome = (
        {"delivered_at": Now()}
        if answer.is_taken
        else {"due_at": Now() + timedelta(seconds=pause_after(tries))}
    )
    Delivery.objects.filter(pk=delivery.pk, delivered_at=None).update(
        tries=tries, tried_at=Now(), status=answer.status, answer=answer.text, claimed_until=None,
        **outcome,
    )  # fmt: skip


def pause_after(tries: int) -> float:
    """Seconds until the next try. They differ a little, so that what failed together does not come
    together again."""
    pause = PAUSES[min(tries, len(PAUSES)) - 1]
    return pause * random.uniform(0.9, 1.1)


def _allowed() -> Collection[Network]:
    return tuple(settings.WEBHOOK_ALLOWED_NETWORKS)
