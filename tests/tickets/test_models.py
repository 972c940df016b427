"""The rules of queues, tickets and comments; and that every change is told or refused."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.models import F, ProtectedError, Value
from django.db.models.functions import Concat
from django.utils import timezone

import live.log.writing
from live.observed import observation
from tests.harness.told import forget, names, only, told, told_of
from tickets.models import Change, Comment, Membership, Queue, Ticket

pytestmark = pytest.mark.django_db


class LogBrokenError(Exception):
    pass


@pytest.fixture
def broken_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise LogBrokenError

    monkeypatch.setattr(live.log.writing, "publish", refuse)


# --- Refusals -----------------------------------------------------------------------------------


def test_a_queue_with_tickets_cannot_be_deleted(ticket: Ticket) -> None:
    with pytest.raises(ProtectedError):
        ticket.queue.delete()
    assert Queue.objects.filter(pk=ticket.queue_id).exists()


@pytest.mark.parametrize("field", ["status", "priority"])
def test_an_unknown_word_is_refused(ticket: Ticket, field: str) -> None:
    forget()
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.update(**{field: "lost"})
    setattr(ticket, field, "lost")
    with pytest.raises(IntegrityError), transaction.atomic():
        ticket.save()
    assert names() == []


@pytest.mark.parametrize(
    "refused",
    [
        lambda: Ticket.objects.bulk_create([Ticket(subject="x")], ignore_conflicts=True),
        lambda: Ticket.objects.bulk_create([Ticket(subject="x")], None, True),
        lambda: Ticket.objects.bulk_create(
            [Ticket(subject="x")],
            update_conflicts=True,
            update_fields=["subject"],
            unique_fields=["id"],
        ),
    ],
)
def test_a_bulk_create_that_may_leave_rows_out_names_the_call_to_use(
    refused: Callable[[], Any], ticket: Ticket
) -> None:
    with pytest.raises(ValueError, match=r"use save\(\) or get_or_create\(\) instead"):
        refused()


ELSEWHERE: dict[str, Callable[[Ticket, str], Any]] = {
    "save a new one": lambda ticket, alias: Ticket(subject="x", queue=ticket.queue).save(
        using=alias
    ),
    "save": lambda ticket, alias: ticket.save(using=alias),
    "create": lambda ticket, alias: Ticket.objects.using(alias).create(subject="x"),
    "update": lambda ticket, alias: Ticket.objects.using(alias).update(status="open"),
    "bulk_create": lambda ticket, alias: Ticket.objects.using(alias).bulk_create(
        [Ticket(subject="x")]
    ),
}
DELETED_ELSEWHERE: dict[str, Callable[[Ticket, str], Any]] = {
    "delete": lambda ticket, alias: ticket.delete(using=alias),
    "delete many": lambda ticket, alias: Ticket.objects.using(alias).all().delete(),
}


@pytest.mark.parametrize("write", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_a_write_in_another_database_is_refused_before_a_connection_is_looked_for(
    write: Callable[[Ticket, str], Any], ticket: Ticket
) -> None:
    """Django's own error for a database that is not there would be another one."""
    forget()
    ticket.status = "open"
    with pytest.raises(ValueError, match=r"in the default database only.* not in 'elsewhere'"):
        write(ticket, "elsewhere")
    assert names() == []
    assert Ticket.objects.values_list("status", "version").get() == ("new", 1)


@pytest.fixture(scope="module")
def mirror() -> Iterator[str]:
    """The same database under another alias: a write that is let through there can be seen."""
    default = connections.databases["default"]
    connections.databases["mirror"] = {**default, "TEST": {**default["TEST"], "MIRROR": "default"}}
    yield "mirror"
    del connections["mirror"], connections.databases["mirror"]


@pytest.mark.django_db(transaction=True, databases=["default", "mirror"])
@pytest.mark.parametrize(
    "write",
    [*ELSEWHERE.values(), *DELETED_ELSEWHERE.values()],
    ids=[*ELSEWHERE.keys(), *DELETED_ELSEWHERE.keys()],
)
def test_a_write_by_another_alias_is_refused_and_writes_nothing(
    write: Callable[[Ticket, str], Any], mirror: str, ticket: Ticket
) -> None:
    forget()
    ticket.status = "open"
    with pytest.raises(ValueError, match=r"in the default database only.* not in 'mirror'"):
        write(ticket, mirror)
    connections[mirror].close()
    assert names() == []
    assert Ticket.objects.values_list("status", "version").get() == ("new", 1)


