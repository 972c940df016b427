"""A change of one's own is taken back: exactly, as a new change, and never over others' heads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client

from tests.harness.people import signed_in
from tests.harness.told import forget, only
from tickets import editing
from tickets.actor import acting_as
from tickets.models import Change, Comment, Queue, Ticket
from tickets.undo import NOT_YOURS, OPENED, REACH, NotUndoable, undo

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 3, 1, 9, 30, 12, 345678, tzinfo=UTC)


def edit(user: User, ticket: Ticket, **changes: Any) -> int:
    """The version that it made."""
    with acting_as(user):
        return editing.edit(user, ticket.pk, changes, version=None).version


def take_back(user: User, ticket: Ticket, version: int) -> Ticket:
    with acting_as(user):
        return undo(user, ticket.pk, version)


def refused(user: User, ticket: Ticket, version: int) -> str:
    before = Ticket.objects.get(pk=ticket.pk).version
    with pytest.raises(NotUndoable) as refusal:
        take_back(user, ticket, version)
    assert Ticket.objects.get(pk=ticket.pk).version == before
    return str(refusal.value)


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stranger", ["bob", "dave"])
def test_who_does_not_see_the_ticket_finds_none(
    stranger: str, ticket: Ticket, alice: User, request: pytest.FixtureRequest
) -> None:
    version = edit(alice, ticket, status="open")
    with pytest.raises(Ticket.DoesNotExist):
        take_back(request.getfixturevalue(stranger), ticket, version)
    assert Ticket.objects.get().status == "open"


def test_only_who_made_the_change_takes_it_back(
    ticket: Ticket, alice: User, carol: User, admin: User
) -> None:
    version = edit(alice, ticket, status="open")
    for other in (carol, admin):
        assert refused(other, ticket, version) == NOT_YOURS.format(actor="alice")


def test_what_the_system_or_somebody_deleted_did_is_nobodys(ticket: Ticket, alice: User) -> None:
    version = editing.edit_any(ticket.pk, {"status": "open"}).version
    assert refused(alice, ticket, version) == NOT_YOURS.format(actor="somebody else")


def test_what_was_changed_since_stays_and_it_is_said_by_whom(
    ticket: Ticket, alice: User, carol: User
) -> None:
    version = edit(alice, ticket, status="open", priority="high")
    edit(carol, ticket, status="pending")
    assert "carol set status open → pending" in refused(alice, ticket, version)


def test_a_change_that_came_back_by_itself_counts_as_a_change(
    ticket: Ticket, alice: User, carol: User
) -> None:
    version = edit(alice, ticket, status="open")
    edit(carol, ticket, status="pending")
    edit(carol, ticket, status="open")
    assert "carol set status" in refused(alice, ticket, version)


def test_nothing_is_taken_back_twice(ticket: Ticket, alice: User) -> None:
    version = edit(alice, ticket, status="open")
    take_back(alice, ticket, version)
    assert "alice set status open → new" in refused(alice, ticket, version)


def test_that_it_was_opened_is_not_taken_back(ticket: Ticket, alice: User) -> None:
    with acting_as(alice):
        opened = editing.create(subject="Mine", queue=ticket.queue)
    assert refused(alice, opened, 1) == OPENED


@pytest.mark.parametrize("version", [0, 7, 2**31, 2**63])
def test_a_version_that_never_was_is_refused(version: int, ticket: Ticket, alice: User) -> None:
    assert "no such change" in refused(alice, ticket, version)


def test_a_queue_that_is_gone_is_named(ticket: Ticket, network: Queue, carol: User) -> None:
    version = edit(carol, ticket, queue=network)
    Queue.objects.get(name="Billing").delete()
    assert "Billing, which was its queue" in refused(carol, ticket, version)


@pytest.mark.parametrize("how", ["deleted", "deactivated"])
def test_a_person_who_cannot_be_given_it_any_more_is_named(
    how: str, ticket: Ticket, alice: User, bob: User
) -> None:
    edit(alice, ticket, assignee=bob)
    version = edit(alice, ticket, assignee=None)
    if how == "deleted":
        bob.delete()
    else:
        User.objects.filter(pk=bob.pk).update(is_active=False)
    assert "bob, which was its assignee" in refused(alice, ticket, version)


def test_a_change_from_before_values_were_kept_is_refused(
    ticket: Ticket, alice: User, network: Queue, carol: User
) -> None:
    version = edit(carol, ticket, queue=network)
    Change.objects.update(old_value=None)
    assert "from before this release" in refused(carol, ticket, version)


# --- What it does -------------------------------------------------------------------------------


def test_every_field_becomes_exactly_what_it_was(
    ticket: Ticket, network: Queue, bob: User, carol: User
) -> None:
    before = {
        "subject": "  Two  spaces", "description": "A\r\nB\n" * 3000, "queue": ticket.queue,
        "assignee": bob, "status": "pending", "priority": "low", "requester_name": "Ünal",
        "requester_email": "", "due_at": MOMENT,
    }  # fmt: skip
    edit(carol, ticket, **before)
    after = {
        "subject": "x", "description": "", "queue": network, "assignee": None, "status": "new",
        "priority": "normal", "requester_name": "", "requester_email": "a@example.com",
        "due_at": None,
    }  # fmt: skip
    version = edit(carol, ticket, **after)
    take_back(carol, ticket, version)
    fields = [Ticket._meta.get_field(name).attname for name in before]  # type: ignore[union-attr]
    stored = Ticket.objects.get()
    assert {name: getattr(stored, name) for name in before} == before, fields
    take_back(carol, ticket, version + 1)  # what was taken back is a change like any other
    stored = Ticket.objects.get()
    assert {name: getattr(stored, name) for name in after} == after


def test_a_queue_that_has_another_name_by_now_is_the_same(
    ticket: Ticket, network: Queue, carol: User
) -> None:
    version = edit(carol, ticket, queue=network)
    billing = ticket.queue
    billing.name = "Invoices"
    billing.save()
    Queue.objects.create(name="Billing")
    assert take_back(carol, ticket, version).queue == billing


def test_it_is_a_new_version_that_is_told_and_has_its_own_history(
    ticket: Ticket, alice: User
) -> None:
    version = edit(alice, ticket, status="open")
    forget()
    take_back(alice, ticket, version)
    told = only()
    assert (told.name, told.data["ticket"]["version"]) == ("ticket.updated", 3)
    assert told.data["changes"] == {"status": ["open", "new"]}
    assert Change.objects.filter(version=3, actor=alice, old="open", new="new").exists()


def test_other_fields_keep_what_others_set(ticket: Ticket, alice: User, carol: User) -> None:
    version = edit(alice, ticket, status="open")
    edit(carol, ticket, priority="urgent")
    restored = take_back(alice, ticket, version)
    assert (restored.status, restored.priority) == ("new", "urgent")


# --- Out of one's own sight ---------------------------------------------------------------------


def test_a_ticket_that_one_moved_out_of_sight_is_moved_back(
    ticket: Ticket, network: Queue, alice: User
) -> None:
    version = edit(alice, ticket, queue=network)
    assert take_back(alice, ticket, version).queue == ticket.queue


def test_but_not_once_anybody_has_worked_on_it(
    ticket: Ticket, network: Queue, alice: User, bob: User
) -> None:
    """Whoever moved it would get to see what was said without them."""
    other = Ticket.objects.create(subject="Other", queue=ticket.queue)
    moved = [edit(alice, each, queue=network) for each in (ticket, other)]
    editing.comment(bob, ticket.pk, "Between us", internal=True)
    edit(bob, other, priority="low")
    for each, version in zip((ticket, other), moved, strict=True):
        with pytest.raises(Ticket.DoesNotExist):
            take_back(alice, each, version)
    assert Ticket.objects.filter(queue=network).count() == 2


def test_and_not_after_a_minute(ticket: Ticket, network: Queue, alice: User) -> None:
    version = edit(alice, ticket, queue=network)
    Change.objects.update(at=F("at") - REACH - timedelta(seconds=1))
    with pytest.raises(Ticket.DoesNotExist):
        take_back(alice, ticket, version)


def test_and_not_if_it_would_stay_out_of_sight(ticket: Ticket, network: Queue, alice: User) -> None:
    version = edit(alice, ticket, queue=network)
    alice.queues.clear()
    with pytest.raises(Ticket.DoesNotExist):
        take_back(alice, ticket, version)
    alice.queues.set([ticket.queue])
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(Ticket.DoesNotExist):
        take_back(User.objects.get(pk=alice.pk), ticket, version)
    assert Ticket.objects.get().queue == network


# --- The form -----------------------------------------------------------------------------------


def post(client: Client, ticket: Ticket, **fields: Any) -> Any:
    return client.post(f"/tickets/{ticket.pk}/undo/", fields)


def test_the_form_takes_back_once_however_often_it_is_sent(ticket: Ticket, alice: User) -> None:
    version = edit(alice, ticket, status="open")
    client = signed_in(alice)
    for _ in range(2):
        answer = post(client, ticket, version=version, idempotency_key="k")
        assert (answer.status_code, answer["Location"]) == (302, f"/tickets/{ticket.pk}/")
    assert Ticket.objects.values_list("status", "version").get() == ("new", 3)


def test_the_form_refuses_with_a_sentence_on_the_page_of_the_ticket(
    ticket: Ticket, alice: User, carol: User
) -> None:
    version = edit(alice, ticket, status="open")
    edit(carol, ticket, status="closed")
    answer = post(signed_in(alice), ticket, version=version)
    assert answer.status_code == 409
    assert "carol set status open → closed" in answer.content.decode()


@pytest.mark.parametrize("version", ["", "x", "-1", "1.5", "²", "9" * 30])
def test_junk_is_no_version(version: str, ticket: Ticket, alice: User) -> None:
    answer = post(signed_in(alice), ticket, version=version)
    assert answer.status_code == 409
    assert "There is no such change" in answer.content.decode()


def test_the_form_is_for_those_who_see_the_ticket_and_for_posts(
    ticket: Ticket, alice: User, bob: User
) -> None:
    version = edit(alice, ticket, status="open")
    assert post(signed_in(bob), ticket, version=version).status_code == 404
    assert signed_in(alice).get(f"/tickets/{ticket.pk}/undo/").status_code == 405
    answer = post(Client(), ticket, version=version)
    assert "/accounts/login/" in answer["Location"]
    strict = signed_in(alice, enforce_csrf_checks=True)
    assert post(strict, ticket, version=version).status_code == 403
    assert Comment.objects.count() == 0
    assert Ticket.objects.get().status == "open"
