"""Which webhooks get a row of a change, and that the row stands or falls with the change."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.harness.told import told
from tickets.models import Comment, Queue, Ticket
from tickets.webhooks.models import Delivery, Webhook

pytestmark = pytest.mark.django_db

MakeHook = Callable[..., Webhook]


def kept(hook: Webhook) -> list[tuple[str, int]]:
    return list(hook.deliveries.order_by("id").values_list("event", "ticket"))


def test_each_change_is_kept_as_the_stream_tells_it(hook_to: MakeHook, billing: Queue) -> None:
    hook = hook_to()
    ticket = Ticket.objects.create(subject="Printer on fire", queue=billing)
    ticket.status = "open"
    ticket.save()
    Comment.objects.create(ticket=ticket, body="Which one?")
    number = ticket.pk
    ticket.delete()
    assert kept(hook) == [
        ("ticket.created", number), ("ticket.updated", number), ("comment.created", number),
        ("ticket.removed", number),
    ]  # fmt: skip
    bodies = [json.loads(delivery.body) for delivery in hook.deliveries.order_by("id")]
    assert [body["data"] for body in bodies] == [event.data for event in told()]
    assert [body["type"] for body in bodies] == [event.name for event in told()]
    assert bodies[0]["timestamp"] == bodies[0]["data"]["at"]
    assert bodies[3]["timestamp"]


def test_a_save_that_changes_nothing_is_not_kept(hook_to: MakeHook, ticket: Ticket) -> None:
    hook = hook_to()
    ticket.save()
    assert kept(hook) == []


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_kept(hook_to: MakeHook, billing: Queue) -> None:
    hook = hook_to()
    with pytest.raises(RuntimeError), transaction.atomic():
        Ticket.objects.create(subject="Printer on fire", queue=billing)
        assert len(kept(hook)) == 1
        raise RuntimeError
    assert kept(hook) == []


def test_a_webhook_that_is_off_or_wants_something_else_gets_nothing(
    hook_to: MakeHook, ticket: Ticket
) -> None:
    off, other = hook_to(is_on=False), hook_to(events="ticket.created comment.mailed")
    ticket.status = "open"
    ticket.save()
    assert kept(off) == kept(other) == []


def test_an_internal_note_leaves_only_where_the_webhook_says_so(
    hook_to: MakeHook, ticket: Ticket, alice: User
) -> None:
    discreet, all_of_it = hook_to(), hook_to(notes=True)
    Comment.objects.create(ticket=ticket, author=alice, body="They are rude.", internal=True)
    assert kept(discreet) == []
    assert kept(all_of_it) == [("comment.created", ticket.pk)]
    Comment.objects.create(ticket=ticket, author=alice, body="Which printer?")
    assert kept(discreet) == [("comment.created", ticket.pk)]


def test_a_webhook_of_some_queues_sees_a_ticket_come_and_go(
    hook_to: MakeHook, billing: Queue, network: Queue
) -> None:
    of_billing, of_network = (hook_to(audience=f"queue:{queue.pk}") for queue in (billing, network))
    both = hook_to(audience=f"queue:{billing.pk} queue:{network.pk}")
    ticket = Ticket.objects.create(subject="Printer on fire", queue=billing)
    ticket.queue = network
    ticket.save()
    number = ticket.pk
    assert kept(of_billing) == [("ticket.created", number), ("ticket.removed", number)]
    assert kept(of_network) == [("ticket.created", number)]
    assert kept(both) == [("ticket.created", number), ("ticket.updated", number)]
    removed = json.loads(of_billing.deliveries.get(event="ticket.removed").body)
    assert removed["data"] == {"ticket": {"id": number}}


def test_a_webhook_whose_queues_are_gone_gets_nothing(hook_to: MakeHook, billing: Queue) -> None:
    """And not what happens in all of them."""
    gone = Queue.objects.create(name="Gone")
    hook = hook_to(audience=f"queue:{gone.pk}")
    gone.delete()
    Ticket.objects.create(subject="Printer on fire", queue=billing)
    assert kept(hook) == []


def test_texts_of_people_stay_text(hook_to: MakeHook, billing: Queue) -> None:
    nasty = "</script>\u202e\x1b[31m\r\nX-Evil: 1 \u2028 \U0001f525" + "x" * 100
    hook = hook_to()
    Ticket.objects.create(subject=nasty, queue=billing)
    body = hook.deliveries.get().body
    assert json.loads(body)["data"]["ticket"]["subject"] == nasty
    assert "\n" not in body
    assert "\r" not in body


@pytest.mark.parametrize(("hooks", "more"), [(0, 1), (1, 2), (10, 2)])
def test_a_save_costs_a_query_and_with_webhooks_one_more(
    hooks: int, more: int, hook_to: MakeHook, ticket: Ticket, monkeypatch: Any
) -> None:
    """Not one for each webhook."""
    for _ in range(hooks):
        hook_to()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ticket.status = "open"
        ticket.save()
    about = [query["sql"] for query in queries if "webhook" in query["sql"].lower()]
    assert (
        len([sql for sql in about if "tickets_webhook" in sql or "tickets_delivery" in sql]) == more
    )
    assert Delivery.objects.count() == hooks