@pytest.mark.parametrize("values", [{"version": 7}, {"updated_at": timezone.now()}, {"id": 7}])
def test_what_follows_from_a_change_cannot_be_updated(
    ticket: Ticket, values: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="cannot be set by update"):
        Ticket.objects.update(**values)
    with pytest.raises(ValueError, match="cannot be set by update"):
        Ticket.objects.bulk_update(
            [ticket], [name for name in values if name != "id"] or ["version"]
        )


def test_an_expression_cannot_be_saved_for_nobody_could_say_what_changed(ticket: Ticket) -> None:
    ticket.subject = Concat(F("subject"), Value("!"))
    with pytest.raises(ValueError, match=r"use Ticket\.objects\.filter\(\.\.\.\)\.update"):
        ticket.save()


def test_what_is_not_saved_yet_is_not_forgotten_by_saving_something_else(
    ticket: Ticket,
) -> None:
    ticket.assignee = User.objects.create(username="alice")
    ticket.save()
    ticket = Ticket.objects.get(pk=ticket.pk)
    ticket.assignee_id = None
    ticket.priority = "high"
    ticket.save(update_fields=["priority"])
    assert ticket.assignee is None
    ticket.save()
    stored = Ticket.objects.get(pk=ticket.pk)
    assert (stored.assignee_id, stored.priority) == (None, "high")


def test_a_saved_ticket_knows_its_queue(ticket: Ticket, django_assert_num_queries: Any) -> None:
    created = Ticket.objects.create(subject="Printer", queue_id=ticket.queue_id)
    with django_assert_num_queries(0):
        assert (created.queue.name, created.assignee) == (ticket.queue.name, None)


def test_an_unknown_field_to_save_is_refused(ticket: Ticket) -> None:
    with pytest.raises(FieldDoesNotExist):
        ticket.save(update_fields=["statsu"])  # type: ignore[misc]  # mypy sees it too


def test_a_ticket_deleted_meanwhile_does_not_come_back_by_saving_some_fields(
    ticket: Ticket,
) -> None:
    Ticket.objects.all().delete()
    ticket.status = "open"
    with pytest.raises(DatabaseError), transaction.atomic():
        ticket.save(update_fields=["status"])
    assert not Ticket.objects.exists()


def test_a_ticket_in_no_queue_is_refused(db: None) -> None:
    with pytest.raises(IntegrityError):
        Ticket.objects.create(subject="Lost", queue_id=999)


def change_a_comment(comment: Comment) -> None:
    comment.body = "I never said that"
    comment.save()


@pytest.mark.parametrize(
    "refused",
    [
        change_a_comment,
        lambda comment: comment.delete(),
        lambda comment: Comment.objects.all().delete(),
        lambda comment: Comment.objects.update(body="I never said that"),
        lambda comment: Comment.objects.update(author=None),
        lambda comment: Comment.objects.bulk_update([comment], ["body"]),
        lambda comment: comment.ticket.comments.all().delete(),
    ],
)
def test_a_comment_is_never_changed_or_deleted_by_itself(
    refused: Callable[[Comment], Any], ticket: Ticket, alice: User
) -> None:
    comment = Comment.objects.create(ticket=ticket, author=alice, body="As I said")
    permanent = pytest.raises(ValueError, match=r"add another one with Comment\.objects\.create")
    with permanent, transaction.atomic():
        refused(comment)
    assert Comment.objects.values_list("body", "author").get() == ("As I said", alice.pk)


@pytest.mark.parametrize(
    "write",
    [
        lambda comment: comment.save(),
        lambda comment: Comment.objects.bulk_create([comment]),
        lambda comment: comment.ticket.comments.add(comment, bulk=False),
    ],
)
def test_a_comment_keeps_the_name_its_author_had(
    write: Callable[[Comment], Any], ticket: Ticket, alice: User
) -> None:
    alice.first_name, alice.last_name = "Alice", "Arden"
    alice.save()
    write(Comment(ticket=ticket, author_id=alice.pk, body="As I said"))
    alice.last_name = "Baker"
    alice.save()
    assert Comment.objects.get().written_by == "Alice Arden"
    alice.delete()
    comment = Comment.objects.get()
    assert (comment.author, comment.written_by) == (None, "Alice Arden")


