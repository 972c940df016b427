"""The JSON API: what it refuses, and what it gives."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import Client
from ninja.errors import AuthenticationError, HttpError, ValidationError

import live
from live.log import numbering
from tests.harness.moving import move_before_its_lock
from tests.harness.people import signed_in
from tests.harness.told import forget, names, only
from tickets import board
from tickets.models import Change, Comment, Queue, Ticket
from tickets.refusals import CSRF_REFUSED, NOT_AN_OBJECT, SIGNED_OUT, bad_shape
from tickets.visibility import NO_SUCH_TICKET

pytestmark = pytest.mark.django_db

JSON = "application/json"


class Api:
    """Somebody's way to the API; each call gives the status and the JSON."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str = "", **query: Any) -> tuple[int, Any]:
        return self._answer(self.client.get(f"/api/tickets/{path}", query))

    def post(self, body: Any, path: str = "") -> tuple[int, Any]:
        return self._answer(self.client.post(f"/api/tickets/{path}", body, content_type=JSON))

    def patch(self, ticket: Ticket, **body: Any) -> tuple[int, Any]:
        path = f"/api/tickets/{ticket.pk}/"
        return self._answer(self.client.patch(path, body, content_type=JSON))

    def comment(self, ticket: Ticket, **body: Any) -> tuple[int, Any]:
        return self.post(body, f"{ticket.pk}/comments/")

    def found(self, **query: Any) -> list[str]:
        status, answer = self.get(**query)
        assert status == 200, answer
        return [one["subject"] for one in answer["results"]]

    def _answer(self, response: Any) -> tuple[int, Any]:
        assert response["Content-Type"].startswith(JSON), response.content
        answer = response.json()
        if response.status_code >= 400:
            assert answer.keys() - {"missed"} == {"error", "fields"}
            assert answer["error"].endswith(".")
        return response.status_code, answer


def as_(user: User) -> Api:
    return Api(signed_in(user))


# --- Refusals: who ------------------------------------------------------------------------------

CALLS: dict[str, Callable[[Client, int], Any]] = {
    "list": lambda client, pk: client.get("/api/tickets/"),
    "read": lambda client, pk: client.get(f"/api/tickets/{pk}/"),
    "create": lambda client, pk: client.post("/api/tickets/", {}, content_type=JSON),
    "change": lambda client, pk: client.patch(f"/api/tickets/{pk}/", {}, content_type=JSON),
    "comment": lambda client, pk: client.post(
        f"/api/tickets/{pk}/comments/", {"body": "x"}, content_type=JSON
    ),
}
WRITES = {name: CALLS[name] for name in ("create", "change", "comment")}
OF_ONE = {name: CALLS[name] for name in ("read", "change", "comment")}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
@pytest.mark.parametrize("csrf", [True, False])
def test_who_is_signed_out_gets_401(call: Any, csrf: bool, ticket: Ticket) -> None:
    response = call(Client(enforce_csrf_checks=csrf), ticket.pk)
    assert response.status_code == 401
    assert "signed out" in response.json()["error"]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_who_is_deactivated_gets_401(call: Any, ticket: Ticket, alice: User) -> None:
    client = signed_in(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert call(client, ticket.pk).status_code == 401


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES.keys())
def test_a_write_without_the_csrf_header_gets_403(call: Any, ticket: Ticket, alice: User) -> None:
    forget()
    response = call(signed_in(alice, enforce_csrf_checks=True), ticket.pk)
    assert response.status_code == 403
    assert "X-CSRFToken" in response.json()["error"]
    assert names() == []


def test_a_write_with_the_csrf_header_is_taken(ticket: Ticket, alice: User) -> None:
    token = "t" * 32
    client = signed_in(alice, enforce_csrf_checks=True, headers={"X-CSRFToken": token})
    client.cookies["csrftoken"] = token
    assert Api(client).comment(ticket, body="Hello")[0] == 201


