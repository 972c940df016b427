"""The other tickets of the person who asked: beside a ticket, and as a list of the board."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.harness.people import signed_in
from tickets.bookkeeping import SavedView
from tickets.merging.deeds import merge
from tickets.models import Queue, Ticket
from tickets.requesters import SHOWN, others

pytestmark = pytest.mark.django_db

JONAS = "jonas@weber.example"


def asked(queue: Queue, address: str = JONAS, **fields: Any) -> Ticket:
    values = {"subject": "Smoke", "requester_email": address, **fields}
    return Ticket.objects.create(queue=queue, **values)


def subjects(user: User, ticket: Ticket) -> list[str]:
    return [other.subject for other in others(user, ticket).tickets]


def part(user: User, ticket: Ticket) -> str:
    return signed_in(user).get(reverse("others", args=[ticket.pk])).content.decode()


# --- Who sees what ------------------------------------------------------------------------------


def test_nobody_sees_more_tickets_than_they_may(
    billing: Queue, network: Queue, alice: User, carol: User, admin: User
) -> None:
    here, theirs = asked(billing), asked(network, subject="Secret")
    given = asked(network, subject="Given", assignee=alice)
    assert subjects(alice, here) == ["Given"]
    assert subjects(carol, here) == subjects(admin, here) == ["Given", "Secret"]
    assert others(alice, here).total == 2
    assert "Secret" not in part(alice, here)
    assert "Secret" not in signed_in(alice).get(f"/tickets/{here.pk}/").content.decode()
    assert theirs.pk != given.pk


def test_a_ticket_out_of_sight_has_no_such_part(
    billing: Queue, alice: User, bob: User, dave: User
) -> None:
    url = reverse("others", args=[asked(billing).pk])
    assert Client().get(url).status_code == 302
    assert [signed_in(user).get(url).status_code for user in (bob, dave)] == [404, 404]
    assert signed_in(alice).post(url).status_code == 405


def test_a_name_alone_and_no_address_are_nobody(billing: Queue, alice: User) -> None:
    one, _ = (asked(billing, "", requester_name="Jonas") for _ in range(2))
    assert others(alice, one).total == 0
    assert 'id="others" aria-labelledby="others-title"' in part(alice, one)
    assert re.search(r'id="others"[^>]* hidden>', part(alice, one))


# --- Which --------------------------------------------------------------------------------------


def test_the_address_counts_whatever_its_case(billing: Queue, alice: User) -> None:
    here = asked(billing)
    asked(billing, "Jonas@Weber.EXAMPLE", subject="Loud")
    asked(billing, "xjonas@weber.example", subject="Else")
    assert subjects(alice, here) == ["Loud"]


def test_the_newest_ten_and_how_many_there_are(billing: Queue, alice: User) -> None:
    tickets = [asked(billing, subject=f"{number}") for number in range(SHOWN + 3)]
    found = others(alice, tickets[0])
    assert [other.pk for other in found.tickets] == [t.pk for t in tickets[: -SHOWN - 1 : -1]]
    assert found.total == SHOWN + 3
    newest = others(alice, tickets[-1])
    assert [other.pk for other in newest.tickets] == [t.pk for t in tickets[-2 : -SHOWN - 2 : -1]]


def test_the_number_leads_to_a_list_of_as_many(billing: Queue, alice: User) -> None:
    tickets = [asked(billing, "j+o&n=as@weber.example", status="closed") for _ in range(3)]
    asked(billing)
    merge(alice, tickets[0].pk, tickets[1].pk)
    shown = part(alice, tickets[1])
    found = re.search(r'<a href="([^"]+)">All (\d+)</a>', shown)
    assert found
    board = signed_in(alice).get(found[1].replace("&amp;", "&"))
    assert board.context["page"].paginator.count == int(found[2]) == 2
    assert "Requester: j+o&amp;n=as@weber.example ×" in board.content.decode()


def test_no_more_are_counted_than_anybody_reads(
    billing: Queue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.requesters.COUNTED", 3)
    tickets = [asked(billing) for _ in range(3)]
    assert others(alice, tickets[0]).in_all == "3"
    asked(billing)
    assert others(alice, tickets[0]).in_all == "3+"


def test_a_pointer_is_no_ticket_of_theirs(billing: Queue, alice: User) -> None:
    here, one = asked(billing), asked(billing, subject="One")
    pointer = asked(billing, subject="Pointer")
    merge(alice, pointer.pk, one.pk)
    assert subjects(alice, here) == ["One"]


def test_text_of_people_is_never_markup(billing: Queue, alice: User) -> None:
    evil = '"><img src=x>'
    here = asked(billing, f"{quote(evil)}@weber.example", requester_name=evil)
    asked(billing, f"{quote(evil)}@weber.example", subject=evil)
    assert "<img" not in part(alice, here)


def test_one_query_however_many_there_are(billing: Queue, alice: User) -> None:
    here = asked(billing)
    Ticket.objects.bulk_create(
        Ticket(subject=f"{n}", queue=billing, requester_email=JONAS) for n in range(50)
    )
    with CaptureQueriesContext(connection) as queries:
        newest, *_ = others(alice, here).tickets
        assert newest.subject == "49"
    assert len(queries) == 1
    assert '"description"' not in queries[0]["sql"]


def test_the_index_finds_them(billing: Queue, alice: User) -> None:
    here = asked(billing)
    Ticket.objects.bulk_create(
        Ticket(subject=f"{n}", queue=billing, requester_email=f"{n}@weber.example")
        for n in range(2000)
    )
    with CaptureQueriesContext(connection) as queries:
        others(alice, here)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE tickets_ticket")
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {queries[0]['sql']}")
        plan = "\n".join(f"{row}" for row in cursor.fetchall())
    assert "ticket_of_requester" in plan


# --- As a list ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["x" * 255, "a\0b"])
def test_what_is_no_address_is_refused_in_a_sentence(address: str, alice: User) -> None:
    client = signed_in(alice)
    assert client.get("/", {"requester": address}).status_code == 400
    answer = client.get("/api/tickets/", {"requester": address})
    assert (answer.status_code, [*answer.json()["fields"]]) == (422, ["requester"])


def test_the_api_lists_them(billing: Queue, network: Queue, alice: User) -> None:
    mine = asked(billing)
    asked(network)
    asked(billing, "else@weber.example")
    answer = signed_in(alice).get("/api/tickets/", {"requester": JONAS.upper()}).json()
    assert [ticket["id"] for ticket in answer["results"]] == [mine.pk]
    assert answer["count"] == 1


def test_a_saved_list_of_theirs_is_kept_and_not_counted(billing: Queue, alice: User) -> None:
    asked(billing)
    client = signed_in(alice)
    client.post(reverse("save-view"), {"name": "Jonas", "query": f"requester={JONAS}"})
    view = SavedView.objects.get()
    assert view.query == f"requester={quote(JONAS)}"
    shown = client.get(f"/?{view.query}")
    assert shown.context["page"].paginator.count == 1
    assert f"saved-{view.pk}" not in client.get("/counters/").json()["links"]