def test_a_comment_of_the_release_before_has_its_authors_name_too(
    ticket: Ticket, alice: User
) -> None:
    comment = Comment.objects.create(ticket=ticket, author=alice, body="As I said")
    without = Comment.objects.filter(pk=comment.pk)
    Comment.update_without_telling(without, author_name="")
    assert Comment.objects.get().written_by == "alice"
    alice.delete()
    assert Comment.objects.get().written_by == "alice"


# --- Every way to change tickets is told ---------------------------------------------------------

Way = Callable[[Ticket, User, User], Any]  # of (alice's ticket, alice, carol)


def by_save(ticket: Ticket, alice: User, carol: User) -> None:
    ticket.assignee = carol
    ticket.save()


def by_save_of_the_field(ticket: Ticket, alice: User, carol: User) -> None:
    ticket.assignee = carol
    ticket.save(update_fields=["assignee"])


def by_save_of_the_column(ticket: Ticket, alice: User, carol: User) -> None:
    ticket.assignee_id = carol.pk
    ticket.save(update_fields=["assignee_id"])


def by_bulk_update(ticket: Ticket, alice: User, carol: User) -> None:
    ticket.assignee = carol
    Ticket.objects.bulk_update([ticket], ["assignee"])


def by_a_partly_loaded_ticket(ticket: Ticket, alice: User, carol: User) -> None:
    partly = Ticket.objects.only("subject").get(pk=ticket.pk)
    partly.assignee = carol
    partly.save()


REASSIGNING: dict[str, Way] = {
    "save": by_save,
    "save(update_fields=[field])": by_save_of_the_field,
    "save(update_fields=[column])": by_save_of_the_column,
    "save of a partly loaded one": by_a_partly_loaded_ticket,
    "bulk_update": by_bulk_update,
    "update": lambda ticket, alice, carol: Ticket.objects.update(assignee=carol),
    "update of the column": lambda ticket, alice, carol: Ticket.objects.update(
        assignee_id=carol.pk
    ),
    "update across a relation that matches twice": lambda ticket, alice, carol: (
        Ticket.objects.filter(queue__agents__in=[alice, carol]).update(assignee=carol)
    ),
    "update_or_create": lambda ticket, alice, carol: Ticket.objects.update_or_create(
        defaults={"assignee": carol}, pk=ticket.pk
    ),
    "user.assigned_tickets.add": lambda ticket, alice, carol: carol.assigned_tickets.add(ticket),
    "user.assigned_tickets.add, each": lambda ticket, alice, carol: carol.assigned_tickets.add(
        ticket, bulk=False
    ),
    "user.assigned_tickets.set": lambda ticket, alice, carol: carol.assigned_tickets.set([ticket]),
    "user.assigned_tickets.update": lambda ticket, alice, carol: alice.assigned_tickets.update(
        assignee=carol
    ),
    "queue.tickets.update": lambda ticket, alice, carol: ticket.queue.tickets.update(
        assignee=carol
    ),
}


@pytest.mark.parametrize("reassign", REASSIGNING.values(), ids=REASSIGNING.keys())
def test_every_way_to_change_is_told_with_version_and_history(
    reassign: Way, ticket: Ticket, alice: User, carol: User
) -> None:
    Ticket.objects.update(assignee=alice)
    ticket.refresh_from_db()
    forget()

    reassign(ticket, alice, carol)

    event = only()
    queue = f"queue:{ticket.queue_id}"
    assert event.name == "ticket.updated"
    assert event.before == {"superusers", queue, f"user:{alice.pk}"}
    assert event.audience == {"superusers", queue, f"user:{carol.pk}"}
    assert event.data["changes"] == {
        "assignee": [{"id": alice.pk, "name": "alice"}, {"id": carol.pk, "name": "carol"}]
    }
    stored = Ticket.objects.get()
    assert stored.version == event.data["ticket"]["version"] == 3
    assert stored.updated_at > stored.created_at
    change = Change.objects.latest("id")
    assert (change.field, change.old, change.new) == ("assignee", "alice", "carol")
    assert change.version == stored.version


UNASSIGNING: dict[str, Way] = {
    "user.assigned_tickets.remove": lambda ticket, alice, carol: alice.assigned_tickets.remove(
        ticket
    ),
    "user.assigned_tickets.clear": lambda ticket, alice, carol: alice.assigned_tickets.clear(),
    "user.assigned_tickets.clear, each": lambda ticket, alice, carol: alice.assigned_tickets.clear(
        bulk=False
    ),
    "user.assigned_tickets.set": lambda ticket, alice, carol: alice.assigned_tickets.set([]),
    "user.delete": lambda ticket, alice, carol: alice.delete(),
    "deleting many users": lambda ticket, alice, carol: User.objects.filter(
        username="alice"
    ).delete(),
}


