"""Filters, search, paging and counters: the list, and the numbers that equal it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import live
from live.log import numbering, reading
from tests.harness.people import agent, signed_in
from tickets.board import (
    NOBODY,
    OPEN,
    PAGE_SIZE,
    BadFilter,
    Filters,
    page_number,
    page_of,
    sort_of,
)
from tickets.lists.due import Day
from tickets.lists.sidebar import Sidebar
from tickets.models import Priority, Queue, Status, Ticket
from tickets.visibility import visible_tickets

pytestmark = pytest.mark.django_db


def parse(query: str, user: Any = None, **options: Any) -> Filters:
    return Filters.parse(QueryDict(query), user, **options)


def found(query: str, user: User) -> set[str]:
    tickets = parse(query, user).apply(visible_tickets(user))
    return {ticket.subject for ticket in tickets}


@pytest.fixture
def tickets(billing: Queue, network: Queue, alice: User, bob: User, carol: User) -> list[Ticket]:
    """One for each queue, assignee and status, with every priority in turn."""
    return [
        Ticket.objects.create(
            subject=f"{queue} {assignee} {status}",
            queue=queue,
            assignee=assignee,
            status=status,
            priority=Priority.values[index % 4],
        )
        for queue in (billing, network)
        for assignee in (None, alice, bob)
        for index, status in enumerate(Status.values)
    ]


# --- What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=burning", "There is no status “burning”: choose new, open, pending, resolved,"
                           " closed or all."),
        ("status=new&status=x", "There is no status “x”: choose"),
        ("priority=highest", "There is no priority “highest”: choose low, normal, high or urgent."),
        ("queue=billing", "“billing” is no queue: name it by its number."),
        ("queue=-1", "“-1” is no queue"),
        ("queue=0", "“0” is no queue"),
        ("queue=٣", "“٣” is no queue"),
        (f"queue={2**63}", "“9223372036854775808” is no queue"),
        ("queue=" + "9" * 5000, "“9999"),
        (f"queue={1:020}" + "9" * 30, "“0000"),
        (f"assignee={1:020}" + "9" * 5000, "“0000"),
        ("assignee=you", "“you” is nobody: choose me, none, or the number of a user."),
        ("waiting=them", "Nobody can wait for “them”: choose us."),
        ("due=tomorrow", "Nothing is due “tomorrow”: choose overdue, today, week or none."),
        ("q=%00", "A search cannot contain the character NUL."),
        ("q=" + "a" * 201, "A search takes at most 200 characters."),
    ],
)  # fmt: skip
def test_a_filter_that_means_nothing_is_refused_with_what_is_allowed(
    query: str, sentence: str
) -> None:
    with pytest.raises(BadFilter) as refused:
        parse(query)
    assert str(refused.value).startswith(sentence)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("query", ["sort=subject", "sort=--id", "sort=-", "sort=updated_at"])
def test_an_order_that_is_none_is_refused(query: str, alice: User) -> None:
    with pytest.raises(BadFilter, match="No list is sorted by “"):
        sort_of(QueryDict(query))
    assert signed_in(alice).get(f"/?{query}").status_code == 400
    assert signed_in(alice).get(f"/api/tickets/?{query}").status_code == 422


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=1.5", f"page={10**30}"])
def test_a_page_that_is_no_number_is_refused(query: str) -> None:
    with pytest.raises(BadFilter):
        page_number(QueryDict(query))


def test_counters_refuse_the_signed_out_and_bad_filters(client: Any, alice: User) -> None:
    assert client.get("/counters/").status_code == 401
    assert client.post("/counters/").status_code == 405
    refused = signed_in(alice).get("/counters/?status=burning")
    assert refused.status_code == 400
    assert "burning" in refused.json()["error"]


# --- Filters ------------------------------------------------------------------------------------


def test_no_filter_is_no_restriction_unless_a_default_is_named(alice: User) -> None:
    assert parse("", alice) == parse("status=&queue=&assignee=&q=&priority=", alice) == Filters()
    assert parse("", alice, unless_named=OPEN).statuses == OPEN
    assert parse("status=all", alice, unless_named=OPEN).statuses == frozenset()
    assert parse("status=closed", alice, unless_named=OPEN).statuses == {"closed"}


def test_me_and_none_are_assignees(alice: User) -> None:
    assert parse("assignee=me", alice) == parse(f"assignee={alice.pk}", alice)
    assert parse("assignee=none", alice).assignee == NOBODY


@pytest.mark.parametrize(
    "query",
    [
        "status=new", "status=new&status=closed", "status=all", "assignee=me", "assignee=none",
        "priority=urgent", "assignee=me&status=open&priority=normal",
    ],
)  # fmt: skip
def test_the_list_holds_what_matches_and_nothing_else(
    query: str, alice: User, tickets: list[Ticket]
) -> None:
    filters = parse(query, alice)
    visible = set(visible_tickets(alice))
    assert visible < set(tickets)
    expected = {
        ticket.subject for ticket in visible if filters.match(ticket, Day.of(timezone.now()))
    }
    assert found(query, alice) == expected
    assert 0 < len(expected) <= len(visible)


def test_a_queue_one_does_not_serve_shows_only_what_is_assigned_to_oneself(
    alice: User, network: Queue, tickets: list[Ticket]
) -> None:
    assert found(f"queue={network.pk}", alice) == {
        f"Network alice {status}" for status in Status.values
    }


def test_newest_first_in_pages_of_fifty(alice: User, billing: Queue) -> None:
    Ticket.objects.bulk_create(Ticket(subject=f"{n}", queue=billing) for n in range(PAGE_SIZE + 1))
    newest_first = Filters().apply(visible_tickets(alice))
    first, last = page_of(newest_first, 1), page_of(newest_first, 2)
    assert [ticket.subject for ticket in first] == [f"{n}" for n in range(PAGE_SIZE, 0, -1)]
    assert [ticket.subject for ticket in last] == ["0"]
    assert page_of(newest_first, 99).number == 2


# --- Search -------------------------------------------------------------------------------------


@pytest.fixture
def library(billing: Queue) -> Ticket:
    Ticket.objects.create(subject="Something else", queue=billing, description="50 percent off_")
    return Ticket.objects.create(
        subject="Straße gesperrt",
        queue=billing,
        description="The MONITOR on floor 3 flickers, 100%.",
        requester_name="Éva Nagy",
        requester_email="eva@library.example",
    )


@pytest.mark.parametrize(
    "text",
    [
        "monitor", "FLOOR", "gesperrt", "éva", "ÉVA", "nagy", "eva@library", "100%", "stra",
        "éva monitor", "floor  gesperrt", "Straße",
    ],
)  # fmt: skip
def test_search_finds_words_in_subject_requester_and_description(
    text: str, alice: User, library: Ticket
) -> None:
    assert found(f"q={text.replace('%', '%25')}", alice) == {library.subject}


@pytest.mark.parametrize("text", ["_onitor", "mon%25tor", "é.a", "monitor absent", "(", "["])
def test_search_takes_every_character_as_itself(text: str, alice: User, library: Ticket) -> None:
    assert found(f"q={text}", alice) == set()


def test_search_finds_the_number(alice: User, library: Ticket) -> None:
    assert library.subject in found(f"q={library.pk}", alice)
    assert found(f"q=%23{library.pk}", alice) == {library.subject}
    assert found("q=%23" + "9" * 30, alice) == set()


def test_search_finds_nothing_out_of_sight(bob: User, library: Ticket) -> None:
    assert found("q=gesperrt", bob) == set()
    assert found(f"q=%23{library.pk}", bob) == set()


# --- Counters -----------------------------------------------------------------------------------


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.lists.views.FRESH", 0)


@pytest.mark.parametrize("name", ["alice", "bob", "carol", "dave", "admin"])
def test_each_counter_equals_the_list_behind_its_link(
    name: str, request: pytest.FixtureRequest, tickets: list[Ticket], unhurried: None
) -> None:
    user = request.getfixturevalue(name)
    client = signed_in(user)
    links = Sidebar.of(user).links
    told = client.get("/counters/").json()["links"]
    assert told.keys() == {link.key for link in links}
    for link in links:
        listed = client.get(f"{reverse('board')}?{link.query}").context
        assert listed["current"] == link
        shown = {one.key: number for _, entries in listed["sections"] for one, number in entries}
        assert listed["page"].paginator.count == told[link.key] == shown[link.key]
    assert name == "dave" or told["all"] > told["open"] > told["mine"] > -1


@pytest.mark.parametrize(
    "query", ["", "status=closed", "priority=low", "assignee=2", "q=Network", "queue=1&q=bob"]
)
def test_the_total_equals_the_list_at_hand(
    query: str, carol: User, tickets: list[Ticket], unhurried: None
) -> None:
    client = signed_in(carol)
    listed = client.get(f"{reverse('board')}?{query}").context["page"].paginator.count
    assert client.get(f"/counters/?{query}").json()["total"] == listed


def test_a_page_is_never_older_than_the_change_before_it(
    carol: User, tickets: list[Ticket]
) -> None:
    """Also within the second for which dashboards share one reading."""
    client = signed_in(carol)
    client.get("/")  # counts afresh, whatever an earlier test left
    before = client.get("/counters/").json()["links"]["status-new"]
    Ticket.objects.filter(status=Status.NEW).update(status=Status.OPEN)
    page = client.get("/").context
    shown = {one.key: number for _, entries in page["sections"] for one, number in entries}
    assert before > 0
    assert shown["status-new"] == 0


def test_all_dashboards_share_one_grouped_query_a_second(
    monkeypatch: pytest.MonkeyPatch, billing: Queue, tickets: list[Ticket]
) -> None:
    monkeypatch.setattr("tickets.lists.views.FRESH", 3600)
    clients = [signed_in(agent(f"agent{n}", billing)) for n in range(5)]
    clients[0].get("/")  # reads, whatever an earlier test left
    with CaptureQueriesContext(connection) as queries:
        answers = [client.get("/counters/?assignee=none").json() for client in clients]
    assert not [one for one in queries if "GROUP BY" in one["sql"]]
    assert {answer["total"] for answer in answers} == {3}


def test_the_head_is_read_before_the_data(
    monkeypatch: pytest.MonkeyPatch, carol: User, unhurried: None, billing: Queue
) -> None:
    """A change that comes in between is then asked for again, never taken for counted."""

    def head_then_a_change() -> int:
        position = reading.head()
        Ticket.objects.create(subject="just now", queue=billing)
        numbering.number()
        return position

    monkeypatch.setattr(live, "head", head_then_a_change, raising=False)
    answer = signed_in(carol).get("/counters/").json()
    assert answer["total"] == 1
    assert answer["head"] < reading.head()
