"""What is kept for webhooks stays within bounds, and nothing is forgotten too soon."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tickets.models import Ticket
from tickets.webhooks import tidying
from tickets.webhooks.models import Delivery, Webhook
from tickets.webhooks.working import work_off

pytestmark = pytest.mark.django_db

MakeHook = Callable[..., Webhook]


def delivery(hook: Webhook, age: timedelta = timedelta(), **fields: Any) -> Delivery:
    then = timezone.now() - age
    return Delivery.objects.create(
        webhook=hook, ticket=1, event="ticket.updated", body="{}", created_at=then, **fields
    )


def test_after_three_days_a_message_goes_and_one_that_was_never_taken_is_counted(
    hook_to: MakeHook,
) -> None:
    hook, now = hook_to(), timezone.now()
    young = delivery(hook, timedelta(days=2, hours=23))
    delivery(hook, timedelta(days=3, minutes=1))
    delivery(hook, timedelta(days=4), delivered_at=now)
    tidying.tidy()
    assert [left.pk for left in Delivery.objects.all()] == [young.pk]
    hook.refresh_from_db()
    assert hook.given_up == 1


def test_a_webhook_for_which_too_much_waits_is_turned_off_and_says_why(
    hook_to: MakeHook, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "MOST_WAITING", 3)
    flooded, well = hook_to(), hook_to()
    for _ in range(4):
        delivery(flooded)
        delivery(well, delivered_at=timezone.now())
    tidying.tidy()
    for hook in (flooded, well):
        hook.refresh_from_db()
    assert (flooded.is_on, well.is_on) == (False, True)
    assert "more than 3 messages waited" in flooded.trouble
    ticket.status = "open"
    ticket.save()
    assert flooded.deliveries.count() == 4


def test_what_is_due_wakes_a_worker_and_what_is_not_does_not(hook_to: MakeHook) -> None:
    hook = hook_to()
    later = timezone.now() + timedelta(minutes=1)
    delivery(hook, due_at=later)
    tidying.tidy()
    assert not DBTaskResult.objects.exists()
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    tidying.tidy()
    tidying.tidy()
    assert DBTaskResult.objects.count() == 1


def test_tasks_that_are_done_or_lost_are_forgotten(hook_to: MakeHook) -> None:
    now = timezone.now()
    for name, ago in (("SUCCESSFUL", 61), ("FAILED", 61), ("SUCCESSFUL", 59), ("RUNNING", 11)):
        enqueued = DBTaskResult.objects.get(pk=work_off.enqueue().id)
        enqueued.status = TaskResultStatus[name]
        enqueued.started_at = now - timedelta(minutes=ago)
        enqueued.finished_at = None if name == "RUNNING" else enqueued.started_at
        enqueued.save()
    tidying.forget_tasks()
    assert DBTaskResult.objects.count() == 1