@pytest.mark.parametrize("unassign", UNASSIGNING.values(), ids=UNASSIGNING.keys())
def test_every_way_to_lose_an_assignee_is_told(
    unassign: Way, ticket: Ticket, alice: User, carol: User
) -> None:
    Ticket.objects.update(assignee=alice)
    ticket.refresh_from_db()
    number = alice.pk
    forget()

    unassign(ticket, alice, carol)

    (event,) = (one for one in told() if one.name == "ticket.updated")
    assert event.data["changes"] == {"assignee": [{"id": number, "name": "alice"}, None]}
    assert event.before is not None
    assert event.before - event.audience == {f"user:{number}"}
    assert Ticket.objects.filter(assignee=None, version=3).exists()
    assert Change.objects.latest("id").new == ""


CREATING: dict[str, Callable[[Queue], Any]] = {
    "save": lambda queue: Ticket(subject="New", queue=queue).save(),
    "save with a number": lambda queue: Ticket(pk=77, subject="New", queue=queue).save(),
    "create": lambda queue: Ticket.objects.create(subject="New", queue=queue),
    "create by text": lambda queue: Ticket.objects.create(subject="New", queue_id=str(queue.pk)),
    "bulk_create": lambda queue: Ticket.objects.bulk_create([Ticket(subject="New", queue=queue)]),
    "get_or_create": lambda queue: Ticket.objects.get_or_create(subject="New", queue=queue),
    "update_or_create": lambda queue: Ticket.objects.update_or_create(
        subject="New", create_defaults={"queue": queue}
    ),
    "queue.tickets.create": lambda queue: queue.tickets.create(subject="New"),
    "queue.tickets.add": lambda queue: queue.tickets.add(Ticket(subject="New"), bulk=False),
}


@pytest.mark.parametrize("create", CREATING.values(), ids=CREATING.keys())
def test_every_way_to_create_is_told(create: Callable[[Queue], Any], billing: Queue) -> None:
    forget()
    create(billing)
    event, ticket = only(), Ticket.objects.get()
    assert event.name == "ticket.created"
    assert event.audience == {"superusers", f"queue:{billing.pk}"}
    assert event.before is None
    assert event.data["changes"] == {}
    assert event.data["ticket"]["id"] == ticket.pk
    assert event.data["ticket"]["queue"] == {"id": billing.pk, "name": "Billing"}
    assert ticket.version == 1
    assert Change.objects.values_list("field", "new").get() == ("created", "New")


DELETING: dict[str, Callable[[Ticket], Any]] = {
    "delete": lambda ticket: ticket.delete(),
    "queryset.delete": lambda ticket: Ticket.objects.all().delete(),
    "queue.tickets.delete": lambda ticket: ticket.queue.tickets.all().delete(),
}


@pytest.mark.parametrize("delete", DELETING.values(), ids=DELETING.keys())
def test_every_way_to_delete_is_told_and_nothing_of_the_content(
    delete: Callable[[Ticket], Any], ticket: Ticket, alice: User
) -> None:
    Ticket.objects.update(assignee=alice)
    Comment.objects.create(ticket=ticket, author=alice, body="Deleted with its ticket")
    ticket.refresh_from_db()
    ticket.assignee = None  # not saved: alice still sees it, and must be told
    number = ticket.pk
    forget()

    delete(ticket)

    event = only()
    assert (event.name, event.data) == ("ticket.removed", {"ticket": {"id": number}})
    assert event.audience == {"superusers", f"queue:{ticket.queue_id}", f"user:{alice.pk}"}
    assert Change.objects.latest("id").field == "deleted"
    assert not Comment.objects.exists()


COMMENTING: dict[str, Callable[[Ticket, User], Any]] = {
    "create": lambda ticket, alice: Comment.objects.create(ticket=ticket, author=alice, body="Hi"),
    "save": lambda ticket, alice: Comment(ticket=ticket, author=alice, body="Hi").save(),
    "bulk_create": lambda ticket, alice: Comment.objects.bulk_create(
        [Comment(ticket=ticket, author=alice, body="Hi")]
    ),
    "ticket.comments.create": lambda ticket, alice: ticket.comments.create(author=alice, body="Hi"),
}


