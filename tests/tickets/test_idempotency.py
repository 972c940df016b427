"""A write that is sent twice with one key is done once, by API and pages; and nothing that was not
written is remembered."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from time import monotonic
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.db.models.functions import Now
from django.test import RequestFactory
from django.urls import reverse

from tests.harness.people import agent, signed_in
from tickets import editing, idempotency
from tickets.bookkeeping import LONGEST_KEY, RememberedWrite
from tickets.idempotency import FIELD, FORGOTTEN_AT_ONCE, Done, Sent, once
from tickets.models import Change, Comment, Queue, Ticket

pytestmark = pytest.mark.django_db

JSON = "application/json"
ONE_SECOND = timedelta(seconds=1)
ALMOST_A_DAY = timedelta(hours=23, minutes=59)
BAD_KEYS = ["", "k" * (LONGEST_KEY + 1), "tab\there", "line\nbreak", "nul\0", "delete\x7f"]


def sent_by(user: User, key: str | None = "k", digest: str = "d" * 64) -> Sent:
    return Sent(user.pk, key, digest)


def remembered() -> list[str]:
    return list(RememberedWrite.objects.order_by("key").values_list("key", flat=True))


def age(by: timedelta) -> None:
    """Let what is remembered be older."""
    RememberedWrite.objects.update(at=Now() - by)


def count() -> tuple[int, int, int]:
    return Ticket.objects.count(), Comment.objects.count(), Change.objects.count()


class Api:
    """Calls of one user, all with the same key unless another is given."""

    def __init__(self, user: User, key: str | None = "k") -> None:
        self.client = signed_in(user)
        self.key = key

    def create(self, queue: Queue, **fields: Any) -> tuple[int, Any]:
        return self.call("post", "/api/tickets/", {"subject": "Paper", "queue": queue.pk, **fields})

    def change(self, ticket: Ticket, **fields: Any) -> tuple[int, Any]:
        return self.call("patch", f"/api/tickets/{ticket.pk}/", fields)

    def comment(self, ticket: Ticket, body: str = "Hello", **fields: Any) -> tuple[int, Any]:
        return self.call("post", f"/api/tickets/{ticket.pk}/comments/", {"body": body, **fields})

    def call(self, method: str, path: str, data: dict[str, Any]) -> tuple[int, Any]:
        headers = {} if self.key is None else {"Idempotency-Key": self.key}
        answer = getattr(self.client, method)(path, data, content_type=JSON, headers=headers)
        return answer.status_code, answer.json()


WRITES: dict[str, Callable[[Api, Ticket], tuple[int, Any]]] = {
    "create": lambda api, ticket: api.create(ticket.queue),
    "change": lambda api, ticket: api.change(ticket, version=1, status="open"),
    "comment": lambda api, ticket: api.comment(ticket),
}
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


# --- The API refuses ----------------------------------------------------------------------------


@each_write
@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_bad_key_is_refused_with_a_sentence(
    write: Any, key: str, ticket: Ticket, alice: User
) -> None:
    before = count()
    status, answer = write(Api(alice, key), ticket)
    assert (status, list(answer["fields"])) == (422, ["Idempotency-Key"])
    assert "1 to 64 characters" in answer["error"]
    assert count() == before
    assert remembered() == []


@pytest.mark.parametrize("key", ["k", "k" * LONGEST_KEY, "with spaces: and, signs", "Schlüssel"])
def test_any_other_key_is_taken(key: str, ticket: Ticket, alice: User) -> None:
    first, again = (Api(alice, key).comment(ticket) for _ in range(2))
    assert first == again
    assert first[0] == 201
    assert Comment.objects.count() == 1


@each_write
def test_another_body_under_the_same_key_is_refused(
    write: Any, ticket: Ticket, alice: User
) -> None:
    api = Api(alice)
    assert write(api, ticket)[0] in (200, 201)
    before = count()
    for status, answer in [
        api.create(ticket.queue, subject="Another"),
        api.change(ticket, status="closed"),
        api.comment(ticket, "Another"),
    ]:
        assert (status, list(answer["fields"])) == (422, ["Idempotency-Key"])
        assert "another method, path or body" in answer["error"]
    assert count() == before


def test_the_same_body_on_another_ticket_is_refused(ticket: Ticket, alice: User) -> None:
    another = Ticket.objects.create(subject="Another", queue=ticket.queue)
    api = Api(alice)
    assert api.comment(ticket)[0] == 201
    assert api.comment(another)[0] == 422
    assert Comment.objects.count() == 1


def test_what_was_refused_is_not_remembered(ticket: Ticket, network: Queue, alice: User) -> None:
    api = Api(alice)
    hidden = Ticket.objects.create(subject="Hidden", queue=network)
    refused = [
        api.comment(ticket, "")[0],
        api.comment(hidden)[0],
        api.change(ticket, version=7, status="open")[0],
        api.change(ticket, assignee=999)[0],
        api.create(ticket.queue, subject="")[0],
    ]
    assert refused == [422, 404, 409, 422, 422]
    assert remembered() == []
    assert api.comment(ticket, "At last")[0] == 201  # with the very key


def test_what_was_rolled_back_is_not_remembered(alice: User, billing: Queue) -> None:
    def fail_late() -> Ticket:
        Ticket.objects.create(subject="Lost", queue=billing)
        raise IntegrityError("The database said no.")

    with pytest.raises(IntegrityError):
        once(sent_by(alice), fail_late)
    assert remembered() == []
    assert not Ticket.objects.exists()
    kept = once(sent_by(alice), lambda: Ticket.objects.create(subject="Kept", queue=billing))
    assert Ticket.objects.get() == kept.made


# --- The API does it once -----------------------------------------------------------------------


@each_write
def test_the_same_sent_twice_is_done_once(write: Any, ticket: Ticket, alice: User) -> None:
    """A change with `version` too: what was sent first has made that version an old one."""
    api = Api(alice)
    first = write(api, ticket)
    done = count()
    again = write(api, ticket)
    assert first == again
    assert first[0] in (200, 201)
    assert count() == done
    assert remembered() == ["k"]


@each_write
def test_without_a_key_it_is_done_each_time(write: Any, ticket: Ticket, alice: User) -> None:
    api = Api(alice, key=None)
    assert write(api, ticket)[0] in (200, 201)
    assert write(api, ticket) != write(api, ticket) or Ticket.objects.get().version == 2
    assert remembered() == []


def test_with_a_new_key_it_is_done_again(ticket: Ticket, alice: User) -> None:
    assert {Api(alice, key).comment(ticket)[0] for key in ("one", "two")} == {201}
    assert Comment.objects.count() == 2


def test_the_same_key_of_another_user_is_another_key(
    ticket: Ticket, alice: User, carol: User
) -> None:
    answers = [Api(user).comment(ticket) for user in (alice, carol)]
    assert [answer["author"]["id"] for _, answer in answers] == [alice.pk, carol.pk]
    assert Comment.objects.count() == 2


def test_the_second_answer_says_how_it_is_now(ticket: Ticket, alice: User, carol: User) -> None:
    changed = Api(alice).change(ticket, version=1, status="open")
    assert (changed[1]["status"], changed[1]["version"]) == ("open", 2)
    Api(carol).change(ticket, status="closed")
    status, answer = Api(alice).change(ticket, version=1, status="open")
    assert (status, answer["status"], answer["version"]) == (200, "closed", 3)


def test_a_change_that_could_not_be_made_again_is_answered(
    ticket: Ticket, alice: User, carol: User
) -> None:
    """It was allowed when it was made."""
    assert Api(alice).change(ticket, assignee=carol.pk)[0] == 200
    Ticket.objects.update(assignee=None)
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert Api(alice).change(ticket, assignee=carol.pk)[0] == 200


@each_write
def test_what_is_out_of_sight_by_now_is_not_shown(
    write: Any, ticket: Ticket, network: Queue, alice: User
) -> None:
    api = Api(alice)
    write(api, ticket)
    alice.queues.add(Queue.objects.create(name="Else"))  # they may create tickets all the same
    Ticket.objects.update(queue=network, assignee=None)
    before = count()
    status, answer = write(api, ticket)
    assert (status, answer["error"]) == (404, "There is no such ticket among those you may see.")
    assert count() == before


def test_a_deleted_ticket_is_not_made_again(billing: Queue, alice: User) -> None:
    api = Api(alice)
    api.create(billing)
    Ticket.objects.get().delete()
    assert api.create(billing)[0] == 404
    assert not Ticket.objects.exists()


def test_a_ticket_for_others_is_answered_once_only(network: Queue, alice: User) -> None:
    """Whoever opens a ticket in a queue of others is shown it when it is made, and not again."""
    api = Api(alice)
    assert [api.create(network)[0] for _ in range(2)] == [201, 404]
    assert Ticket.objects.count() == 1


# --- For a day ----------------------------------------------------------------------------------


def test_it_is_remembered_for_a_day(ticket: Ticket, alice: User) -> None:
    api = Api(alice)
    api.comment(ticket)
    age(ALMOST_A_DAY)
    api.comment(ticket)
    assert Comment.objects.count() == 1
    age(idempotency.MEMORY + ONE_SECOND)
    assert api.comment(ticket, "Another")[0] == 201  # even another body
    assert Comment.objects.count() == 2
    assert RememberedWrite.objects.get().made_id == Comment.objects.latest("id").pk


def test_the_memory_never_holds_more_than_one_day_of_writes(billing: Queue) -> None:
    """Whoever they are of: a row that a user left behind goes by the writes of others."""
    alice, bob = agent("alice", billing), agent("bob", billing)

    def write(user: User, key: str) -> Done[Any]:
        return once(sent_by(user, key), lambda: billing)

    a_day = 3 * FORGOTTEN_AT_ONCE
    for number in range(a_day):
        write(alice, f"{number}")
    age(idempotency.MEMORY + ONE_SECOND)
    sizes = []
    for number in range(a_day):
        write(bob, f"{number}")
        sizes.append(RememberedWrite.objects.count())
    assert max(sizes) <= a_day
    assert sizes[3] == 4  # each new one took ten old ones away
    assert not RememberedWrite.objects.filter(user=alice).exists()


def test_what_is_remembered_of_a_password_cannot_be_tried_out_without_the_servers_key(
    admin: User, settings: Any
) -> None:
    """A form with a password is sent once too, when a person is added."""

    def digest(password: str) -> str:
        request = RequestFactory().post("/queues/people/add/", {"password1": password})
        request.user = admin
        return Sent.by_form(request).digest

    before = digest("secret")
    assert before == digest("secret") != digest("other")
    settings.SECRET_KEY = "k" * 50
    assert digest("secret") != before


def test_it_goes_with_its_user(ticket: Ticket, alice: User) -> None:
    Api(alice).comment(ticket)
    alice.delete()
    assert remembered() == []


# --- Pages --------------------------------------------------------------------------------------

NAMES = ("new-ticket", "edit-ticket", "take-ticket", "add-comment")
each_form = pytest.mark.parametrize("name", NAMES)


class Page:
    """A form of a page as its user was shown it, with what the browser sends."""

    def __init__(self, user: User, name: str, ticket: Ticket, **typed: Any) -> None:
        self.client = signed_in(user)
        self.url = reverse(name, args=[] if name == "new-ticket" else [ticket.pk])
        shown_on = "/tickets/new/" if name == "new-ticket" else f"/tickets/{ticket.pk}/"
        self.key = key_in(self.client.get(shown_on), self.url)
        asked: dict[str, dict[str, Any]] = {
            "new-ticket": {"subject": "Paper", "queue": ticket.queue_id, "priority": "low"},
            "edit-ticket": {
                "version": ticket.version, "initial-status": "new", "status": "open",
                "initial-priority": "normal", "priority": "normal", "initial-assignee": "",
                "assignee": "", "initial-queue": ticket.queue_id, "queue": ticket.queue_id,
            },
            "take-ticket": {},
            "add-comment": {"body": "Hello", "internal": ""},
        }  # fmt: skip
        self.data = {**asked[name], **typed}

    def send(self, **fields: Any) -> Any:
        return self.client.post(self.url, {FIELD: self.key, **self.data, **fields})


def key_in(answer: Any, url: str) -> str:
    """The key in the form that is sent to this address."""
    page = answer.content.decode()
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    actions = [f'action="{url}"'] if "/new/" not in url else ['class="sheet']
    (form,) = [form for form in forms if any(action in form for action in actions)]
    (key,) = re.findall(rf'name="{FIELD}" value="([^"]+)" autocomplete="off"', form)
    return str(key)


@each_form
def test_each_form_has_a_key_of_its_own(name: str, ticket: Ticket, alice: User) -> None:
    keys = {Page(alice, name, ticket).key for name in [*NAMES, name]}
    assert len(keys) == len(NAMES) + 1
    assert all(idempotency.is_good_key(key) for key in keys)


def test_each_row_of_the_board_has_a_key_of_its_own(billing: Queue, alice: User) -> None:
    """The row that scripts copy has none: all of its copies would share it."""
    tickets = [Ticket.objects.create(subject="Paper", queue=billing) for _ in range(3)]
    board = signed_in(alice).get("/")
    assert len({key_in(board, reverse("take-ticket", args=[row.pk])) for row in tickets}) == 3
    template = board.content.decode().partition('<template id="row-template">')[2]
    assert f'<input type="hidden" name="{FIELD}">' in template


@each_form
def test_a_form_pressed_twice_is_saved_once(name: str, ticket: Ticket, alice: User) -> None:
    page = Page(alice, name, ticket)
    first = page.send()
    done = count()
    again = page.send()
    assert (first.status_code, again.status_code) == (302, 302)
    assert first["Location"] == again["Location"]
    assert count() == done
    assert remembered() == [page.key]


@each_form
def test_a_form_sent_by_script_after_another_log_in_is_still_the_same(
    name: str, ticket: Ticket, alice: User
) -> None:
    """It has a new token by then, and its fields may have another order."""
    page = Page(alice, name, ticket)
    page.send(csrfmiddlewaretoken="old")
    done = count()
    page.data = dict(reversed(page.data.items()))
    assert page.send(csrfmiddlewaretoken="new").status_code == 302
    assert count() == done


@pytest.mark.parametrize("name", ["new-ticket", "edit-ticket", "add-comment"])
def test_something_else_in_the_same_form_is_not_lost(
    name: str, ticket: Ticket, alice: User
) -> None:
    """Somebody went back to the form in the browser and typed: it is shown, with a new key."""
    typed = {"subject": "Other text", "body": "Other text", "priority": "urgent"}
    page = Page(alice, name, ticket)
    page.send()
    done = count()
    answer = page.send(**typed)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "saved before, with something else in it" in shown
    assert ('<option value="urgent" selected>' if name == "edit-ticket" else "Other text") in shown
    assert count() == done
    page.key = key_in(answer, page.url)
    if name == "edit-ticket":
        typed |= {"version": "2", "initial-status": "open"}  # as the answer shows it
    assert page.send(**typed).status_code == 302
    assert count() != done


def test_a_refused_form_gets_a_new_key_and_is_not_remembered(ticket: Ticket, alice: User) -> None:
    for name, bad in [
        ("new-ticket", {"subject": ""}),
        ("edit-ticket", {"status": "lost"}),
        ("add-comment", {"body": ""}),
    ]:
        page = Page(alice, name, ticket)
        answer = page.send(**bad)
        assert answer.status_code == 422
        assert key_in(answer, page.url) != page.key
        assert remembered() == []
        assert page.send().status_code == 302  # the old one is as good
        RememberedWrite.objects.all().delete()


def test_an_old_version_gets_a_new_key_and_is_not_remembered(ticket: Ticket, alice: User) -> None:
    page = Page(alice, "edit-ticket", ticket)
    Ticket.objects.get().save()
    editing.edit_any(ticket.pk, {"subject": "Changed"})
    answer = page.send()
    assert answer.status_code == 409
    assert key_in(answer, page.url) != page.key
    assert remembered() == []


def test_who_takes_too_late_is_not_remembered(ticket: Ticket, alice: User, carol: User) -> None:
    page = Page(alice, "take-ticket", ticket)
    editing.take(carol, ticket.pk)
    assert page.send().status_code == 409
    assert remembered() == []


@each_form
@pytest.mark.parametrize("key", [*BAD_KEYS, None])
def test_a_form_without_a_good_key_is_saved_all_the_same(
    name: str, key: str | None, ticket: Ticket, alice: User
) -> None:
    page = Page(alice, name, ticket)
    data = page.data if key is None else {**page.data, FIELD: key}
    before = count()
    assert page.client.post(page.url, data).status_code == 302
    assert count() != before
    assert remembered() == []


@pytest.mark.parametrize("name", ["new-ticket", "edit-ticket", "take-ticket"])
def test_a_second_press_after_the_ticket_left_leads_to_the_board(
    name: str, ticket: Ticket, network: Queue, alice: User
) -> None:
    page = Page(alice, name, ticket)
    page.send()
    Ticket.objects.update(queue=network, assignee=None)
    done = count()
    answer = page.send()
    assert (answer.status_code, answer["Location"]) == (302, "/")
    board = page.client.get("/").content.decode()
    assert "out of your sight now" in board
    assert "Network" not in board.partition('id="board"')[0].partition('class="messages')[2]
    assert count() == done


def test_a_second_press_does_not_say_what_is_no_longer_so(
    ticket: Ticket, alice: User, carol: User
) -> None:
    page = Page(alice, "take-ticket", ticket)
    page.send()
    page.client.get("/")  # which tells the first message
    editing.edit_any(ticket.pk, {"assignee": carol})
    shown = page.client.get(page.send()["Location"]).content.decode()
    assert "is yours" not in shown
    assert "saved once, though this was sent twice" in shown


# --- At once ------------------------------------------------------------------------------------


@contextmanager
def at_work(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Event, Event]]:
    """The first call of this command of editing.py stops in the middle of its transaction: says
    that it is there, and waits to be let go."""
    arrived, let_go = Event(), Event()
    command = getattr(editing, name)

    def slow(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(editing, name, command)
        made = command(*arguments, **options)
        arrived.set()
        assert let_go.wait(30)
        return made

    monkeypatch.setattr(editing, name, slow)
    try:
        yield arrived, let_go
    finally:
        let_go.set()


def closing(call: Callable[[], Any]) -> Callable[[], Any]:
    """For a thread, whose connection would hinder the end of the test."""

    def called() -> Any:
        try:
            return call()
        finally:
            connection.close()

    return called


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "command"), [("create", "create"), ("change", "edit"), ("comment", "comment")]
)
def test_the_second_waits_for_the_first_and_has_its_answer(
    name: str, command: str, ticket: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api(alice)
    call = closing(lambda: WRITES[name](api, ticket))
    with ThreadPoolExecutor(2) as threads, at_work(command, monkeypatch) as (arrived, let_go):
        first: Future[Any] = threads.submit(call)
        assert arrived.wait(30)
        again: Future[Any] = threads.submit(call)
        with pytest.raises(TimeoutError):
            again.result(0.5)
        let_go.set()
        assert first.result(30) == again.result(30)
    assert first.result()[0] in (200, 201)
    assert Ticket.objects.count() == (2 if name == "create" else 1)
    assert Comment.objects.count() == (1 if name == "comment" else 0)
    assert len(remembered()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_second_is_done_if_the_first_fails(
    billing: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api(alice)
    api.client.raise_request_exception = False
    call = closing(lambda: api.create(billing)[0])
    arrived, let_go = Event(), Event()
    create = editing.create

    def fail_late(**values: Any) -> Ticket:
        monkeypatch.setattr(editing, "create", create)
        create(**values)
        arrived.set()
        assert let_go.wait(30)
        raise Ticket.DoesNotExist

    monkeypatch.setattr(editing, "create", fail_late)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(call)
        assert arrived.wait(30)
        again = threads.submit(call)
        with pytest.raises(TimeoutError):
            again.result(0.5)
        let_go.set()
        assert (first.result(30), again.result(30)) == (404, 201)
    assert Ticket.objects.count() == 1


def test_the_second_waits_five_seconds() -> None:
    assert idempotency.WAIT == 5


@pytest.mark.django_db(transaction=True)
def test_the_second_gives_up_and_can_come_again(
    ticket: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT", 0.3)
    api = Api(alice)
    call = closing(lambda: api.comment(ticket))
    with ThreadPoolExecutor(1) as thread, at_work("comment", monkeypatch) as (arrived, let_go):
        first: Future[Any] = thread.submit(call)
        assert arrived.wait(30)
        began = monotonic()
        status, answer = api.comment(ticket)
        assert 0.3 <= monotonic() - began < 15  # and not the 20 seconds of SQLite's own limit
        assert (status, answer["fields"]) == (409, {})
        assert "Send the same again" in answer["error"]
        let_go.set()
        assert first.result(30)[0] == 201
    assert api.comment(ticket) == first.result()
    assert Comment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "command"),
    [("new-ticket", "create"), ("edit-ticket", "edit"), ("take-ticket", "take"),
     ("add-comment", "comment")],
)  # fmt: skip
def test_a_form_that_came_too_early_keeps_its_key_and_its_text(
    name: str, command: str, ticket: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a new key the next press would save it a second time."""
    monkeypatch.setattr(idempotency, "WAIT", 0.3)
    page = Page(alice, name, ticket)
    with ThreadPoolExecutor(1) as thread, at_work(command, monkeypatch) as (arrived, let_go):
        first: Future[Any] = thread.submit(closing(page.send))
        assert arrived.wait(30)
        answer = page.send()
        let_go.set()
        assert first.result(30).status_code == 302
    assert answer.status_code == 409
    assert "Send the same again" in answer.content.decode()
    assert key_in(answer, page.url) == page.key
    done = count()
    assert page.send()["Location"] == first.result()["Location"]
    assert count() == done


