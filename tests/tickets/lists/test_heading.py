"""What stands over a list: its name stays while one searches in it, and each filter is a word."""

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict

from tests.harness.people import signed_in
from tickets.forms import FilterForm
from tickets.lists.heading import COLUMNS, heading
from tickets.lists.sidebar import Sidebar
from tickets.models import Queue, Ticket
from tickets.visibility import served_queues

pytestmark = pytest.mark.django_db


def over(query: str, user: User) -> dict[str, object]:
    params = QueryDict(query)
    form = FilterForm(served_queues(user), initial=params.dict())
    return heading(params, Sidebar.of(user).links, form)


def name(query: str, user: User) -> str | None:
    current = over(query, user)["current"]
    return current.label if current else None  # type: ignore[attr-defined]


def words(query: str, user: User) -> dict[str, str]:
    """Each with what the URL is without it."""
    return {word.text: word.query for word in over(query, user)["words"]}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "list_name"),
    [
        ("", "All open"),
        ("q=toner", "All open"),
        ("assignee=none&q=toner", "Unassigned"),
        ("assignee=none&priority=high&page=2&sort=due", "Unassigned"),
        ("assignee=me&q=", "Assigned to me"),
        ("status=all&q=toner", "All tickets"),
        ("status=pending", "Pending"),
        ("assignee=none&status=pending", "Unassigned"),
        ("due=overdue&priority=urgent", "Overdue"),
        ("status=resolved&status=closed", None),
    ],
)
def test_a_list_keeps_its_name_while_one_searches_in_it(
    query: str, list_name: str | None, alice: User
) -> None:
    assert name(query, alice) == list_name


def test_a_queue_is_a_list_of_its_own(billing: Queue, alice: User) -> None:
    assert name(f"queue={billing.pk}&q=toner", alice) == billing.name


def test_each_filter_can_be_taken_out_alone(billing: Queue, alice: User) -> None:
    found = words(f"assignee=none&queue={billing.pk}&priority=high&q=a%26b&sort=due&page=3", alice)
    assert found == {
        f"Queue: {billing.name}": "assignee=none&priority=high&q=a%26b&sort=due",
        "Priority: high": f"assignee=none&queue={billing.pk}&q=a%26b&sort=due",
        "Search: a&b": f"assignee=none&queue={billing.pk}&priority=high&sort=due",
    }


def test_of_two_statuses_one_can_be_taken_out(alice: User) -> None:
    assert words("status=resolved&status=closed", alice) == {
        "Status: resolved": "status=closed",
        "Status: closed": "status=resolved",
    }


def test_what_an_address_holds_besides_is_no_word(alice: User) -> None:
    """A link that somebody was sent has the page say nothing that is not a filter, and one with
    hundreds of values, each repeated in each word's link, makes no page of ten megabytes."""
    assert words("Your+account+is+locked=call+0900&priority=low&priority=high&page=2", alice) == {
        "Priority: high": ""
    }
    assert words("&".join(["status=new&status=open"] * 400), alice) == {
        "Status: new": "status=open",
        "Status: open": "status=new",
    }
    many = "&".join(f"queue={n}&filter{n}=x" for n in range(1, 450))
    assert words(many, alice) == {"Queue: 449": ""}


def test_what_names_the_list_is_no_word(alice: User) -> None:
    assert words("due=overdue&sort=due&q=", alice) == {}
    assert words("due=week", alice) == {"Due: Within a week": ""}


def test_a_search_keeps_what_the_form_has_no_field_for(alice: User) -> None:
    assert over("waiting=us&q=toner&page=2&due=today", alice)["kept"] == [("waiting", "us")]


def test_the_head_of_a_column_says_how_the_list_is_sorted_and_turns_it_round(
    alice: User,
) -> None:
    def direction_and_next(query: str, column: str) -> tuple[str, str]:
        columns = over(query, alice)["columns"]
        head = next(head for head in columns if head.name == column)  # type: ignore[attr-defined]
        return head.direction, head.next

    assert direction_and_next("", "number") == ("descending", "id")
    assert direction_and_next("", "due") == ("", "due")
    assert direction_and_next("sort=due", "due") == ("ascending", "-due")
    assert direction_and_next("sort=-due", "due") == ("descending", "due")
    assert direction_and_next("sort=-due", "number") == ("", "-id")


def test_the_head_of_each_column_leads_to_a_list_that_is_there(alice: User, ticket: Ticket) -> None:
    for column in COLUMNS:
        answer = signed_in(alice).get("/", {"sort": column.sort})
        assert answer.status_code == 200
        assert answer.content.count(b"aria-sort") == 1


def test_the_name_and_the_words_stand_on_the_page(alice: User, ticket: Ticket) -> None:
    page = signed_in(alice).get("/?assignee=none&q=<b>").content.decode()
    assert "<title>(0) Unassigned · Tickets</title>" in page
    assert '?assignee=none" aria-current="page"' in page
    assert 'aria-label="Search: &lt;b&gt;, take this filter out"' in page