@pytest.mark.parametrize("comment", COMMENTING.values(), ids=COMMENTING.keys())
def test_every_way_to_comment_is_told_to_who_sees_the_ticket(
    comment: Callable[[Ticket, User], Any], ticket: Ticket, alice: User
) -> None:
    forget()
    comment(ticket, alice)
    event, stored = only(), Comment.objects.get()
    assert event.name == "comment.created"
    assert event.audience == {"superusers", f"queue:{ticket.queue_id}"}
    assert event.data["ticket"]["id"] == ticket.pk
    assert event.data["comment"]["id"] == stored.pk
    assert event.data["comment"]["author"] == {"id": alice.pk, "name": "alice"}
    assert event.data["comment"]["body"] == "Hi"
    assert event.data["comment"]["internal"] is False


# --- and nothing else is --------------------------------------------------------------------------


NOT_CHANGING: dict[str, Callable[[Ticket], Any]] = {
    "save": lambda ticket: ticket.save(),
    "update": lambda ticket: Ticket.objects.update(status="new"),
    "bulk_update": lambda ticket: Ticket.objects.bulk_update([ticket], ["status", "queue"]),
    "update of none": lambda ticket: Ticket.objects.none().update(status="open"),
    "get_or_create": lambda ticket: Ticket.objects.get_or_create(pk=ticket.pk),
    "bulk_create of none": lambda ticket: Ticket.objects.bulk_create([]),
}


@pytest.mark.parametrize("save", NOT_CHANGING.values(), ids=NOT_CHANGING.keys())
def test_a_save_that_changes_nothing_tells_nothing(
    save: Callable[[Ticket], Any], ticket: Ticket
) -> None:
    forget()
    save(ticket)
    assert names() == []
    assert Ticket.objects.values_list("version", "updated_at").get() == (1, ticket.updated_at)
    assert Change.objects.count() == 1  # its creation


def test_the_same_value_in_another_shape_is_no_change(ticket: Ticket) -> None:
    due = timezone.now()
    Ticket.objects.update(due_at=due)
    ticket.refresh_from_db()
    forget()
    ticket.queue_id = str(ticket.queue_id)
    ticket.due_at = due.astimezone(timezone.get_fixed_timezone(120)).isoformat()
    ticket.save()
    assert names() == []


def test_what_is_not_saved_does_not_leak_into_the_event(ticket: Ticket) -> None:
    forget()
    ticket.status = "open"
    ticket.subject = "Not saved"
    ticket.queue.name = "Not saved either"
    ticket.save(update_fields=["status"])
    event = only()
    assert set(event.data["changes"]) == {"status"}
    assert event.data["ticket"]["subject"] == "Printer on fire"
    assert event.data["ticket"]["queue"]["name"] == "Billing"


def test_an_old_object_goes_on_from_the_stored_version(ticket: Ticket) -> None:
    old = Ticket.objects.get()
    Ticket.objects.update(status="open")
    Ticket.objects.update(status="pending")
    old.priority = "high"
    old.save(update_fields=["priority"])
    assert old.version == Ticket.objects.get().version == 4
    assert Ticket.objects.get().status == "pending"


def test_many_tickets_are_told_one_by_one_in_order(billing: Queue) -> None:
    Ticket.objects.bulk_create(Ticket(subject=f"{n}", queue=billing) for n in range(1201))
    forget()
    assert Ticket.objects.update(priority="high") == 1201
    numbers = [event.data["ticket"]["id"] for event in told()]
    assert numbers == sorted(Ticket.objects.values_list("pk", flat=True))
    assert set(Ticket.objects.values_list("version", flat=True)) == {2}


def test_an_update_computed_in_the_database_is_told_as_it_came_out(ticket: Ticket) -> None:
    forget()
    Ticket.objects.update(subject=Concat(F("subject"), Value("!")))
    assert only().data["changes"] == {"subject": ["Printer on fire", "Printer on fire!"]}


def test_an_update_across_a_relation_happens_once_to_each(
    ticket: Ticket, alice: User, carol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observation, "AT_ONCE", 1)
    served_by_both = Ticket.objects.filter(queue__agents__in=[alice, carol])
    assert served_by_both.update(subject=Concat(F("subject"), Value("!"))) == 1
    assert Ticket.objects.values_list("subject", "version").get() == ("Printer on fire!", 2)