@pytest.mark.django_db(transaction=True)
def test_only_the_key_is_waited_for_so_long(ticket: Ticket, alice: User) -> None:
    """The write itself waits for others as it did, and so does whatever comes later."""
    postgresql = connection.vendor == "postgresql"

    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout" if postgresql else "PRAGMA busy_timeout")
            return str(cursor.fetchone()[0])

    limits = []

    def write() -> Ticket:
        limits.append(limit())
        return ticket

    once(sent_by(alice), write)
    limits.append(limit())
    # SQLite waits for nothing any more once the transaction has begun.
    assert limits == (["0", "0"] if postgresql else ["5000", "20000"])


def test_the_documentation_tells_of_the_header(alice: User) -> None:
    paths = signed_in(alice).get("/api/openapi.json").json()["paths"]
    keyed = {
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        for parameter in operation["parameters"]
        if parameter["name"] == "Idempotency-Key"
        and parameter["in"] == "header"
        and not parameter["required"]
        and parameter["schema"]["maxLength"] == LONGEST_KEY
        and "409" in operation["responses"]
    }
    assert keyed == {
        ("post", "/api/tickets/"),
        ("patch", "/api/tickets/{ticket_id}/"),
        ("post", "/api/tickets/{ticket_id}/comments/"),
        ("post", "/api/tickets/{ticket_id}/comments/{comment_id}/mail/"),
        ("post", "/api/tickets/{ticket_id}/merge/"),
    }