@pytest.mark.parametrize("call", OF_ONE.values(), ids=OF_ONE.keys())
@pytest.mark.parametrize("stranger", ["bob", "dave"])
def test_a_ticket_one_may_not_see_is_as_one_that_is_not_there(
    call: Any, stranger: str, ticket: Ticket, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(stranger))
    forget()
    hidden, missing = call(client, ticket.pk), call(client, ticket.pk + 1000)
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() == missing.json()
    assert names() == []


@pytest.mark.parametrize("call", [CALLS["change"], CALLS["comment"]], ids=["change", "comment"])
def test_a_ticket_that_moves_away_before_its_lock_is_as_one_that_is_not_there(
    call: Any, ticket: Ticket, network: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(alice)
    missing = call(client, ticket.pk + 1000)
    move_before_its_lock(ticket, network, monkeypatch)
    moved = call(client, ticket.pk)
    assert moved.status_code == missing.status_code == 404
    assert moved.json() == missing.json()
    assert not Comment.objects.exists()


def test_a_comment_is_read_on_its_own_by_those_who_see_its_ticket(
    ticket: Ticket, alice: User, bob: User
) -> None:
    comment = Comment.objects.create(ticket=ticket, author=alice, body="long " * 9_000 + "end")
    elsewhere = Ticket.objects.create(subject="Another", queue=ticket.queue)
    path = f"{ticket.pk}/comments/{comment.pk}/"
    status, answer = as_(alice).get(path)
    assert (status, answer["body"], answer["author_name"]) == (200, comment.body, "alice")
    assert as_(bob).get(path) == (404, {"error": NO_SUCH_TICKET, "fields": {}})
    for missing in (f"{elsewhere.pk}/comments/{comment.pk}/", f"{ticket.pk}/comments/999999/"):
        status, answer = as_(alice).get(missing)
        assert (status, answer["error"]) == (404, "There is no such comment on this ticket.")


def test_who_serves_no_queue_opens_no_ticket(billing: Queue, dave: User) -> None:
    status, answer = as_(dave).post({"subject": "Hello", "queue": billing.pk})
    assert (status, answer["fields"]) == (403, {})
    assert not Ticket.objects.exists()


# --- Refusals: what -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("put", "", "GET, HEAD, OPTIONS, POST"),
        ("delete", "", "GET, HEAD, OPTIONS, POST"),
        ("post", "1/", "GET, HEAD, OPTIONS, PATCH"),
        ("delete", "1/", "GET, HEAD, OPTIONS, PATCH"),
        ("get", "1/comments/", "OPTIONS, POST"),
    ],
)
def test_a_wrong_method_gets_405(method: str, path: str, allowed: str, alice: User) -> None:
    response = getattr(signed_in(alice), method)(f"/api/tickets/{path}", content_type=JSON)
    assert (response.status_code, response["Allow"]) == (405, allowed)
    assert "is not allowed here" in response.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "queue=1",
        b"\xff\xfe",
        "{}".encode("utf-16"),
        "[]",
        "7",
        "null",
        "1" * 5000,
        "[" * 50_000,
    ],
)
def test_what_is_no_json_object_gets_400(body: Any, alice: User) -> None:
    response = signed_in(alice).post("/api/tickets/", body, content_type=JSON)
    assert response.status_code == 400
    assert "one object of JSON" in response.json()["error"]


