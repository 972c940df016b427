"""Views that agents save and share: who sees them, what they count, and what is refused."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.harness.people import agent, signed_in
from tickets.bookkeeping import SavedView
from tickets.lists import saved
from tickets.models import Queue, Ticket

pytestmark = pytest.mark.django_db


def save(user: User, name: str = "Urgent", query: str = "priority=urgent", **more: Any) -> Any:
    return signed_in(user).post("/views/", {"name": name, "query": query, **more})


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def counted(user: User) -> dict[str, int | None]:
    """By the views' names, as the page says it; the counters say the same."""
    client: Any = signed_in(user)
    sections = dict(client.get("/").context["sections"])
    numbers = client.get("/counters/").json()["links"]
    for link, number in sections["Saved"]:
        assert numbers.get(link.key) == number
    return {link.label: number for link, number in sections["Saved"]}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.lists.views.FRESH", 0)


# --- What is refused ---


def test_who_is_signed_out_saves_and_removes_nothing(alice: User) -> None:
    save(alice)
    key = SavedView.objects.get().pk
    for path in ("/views/", f"/views/{key}/remove/"):
        assert Client().post(path, {"name": "x"}).url.startswith("/accounts/login/")  # type: ignore[attr-defined]
        assert signed_in(alice).get(path).status_code == 405
        assert signed_in(alice, enforce_csrf_checks=True).post(path).status_code == 403
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "query", "sentence"),
    [
        ("", "", "required"),
        ("x" * 61, "", "at most 60 characters"),
        ("a\0b", "", "Null characters"),
        ("x", "status=burning", "There is no status “burning”"),
        ("x", "queue=x", "is no queue"),
        ("x", "sort=color", "No list is sorted by “color”"),
        ("x", "q=" + "a" * 201, "at most 200 characters"),
        ("x", "a=" + "b" * 20_000, "at most 10000 characters"),
    ],
)
def test_what_is_no_list_or_no_name_is_not_saved(
    name: str, query: str, sentence: str, alice: User
) -> None:
    assert sentence in said(save(alice, name, query))
    assert not SavedView.objects.exists()


def test_a_name_is_given_once_by_each(alice: User, bob: User) -> None:
    save(alice)
    assert "already: choose another name" in said(save(alice, query=""))
    save(bob)
    assert SavedView.objects.count() == 2


