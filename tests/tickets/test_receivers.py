"""What a change becomes: an event for who saw it, for who sees it now, and who did it."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction

from live.models import Event
from tests.harness.people import signed_in
from tests.harness.told import Told, forget, names, only, told, told_of
from tickets.actor import acting_as, current_actor
from tickets.models import Change, Comment, Membership, Queue, Ticket

pytestmark = pytest.mark.django_db

JSON = "application/json"


# --- Long comments ---


def test_a_long_comment_is_told_shortened_and_says_so(ticket: Ticket) -> None:
    """Each open page would get the whole otherwise, whether it shows the ticket or not."""
    forget()
    longest = "😀" * 4_000
    for body in (longest, longest + "x"):
        Comment.objects.create(ticket=ticket, body=body)
    whole, shortened = told()
    assert whole.data["comment"]["body"] == longest
    assert "shortened" not in whole.data["comment"]
    assert shortened.data["comment"]["body"] == longest
    assert shortened.data["comment"]["shortened"] is True


# --- A ticket that moves -----------------------------------------------------------


def test_who_loses_sight_of_a_ticket_is_told_nothing_of_its_new_content(
    ticket: Ticket, network: Queue
) -> None:
    former = ticket.queue_id
    forget()
    ticket.queue = network
    ticket.subject = "For network only"
    ticket.save()
    event = only()
    assert event.before == {"superusers", f"queue:{former}"}
    assert event.audience == {"superusers", f"queue:{network.pk}"}
    assert event.left is not None
    name, data = json.loads(event.left)
    assert (name, json.loads(data)) == ("ticket.removed", {"ticket": {"id": ticket.pk}})


def test_who_comes_to_see_a_ticket_is_not_told_what_it_was(ticket: Ticket, network: Queue) -> None:
    forget()
    ticket.queue = network
    ticket.save()
    assert only().entered is not None
    name, data = json.loads(str(only().entered))
    assert name == "ticket.created"
    assert json.loads(data)["changes"] == {}
    assert "Billing" not in data
    assert json.loads(data)["ticket"] == only().data["ticket"]


def test_a_change_in_place_names_one_audience(ticket: Ticket) -> None:
    forget()
    Ticket.objects.update(status="open")
    event = only()
    assert (event.before, event.entered, event.left) == (None, None, None)


def test_a_comment_goes_to_who_sees_the_ticket_now(
    ticket: Ticket, network: Queue, dave: User
) -> None:
    seen_before = Ticket.objects.get()
    Ticket.objects.update(queue=network, assignee=dave)
    forget()
    Comment.objects.create(ticket=seen_before, body="For network only", internal=True)
    assert only().audience == {"superusers", f"queue:{network.pk}", f"user:{dave.pk}"}


def save_what_was_loaded(ticket: Ticket) -> None:
    ticket.status = "open"
    ticket.save(update_fields=["status"])


MEANWHILE: dict[str, Callable[[Ticket], Any]] = {
    "comment": lambda ticket: Comment.objects.create(ticket=ticket, body="For network only"),
    "update": lambda ticket: Ticket.objects.filter(pk=ticket.pk).update(status="open"),
    "save": save_what_was_loaded,
    "delete": lambda ticket: Ticket.objects.get(pk=ticket.pk).delete(),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", MEANWHILE.values(), ids=MEANWHILE.keys())
def test_what_comes_during_a_move_waits_and_is_told_to_who_sees_the_ticket_then(
    change: Callable[[Ticket], Any], ticket: Ticket, network: Queue
) -> None:
    loaded = Ticket.objects.get()
    forget()

    def in_another_connection() -> None:
        try:
            change(loaded)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            Ticket.objects.update(queue=network)
            meanwhile = thread.submit(in_another_connection)
            with pytest.raises(TimeoutError):  # it cannot be done before this has committed
                meanwhile.result(0.5)
        meanwhile.result(30)
    move, event = told()
    assert move.data["ticket"]["version"] == 2
    assert event.audience == {"superusers", f"queue:{network.pk}"}
    assert event.before is None


def test_the_data_of_an_event_is_what_the_contract_says(ticket: Ticket, alice: User) -> None:
    forget()
    with acting_as(alice):
        Ticket.objects.update(priority="high", assignee=alice)
    ticket = Ticket.objects.get()
    data = only().data
    assert set(data) == {"ticket", "changes", "actor", "at"}
    assert data["ticket"] == {
        "id": ticket.pk,
        "subject": "Printer on fire",
        "status": "new",
        "priority": "high",
        "queue": {"id": ticket.queue_id, "name": "Billing"},
        "assignee": {"id": alice.pk, "name": "alice"},
        "requester_name": "",
        "requester_email": "",
        "tags": [],
        "due_at": None,
        "version": 2,
        "created_at": data["ticket"]["created_at"],
        "awaits_answer": False,
        "merged_into": None,
        "last_activity_at": data["ticket"]["created_at"],
        "last_activity_by": "system",
        "updated_at": data["at"],
    }
    assert data["changes"] == {
        "priority": ["normal", "high"],
        "assignee": [None, {"id": alice.pk, "name": "alice"}],
    }
    assert data["actor"] == {"id": alice.pk, "name": "alice"}


# --- Who did it -----------------------------------------------------------


def test_in_the_shell_nobody_is_acting(ticket: Ticket) -> None:
    forget()
    Ticket.objects.update(status="open")
    assert only().data["actor"] is None
    assert Change.objects.latest("id").actor is None


def test_a_command_says_who_it_acts_as(ticket: Ticket, alice: User, bob: User) -> None:
    forget()
    with acting_as(alice):
        Ticket.objects.update(status="open")
        with acting_as(None):
            Ticket.objects.update(status="pending")
        with acting_as(bob):
            Ticket.objects.update(status="closed")
    assert [one.data["actor"] and one.data["actor"]["name"] for one in told()] == [
        "alice", None, "bob",
    ]  # fmt: skip
    assert current_actor() is None


REQUESTS: dict[str, Callable[[Any, Ticket], Any]] = {
    "api": lambda client, ticket: client.patch(
        f"/api/tickets/{ticket.pk}/", {"status": "open"}, content_type=JSON
    ),
    "api comment": lambda client, ticket: client.post(
        f"/api/tickets/{ticket.pk}/comments/", {"body": "Hi"}, content_type=JSON
    ),
    "page": lambda client, ticket: client.post(f"/tickets/{ticket.pk}/comment/", {"body": "Hi"}),
}


@pytest.mark.parametrize("change", REQUESTS.values(), ids=REQUESTS.keys())
def test_in_a_request_who_is_signed_in_is_acting(
    change: Callable[[Any, Ticket], Any], ticket: Ticket, alice: User
) -> None:
    forget()
    answer = change(signed_in(alice), ticket)
    assert answer.status_code < 400
    assert only().data["actor"] == {"id": alice.pk, "name": "alice"}
    assert current_actor() is None  # and not after it


def test_the_history_outlives_the_ticket_and_who_changed_it(ticket: Ticket, alice: User) -> None:
    alice.first_name, alice.last_name = "Alice", "Ash"
    alice.save()
    with acting_as(alice):
        ticket.delete()
    alice.delete()
    change = Change.objects.latest("id")
    assert (change.field, change.old, change.actor, change.actor_name) == (
        "deleted", "Printer on fire", None, "Alice Ash",
    )  # fmt: skip


# --- Who sees more or less -----------------------------------------------------------


def is_access(event: Told, user: User, *, gained: str = "", lost: str = "") -> bool:
    expected = {
        "user": user.pk,
        "gained": [gained] if gained else [],
        "lost": [lost] if lost else [],
    }
    return event.name == "live.access" and event.data == expected


JOINING: dict[str, Callable[[Queue, User], Any]] = {
    "queue.agents.add": lambda queue, dave: queue.agents.add(dave),
    "queue.agents.add by number": lambda queue, dave: queue.agents.add(dave.pk),
    "queue.agents.set": lambda queue, dave: queue.agents.set([*queue.agents.all(), dave]),
    "user.queues.add": lambda queue, dave: dave.queues.add(queue),
    "user.queues.set": lambda queue, dave: dave.queues.set([queue]),
    "Membership.save": lambda queue, dave: Membership(queue=queue, user=dave).save(),
    "Membership.create": lambda queue, dave: Membership.objects.create(queue=queue, user=dave),
    "Membership.get_or_create": lambda queue, dave: Membership.objects.get_or_create(
        queue=queue, user=dave
    ),
    "Membership.bulk_create": lambda queue, dave: Membership.objects.bulk_create(
        [Membership(queue=queue, user=dave)]
    ),
    "queue.memberships.create": lambda queue, dave: queue.memberships.create(user=dave),
}


@pytest.mark.parametrize("join", JOINING.values(), ids=JOINING.keys())
def test_every_way_to_join_a_queue_is_told(
    join: Callable[[Queue, User], Any], billing: Queue, alice: User, dave: User
) -> None:
    forget()
    join(billing, dave)
    (event,) = told_of("live.access")
    assert is_access(event, dave, gained=f"queue:{billing.pk}")
    forget()
    billing.agents.add(dave)  # who is an agent already
    assert names() == []


LEAVING: dict[str, Callable[[Queue, User], Any]] = {
    "queue.agents.remove": lambda queue, alice: queue.agents.remove(alice),
    "queue.agents.set": lambda queue, alice: queue.agents.set([]),
    "queue.agents.clear": lambda queue, alice: queue.agents.clear(),
    "user.queues.remove": lambda queue, alice: alice.queues.remove(queue),
    "user.queues.set": lambda queue, alice: alice.queues.set([]),
    "user.queues.clear": lambda queue, alice: alice.queues.clear(),
    "Membership.delete": lambda queue, alice: Membership.objects.get().delete(),
    "Membership queryset.delete": lambda queue, alice: Membership.objects.all().delete(),
    "queue.delete": lambda queue, alice: queue.delete(),
}


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING.keys())
def test_every_way_to_leave_a_queue_is_told(
    leave: Callable[[Queue, User], Any], billing: Queue, alice: User
) -> None:
    number = billing.pk
    forget()
    leave(billing, alice)
    (event,) = told_of("live.access")
    assert is_access(event, alice, lost=f"queue:{number}")


def by_save(membership: Membership, network: Queue) -> None:
    membership.queue = network
    membership.save()


def by_bulk_update(membership: Membership, network: Queue) -> None:
    membership.queue = network
    Membership.objects.bulk_update([membership], ["queue"])


@pytest.mark.parametrize(
    "change",
    [by_save, by_bulk_update, lambda one, network: Membership.objects.update(queue=network)],
)
def test_a_membership_that_moves_is_left_and_joined(
    change: Callable[[Membership, Queue], Any], alice: User, billing: Queue, network: Queue
) -> None:
    forget()
    change(Membership.objects.get(), network)
    left, joined = told_of("live.access")
    assert is_access(left, alice, lost=f"queue:{billing.pk}")
    assert is_access(joined, alice, gained=f"queue:{network.pk}")


def test_becoming_and_ceasing_to_be_superuser_is_told(dave: User) -> None:
    forget()
    dave.is_superuser = True
    dave.save()
    (event,) = told_of("live.access")
    assert is_access(event, dave, gained="superusers")
    forget()
    User.objects.filter(pk=dave.pk).update(is_superuser=False)
    (event,) = told_of("live.access")
    assert is_access(event, dave, lost="superusers")
    dave.save()
    forget()
    dave.is_superuser = False
    dave.save(update_fields=["is_superuser"])
    (event,) = told_of("live.access")
    assert is_access(event, dave, lost="superusers")


def test_what_is_set_on_a_user_but_not_saved_is_not_told(dave: User) -> None:
    forget()
    dave.is_superuser = True
    dave.username = "root"
    dave.save(update_fields=["last_login"])
    assert names() == []


# --- Names on open pages -----------------------------------------------------------


def test_a_renamed_queue_has_those_reload_who_see_it(ticket: Ticket, dave: User) -> None:
    Ticket.objects.update(assignee=dave)
    forget()
    Queue.objects.update(name="Invoices")
    (event,) = told_of("reset")
    assert event.data == {"reason": "renamed"}
    assert event.audience == {"superusers", f"queue:{ticket.queue_id}", f"user:{dave.pk}"}


def test_a_renamed_user_has_everyone_reload(dave: User) -> None:
    forget()
    dave.first_name = "David"
    dave.save()
    (event,) = told_of("reset")
    assert event.audience == {"everyone"}
    forget()
    dave.email = "dave@example.com"
    dave.save()
    assert told_of("reset") == []


def test_many_users_renamed_at_once_have_everyone_reload_once(alice: User, dave: User) -> None:
    forget()
    User.objects.update(last_name="Smith")
    (event,) = told_of("reset")
    assert event.audience == {"everyone"}


def test_a_deleted_author_has_everyone_reload(ticket: Ticket, dave: User, bob: User) -> None:
    Comment.objects.create(ticket=ticket, author=dave, body="So long")
    forget()
    bob.delete()
    assert told_of("reset") == []
    dave.delete()
    assert len(told_of("reset")) == 1
    assert Comment.objects.get().author is None


# --- Past the models -----------------------------------------------------------


def test_a_fixture_that_is_loaded_has_everyone_reload(
    ticket: Ticket, billing: Queue, dave: User, tmp_path: Path
) -> None:
    row = {"subject": "Loaded", "queue": billing.pk, "status": "new", "priority": "normal"}
    fixture = tmp_path / "fixture.json"
    fixture.write_text(
        json.dumps(
            [
                {"model": "tickets.ticket", "pk": 77, "fields": row},
                {"model": "tickets.membership", "fields": {"queue": billing.pk, "user": dave.pk}},
            ]
        )
    )
    forget()
    call_command("loaddata", str(fixture), verbosity=0)
    reload = only()
    assert (reload.name, reload.data, reload.audience) == ("reset", {"reason": "untold"}, {"*"})


def test_pruning_the_log_does_not_load_it(
    ticket: Ticket, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(1):
        Event.objects.all().delete()