def test_long_text_is_told_without_its_values(ticket: Ticket) -> None:
    forget()
    ticket.description = "It burns."
    ticket.save()
    assert only().data["changes"] == {"description": []}
    assert "It burns" not in str(only().data)


def test_a_time_is_told_as_the_api_writes_it(ticket: Ticket) -> None:
    forget()
    Ticket.objects.update(due_at=timezone.now().replace(microsecond=0) + timedelta(hours=1))
    assert only().data["changes"]["due_at"][1].endswith("Z")


# --- One transaction ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [*REASSIGNING, *UNASSIGNING])
def test_what_cannot_be_told_is_not_saved_in_autocommit_either(
    way: str, ticket: Ticket, alice: User, carol: User, request: pytest.FixtureRequest
) -> None:
    Ticket.objects.update(assignee=alice)
    ticket.refresh_from_db()
    request.getfixturevalue("broken_log")
    with pytest.raises(LogBrokenError):
        (REASSIGNING | UNASSIGNING)[way](ticket, alice, carol)
    assert Ticket.objects.values_list("assignee", "version").get() == (alice.pk, 2)
    assert User.objects.filter(username="alice").exists()
    assert not Change.objects.filter(field="assignee", version=3).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", CREATING)
def test_what_cannot_be_told_is_not_created(
    way: str, billing: Queue, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("broken_log")
    with pytest.raises(LogBrokenError):
        CREATING[way](billing)
    assert not Ticket.objects.exists()
    assert not Change.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", DELETING)
def test_what_cannot_be_told_is_not_deleted(
    way: str, ticket: Ticket, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("broken_log")
    with pytest.raises(LogBrokenError):
        DELETING[way](ticket)
    assert Ticket.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", COMMENTING)
def test_what_cannot_be_told_is_not_said(
    way: str, ticket: Ticket, alice: User, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("broken_log")
    with pytest.raises(LogBrokenError):
        COMMENTING[way](ticket, alice)
    assert not Comment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_joins_is_no_agent_if_it_cannot_be_told(
    billing: Queue, dave: User, broken_log: None
) -> None:
    with pytest.raises(LogBrokenError):
        billing.agents.add(dave)
    assert not Membership.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_change_rolled_back_was_never_told(ticket: Ticket) -> None:
    forget()
    with pytest.raises(LogBrokenError), transaction.atomic():
        Ticket.objects.update(status="open")
        raise LogBrokenError
    assert names() == []
    assert Ticket.objects.get().version == 1


# --- At the same time ----------------------------------------------------------------------------

ADDING: dict[str, Callable[[Queue, User], Any]] = {
    "queue.agents.add": lambda queue, user: queue.agents.add(user),
    "queue.agents.set": lambda queue, user: queue.agents.set([user]),
    "user.queues.add": lambda queue, user: user.queues.add(queue),
    "user.queues.set": lambda queue, user: user.queues.set([queue]),
    "get_or_create": lambda queue, user: Membership.objects.get_or_create(queue=queue, user=user),
    "bulk_create": lambda queue, user: Membership.objects.bulk_create(
        [Membership(queue=queue, user=user)]
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("add", ADDING.values(), ids=ADDING.keys())
def test_the_same_agent_added_twice_at_once_is_added_once(
    add: Callable[[Queue, User], Any], network: Queue, dave: User
) -> None:
    forget()

    def in_another_connection() -> None:
        try:
            add(network, dave)
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            add(network, dave)
            meanwhile = thread.submit(in_another_connection)
            with pytest.raises(TimeoutError):  # it waits for this one
                meanwhile.result(0.5)
        meanwhile.result(30)
    assert list(network.agents.all()) == [dave]
    assert len(told_of("live.access")) == 1


@pytest.mark.django_db(transaction=True)
def test_agents_are_added_while_tickets_are_written(network: Queue, dave: User) -> None:
    def in_another_connection() -> None:
        try:
            network.agents.add(dave)
        finally:
            connections["default"].close()

    if connections["default"].vendor == "sqlite":
        pytest.skip("one transaction writes at a time")
    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        Ticket.objects.create(subject="New", queue=network)
        thread.submit(in_another_connection).result(10)


def test_an_agent_who_is_one_already_is_left_out(network: Queue, dave: User, bob: User) -> None:
    forget()
    pairs = [Membership(queue=network, user=user) for user in (dave, bob, dave)]
    Membership.objects.bulk_create(pairs)
    assert {*network.agents.all()} == {dave, bob}
    assert names() == ["live.access"]
