"""POST /api/tickets/<id>/merge/, and what the other calls say of a ticket that was merged."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.harness.people import signed_in
from tickets.models import Comment, Queue, Ticket

pytestmark = pytest.mark.django_db

JSON = "application/json"
ADDRESS = "jonas@weber.example"


@pytest.fixture
def one(billing: Queue) -> Ticket:
    return Ticket.objects.create(subject="Smoke", queue=billing, requester_email=ADDRESS)


@pytest.fixture
def other(billing: Queue) -> Ticket:
    return Ticket.objects.create(subject="Fire", queue=billing, requester_email=ADDRESS)


def post(client: Client, ticket: int, key: str | None = None, **body: Any) -> tuple[int, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post(f"/api/tickets/{ticket}/merge/", body, content_type=JSON, headers=headers)
    return answer.status_code, answer.json()


def pointer(ticket: Ticket) -> int | None:
    return Ticket.objects.get(pk=ticket.pk).merged_into_id


def test_strangers_merge_nothing(
    one: Ticket, other: Ticket, network: Queue, alice: User, bob: User, dave: User
) -> None:
    hidden = Ticket.objects.create(subject="x", queue=network, requester_email=ADDRESS)
    assert post(Client(), one.pk, into=other.pk)[0] == 401
    for user in (bob, dave):
        status, answer = post(signed_in(user), one.pk, into=other.pk)
        assert (status, answer["error"]) == (
            404, "There is no such ticket among those you may see.",
        )  # fmt: skip
    assert post(signed_in(alice), one.pk, into=hidden.pk)[0] == 404
    assert post(signed_in(alice), one.pk, into=10**9)[0] == 404
    assert post(signed_in(alice, enforce_csrf_checks=True), one.pk, into=other.pk)[0] == 403
    assert signed_in(alice).get(f"/api/tickets/{one.pk}/merge/").status_code == 405
    assert pointer(one) is pointer(other) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "into"), ({"into": "x"}, "into"), ({"into": None}, "into"), ({"into": 0}, "into"),
        ({"into": True}, "into"), ({"into": 2**63}, "into"), ({"into": [1]}, "into"),
        ({"into": 1, "version": "1"}, "version"), ({"into": 1, "despite": "yes"}, "despite"),
        ({"into": 1, "force": True}, "force"),
    ],
)  # fmt: skip
def test_junk_is_refused_by_its_field(
    body: dict[str, Any], field: str, one: Ticket, alice: User
) -> None:
    status, answer = post(signed_in(alice), one.pk, **body)
    assert (status, [*answer["fields"]]) == (422, [field])
    assert pointer(one) is None


def test_into_itself_and_a_stale_version_are_conflicts(
    one: Ticket, other: Ticket, alice: User
) -> None:
    status, answer = post(signed_in(alice), one.pk, into=one.pk)
    assert (status, answer["error"][:33]) == (409, "A ticket cannot be merged into it")
    Ticket.objects.filter(pk=one.pk).update(priority="high")
    status, answer = post(signed_in(alice), one.pk, into=other.pk, version=1)
    assert (status, answer["fields"]) == (409, {"version": "It is 2 by now."})


def test_two_people_need_to_be_meant(one: Ticket, billing: Queue, alice: User) -> None:
    marta = Ticket.objects.create(subject="x", queue=billing, requester_email="m@else.example")
    status, answer = post(signed_in(alice), one.pk, into=marta.pk)
    assert (status, [*answer["fields"]]) == (409, ["despite"])
    assert "two people's tickets" in answer["error"]
    assert post(signed_in(alice), one.pk, into=marta.pk, despite=True)[0] == 200


def test_the_answer_is_the_ticket_that_it_leads_to(one: Ticket, other: Ticket, alice: User) -> None:
    Comment.objects.create(ticket=one, author=alice, body="Hello")
    status, answer = post(signed_in(alice), one.pk, into=other.pk)
    assert (status, answer["id"], answer["version"]) == (200, other.pk, 2)
    assert answer["merged_into"] is None
    read = signed_in(alice).get(f"/api/tickets/{one.pk}/").json()
    assert (read["merged_into"], read["status"]) == (other.pk, "closed")


def test_sent_twice_it_is_done_once(one: Ticket, other: Ticket, alice: User) -> None:
    client = signed_in(alice)
    first, again = (post(client, one.pk, "k", into=other.pk) for _ in range(2))
    assert first == again
    assert first[0] == 200
    assert post(client, one.pk, into=other.pk)[0] == 409  # without the key it is another deed


def test_a_merged_ticket_refuses_by_each_call(one: Ticket, other: Ticket, alice: User) -> None:
    client = signed_in(alice)
    post(client, one.pk, into=other.pk)
    sentence = f"Ticket #{one.pk} was merged into #{other.pk}"
    for answer in (
        client.post(f"/api/tickets/{one.pk}/comments/", {"body": "x"}, content_type=JSON),
        client.patch(f"/api/tickets/{one.pk}/", {"status": "open"}, content_type=JSON),
        client.post(f"/api/tickets/{other.pk}/merge/", {"into": one.pk}, content_type=JSON),
    ):
        assert answer.status_code == 409
        assert answer.json()["error"].startswith(sentence)
    many = {"ids": [one.pk, other.pk], "changes": {"status": "open"}}
    results = client.post("/api/tickets/bulk/", many, content_type=JSON).json()["results"]
    assert [result["ok"] for result in results] == [False, True]
    assert results[0]["error"].startswith(sentence)


def test_a_comment_that_is_sent_again_after_the_merge_is_found_where_it_is(
    one: Ticket, other: Ticket, network: Queue, alice: User
) -> None:
    client, url = signed_in(alice), f"/api/tickets/{one.pk}/comments/"

    def send() -> Any:
        return client.post(
            url, {"body": "Hello"}, content_type=JSON, headers={"Idempotency-Key": "c"}
        )

    said = send().json()["id"]
    post(client, one.pk, into=other.pk)
    again = send()
    assert (again.status_code, again.json()["id"], again.json()["said_on"]) == (201, said, one.pk)
    assert client.get(f"{url}{said}/").json()["body"] == "Hello"
    Ticket.objects.filter(pk=other.pk).update(queue=network)
    assert client.get(f"{url}{said}/").status_code == 404
