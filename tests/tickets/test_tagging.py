"""Tags on tickets: refused at each door, tracked as each field, found and counted by both
databases."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.harness.people import signed_in
from tests.harness.told import forget, only
from tickets import editing
from tickets.actor import acting_as
from tickets.bookkeeping import SavedView, TicketTag
from tickets.models import Change, Queue, Ticket
from tickets.tagging import LOOKED_AT, suggested
from tickets.timeline import deeds, saves
from tickets.undo import undo

pytestmark = pytest.mark.django_db

JSON = "application/json"


def tag(ticket: Ticket, tags: Any, user: User | None = None) -> Ticket:
    with acting_as(user):
        return editing.edit_any(ticket.pk, {"tags": tags})


def stored(ticket: Ticket) -> str:
    """The text of the ticket, which its rows in the table beside always agree with."""
    text: str = Ticket.objects.values_list("tags", flat=True).get(pk=ticket.pk)
    rows = TicketTag.objects.filter(ticket=ticket).values_list("tag", flat=True)
    assert ", ".join(sorted(rows)) == text
    return text


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.lists.views.FRESH", 0)


# --- Refusals -------------------------------------------------------------------------------------

BAD = "x" * 31
TOO_LONG = "A tag has at most 30 characters"


def _set(ticket: Ticket, tags: Any) -> Ticket:
    ticket.tags = tags
    return ticket


WRITES: dict[str, Callable[[Ticket, Any], Any]] = {
    "save": lambda ticket, tags: _set(ticket, tags).save(),
    "save of one field": lambda ticket, tags: _set(ticket, tags).save(update_fields=["tags"]),
    "create": lambda ticket, tags: Ticket.objects.create(queue=ticket.queue, tags=tags),
    "bulk_create": lambda ticket, tags: Ticket.objects.bulk_create(
        [Ticket(queue=ticket.queue, tags=tags)]
    ),
    "bulk_update": lambda ticket, tags: Ticket.objects.bulk_update([_set(ticket, tags)], ["tags"]),
    "update": lambda ticket, tags: Ticket.objects.filter(pk=ticket.pk).update(tags=tags),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("bad", [BAD, f"vip, {BAD}", [BAD], ["a,b"], "a,b,c,d,e,f,g,h,i,j,k"])
def test_the_orm_refuses_bad_tags_before_anything_is_written(
    write: str, bad: Any, ticket: Ticket
) -> None:
    # Django itself begins a transaction for bulk_update(), which is over then.
    around = transaction.atomic() if write == "bulk_update" else nullcontext()
    with pytest.raises(ValidationError) as error, around:
        WRITES[write](ticket, bad)
    assert list(error.value.message_dict) == ["tags"]
    assert Ticket.objects.get().version == 1  # the caller's transaction goes on
    assert stored(ticket) == ""


def test_what_a_database_computes_is_no_tag(ticket: Ticket) -> None:
    tickets = Ticket.objects.filter(pk=ticket.pk)
    for value in (Concat(F("subject"), Value(" IX")), Concat(F("tags"), Value(BAD))):
        with pytest.raises(ValidationError), transaction.atomic():
            tickets.update(tags=value)
    assert stored(ticket) == ""


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("patch", "/api/tickets/{}/", {"tags": [BAD]}),
        ("patch", "/api/tickets/{}/", {"tags": ["a,b"]}),
        ("patch", "/api/tickets/{}/", {"tags": ["a"] * 11}),
        ("patch", "/api/tickets/{}/", {"tags": "vip"}),
        ("patch", "/api/tickets/{}/", {"tags": [3]}),
        ("patch", "/api/tickets/{}/", {"tags": None}),
        ("post", "/api/tickets/", {"subject": "x", "queue": 0, "tags": ["\u202e"]}),
        ("post", "/api/tickets/bulk/", {"ids": [0], "changes": {"tags": [BAD]}}),
    ],
)
def test_the_api_refuses_them_with_a_sentence_at_their_name(
    method: str, path: str, body: dict[str, Any], alice: User, ticket: Ticket
) -> None:
    body = {**body, **({"queue": ticket.queue_id} if "queue" in body else {})}
    body = {**body, **({"ids": [ticket.pk]} if "ids" in body else {})}
    client = signed_in(alice)
    answer = getattr(client, method)(path.format(ticket.pk), body, content_type=JSON)
    assert answer.status_code == 422, answer.json()
    assert "tags" in answer.json()["fields"]
    assert Ticket.objects.get().version == 1


def test_the_panel_refuses_them_beside_the_field_and_keeps_what_was_typed(
    alice: User, ticket: Ticket
) -> None:
    sent = {"version": 1, "tags": BAD, "initial-tags": ""}
    answer = signed_in(alice).post(f"/tickets/{ticket.pk}/edit/", sent)
    assert answer.status_code == 422
    assert TOO_LONG in answer.content.decode()
    assert f'value="{BAD}"' in answer.content.decode()
    assert stored(ticket) == ""


def test_the_new_ticket_s_form_and_the_admin_s_refuse_them(admin: User, billing: Queue) -> None:
    sent = {"subject": "x", "queue": billing.pk, "priority": "normal", "tags": BAD}
    assert TOO_LONG in signed_in(admin).post("/tickets/new/", sent).content.decode()
    rows = {f"comments-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    answer = signed_in(admin).post("/admin/tickets/ticket/add/", {**sent, "status": "new", **rows})
    assert TOO_LONG in answer.content.decode()
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("bad", [BAD, "a,b", "%00", "a%0Ab"])
def test_a_list_by_a_tag_that_is_none_is_refused_with_a_sentence(bad: str, alice: User) -> None:
    client = signed_in(alice)
    assert client.get(f"/?tag={bad}").status_code == 400
    answer = client.get(f"/api/tickets/?tag={bad}")
    assert answer.status_code == 422
    assert "tag" in answer.json()["fields"]


def test_who_is_signed_out_is_told_of_no_tags(client: Client) -> None:
    assert client.get("/api/tags/").status_code == 401
    assert client.post("/api/tags/").status_code in (401, 405)


# --- A field as each other one --------------------------------------------------------------------


def test_tags_are_a_change_with_its_version_history_and_event(alice: User, ticket: Ticket) -> None:
    forget()
    with acting_as(alice):
        editing.edit(alice, ticket.pk, {"tags": "VIP, refund"}, version=1)
    assert stored(ticket) == "refund, vip"
    event = only()
    assert event.data["ticket"]["tags"] == ["refund", "vip"]
    assert event.data["ticket"]["version"] == 2
    assert event.data["changes"] == {"tags": [[], ["refund", "vip"]]}
    (entry,) = saves(Change.objects.filter(version=2))
    assert deeds([entry]) == ["alice set tags nothing → refund, vip"]


@pytest.mark.parametrize("write", [name for name in WRITES if "create" not in name])
def test_each_write_keeps_them_in_their_one_form_and_tells(write: str, ticket: Ticket) -> None:
    forget()
    WRITES[write](ticket, ["VIP", "vip ", "Refund"])
    assert stored(ticket) == "refund, vip"
    assert only().data["changes"] == {"tags": [[], ["refund", "vip"]]}
    assert Ticket.objects.get().version == 2


@pytest.mark.parametrize("same", ["refund, vip", "VIP,REFUND", ["vip", "Refund"]])
def test_the_same_tags_in_another_order_are_no_change(same: Any, ticket: Ticket) -> None:
    tag(ticket, "vip, refund")
    forget()
    saved = tag(ticket, same)
    assert (saved.version, saved.has_changed) == (2, False)
    WRITES["update"](ticket, same)
    assert Ticket.objects.get().version == 2


def test_what_is_opened_with_tags_is_told_and_found_with_them(billing: Queue) -> None:
    forget()
    ticket = Ticket.objects.create(subject="x", queue=billing, tags="VIP, vip")
    assert ticket.tags == "vip"
    assert only().data["ticket"]["tags"] == ["vip"]
    assert stored(ticket) == "vip"
    many = Ticket.objects.bulk_create([Ticket(queue=billing, tags="A, b") for _ in range(2)])
    assert [stored(each) for each in many] == ["a, b", "a, b"]


def test_a_change_of_tags_is_taken_back(alice: User, ticket: Ticket) -> None:
    tag(ticket, "old, vip", alice)
    version = tag(ticket, "new", alice).version
    with acting_as(alice):
        undo(alice, ticket.pk, version)
    assert stored(ticket) == "old, vip"
    with acting_as(alice):
        undo(alice, ticket.pk, version=4)
        undo(alice, ticket.pk, version=5)
    assert stored(ticket) == "old, vip"


def test_the_api_reads_sets_and_opens_with_tags(alice: User, ticket: Ticket) -> None:
    client = signed_in(alice)
    assert client.get(f"/api/tickets/{ticket.pk}/").json()["tags"] == []
    path, body = f"/api/tickets/{ticket.pk}/", {"tags": ["VIP", " refund "]}
    assert client.patch(path, body, content_type=JSON).json()["tags"] == ["refund", "vip"]
    again = client.patch(path, {"tags": ["vip", "Refund"]}, content_type=JSON).json()
    assert (again["tags"], again["version"]) == (["refund", "vip"], 2)
    new = {"subject": "x", "queue": ticket.queue_id, "tags": ["New"]}
    assert client.post("/api/tickets/", new, content_type=JSON).json()["tags"] == ["new"]
    assert client.patch(path, {"tags": []}, content_type=JSON).json()["tags"] == []
    assert stored(ticket) == ""


def test_many_are_tagged_at_once_but_none_that_one_does_not_see(
    alice: User, ticket: Ticket, network: Queue
) -> None:
    hidden = Ticket.objects.create(subject="x", queue=network)
    body = {"ids": [ticket.pk, hidden.pk], "changes": {"tags": ["Vip"]}}
    results = signed_in(alice).post("/api/tickets/bulk/", body, content_type=JSON).json()["results"]
    assert [result["ok"] for result in results] == [True, False]
    assert (stored(ticket), stored(hidden)) == ("vip", "")


def test_the_panel_and_the_admin_set_them(admin: User, alice: User, ticket: Ticket) -> None:
    sent = {"version": 1, "tags": "Vip,x", "initial-tags": ""}
    assert signed_in(alice).post(f"/tickets/{ticket.pk}/edit/", sent).status_code == 302
    assert stored(ticket) == "vip, x"
    page = signed_in(admin).get(f"/admin/tickets/ticket/{ticket.pk}/change/")
    assert 'value="vip, x"' in page.content.decode()
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    rows = {f"comments-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    given = {name: value for name, value in values.items() if value is not None}
    sent = {**given, **rows, "tags": "from the admin"}
    answer = signed_in(admin).post(f"/admin/tickets/ticket/{ticket.pk}/change/", sent)
    assert answer.status_code == 302
    assert stored(ticket) == "from the admin"


def test_an_old_page_s_panel_leaves_them_as_they_are(alice: User, ticket: Ticket) -> None:
    tag(ticket, "vip")
    sent = {"version": 2, "status": "open", "initial-status": "new"}
    signed_in(alice).post(f"/tickets/{ticket.pk}/edit/", sent)
    assert stored(ticket) == "vip"
    assert Ticket.objects.get().status == "open"


def test_a_deleted_ticket_leaves_no_row_behind(ticket: Ticket) -> None:
    tag(ticket, "vip")
    ticket.delete()
    assert not TicketTag.objects.exists()


def test_a_dump_brings_them_back_with_or_without_the_table_beside(
    ticket: Ticket, tmp_path: Path
) -> None:
    tag(ticket, "refund, vip")
    for name, left_out in (("a.json", []), ("b.json", ["tickets.tickettag"])):
        with (tmp_path / name).open("w") as file:
            call_command("dumpdata", "tickets", exclude=left_out, stdout=file)
        tag(ticket, "other")
        call_command("loaddata", str(tmp_path / name), verbosity=0)
        assert stored(ticket) == "refund, vip"


def test_a_row_that_was_loaded_with_bad_tags_goes_on(ticket: Ticket) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET tags = %s", [BAD])
    ticket.refresh_from_db()
    ticket.status = "open"
    ticket.save()
    assert ticket.version == 2
    assert editing.edit_any(ticket.pk, {"priority": "high"}).version == 3
    assert tag(ticket, "").version == 4


# --- Found and counted ----------------------------------------------------------------------------


def listed(user: User, query: str) -> list[str]:
    client: Any = signed_in(user)
    from_api = [each["subject"] for each in client.get(f"/api/tickets/?{query}").json()["results"]]
    rows = client.get(f"/rows/?status=all&{query}").json()
    assert [each["subject"] for each in rows["results"]] == from_api
    counters = client.get(f"/counters/?status=all&{query}").json()
    assert counters["total"] == rows["count"] == len(from_api)
    return from_api


@pytest.fixture
def some(billing: Queue, network: Queue) -> None:
    for subject, tags, more in (
        ("both", "refund, vip", {}),
        ("vip", "vip", {"status": "closed"}),
        ("longer", "vip customer", {}),
        ("none", "", {}),
        ("late", "vip", {"due_at": "2026-01-01T10:00:00Z"}),
        ("network", "vip", {"queue": network}),
    ):
        Ticket.objects.create(subject=subject, **{"queue": billing, "tags": tags, **more})


@pytest.mark.usefixtures("some")
def test_a_list_holds_what_has_the_very_tag_and_what_its_reader_sees(
    alice: User, carol: User, dave: User
) -> None:
    assert listed(alice, "tag=vip") == ["late", "vip", "both"]
    assert listed(alice, "tag=+Vip+") == ["late", "vip", "both"]
    assert listed(alice, "tag=vip%20customer") == ["longer"]
    assert listed(alice, "tag=vi") == []
    assert listed(alice, "tag=vip&status=closed&status=all") == ["late", "vip", "both"]
    assert listed(alice, "tag=vip&due=overdue") == ["late"]
    assert listed(alice, "tag=vip&q=both") == ["both"]
    assert listed(carol, "tag=vip") == ["network", "late", "vip", "both"]
    assert listed(dave, "tag=vip") == []


@pytest.mark.usefixtures("some")
def test_the_board_counts_them_says_so_and_offers_to_take_the_filter_out(alice: User) -> None:
    page = signed_in(alice).get("/?tag=VIP")
    html = page.content.decode()
    assert page.context["page"].paginator.count == 2  # open ones
    assert 'data-tags="vip"' in html
    assert "Tag: VIP ×" in html
    assert '<span class="label">vip</span>' in html


@pytest.mark.usefixtures("some")
def test_a_saved_view_by_a_tag_has_its_number_and_costs_one_query_for_all(
    alice: User, carol: User
) -> None:
    client = signed_in(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/")
        return len(captured)

    few = queries()
    for name, query in (("Vip", "tag=VIP"), ("Due", "tag=vip&due=overdue"), ("R", "tag=refund")):
        client.post("/views/", {"name": name, "query": query, "shared": "on"})
    assert SavedView.objects.count() == 3
    client.get("/")  # it says that they are saved
    assert queries() == few + 1
    for reader, numbers in ((alice, [1, 1, 2]), (carol, [1, 1, 3])):
        sections = dict(signed_in(reader).get("/").context["sections"])
        assert [number for _, number in sections["Saved"]] == numbers


@pytest.mark.usefixtures("some")
def test_only_tags_of_tickets_in_sight_are_suggested_the_most_used_first(
    alice: User, bob: User, dave: User, network: Queue
) -> None:
    Ticket.objects.create(subject="x", queue=network, tags="secret project")
    tags = signed_in(alice).get("/api/tags/").json()["results"]
    assert tags[0] == "vip"
    assert set(tags) == {"vip", "refund", "vip customer"}
    assert signed_in(alice).get("/api/tags/?q=CUST").json()["results"] == ["vip customer"]
    assert signed_in(alice).get(f"/api/tags/?q={BAD}").status_code == 422
    assert set(suggested(bob)) == {"vip", "secret project"}
    assert signed_in(dave).get("/api/tags/").json()["results"] == []


def test_suggestions_look_at_no_more_than_the_newest(
    monkeypatch: pytest.MonkeyPatch, alice: User, billing: Queue
) -> None:
    assert LOOKED_AT == 2000
    monkeypatch.setattr("tickets.tagging.LOOKED_AT", 2)
    for n in range(4):
        Ticket.objects.create(subject="x", queue=billing, tags=f"t{n}")
    assert set(suggested(alice)) == {"t2", "t3"}


def test_labels_of_a_row_are_three_and_how_many_more(alice: User, billing: Queue) -> None:
    Ticket.objects.create(subject="x", queue=billing, tags="a, b, c, d, <b>e")
    html = signed_in(alice).get("/").content.decode()
    row = html[html.index('<tbody id="rows">') : html.index("</tbody>")]
    labels = re.findall('<span class="label">(.*?)</span>', row)
    assert labels == ["&lt;b&gt;e", "a", "b", "+2"]