def test_how_many_there_may_be(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST_OWN", 2)
    monkeypatch.setattr(saved, "MOST_SHARED", 1)
    save(alice, "a", shared="on")
    assert "1 shared views already" in said(save(bob, "a", shared="on"))
    save(alice, "b")
    assert "You have 2 views already" in said(save(alice, "c"))
    assert SavedView.objects.count() == 2


def test_a_view_holds_each_filter_once(alice: User) -> None:
    save(alice, query="&".join(["status=new&status=open&queue=7&queue=8&x=y&page=2"] * 90))
    assert SavedView.objects.get().query == "status=new&status=open&queue=8"


def test_who_serves_no_queue_shares_no_view_and_sees_none_that_is_shared(
    alice: User, dave: User, admin: User
) -> None:
    assert "Only agents who serve a queue share views" in said(save(dave, "a", shared="on"))
    save(dave, "of dave")
    save(alice, "Acme is insolvent", shared="on")
    assert counted(dave).keys() == {"of dave"}
    assert counted(admin).keys() == {"Acme is insolvent"}


def test_nobody_takes_all_room_for_shared_views(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved, "MOST_OF_ONE", 1)
    save(alice, "a", shared="on")
    assert "You share 1 views already" in said(save(alice, "b", shared="on"))
    save(alice, "b")
    save(bob, "c", shared="on")
    assert SavedView.objects.filter(shared=True).count() == 2


def test_only_its_owner_removes_a_view_and_an_administrator_a_shared_one(
    alice: User, carol: User, admin: User
) -> None:
    save(alice, "own")
    save(alice, "ours", shared="on")
    own, ours = (SavedView.objects.get(name=name).pk for name in ("own", "ours"))

    def remove(user: User, key: int) -> int:
        return int(signed_in(user).post(f"/views/{key}/remove/").status_code)

    assert remove(carol, own) == remove(carol, ours) == remove(admin, own) == 404
    assert remove(admin, ours) == remove(alice, own) == 302
    assert not SavedView.objects.exists()


# --- What they show ---


def test_what_is_kept_is_the_list_and_not_the_page(alice: User) -> None:
    query = "?page=3&status=new&status=open&foo=1&queue=&q=straße+1&sort=-due&assignee=me"
    answer = save(alice, "x", query)
    kept = "status=new&status=open&assignee=me&q=stra%C3%9Fe+1&sort=-due"
    assert SavedView.objects.get().query == kept
    assert answer.url == f"/?{kept}"


def test_shared_views_are_everybodys_and_own_ones_are_not(alice: User, carol: User) -> None:
    save(alice, "own")
    save(alice, "ours", shared="on")
    assert counted(alice).keys() == {"own", "ours"}
    assert counted(carol).keys() == {"ours"}
    assert "Shared by alice." in signed_in(carol).get("/").content.decode()


def test_each_counts_what_the_reader_may_see(
    alice: User, bob: User, carol: User, dave: User, billing: Queue, network: Queue
) -> None:
    for queue, priority in ((billing, "urgent"), (billing, "low"), (network, "urgent")):
        Ticket.objects.create(subject="x", queue=queue, priority=priority)
    Ticket.objects.create(subject="x", queue=network, priority="urgent", assignee=alice)
    save(carol, "urgent", "priority=urgent", shared="on")
    save(carol, "mine", "assignee=me", shared="on")
    save(carol, "of alice", f"assignee={alice.pk}&status=all", shared="on")
    assert counted(carol) == {"urgent": 3, "mine": 0, "of alice": 1}
    assert counted(alice) == {"urgent": 2, "mine": 1, "of alice": 1}
    assert counted(bob) == {"urgent": 2, "mine": 0, "of alice": 1}
    assert counted(dave) == {}


def test_a_view_with_a_search_has_no_number_and_says_so(alice: User, ticket: Ticket) -> None:
    save(alice, "printers", "q=printer")
    assert counted(alice) == {"printers": None}
    assert "A search is not counted." in signed_in(alice).get("/").content.decode()
    assert "Printer on fire" in signed_in(alice).get("/?q=printer").content.decode()


def test_a_view_of_what_is_gone_says_so(alice: User, dave: User) -> None:
    empty = Queue.objects.create(name="Empty")
    save(alice, "queue", f"queue={empty.pk}")
    save(alice, "dave", f"assignee={dave.pk}")
    assert counted(alice) == {"queue": 0, "dave": 0}
    SavedView.objects.create(owner=alice, name="old", query="status=burning")
    query = f"/?queue={empty.pk}"
    empty.delete()
    dave.delete()
    assert counted(alice) == {"queue": None, "dave": 0, "old": None}
    page = signed_in(alice).get(query).content.decode()
    assert "Its queue is gone." in page
    assert "It asks for something that there is no more." in page


def test_names_are_never_markup(alice: User) -> None:
    save(alice, "<b>x", "priority=urgent")
    page = signed_in(alice).get("/").content.decode()
    assert "&lt;b&gt;x" in page
    assert "<b>x" not in page


def test_views_go_with_their_owner(alice: User, carol: User) -> None:
    save(alice, shared="on")
    alice.delete()
    assert counted(carol) == {}


def test_a_hundred_views_cost_no_query_more(alice: User, billing: Queue, ticket: Ticket) -> None:
    erin = agent("erin", billing)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/")
        return len(seen)

    client = signed_in(alice)
    SavedView.objects.create(owner=alice, name="x", query=f"assignee={erin.pk}")
    one = queries()
    SavedView.objects.bulk_create(
        SavedView(owner=owner, name=f"{number}", query=f"priority=low&queue={number}",
                  shared=owner == erin)
        for owner in (alice, erin)
        for number in range(1, 50)
    )  # fmt: skip
    assert queries() <= one + 1  # which of the queues are gone
    assert one <= 14
