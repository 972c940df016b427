"""The API's writes of many tickets: each as if done alone, in bounded time, and nothing twice."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from live.log import outside
from tests.harness.people import signed_in
from tests.harness.told import forget, names
from tickets import database_time
from tickets.bookkeeping import RememberedWrite
from tickets.idempotency import MEMORY
from tickets.many import each as many
from tickets.many.each import BUSY, NOT_REACHED
from tickets.models import Change, Queue, Ticket
from tickets.visibility import NO_SUCH_TICKET, NOT_ASSIGNABLE

pytestmark = pytest.mark.django_db

JSON = "application/json"
BULK = "/api/tickets/bulk/"
UNDO = "/api/tickets/undo/"
on_real_transactions = pytest.mark.django_db(transaction=True)


class Api:
    """The calls of one user."""

    def __init__(self, user: User) -> None:
        self.client = signed_in(user)

    def change(self, ids: Any, changes: Any, **more: Any) -> tuple[int, Any]:
        key = more.pop("key", None)
        return self.send(BULK, {"ids": ids, "changes": changes, **more}, key)

    def undo(self, versions: Any, key: str | None = None) -> tuple[int, Any]:
        return self.send(UNDO, {"versions": versions}, key)

    def send(self, path: str, body: Any, key: str | None = None) -> tuple[int, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.client.post(path, body, content_type=JSON, headers=headers)
        return answer.status_code, answer.json()


def tickets(queue: Queue, count: int = 3) -> list[Ticket]:
    return Ticket.objects.bulk_create(Ticket(subject=f"No. {n}", queue=queue) for n in range(count))


def ids(chosen: list[Ticket]) -> list[int]:
    return [ticket.pk for ticket in chosen]


def fine(answer: tuple[int, Any]) -> list[dict[str, Any]]:
    status, body = answer
    assert status == 200, body
    assert set(body) == {"results"}
    results: list[dict[str, Any]] = body["results"]
    for result in results:
        assert result["ok"] == ("error" not in result)
        assert result.get("error", "So.").endswith((".", "moment.")), result
    return results


def errors(answer: tuple[int, Any]) -> list[str]:
    return [result.get("error", "") for result in fine(answer)]


def versions(chosen: list[Ticket]) -> list[int]:
    found = dict(Ticket.objects.filter(pk__in=ids(chosen)).values_list("pk", "version"))
    return [found[ticket.pk] for ticket in chosen]


# --- Refusals: who ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [BULK, UNDO])
def test_who_is_signed_out_or_sends_no_token_changes_nothing(
    path: str, ticket: Ticket, alice: User
) -> None:
    body = {"ids": [ticket.pk], "changes": {"status": "open"}, "versions": {ticket.pk: 1}}
    assert Client().post(path, body, content_type=JSON).status_code == 401
    strict = signed_in(alice, enforce_csrf_checks=True)
    assert strict.post(path, body, content_type=JSON).status_code == 403
    assert signed_in(alice).get(path).status_code == 405
    assert Ticket.objects.get().version == 1


@pytest.mark.parametrize("stranger", ["bob", "dave"])
def test_hidden_tickets_are_answered_like_missing_ones(
    stranger: str, ticket: Ticket, request: pytest.FixtureRequest
) -> None:
    api = Api(request.getfixturevalue(stranger))
    forget()
    answer = api.change([ticket.pk, 999_999], {"status": "closed"}, versions={f"{ticket.pk}": 7})
    assert errors(answer) == [NO_SUCH_TICKET, NO_SUCH_TICKET]
    assert errors(api.undo({ticket.pk: 1, 999_999: 1})) == [NO_SUCH_TICKET, NO_SUCH_TICKET]
    assert names() == []
    assert Ticket.objects.get().status == "new"


def test_the_visible_ones_are_done_beside_the_hidden(
    billing: Queue, network: Queue, alice: User
) -> None:
    seen, hidden = tickets(billing, 2), tickets(network, 1)
    answer = Api(alice).change(ids([seen[0], *hidden, seen[1]]), {"priority": "high"})
    assert errors(answer) == ["", NO_SUCH_TICKET, ""]
    assert versions([*seen, *hidden]) == [2, 2, 1]


# --- Refusals: what -----------------------------------------------------------------------------

DONE = {"status": "closed"}
BAD: list[tuple[str, Any, str]] = [
    ("no ids", {"ids": [], "changes": DONE}, "ids"),
    ("too many ids", {"ids": [*range(1, 502)], "changes": DONE}, "ids"),
    ("an id twice", {"ids": [1, 2, 1], "changes": DONE}, "ids"),
    ("an id twice in disguise", {"ids": [1, 1.0], "changes": DONE}, "ids"),
    ("an id that is a text", {"ids": ["1"], "changes": DONE}, "ids"),
    ("an id of 0", {"ids": [0], "changes": DONE}, "ids"),
    ("ids that are no list", {"ids": 1, "changes": DONE}, "ids"),
    ("ids left out", {"changes": DONE}, "ids"),
    ("changes left out", {"ids": [1]}, "changes"),
    ("no changes", {"ids": [1], "changes": {}}, "changes"),
    ("changes that are no object", {"ids": [1], "changes": ["status"]}, "changes"),
    ("a field that cannot be set", {"ids": [1], "changes": {"subject": "x"}}, "subject"),
    ("an unknown field", {"ids": [1], "changes": DONE, "sent": 1}, "sent"),
    ("an unknown status", {"ids": [1], "changes": {"status": "gone"}}, "status"),
    ("an unknown priority", {"ids": [1], "changes": {"priority": None}}, "priority"),
    ("a queue that is not there", {"ids": [1], "changes": {"queue": 999_999}}, "queue"),
    ("no queue", {"ids": [1], "changes": {"queue": None}}, "queue"),
    ("a person who is not there", {"ids": [1], "changes": {"assignee": 999_999}}, "assignee"),
    ("a tag of two", {"ids": [1], "changes": {"add_tags": ["a, b"]}}, "add_tags"),
    ("a tag that is a text", {"ids": [1], "changes": {"remove_tags": "vip"}}, "remove_tags"),
    ("a tag of nothing", {"ids": [1], "changes": {"remove_tags": [" "]}}, "remove_tags"),
    ("tags that are null", {"ids": [1], "changes": {"add_tags": None}}, "add_tags"),
    ("versions that are a list", {"ids": [1], "changes": DONE, "versions": [1]}, "versions"),
    ("a version of nothing", {"ids": [1], "changes": DONE, "versions": {"x": 1}}, "versions"),
    ("a version of 01", {"ids": [1], "changes": DONE, "versions": {"01": 1}}, "versions"),
    ("a version of ²", {"ids": [1], "changes": DONE, "versions": {"²": 1}}, "versions"),
    ("a version of another", {"ids": [1], "changes": DONE, "versions": {"2": 1}}, "versions"),
    ("a version that is a text", {"ids": [1], "changes": DONE, "versions": {"1": "1"}}, "versions"),
    ("a version of 0", {"ids": [1], "changes": DONE, "versions": {"1": 0}}, "versions"),
    ("a version of 1.5", {"ids": [1], "changes": DONE, "versions": {"1": 1.5}}, "versions"),
    ("a version of true", {"ids": [1], "changes": DONE, "versions": {"1": True}}, "versions"),
    ("a version of 10^30", {"ids": [1], "changes": DONE, "versions": {"1": 10**30}}, "versions"),
]


@pytest.mark.parametrize(("body", "field"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_what_is_malformed_is_refused_with_a_sentence_and_changes_nothing(
    body: Any, field: str, ticket: Ticket, alice: User
) -> None:
    if body.get("ids") == [1]:
        body = {**body, "ids": [ticket.pk]}
    status, answer = Api(alice).send(BULK, body, "k")
    assert (status, list(answer["fields"])) == (422, [field])
    assert answer["error"].startswith("Nothing was saved. ")
    assert answer["error"].endswith(".")
    assert Ticket.objects.get().version == 1
    assert not RememberedWrite.objects.exists()


@pytest.mark.parametrize("given", [{}, [], None, {"1": 0}, {str(n): 1 for n in range(1, 502)}])
def test_what_is_to_be_taken_back_is_named_by_versions(given: Any, alice: User) -> None:
    status, answer = Api(alice).undo(given)
    assert (status, list(answer["fields"])) == (422, ["versions"])


def test_an_inactive_person_is_given_nothing(ticket: Ticket, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    status, answer = Api(alice).change([ticket.pk], {"assignee": bob.pk})
    assert (status, answer["fields"]) == (422, {"assignee": NOT_ASSIGNABLE})


# --- What it does -------------------------------------------------------------------------------


def test_each_is_changed_and_told_as_if_alone(billing: Queue, bob: User, carol: User) -> None:
    chosen = tickets(billing)
    forget()
    results = fine(Api(carol).change(ids(chosen)[::-1], {"assignee": bob.pk, "status": "open"}))
    expected = [{"id": ticket.pk, "ok": True, "version": 2} for ticket in chosen[::-1]]
    assert results == expected  # in the order in which they were named
    assert names() == ["ticket.updated"] * 3
    assert Change.objects.filter(field="assignee", actor=carol, version=2).count() == 3


def test_a_person_is_taken_away_by_null(billing: Queue, alice: User) -> None:
    (ticket,) = tickets(billing, 1)
    Ticket.objects.filter(pk=ticket.pk).update(assignee=alice)
    assert errors(Api(alice).change([ticket.pk], {"assignee": None})) == [""]
    assert Ticket.objects.get().assignee is None


def test_a_ticket_that_has_moved_on_is_left_and_says_who_did_what(
    billing: Queue, alice: User, carol: User
) -> None:
    first, second = chosen = tickets(billing, 2)
    Api(carol).change([first.pk], {"priority": "urgent"})
    seen = {f"{ticket.pk}": 1 for ticket in chosen}
    refused, done = errors(Api(alice).change(ids(chosen), DONE, versions=seen))
    assert f"Ticket #{first.pk} has changed since you saw it" in refused
    assert "carol set priority normal → urgent" in refused
    assert done == ""
    assert versions([first, second]) == [2, 2]
    assert Ticket.objects.get(pk=first.pk).status == "new"


def test_what_was_so_already_is_ok_and_makes_no_version(billing: Queue, alice: User) -> None:
    chosen = tickets(billing, 2)
    Ticket.objects.filter(pk=chosen[0].pk).update(status="closed")
    results = fine(Api(alice).change(ids(chosen), DONE))
    assert [result.get("version") for result in results] == [None, 2]
    assert [result["ok"] for result in results] == [True, True]


def test_five_hundred_are_done_at_once(
    billing: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "SECONDS", 240)  # this is no test of how fast the machine is
    chosen = tickets(billing, many.MOST)
    assert errors(Api(alice).change(ids(chosen), DONE)) == [""] * many.MOST
    assert set(versions(chosen)) == {2}


def test_what_is_moved_out_of_sight_is_done_like_the_rest(
    billing: Queue, network: Queue, alice: User
) -> None:
    chosen = tickets(billing, 2)
    assert errors(Api(alice).change(ids(chosen), {"queue": network.pk})) == ["", ""]
    assert Ticket.objects.filter(queue=network).count() == 2


def tags_of(chosen: list[Ticket]) -> list[str]:
    found = dict(Ticket.objects.filter(pk__in=ids(chosen)).values_list("pk", "tags"))
    return [found[ticket.pk] for ticket in chosen]


def test_each_keeps_its_other_tags(billing: Queue, alice: User) -> None:
    chosen = tickets(billing)
    for ticket, kept in zip(chosen, ("", "refund, vip", "late, vip"), strict=True):
        Ticket.objects.filter(pk=ticket.pk).update(tags=kept)
    before = versions(chosen)
    api = Api(alice)
    results = fine(api.change(ids(chosen), {"add_tags": [" VIP"], "remove_tags": ["late"]}))
    assert tags_of(chosen) == ["vip", "refund, vip", "vip"]
    assert [before[0] + 1, before[1], before[2] + 1] == versions(chosen)  # the second had it so
    assert [result["ok"] for result in results] == [True] * 3
    made = {result["id"]: result["version"] for result in results if "version" in result}
    assert errors(api.undo(made)) == ["", ""]
    assert tags_of(chosen) == ["", "refund, vip", "late, vip"]


def test_tags_are_set_then_taken_off_then_added(ticket: Ticket, alice: User) -> None:
    changes = {"tags": ["a", "b"], "remove_tags": ["a", "c"], "add_tags": ["c", "d"]}
    assert errors(Api(alice).change([ticket.pk], changes)) == [""]
    assert Ticket.objects.get().tags == "b, c, d"


def test_what_would_have_too_many_tags_is_left_and_says_so(billing: Queue, alice: User) -> None:
    full, free = chosen = tickets(billing, 2)
    ten = ", ".join(f"tag {n}" for n in range(10))
    Ticket.objects.filter(pk=full.pk).update(tags=ten)
    Ticket.objects.filter(pk=free.pk).update(tags="vip")
    refused, done = errors(Api(alice).change(ids(chosen), {"add_tags": ["new"], "status": "open"}))
    assert refused == "A ticket has at most 10 tags, and these are 11."
    assert done == ""
    assert tags_of(chosen) == [ten, "new, vip"]
    assert Ticket.objects.get(pk=full.pk).status == "new"


# --- Time ---------------------------------------------------------------------------------------


@contextmanager
def held(ticket: Ticket) -> Iterator[None]:
    """Somebody else's transaction has the ticket locked; on SQLite nobody else writes at all."""
    holding, let_go = Event(), Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Ticket.locked([ticket.pk])
                holding.set()
                assert let_go.wait(60)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(hold)
        assert holding.wait(30)
        try:
            yield
        finally:
            let_go.set()
            done.result(30)


