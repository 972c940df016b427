"""What is kept for webhooks is delivered: in order for each ticket, again until it is taken, by as
many workers as there are, and whatever becomes of them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.harness.processes import ROOT
from tests.harness.receiver import PATIENCE, Got, Receiver, hanging, status
from tickets.models import Queue, Ticket
from tickets.webhooks import tidying, working
from tickets.webhooks.models import Delivery, Webhook
from tickets.webhooks.working import pause_after, waiting, wake, work_off

pytestmark = pytest.mark.django_db(transaction=True)

MakeHook = Callable[..., Webhook]


@pytest.fixture
def tickets(billing: Queue) -> list[Ticket]:
    return [Ticket.objects.create(subject=f"Printer {name}", queue=billing) for name in "AB"]


def change(ticket: Ticket, *statuses: str) -> None:
    for name in statuses:
        ticket.status = name
        ticket.save()


def told(got: list[Got], ticket: Ticket) -> list[Any]:
    """The states in which a ticket was told of, in the order in which that came."""
    tickets = [one.content["data"]["ticket"] for one in got]
    return [told["status"] for told in tickets if told["id"] == ticket.pk]


def make_due() -> None:
    """The pause is over, and so is each claim."""
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(delivered_at=None).update(due_at=past, claimed_until=None)


def refusing(status_refused: str) -> Any:
    def respond(got: Got, handler: Any) -> None:
        refused = got.content["data"]["ticket"]["status"] == status_refused
        status(503 if refused else 204)(got, handler)

    return respond


def test_all_that_is_kept_is_sent_in_order_and_once(
    hook_to: MakeHook, receiver: Receiver, tickets: list[Ticket]
) -> None:
    hook_to(receiver.url)
    for ticket in tickets:
        change(ticket, "open", "pending", "resolved")
    work_off.call()
    for ticket in tickets:
        assert told(receiver.got, ticket) == ["open", "pending", "resolved"]
    assert Delivery.objects.filter(delivered_at=None).count() == 0
    work_off.call()
    assert len(receiver.got) == 6
    assert len({got.message for got in receiver.got}) == 6


def test_what_fails_holds_back_its_ticket_and_nothing_else(
    hook_to: MakeHook, receiver: Receiver, tickets: list[Ticket]
) -> None:
    first, second = tickets
    with Receiver() as well:
        hook_to(receiver.url)
        hook_to(well.url)
        receiver.answer = refusing("pending")
        change(first, "open", "pending", "resolved")
        change(second, "open", "resolved")
        work_off.call()
        assert told(receiver.got, first) == ["open", "pending"]
        assert told(receiver.got, second) == ["open", "resolved"]
        assert told(well.got, first) == ["open", "pending", "resolved"]
    held = Delivery.objects.filter(delivered_at=None).order_by("id")
    assert [(one.tries, one.status, one.outcome) for one in held] == [
        (1, 503, "503 Service Unavailable"), (0, None, ""),
    ]  # fmt: skip
    receiver.answer = status(204)
    work_off.call()  # its pause is not over
    assert len(receiver.got) == 4
    make_due()
    work_off.call()
    assert told(receiver.got, first) == ["open", "pending", "pending", "resolved"]
    assert not Delivery.objects.filter(delivered_at=None).exists()


def test_a_message_that_cannot_even_be_signed_takes_no_other_one_along(
    hook_to: MakeHook, receiver: Receiver, tickets: list[Ticket]
) -> None:
    broken, well = hook_to(receiver.url), hook_to(receiver.url)
    Webhook.objects.filter(pk=broken.pk).update(secret="whsec_a")
    change(tickets[0], "open")
    work_off.call()
    assert well.deliveries.get().status == 204
    failed = broken.deliveries.get()
    assert (failed.tries, failed.status, failed.claimed_until) == (1, None, None)
    assert "log of the worker" in failed.answer


def test_a_message_that_is_sent_again_has_the_same_id_and_body(
    hook_to: MakeHook, receiver: Receiver, ticket: Ticket
) -> None:
    hook_to(receiver.url)
    receiver.answer = status(500)
    change(ticket, "open")
    work_off.call()
    make_due()
    work_off.call()
    first, second = receiver.got
    assert (first.message, first.body) == (second.message, second.body)


def test_pauses_grow_from_seconds_to_hours() -> None:
    pauses = [pause_after(tries) for tries in range(1, 30)]
    assert 4 < pauses[0] < 6
    assert pauses[:9] == sorted(pauses[:9])
    assert all(19_000 < pause < 24_000 for pause in pauses[8:])


def test_a_webhook_that_is_off_is_not_sent_to_and_goes_on_when_it_is_on(
    hook_to: MakeHook, receiver: Receiver, ticket: Ticket
) -> None:
    hook = hook_to(receiver.url)
    change(ticket, "open")
    Webhook.objects.filter(pk=hook.pk).update(is_on=False)
    work_off.call()
    assert receiver.got == []
    Webhook.objects.filter(pk=hook.pk).update(is_on=True)
    work_off.call()
    assert len(receiver.got) == 1


def test_a_slow_receiver_holds_nobody_else_back(
    hook_to: MakeHook, receiver: Receiver, billing: Queue
) -> None:
    receiver.answer = hanging(6)
    with Receiver() as quick:
        hook_to(receiver.url)
        hook_to(quick.url)
        for number in range(20):
            Ticket.objects.create(subject=f"Printer {number}", queue=billing)
        sender = Thread(target=_work_off_and_close)
        sender.start()
        quick.wait_for(20, seconds=10)  # one after the other, with the slow one's, two minutes
        sender.join(PATIENCE)
        assert len(receiver.got) == 2  # at a time, and the task has five seconds


def _work_off_and_close() -> None:
    try:
        work_off.call()
    finally:
        connection.close()


def test_a_task_gives_way_when_its_budget_is_spent_and_the_next_one_goes_on(
    hook_to: MakeHook, receiver: Receiver, billing: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BUDGET", 0.0)
    hook_to(receiver.url)
    Ticket.objects.create(subject="Printer", queue=billing)
    DBTaskResult.objects.all().delete()
    work_off.call()
    assert receiver.got == []
    assert DBTaskResult.objects.ready().count() == 1


def test_a_change_wakes_a_worker_by_one_task_for_many(hook_to: MakeHook, billing: Queue) -> None:
    Ticket.objects.create(subject="Before there was a webhook", queue=billing)
    assert not DBTaskResult.objects.exists()
    hook_to()
    for number in range(5):
        Ticket.objects.create(subject=f"Printer {number}", queue=billing)
    wake()
    assert [task.queue_name for task in DBTaskResult.objects.all()] == ["webhooks"]


def test_a_claimed_row_is_nobody_elses_until_the_claim_is_over(
    hook_to: MakeHook, receiver: Receiver, ticket: Ticket
) -> None:
    hook_to(receiver.url)
    change(ticket, "open")
    (claimed,) = working.claim([])
    assert list(working.claim([])) == []
    assert not waiting().exists()
    Delivery.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert [again.pk for again in working.claim([])] == [claimed.pk]


# --- Workers as they run ------------------------------------------------------------------------


class Workers:
    """Processes of `manage.py db_worker`."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        command = [
            sys.executable, "manage.py", "db_worker", "--queue-name", working.QUEUE,
            "--interval", "0.05", "--no-startup-delay", "--no-reload",
        ]  # fmt: skip
        environment = {**os.environ, "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}
        worker = subprocess.Popen(command, cwd=ROOT, env=environment)
        self.running.append(worker)
        return worker


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers()
    yield workers
    for worker in workers.running:
        worker.kill()
        worker.wait(PATIENCE)


def delivered_all() -> None:
    deadline = time.monotonic() + PATIENCE
    while Delivery.objects.filter(delivered_at=None).exists():
        assert time.monotonic() < deadline, list(Delivery.objects.values())
        time.sleep(0.05)


def test_a_worker_that_is_killed_while_it_sends_has_its_message_sent_again(
    hook_to: MakeHook, receiver: Receiver, ticket: Ticket, workers: Workers
) -> None:
    receiver.answer = hanging(3)
    hook_to(receiver.url)
    change(ticket, "open", "pending")
    worker = workers.start()
    receiver.wait_for(1)
    worker.kill()
    worker.wait(PATIENCE)
    receiver.answer = status(204)
    assert not waiting().exists()  # it is still claimed
    make_due()
    tidying.tidy()  # as the server does every ten seconds
    workers.start()
    delivered_all()
    first, again, next_one = receiver.got
    assert first.message == again.message != next_one.message
    assert told(receiver.got, ticket) == ["open", "open", "pending"]


def test_several_workers_send_each_message_once_and_each_ticket_in_order(
    hook_to: MakeHook, receiver: Receiver, billing: Queue, workers: Workers
) -> None:
    hook_to(receiver.url)
    tickets = [Ticket.objects.create(subject=f"No. {n}", queue=billing) for n in range(6)]
    for _ in range(2):
        workers.start()
    for name in ("open", "pending", "resolved", "closed"):
        for ticket in tickets:
            change(ticket, name)
            work_off.enqueue()  # more than there are needed: all workers look
    delivered_all()
    assert len(receiver.got) == len({got.message for got in receiver.got}) == 30
    for ticket in tickets:
        assert told(receiver.got, ticket) == ["new", "open", "pending", "resolved", "closed"]