@pytest.fixture
def ninja_in_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each refusal that ninja raises by itself has another text, as after an upgrade."""

    def other_words(error: type[HttpError]) -> Any:
        def raised(*args: Any, **options: Any) -> HttpError:
            refusal = error(*args, **options)
            refusal.message = "Other words"
            return refusal

        return raised

    monkeypatch.setattr("ninja.operation.AuthenticationError", other_words(AuthenticationError))
    monkeypatch.setattr("ninja.security.apikey.HttpError", other_words(HttpError))
    monkeypatch.setattr("ninja.params.models.HttpError", other_words(HttpError))


@pytest.mark.usefixtures("ninja_in_other_words")
def test_no_refusal_depends_on_the_words_of_ninja(ticket: Ticket, alice: User) -> None:
    def create(client: Client) -> tuple[int, str]:
        response = client.post("/api/tickets/", "{", content_type=JSON)
        return response.status_code, response.json()["error"]

    assert create(Client()) == (401, SIGNED_OUT)
    assert create(signed_in(alice, enforce_csrf_checks=True)) == (403, CSRF_REFUSED)
    assert create(signed_in(alice)) == (400, NOT_AN_OBJECT)


def test_no_refusal_depends_on_the_words_of_pydantic() -> None:
    fault = {
        "type": "value_error",
        "loc": ("body", "new", "subject"),
        "msg": "Other words: Text cannot contain the character NUL.",
        "ctx": {"error": "Text cannot contain the character NUL."},
    }
    answer = bad_shape(HttpRequest(), ValidationError([fault]))
    reason = "Text cannot contain the character NUL."
    assert json.loads(answer.content)["fields"] == {"subject": reason}


def test_a_body_that_is_too_large_gets_413(alice: User) -> None:
    status, answer = as_(alice).post({"subject": "x" * 3_000_000})
    assert (status, answer["fields"]) == (413, {})
    assert "at most 2,621,440 bytes" in answer["error"]


GOOD = {"subject": "Invoice twice"}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("subject", "", "This must not be empty."),
        ("subject", 7, "This has to be text."),
        ("subject", "x" * 201, "This is too long: at most 200 are kept."),
        ("queue", "3", "This has to be a whole number."),
        ("queue", 0, "This has to be 1 or more."),
        ("queue", 10**30, "This has to be 9223372036854775807 or less."),
        ("priority", "top", "This has to be low, normal, high or urgent."),
        ("colour", "red", "There is no such field to set."),
    ],
)
def test_a_bad_value_is_refused_in_the_words_of_people(
    field: str, value: Any, reason: str, billing: Queue, alice: User
) -> None:
    status, answer = as_(alice).post({**GOOD, "queue": billing.pk, field: value})
    assert (status, answer["fields"]) == (422, {field: reason})
    assert answer["error"] == f"Nothing was saved. {field}: {reason}"


def test_who_only_reads_is_not_told_that_nothing_was_saved(alice: User) -> None:
    answer = signed_in(alice).get("/api/canned/?ticket=soon")
    reason = "An id is a whole number from 1, in digits alone."
    assert (answer.status_code, answer.json()) == (
        422, {"error": f"ticket: {reason}", "fields": {"ticket": reason}},
    )  # fmt: skip


def test_what_is_missing_is_said_to_be_missing(alice: User) -> None:
    assert as_(alice).post({})[1]["fields"] == {
        "subject": "This is missing.", "queue": "This is missing.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "  "}, "subject"),
        ({"subject": None}, "subject"),
        ({"subject": 7}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"subject": "nul\0"}, "subject"),
        ({"subject": "\ud800"}, "subject"),
        ({"queue": None}, "queue"),
        ({"queue": 999_999}, "queue"),
        ({"queue": "1"}, "queue"),
        ({"queue": True}, "queue"),
        ({"queue": 2**70}, "queue"),
        ({"queue": 1.5}, "queue"),
        ({"queue": float("inf")}, "queue"),
        ({"queue": {"id": 1}}, "queue"),
        ({"priority": "huge"}, "priority"),
        ({"assignee": 999_999}, "assignee"),
        ({"requester_email": "nobody"}, "requester_email"),
        ({"requester_name": "x" * 101}, "requester_name"),
        ({"description": "x" * 50_001}, "description"),
        ({"status": "open"}, "status"),
        ({"colour": "red"}, "colour"),
        ({"id": 7}, "id"),
        ({"version": 7}, "version"),
    ],
)
def test_a_field_that_cannot_be_creates_nothing_and_is_named(
    bad: dict[str, Any], field: str, billing: Queue, alice: User
) -> None:
    forget()
    status, answer = as_(alice).post({**GOOD, "queue": billing.pk, **bad})
    assert (status, list(answer["fields"])) == (422, [field])
    assert field in answer["error"]
    assert names() == []
    assert not Ticket.objects.exists()


def test_every_bad_field_is_named_at_once(alice: User) -> None:
    status, answer = as_(alice).post({"colour": "red", "priority": "huge"})
    assert (status, set(answer["fields"])) == (422, {"subject", "queue", "colour", "priority"})


@pytest.mark.parametrize(
    "bad",
    [
        {"subject": ""},
        {"status": "lost"},
        {"status": None},
        {"priority": None},
        {"queue": None},
        {"queue": 999_999},
        {"assignee": 999_999},
        {"due_at": "tomorrow"},
        {"due_at": "2026-12-01T10:00:00"},
        {"due_at": "1700000000"},
        {"due_at": 1_700_000_000},
        {"due_at": "9999-12-31T23:59:59-12:00"},
        {"version": "1"},
        {"version": 0},
        {"created_at": "2026-12-01T10:00:00Z"},
        {"updated_at": "2026-12-01T10:00:00Z"},
        {"id": 7},
    ],
)
def test_a_change_that_cannot_be_changes_nothing(
    bad: dict[str, Any], ticket: Ticket, alice: User
) -> None:
    forget()
    status, answer = as_(alice).patch(ticket, **{"description": "also sent", **bad})
    assert (status, list(answer["fields"])) == (422, list(bad))
    assert names() == []
    assert Ticket.objects.values_list("version", "description").get() == (1, "")


def test_a_deactivated_user_gets_no_ticket_but_keeps_theirs(
    ticket: Ticket, alice: User, carol: User
) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert as_(alice).patch(ticket, assignee=carol.pk)[0] == 422
    Ticket.objects.update(assignee=carol)
    assert as_(alice).patch(ticket, assignee=carol.pk, status="open")[0] == 200


@pytest.mark.parametrize(
    ("name", "junk"),
    [
        ("status", "lost"),
        ("status", "new,open"),
        ("priority", "huge"),
        ("queue", "billing"),
        ("queue", "9" * 30),
        ("assignee", "alice"),
        ("page", "first"),
        ("page", "0"),
        ("page", "-1"),
        ("q", "x" * 201),
        ("q", "nul\0"),
    ],
)
def test_a_junk_filter_is_refused_and_named(name: str, junk: str, alice: User) -> None:
    status, answer = as_(alice).get(**{name: junk})
    assert (status, list(answer["fields"])) == (422, [name])


def test_a_page_that_is_not_there_gets_404(alice: User, ticket: Ticket) -> None:
    assert as_(alice).get(page=2)[0] == 404


@pytest.mark.parametrize(
    "bad", [{"body": ""}, {"body": " \n"}, {"internal": True}, {"body": "x", "internal": "yes"},
            {"body": "x" * 50_001}, {"body": "x", "author": 1}, {"body": "nul\0"}],
)  # fmt: skip
def test_a_comment_that_cannot_be_is_not_said(
    bad: dict[str, Any], ticket: Ticket, alice: User
) -> None:
    forget()
    assert as_(alice).comment(ticket, **bad)[0] == 422
    assert names() == []
    assert not Comment.objects.exists()


def test_an_old_version_overwrites_nothing_and_says_who_changed_what(
    ticket: Ticket, alice: User, carol: User
) -> None:
    as_(carol).patch(ticket, status="pending", description="Called back.")
    forget()
    status, answer = as_(alice).patch(ticket, status="open", priority="high", version=1)
    assert (status, list(answer["fields"])) == (409, ["version"])
    assert "carol set status new → pending" in answer["error"]
    assert "carol changed the description" in answer["error"]
    assert names() == []
    assert Ticket.objects.values_list("status", "priority", "version").get() == (
        "pending", "normal", 2,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_of_many_who_saw_the_same_version_one_wins(ticket: Ticket, alice: User) -> None:
    together = Barrier(6)
    apis = [as_(alice) for _ in range(together.parties)]
    forget()

    def change(n: int) -> int:
        try:
            together.wait(20)
            return apis[n].patch(ticket, subject=f"{n}", version=1)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(together.parties) as threads:
        assert sorted(threads.map(change, range(together.parties), timeout=60)) == [200, *[409] * 5]
    assert names() == ["ticket.updated"]
    assert Ticket.objects.get().version == 2


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_deleted_at_the_same_moment_is_a_conflict(
    alice: User, network: Queue
) -> None:
    api, body = as_(alice), {**GOOD, "queue": network.pk}

    def create() -> tuple[int, Any]:
        try:
            return api.post(body)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            network.delete()
            created = thread.submit(create)
            with pytest.raises(TimeoutError):  # it has seen the queue, and waits for this deletion
                created.result(1)
        status, answer = created.result(30)
    assert (status, answer["fields"]) == (409, {})
    assert "has just been deleted" in answer["error"]
    assert not Ticket.objects.exists()


# --- What it gives --------------------------------------------------------------------------------


def test_a_ticket_looks_as_in_its_event_with_the_description_beside_but_in_lists(
    billing: Queue, alice: User
) -> None:
    forget()
    status, answer = as_(alice).post({**GOOD, "queue": billing.pk, "description": "See both."})
    assert status == 201
    assert answer == {**only().data["ticket"], "description": "See both."}
    whole = {**answer, "people": [], "attachments": []}
    assert as_(alice).get(f"{answer['id']}/") == (200, whole)
    listed = {name: value for name, value in answer.items() if name != "description"}
    assert as_(alice).get()[1]["results"] == [{**listed, "unread": False}]


def test_all_of_a_new_ticket_is_kept(billing: Queue, alice: User, bob: User) -> None:
    sent = {
        "subject": " Invoice twice ",
        "queue": billing.pk,
        "description": "See both.",
        "priority": "high",
        "assignee": bob.pk,
        "requester_name": "Zoë",
        "requester_email": "zoe@example.com",
    }
    assert as_(alice).post(sent)[0] == 201
    stored = Ticket.objects.values(*sent).get()
    assert stored == {**sent, "subject": "Invoice twice"}


def test_a_whole_number_may_be_written_with_a_point(billing: Queue, alice: User) -> None:
    """JSON, and so the schema, knows no difference between 5 and 5.0."""
    assert as_(alice).post({**GOOD, "queue": float(billing.pk)})[0] == 201


def test_an_agent_opens_tickets_in_any_queue_and_gets_them_back(
    network: Queue, alice: User
) -> None:
    status, answer = as_(alice).post({**GOOD, "queue": network.pk})
    assert (status, answer["queue"]["name"]) == (201, "Network")
    assert as_(alice).get(f"{answer['id']}/")[0] == 404


def test_a_change_answers_with_the_ticket_as_its_event_has_it(ticket: Ticket, alice: User) -> None:
    forget()
    sent = {"status": "open", "assignee": alice.pk, "due_at": "2026-12-01T12:00:00+02:00"}
    status, answer = as_(alice).patch(ticket, **sent, version=1)
    assert status == 200
    assert answer == {**only().data["ticket"], "description": ""}
    assert (answer["version"], answer["due_at"]) == (2, "2026-12-01T10:00:00Z")
    assert only().data["actor"] == {"id": alice.pk, "name": "alice"}
    assert set(Change.objects.filter(version=2).values_list("actor", "field")) == {
        (alice.pk, "status"), (alice.pk, "assignee"), (alice.pk, "due_at"),
    }  # fmt: skip


def test_a_change_to_nothing_changes_nothing(ticket: Ticket, alice: User) -> None:
    forget()
    assert as_(alice).patch(ticket)[1]["version"] == 1
    assert as_(alice).patch(ticket, status="new", queue=ticket.queue_id)[1]["version"] == 1
    assert names() == []


def test_a_ticket_moved_out_of_ones_sight_is_still_answered(
    ticket: Ticket, network: Queue, alice: User
) -> None:
    status, answer = as_(alice).patch(ticket, queue=network.pk)
    assert (status, answer["queue"]) == (200, {"id": network.pk, "name": "Network"})
    assert as_(alice).get(f"{ticket.pk}/")[0] == 404


def test_a_comment_is_by_who_is_signed_in_and_looks_as_in_its_event(
    ticket: Ticket, alice: User
) -> None:
    forget()
    status, answer = as_(alice).comment(ticket, body=" Call back. ", internal=True)
    assert status == 201
    assert answer == only().data["comment"]
    assert (answer["author"]["name"], answer["body"]) == ("alice", "Call back.")
    assert answer["internal"] is True


def test_a_comment_sets_the_status_in_the_same_step(ticket: Ticket, alice: User) -> None:
    api = as_(alice)
    forget()
    status, answer = api.comment(ticket, body="Done", status="resolved", version=1)
    assert (status, answer["via"]) == (201, "api")
    assert Ticket.objects.values_list("status", "version").get() == ("resolved", 2)
    assert names() == ["ticket.updated", "comment.created"]
    last = Ticket.objects.values_list("last_activity_by", "last_activity_at").get()
    assert last == ("agent", Comment.objects.get().created_at)


def test_of_an_old_version_neither_is_written(ticket: Ticket, alice: User) -> None:
    Ticket.objects.update(priority="low")
    status, answer = as_(alice).comment(ticket, body="Done", status="resolved", version=1)
    assert (status, answer["fields"]) == (409, {"version": "It is 2 by now."})
    assert Ticket.objects.get().status == "new"
    assert not Comment.objects.exists()


def test_a_comment_after_what_others_wrote_unseen_is_refused_with_what_was_missed(
    ticket: Ticket, alice: User, carol: User
) -> None:
    first, second, third = (
        Comment.objects.create(ticket=ticket, author=carol, body=body)
        for body in ("seen", "not seen", "long " * 1000)
    )
    Comment.objects.create(ticket=ticket, author=alice, body="her own")
    api = as_(alice)
    forget()
    status, answer = api.comment(ticket, body="Mine", seen=first.pk, status="closed")
    assert (status, answer["fields"]) == (409, {})
    assert "Others have written" in answer["error"]
    assert [missed["id"] for missed in answer["missed"]] == [second.pk, third.pk]
    assert answer["missed"][0]["author_name"] == "carol"
    assert [missed.get("shortened") for missed in answer["missed"]] == [None, True]
    assert names() == []
    assert Ticket.objects.get().version == 1

    assert len(api.comment(ticket, body="Mine", seen=0)[1]["missed"]) == 3
    assert api.comment(ticket, body="Mine", seen=third.pk)[0] == 201
    assert api.comment(ticket, body="Without a look")[0] == 201


def test_only_the_newest_of_much_that_was_missed_is_told(
    ticket: Ticket, alice: User, carol: User
) -> None:
    said = [Comment.objects.create(ticket=ticket, author=carol, body="x") for _ in range(25)]
    _, answer = as_(alice).comment(ticket, body="Mine", seen=0)
    assert [missed["id"] for missed in answer["missed"]] == [each.pk for each in said[-20:]]


def test_a_refused_comment_is_not_remembered_under_its_key(
    ticket: Ticket, alice: User, carol: User
) -> None:
    newer = Comment.objects.create(ticket=ticket, author=carol, body="x")
    api = as_(alice)
    key = {"Idempotency-Key": "one"}
    path = f"/api/tickets/{ticket.pk}/comments/"
    for seen, status in [(0, 409), (newer.pk, 201), (newer.pk, 201)]:
        answer = api.client.post(
            path, {"body": "Mine", "seen": seen}, content_type=JSON, headers=key
        )
        assert answer.status_code == status
    assert Comment.objects.filter(author=alice).count() == 1


def test_the_requesters_words_are_theirs_and_never_internal(ticket: Ticket, alice: User) -> None:
    api = as_(alice)
    assert api.comment(ticket, body="It works", requester=True)[1]["requester"] is True
    status, answer = api.comment(ticket, body="It works", requester=True, internal=True)
    assert (status, answer["fields"].keys()) == (422, {"internal"})
    assert Comment.objects.count() == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"status": "burning"}, {"version": 0}, {"version": "1"}, {"seen": -1}, {"seen": "1"},
        {"seen": 2**63}, {"requester": "yes"}, {"via": "mail"},
    ],
    ids=str,
)  # fmt: skip
def test_junk_beside_a_comment_is_refused_and_named(
    bad: dict[str, Any], ticket: Ticket, alice: User
) -> None:
    status, answer = as_(alice).comment(ticket, body="Mine", **bad)
    assert (status, answer["fields"].keys()) == (422, bad.keys())
    assert not Comment.objects.exists()


def test_the_list_is_what_one_may_see(
    billing: Queue, network: Queue, alice: User, bob: User, carol: User, dave: User, admin: User
) -> None:
    Ticket.objects.create(subject="billing", queue=billing)
    Ticket.objects.create(subject="network", queue=network)
    Ticket.objects.create(subject="daves", queue=network, assignee=dave)
    assert as_(alice).found() == ["billing"]
    assert as_(bob).found() == ["daves", "network"]
    assert as_(carol).found() == as_(admin).found() == ["daves", "network", "billing"]
    assert as_(dave).found() == ["daves"]


def test_the_list_is_filtered_and_without_status_holds_all(billing: Queue, alice: User) -> None:
    for status in ("new", "open", "closed"):
        Ticket.objects.create(subject=status, queue=billing, status=status)
    Ticket.objects.filter(subject="open").update(assignee=alice, requester_email="zoe@example.com")
    Ticket.objects.filter(subject="closed").update(description="Über den Wolken")
    api = as_(alice)
    assert api.found() == ["closed", "open", "new"]
    assert api.found(status="closed") == ["closed"]
    assert api.found(status=["new", "open"]) == ["open", "new"]
    assert api.found(assignee=alice.pk) == ["open"]
    assert api.found(queue=billing.pk + 1000) == []
    assert api.found(q="ZOE@") == ["open"]
    assert api.found(q="über") == ["closed"]
    assert api.found(q=Ticket.objects.get(status="new").pk) == ["new"]


def test_the_list_is_paged(billing: Queue, alice: User) -> None:
    many = board.PAGE_SIZE + 1
    Ticket.objects.bulk_create(Ticket(subject=f"{n}", queue=billing) for n in range(many))
    _, first = as_(alice).get()
    _, second = as_(alice).get(page=2)
    assert (first["count"], first["page"], first["pages"]) == (many, 1, 2)
    assert (len(first["results"]), len(second["results"])) == (board.PAGE_SIZE, 1)
    assert not {one["id"] for one in first["results"]} & {one["id"] for one in second["results"]}


def test_the_head_is_read_before_the_data(
    ticket: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbering.number()
    before = live.head()

    def changed_meanwhile() -> int:
        Ticket.objects.update(status="open")
        numbering.number()
        return before

    monkeypatch.setattr(live.log.reading, "head", changed_meanwhile)
    _, answer = as_(alice).get()
    assert answer["head"] == before
    assert answer["results"][0]["status"] == "open"
