"""GET /api/canned/: what the box of a ticket offers, within bounds and under today's rights."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.harness.people import signed_in
from tickets.canned import replies
from tickets.canned.models import CannedReply
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def reply(owner: User, name: str, text: str = "Hello", **more: Any) -> CannedReply:
    return CannedReply.objects.create(owner=owner, name=name, text=text, **more)


def texts(user: User, query: str = "") -> dict[str, str | None]:
    results = signed_in(user).get(f"/api/canned/{query}").json()["results"]
    return {result["name"]: result["text"] for result in results}


# --- Refusals -------------------------------------------------------------------------------------


def test_who_is_signed_out_gets_none(client: Client, alice: User) -> None:
    kept = reply(alice, "a", shared=True)
    for path in ("/api/canned/", f"/api/canned/{kept.pk}/"):
        answer = client.get(path)
        assert (answer.status_code, set(answer.json())) == (401, {"error", "fields"})


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_they_are_not_changed_here(method: str, alice: User) -> None:
    kept = reply(alice, "a")
    assert getattr(signed_in(alice), method)(f"/api/canned/{kept.pk}/").status_code == 405


def test_a_ticket_out_of_sight_is_not_there(bob: User, ticket: Ticket) -> None:
    kept = reply(bob, "a", "{subject}")
    for path in ("/api/canned/", f"/api/canned/{kept.pk}/"):
        for named, status in ((ticket.pk, 404), (10**6, 404), ("x", 422), (0, 422), (2**63, 422)):
            answer = signed_in(bob).get(f"{path}?ticket={named}")
            assert answer.status_code == status
            assert ticket.subject not in answer.content.decode()


def test_somebody_else_s_own_reply_is_not_there(alice: User, bob: User, dave: User) -> None:
    own, shared = reply(alice, "own"), reply(alice, "shared", shared=True)
    assert signed_in(bob).get(f"/api/canned/{own.pk}/").status_code == 404
    assert signed_in(bob).get(f"/api/canned/{shared.pk}/").status_code == 200
    assert signed_in(dave).get(f"/api/canned/{shared.pk}/").status_code == 404
    assert texts(dave) == {}


# --- What is offered ------------------------------------------------------------------------------


def test_one_s_own_come_first_and_the_placeholders_are_filled_for_the_ticket(
    alice: User, bob: User, ticket: Ticket
) -> None:
    reply(bob, "a", "Shared", shared=True)
    reply(bob, "secret", "Bob's own")
    reply(alice, "z", "{ticket} {subject} {agent} {{agent}}")
    assert list(texts(alice).items()) == [
        ("z", "{ticket} {subject} {agent} {{agent}}"),
        ("a", "Shared"),
    ]
    said = f"#{ticket.pk} Printer on fire alice {{agent}}"
    assert texts(alice, f"?ticket={ticket.pk}") == {"z": said, "a": "Shared"}
    results = signed_in(alice).get("/api/canned/").json()["results"]
    assert [(each["shared"], each["owner"]) for each in results] == [
        (False, {"id": alice.pk, "name": "alice"}), (True, {"id": bob.pk, "name": "bob"}),
    ]  # fmt: skip


def test_it_is_three_queries_however_many_there_are(alice: User, bob: User, ticket: Ticket) -> None:
    client = signed_in(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/api/canned/?ticket={ticket.pk}")
        return len(captured)

    reply(alice, "0", "{subject}")
    few = queries()
    for n in range(1, 30):
        reply(bob, f"{n}", "{subject}", shared=True)
    assert queries() == few


def test_the_answer_is_bounded_and_the_rest_is_asked_for_one_by_one(
    monkeypatch: pytest.MonkeyPatch, alice: User, billing: Any
) -> None:
    assert replies.AT_ONCE == 200_000
    monkeypatch.setattr(replies, "AT_ONCE", 50)
    ticket = Ticket.objects.create(subject="x" * 100, queue=billing)
    long, grows = reply(alice, "b", "x" * 60), reply(alice, "a", "{subject}")
    reply(alice, "c", "short")
    found = texts(alice, f"?ticket={ticket.pk}")
    assert found == {"a": None, "b": None, "c": None}
    client = signed_in(alice)
    assert client.get(f"/api/canned/{long.pk}/").json()["text"] == "x" * 60
    one = client.get(f"/api/canned/{grows.pk}/?ticket={ticket.pk}").json()
    assert one["text"] == "x" * 100
    assert texts(alice) == {"a": "{subject}", "b": None, "c": None}