@on_real_transactions
def test_a_lock_is_waited_for_one_second_and_hinders_no_other_ticket(
    billing: Queue, alice: User
) -> None:
    _, second, _ = chosen = tickets(billing)
    api = Api(alice)
    with held(second):
        began = monotonic()
        told = errors(api.change(ids(chosen), DONE))
        waited = monotonic() - began
    if connection.vendor == "postgresql":
        assert told == ["", BUSY, ""]
        assert 1 <= waited < 9  # not until the lock is let go
    else:  # the whole database has one writer, so each of them waited
        assert told == [BUSY, BUSY, BUSY]
        assert 3 <= waited < 9
    assert versions([second]) == [1]
    assert errors(api.change([second.pk], DONE)) == [""]


@on_real_transactions
def test_what_ten_seconds_do_not_reach_says_so_and_is_done_when_sent_again(
    billing: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (many.LOCK_SECONDS, many.SECONDS) == (1, 10)
    first, second = chosen = tickets(billing, 2)
    api = Api(alice)
    with held(first), monkeypatch.context() as patch:
        patch.setattr(many, "monotonic", iter([0.0, 9.9, 10.0]).__next__)
        assert errors(api.change(ids(chosen), DONE, key="k")) == [BUSY, NOT_REACHED]
    assert errors(api.change(ids(chosen), DONE, key="k")) == ["", ""]
    assert versions([first, second]) == [2, 2]


@on_real_transactions
def test_the_limit_of_the_lock_ends_with_the_request(ticket: Ticket, alice: User) -> None:
    def limit() -> str:
        with connection.cursor() as cursor:
            name = "lock_timeout" if connection.vendor == "postgresql" else "busy_timeout"
            cursor.execute(f"SHOW {name}" if name == "lock_timeout" else f"PRAGMA {name}")
            return str(cursor.fetchone()[0])

    before = limit()
    Api(alice).change([ticket.pk], DONE)
    assert limit() == before


@on_real_transactions
def test_two_who_change_the_same_tickets_at_once_both_come_to_an_end(
    billing: Queue, alice: User, carol: User
) -> None:
    chosen = tickets(billing, 20)

    def change(user: User, order: int, status: str) -> list[str]:
        try:
            return errors(Api(user).change(ids(chosen)[::order], {"status": status}))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(change, alice, 1, "open")
        other = threads.submit(change, carol, -1, "pending")
        assert set(one.result(60)) | set(other.result(60)) <= {"", BUSY}
    assert set(Ticket.objects.values_list("status", flat=True)) <= {"open", "pending"}


AT_ONCE = 1, 1, 2  # tickets; the first request opens and loads what a process does once


@on_real_transactions
@pytest.mark.parametrize(
    ("changes", "more"),  # who has it open, where they may lose sight of it; the rows of its tags
    [({"status": "open"}, 0), ({"assignee": None}, 1), ({"tags": ["vip"]}, 2)],
)
def test_each_further_ticket_costs_no_more_queries_than_it_needs(
    changes: dict[str, Any], more: int, billing: Queue, alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Of it are found and locked, and read again under the lock; locked and read again when it is
    saved, written, and read back for who is told; its history, its event, and who else is told by
    webhooks. What does not depend on the ticket is not asked for each of them."""
    monkeypatch.setattr(database_time, "ASKED_AGAIN", math.inf)
    monkeypatch.setattr(outside, "GAP", 0.0)  # each of them rings, however fast they follow
    # BEGIN, COMMIT, the limit of the lock, the ring; for the key its memory, read and written. On
    # SQLite the limit is read, set, and set back, and where no relay runs, as here, the writer
    # numbers the log in a transaction of its own.
    fixed = 6 if connection.vendor == "postgresql" else 13
    counts = []
    for turn, number in enumerate(AT_ONCE):
        chosen = tickets(billing, number)
        for ticket in chosen:
            Ticket.objects.filter(pk=ticket.pk).update(assignee=alice)
        with CaptureQueriesContext(connection) as queries:
            assert not any(errors(Api(alice).change(ids(chosen), changes, key=f"{turn}")))
        counts.append(len(queries))
    assert counts[2] - counts[1] == 10 + fixed + more


# --- Keys ---------------------------------------------------------------------------------------


def test_a_key_of_yesterday_is_new_also_where_the_first_ticket_is_refused(
    billing: Queue, network: Queue, alice: User
) -> None:
    first, second = chosen = tickets(billing, 2)
    api = Api(alice)
    assert errors(api.change(ids(chosen), DONE, key="k")) == ["", ""]
    RememberedWrite.objects.update(at=Now() - MEMORY - timedelta(seconds=1))
    Ticket.objects.filter(pk=first.pk).update(queue=network)
    Ticket.objects.filter(pk=second.pk).update(status="new")
    assert errors(api.change(ids(chosen), DONE, key="k")) == [NO_SUCH_TICKET, ""]
    assert versions([second]) == [4]


def test_the_same_sent_again_is_done_once_and_answers_the_same(
    billing: Queue, alice: User, carol: User
) -> None:
    chosen = tickets(billing, 2)
    seen = {f"{ticket.pk}": 1 for ticket in chosen}
    api = Api(alice)
    first = fine(api.change(ids(chosen), DONE, versions=seen, key="k"))
    Api(carol).change(ids(chosen), {"status": "open"})
    assert fine(api.change(ids(chosen), DONE, versions=seen, key="k")) == first
    assert set(Ticket.objects.values_list("status", "version")) == {("open", 3)}
    assert RememberedWrite.objects.count() == 1


def test_what_was_refused_is_tried_again_under_the_same_key(
    billing: Queue, network: Queue, alice: User
) -> None:
    seen, hidden = tickets(billing, 1) + tickets(network, 1)
    api = Api(alice)
    assert errors(api.change(ids([hidden, seen]), DONE, key="k")) == [NO_SUCH_TICKET, ""]
    network.agents.add(alice)
    assert errors(api.change(ids([hidden, seen]), DONE, key="k")) == ["", ""]
    assert versions([seen, hidden]) == [2, 2]


def test_a_write_of_which_nothing_was_done_leaves_no_memory(
    network: Queue, billing: Queue, alice: User
) -> None:
    hidden, seen = tickets(network, 1) + tickets(billing, 1)
    api = Api(alice)
    assert errors(api.change([hidden.pk], DONE, key="k")) == [NO_SUCH_TICKET]
    assert not RememberedWrite.objects.exists()
    assert errors(api.change([seen.pk], DONE, key="k")) == [""]


@pytest.mark.parametrize(
    "another",
    [
        lambda api, pk: api.change([pk], {"status": "open"}, key="k"),
        lambda api, pk: api.undo({pk: 2}, key="k"),
        lambda api, pk: api.send(f"/api/tickets/{pk}/comments/", {"body": "x"}, "k"),
    ],
)
def test_another_body_under_the_same_key_is_refused(
    another: Callable[[Api, int], tuple[int, Any]], ticket: Ticket, alice: User
) -> None:
    api = Api(alice)
    assert errors(api.change([ticket.pk], DONE, key="k")) == [""]
    status, answer = another(api, ticket.pk)
    assert (status, list(answer["fields"])) == (422, ["Idempotency-Key"])
    assert versions([ticket]) == [2]


# --- Taking back --------------------------------------------------------------------------------


def test_what_was_done_to_many_is_taken_back_together(
    billing: Queue, alice: User, carol: User
) -> None:
    chosen = tickets(billing)
    Ticket.objects.filter(pk=chosen[0].pk).update(assignee=carol)
    api = Api(alice)
    done = fine(api.change(ids(chosen), {"assignee": alice.pk}))
    Api(carol).change([chosen[2].pk], {"assignee": carol.pk})
    results = fine(api.undo({result["id"]: result["version"] for result in done}))
    assert [result["ok"] for result in results] == [True, True, False]
    assert "carol took the ticket from alice" in results[2]["error"]
    assert [Ticket.objects.get(pk=ticket.pk).assignee for ticket in chosen] == [carol, None, carol]


def test_a_taking_back_that_is_sent_again_is_done_once(ticket: Ticket, alice: User) -> None:
    api = Api(alice)
    api.change([ticket.pk], DONE)
    first = fine(api.undo({ticket.pk: 2}, key="k"))
    assert first == fine(api.undo({ticket.pk: 2}, key="k"))
    assert versions([ticket]) == [3]
