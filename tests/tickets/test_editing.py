"""The commands on tickets: whom they refuse, also at the last moment, and what they do."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, transaction
from django.utils import timezone

import live.log.writing
from tests.harness.moving import move_before_its_lock
from tests.harness.processes import ROOT
from tests.harness.told import forget, names, only, told_of
from tickets import editing
from tickets.actor import acting_as
from tickets.editing import AlreadyTaken, StaleVersion
from tickets.models import Comment, Queue, Ticket

pytestmark = pytest.mark.django_db

Command = Callable[[Any, int], Any]


def hold(user: Any, pk: int) -> Ticket:
    with transaction.atomic():
        return editing.hold(user, pk)


WRITES: dict[str, Command] = {
    "edit": lambda user, pk: editing.edit(user, pk, {"status": "closed"}, version=None),
    "take": lambda user, pk: editing.take(user, pk),
    "comment": lambda user, pk: editing.comment(user, pk, "Hello", internal=True),
}
COMMANDS: dict[str, Command] = {
    **WRITES,
    "edit an old version": lambda user, pk: editing.edit(user, pk, {"status": "open"}, version=7),
    "hold": hold,
}
each_write = pytest.mark.parametrize("command", WRITES.values(), ids=WRITES.keys())
each_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())


@pytest.fixture
def moved_before_the_lock(ticket: Ticket, network: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    move_before_its_lock(ticket, network, monkeypatch)


# --- Refusals -----------------------------------------------------------------------------------


@each_command
@pytest.mark.parametrize("stranger", ["bob", "dave"])
def test_an_agent_of_another_queue_is_refused(
    command: Command, stranger: str, ticket: Ticket, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(stranger)
    forget()
    with pytest.raises(Ticket.DoesNotExist):
        command(user, ticket.pk)
    assert names() == []
    assert Ticket.objects.get().version == 1


@each_command
def test_who_is_signed_out_is_refused(command: Command, ticket: Ticket) -> None:
    with pytest.raises(Ticket.DoesNotExist):
        command(AnonymousUser(), ticket.pk)


@each_command
def test_who_is_deactivated_is_refused(command: Command, ticket: Ticket, alice: User) -> None:
    alice.is_active = False
    with pytest.raises(Ticket.DoesNotExist):
        command(alice, ticket.pk)


@each_command
@pytest.mark.parametrize("number", [0, 999_999, 2**63, 10**40])
def test_a_number_that_no_ticket_has_is_refused(command: Command, number: int, admin: User) -> None:
    with pytest.raises(Ticket.DoesNotExist):
        command(admin, number)


@each_command
@pytest.mark.usefixtures("moved_before_the_lock")
def test_a_ticket_that_moves_away_between_look_and_lock_is_refused(
    command: Command, ticket: Ticket, alice: User
) -> None:
    forget()
    with pytest.raises(Ticket.DoesNotExist):
        command(alice, ticket.pk)
    assert names() == []
    assert Ticket.objects.filter(status="new", assignee=None).count() == 1


@pytest.mark.django_db(transaction=True)
@each_command
def test_a_command_during_a_move_waits_and_is_refused_when_the_move_is_done(
    command: Command, ticket: Ticket, network: Queue, alice: User
) -> None:
    def in_another_connection() -> None:
        try:
            command(alice, ticket.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).update(queue=network)
            meanwhile = thread.submit(in_another_connection)
            with pytest.raises(TimeoutError):
                meanwhile.result(0.3)
        with pytest.raises(Ticket.DoesNotExist):
            meanwhile.result(30)
    assert Ticket.objects.values_list("status", "version").get() == ("new", 2)
    assert not Comment.objects.exists()


def test_a_change_of_an_old_version_is_refused_and_says_what_the_ticket_is_now(
    ticket: Ticket, alice: User
) -> None:
    Ticket.objects.update(status="pending")
    forget()
    with pytest.raises(StaleVersion, match="version 1, now 2") as refusal:
        editing.edit(alice, ticket.pk, {"priority": "low"}, version=1)
    assert (refusal.value.current.status, refusal.value.seen) == ("pending", 1)
    assert names() == []
    assert Ticket.objects.get().priority == "normal"


def test_a_ticket_that_somebody_else_has_is_not_taken_from_them(
    ticket: Ticket, alice: User, carol: User
) -> None:
    editing.take(carol, ticket.pk)
    forget()
    with pytest.raises(AlreadyTaken, match=f"carol has ticket #{ticket.pk}"):
        editing.take(alice, ticket.pk)
    assert names() == []
    assert Ticket.objects.get().assignee == carol


def test_of_many_tickets_those_out_of_sight_are_refused_and_the_others_changed(
    ticket: Ticket, billing: Queue, network: Queue, alice: User
) -> None:
    hidden = Ticket.objects.create(subject="Cable cut", queue=network)
    same = Ticket.objects.create(subject="Invoice", queue=billing, status="open")
    numbers = [hidden.pk, ticket.pk, 999_999, same.pk]
    edited = [*editing.edit_each(alice, numbers, {"status": "open"})]
    assert [(each.ticket_id, each.ticket is None, each.is_changed) for each in edited] == [
        (hidden.pk, True, False), (ticket.pk, False, True),
        (999_999, True, False), (same.pk, False, False),
    ]  # fmt: skip
    assert Ticket.objects.get(pk=hidden.pk).status == "new"


@pytest.mark.usefixtures("moved_before_the_lock")
def test_of_many_tickets_one_that_moves_away_meanwhile_is_refused(
    ticket: Ticket, alice: User
) -> None:
    (edited,) = editing.edit_each(alice, [ticket.pk], {"status": "open"})
    assert edited.ticket is None
    assert Ticket.objects.get().status == "new"


@pytest.mark.django_db(transaction=True)
def test_each_of_many_tickets_is_changed_in_a_transaction_of_its_own(
    ticket: Ticket, billing: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = Ticket.objects.create(subject="Invoice", queue=billing)
    results = editing.edit_each(alice, [ticket.pk, second.pk], {"status": "open"})
    next(results)
    fail_to_publish(monkeypatch)
    with pytest.raises(ConnectionError):
        next(results)
    statuses = dict(Ticket.objects.values_list("pk", "status"))
    assert statuses == {ticket.pk: "open", second.pk: "new"}


@pytest.mark.django_db(transaction=True)
@each_write
def test_a_command_that_fails_has_written_nothing(
    command: Command, ticket: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget()
    fail_to_publish(monkeypatch)
    with pytest.raises(ConnectionError):
        command(alice, ticket.pk)
    assert names() == []
    assert Ticket.objects.get().version == 1
    assert not Comment.objects.exists()


def fail_to_publish(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(live.log.writing, "publish", fail)


def test_nothing_but_the_commands_writes_a_ticket_or_a_comment() -> None:
    writes = re.compile(
        r"\b(Ticket|Comment)\.objects\.(\w*create\w*|update)\(|\bform\.save\(|\bTicket\.locked\("
    )
    allowed = {
        "editing.py",
        "models.py",  # names such a call in a sentence
        "receivers.py",  # locks a ticket to tell of its comment
        "keeping.py",  # saves a view of a list
        "deeds.py",  # merges two tickets, which it locks together
        "outcomes.py",  # locks the ticket to tell what became of a mail
        "threading.py",  # locks the ticket that a mail answers, before anybody is known to write
    }
    found = [
        f"{file.name}:{number}"
        for file in (ROOT / "tickets").rglob("*.py")
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if writes.search(line) and file.name not in allowed
    ]
    assert found == []


# --- What they do -------------------------------------------------------------------------------


def test_a_ticket_is_opened_in_any_queue(network: Queue, alice: User) -> None:
    forget()
    with acting_as(alice):
        opened = editing.create(subject="Cable cut", queue=network)
    assert Ticket.objects.get() == opened
    assert only().name == "ticket.created"
    assert only().data["actor"] == {"id": alice.pk, "name": "alice"}


def test_a_change_of_the_version_that_was_seen_is_saved(
    ticket: Ticket, network: Queue, alice: User
) -> None:
    changes = {"status": "open", "queue": network}
    edited = editing.edit(alice, ticket.pk, changes, version=1)
    assert (edited.version, edited.queue, edited.status) == (2, network, "open")
    assert Ticket.objects.values_list("version", "queue", "status").get() == (2, network.pk, "open")


def test_a_ticket_may_be_taken_twice_by_the_same_agent(ticket: Ticket, alice: User) -> None:
    assert editing.take(alice, ticket.pk).version == 2
    assert editing.take(alice, ticket.pk).version == 2
    assert Ticket.objects.get().assignee == alice


@pytest.mark.parametrize("internal", [True, False])
def test_a_comment_is_by_its_user(internal: bool, ticket: Ticket, alice: User) -> None:
    forget()
    comment = editing.comment(alice, ticket.pk, "Call back", internal=internal)
    stored = Comment.objects.get()
    assert (stored.pk, stored.author, stored.ticket) == (comment.pk, alice, ticket)
    assert (stored.body, stored.internal) == ("Call back", internal)
    assert only().data["comment"]["author"] == {"id": alice.pk, "name": "alice"}


def test_commands_on_any_ticket_ask_nobody_who_may_see_it(ticket: Ticket, bob: User) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    forget()
    assert editing.edit_any(ticket.pk, {"status": "open"}).version == 2
    editing.comment_on_any(ticket.pk, bob, "Done", internal=False, at=yesterday)
    editing.comment_on_any(ticket.pk, None, "By nobody", internal=True)
    assert told_of("ticket.updated")[0].data["actor"] is None
    assert Comment.objects.values_list("author", "body", "internal").order_by("id")[0] == (
        bob.pk, "Done", False,
    )  # fmt: skip
    assert Comment.objects.filter(created_at=yesterday).count() == 1


def test_commands_on_any_ticket_need_one_that_is_there(ticket: Ticket, bob: User) -> None:
    with pytest.raises(Ticket.DoesNotExist):
        editing.edit_any(ticket.pk + 1, {"status": "open"})
    with pytest.raises(Ticket.DoesNotExist):
        editing.comment_on_any(ticket.pk + 1, bob, "Done", internal=False)
