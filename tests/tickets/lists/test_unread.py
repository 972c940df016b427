"""What is unread for whom, until they have looked, and how their other tabs are told."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.harness.people import agent, signed_in
from tests.harness.told import forget, names, only
from tickets.actor import acting_as
from tickets.bookkeeping import Seen
from tickets.merging.deeds import merge
from tickets.models import Comment, Queue, Ticket

pytestmark = pytest.mark.django_db
JSON = "application/json"


def unread(user: User) -> set[int]:
    """By the API and by the board, which say the same."""
    client: Any = signed_in(user)
    results = client.get("/api/tickets/").json()["results"]
    found = {ticket["id"] for ticket in results if ticket["unread"]}
    page = client.get("/?status=all")
    assert {ticket.pk for ticket in page.context["page"] if ticket.unread} == found
    assert len(re.findall(r"<tr data-ticket[^>]* data-unread>", page.content.decode())) == len(
        found
    )
    return found


def see(user: User, ticket: Ticket, comment: Any = 0, **options: Any) -> Any:
    client = signed_in(user, **options)
    return client.post(f"/tickets/{ticket.pk}/seen/", {"comment": comment}, content_type=JSON)


def say(ticket: Ticket, author: User | None, **how: Any) -> int:
    return Comment.objects.create(ticket=ticket, author=author, body="Hi", **how).pk


# --- What is refused ---


def test_only_who_may_see_the_ticket_has_seen_it(ticket: Ticket, bob: User, alice: User) -> None:
    assert Client().post(f"/tickets/{ticket.pk}/seen/").status_code == 401
    assert see(bob, ticket).status_code == 404
    assert see(alice, Ticket(pk=10**9)).status_code == 404
    assert signed_in(alice).get(f"/tickets/{ticket.pk}/seen/").status_code == 405
    assert see(alice, ticket, enforce_csrf_checks=True).status_code == 403
    assert not Seen.objects.exists()


@pytest.mark.parametrize("comment", [-1, "0", None, True, 1.5, 2**63, 10**30, [], {}])
def test_what_is_no_comment_of_the_ticket_is_refused(
    comment: Any, ticket: Ticket, alice: User
) -> None:
    answer = see(alice, ticket, comment)
    assert answer.status_code == 400
    assert "newest comment seen" in answer.json()["error"]


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000])
def test_junk_is_refused(body: bytes, ticket: Ticket, alice: User) -> None:
    url = f"/tickets/{ticket.pk}/seen/"
    assert signed_in(alice).post(url, body, content_type=JSON).status_code == 400


def test_a_comment_of_another_ticket_is_refused(
    ticket: Ticket, billing: Queue, alice: User
) -> None:
    other = Ticket.objects.create(subject="Other", queue=billing)
    assert see(alice, ticket, say(other, None)).status_code == 400


def test_the_page_of_one_person_reads_nothing_for_the_next_one(ticket: Ticket, alice: User) -> None:
    """Who signs in while the page of somebody else is still open in the same browser."""
    path, client = f"/tickets/{ticket.pk}/seen/", signed_in(alice)
    for sent_for, status in ((alice.pk + 1, 403), (alice.pk, 204)):
        headers = {"X-Sent-For": f"{sent_for}"}
        answer = client.post(path, {"comment": 0}, content_type=JSON, headers=headers)
        assert answer.status_code == status
        assert Seen.objects.exists() == (status == 204)


# --- What is unread ---


def test_a_ticket_is_unread_until_looked_at(alice: User, carol: User, billing: Queue) -> None:
    ticket = Ticket.objects.create(subject="x", queue=billing)
    assert unread(alice) == unread(carol) == {ticket.pk}
    assert see(alice, ticket).status_code == 204
    assert unread(alice) == set()
    assert unread(carol) == {ticket.pk}


def test_what_one_opened_or_said_oneself_is_read(alice: User, carol: User, billing: Queue) -> None:
    with acting_as(alice):
        ticket = Ticket.objects.create(subject="x", queue=billing)
    say(ticket, alice)
    say(ticket, alice, internal=True)
    assert unread(alice) == set()
    assert unread(carol) == {ticket.pk}


@pytest.mark.parametrize("how", [{}, {"internal": True}, {"requester": True}])
def test_each_message_of_somebody_else_makes_it_unread_again(
    how: dict[str, bool], alice: User, carol: User, billing: Queue
) -> None:
    ticket = Ticket.objects.create(subject="x", queue=billing)
    see(alice, ticket)
    first = say(ticket, carol, **how)
    assert unread(alice) == {ticket.pk}
    see(alice, ticket, first)
    assert unread(alice) == set()
    say(ticket, alice)  # her own
    assert unread(alice) == set()
    say(ticket, None, **how)
    assert unread(alice) == {ticket.pk}
    see(alice, ticket, first)  # a tab that is behind
    assert unread(alice) == {ticket.pk}


def test_a_change_of_fields_is_no_message(alice: User, billing: Queue) -> None:
    ticket = Ticket.objects.create(subject="x", queue=billing)
    see(alice, ticket)
    Ticket.objects.update(status="open")
    assert unread(alice) == set()


def test_a_new_agent_begins_with_nothing_unread(billing: Queue, network: Queue) -> None:
    old = [Ticket.objects.create(subject="x", queue=queue) for queue in (billing, network)]
    say(old[0], None)
    erin = agent("erin", billing)
    assert unread(erin) == set()
    network.agents.add(erin)
    assert unread(erin) == set()
    say(old[1], None)
    new = Ticket.objects.create(subject="x", queue=billing)
    assert unread(erin) == {old[1].pk, new.pk}


def test_who_serves_no_queue_begins_with_their_account_and_never_before_the_first_membership(
    billing: Queue, admin: User, dave: User
) -> None:
    before = Ticket.objects.create(subject="x", queue=billing, assignee=dave)
    assert unread(admin) == unread(dave) == set()
    agent("erin", billing)
    assert unread(admin) == unread(dave) == set()
    say(before, None)
    assert unread(admin) == unread(dave) == {before.pk}


def test_a_ticket_that_takes_in_another_is_news_to_all_but_who_merged_them(
    billing: Queue, alice: User, carol: User
) -> None:
    """Whoever had read it, and whoever is newer than all that it takes in; pages that heard of the
    merge say so too (static/tickets/store.js)."""
    one, other = (Ticket.objects.create(subject="x", queue=billing) for _ in range(2))
    newest = {ticket: say(ticket, None) for ticket in (one, other)}
    for ticket, comment in newest.items():
        see(alice, ticket, comment)
        see(carol, ticket, comment)
    erin = agent("erin", billing)
    with acting_as(alice):
        assert unread(alice) == unread(carol) == unread(erin) == set()
        merge(alice, one.pk, other.pk, despite=True)
    assert unread(alice) == set()
    assert unread(carol) == unread(erin) == {other.pk}
    for user in (carol, erin):
        page: Any = signed_in(user).get(f"/tickets/{other.pk}/")
        see(user, other, page.context["timeline"].seen)
        assert unread(user) == set()


def test_a_page_asks_once_for_all_its_rows(alice: User, billing: Queue) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            signed_in(alice).get("/api/tickets/")
        return sum("tickets_seen" in query["sql"] for query in queries)

    Ticket.objects.create(subject="x", queue=billing)
    assert asked() == 1
    Ticket.objects.bulk_create(Ticket(subject="x", queue=billing) for _ in range(60))
    assert asked() == 1


# --- Other tabs ---


def test_the_users_other_tabs_are_told_once_and_nobody_else(
    ticket: Ticket, alice: User, carol: User
) -> None:
    comment = say(ticket, carol)
    forget()
    see(alice, ticket, comment)
    event = only()
    assert (event.name, event.audience) == ("ticket.seen", {f"user:{alice.pk}"})
    assert event.data == {"ticket": {"id": ticket.pk}, "comment": comment}
    for again in (comment, 0):
        assert see(alice, ticket, again).status_code == 204
    assert names() == ["ticket.seen"]


def test_one_row_for_each_user_and_ticket_which_go_with_them(
    ticket: Ticket, alice: User, carol: User
) -> None:
    for comment in (0, say(ticket, carol), say(ticket, carol)):
        see(alice, ticket, comment)
    see(carol, ticket)
    assert Seen.objects.count() == 2
    carol.delete()
    assert Seen.objects.get().user == alice
    ticket.delete()
    assert not Seen.objects.exists()
