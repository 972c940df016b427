"""No text grows beyond its field, by whichever door it comes; what is longer already goes on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from tests.harness.filled import filled
from tests.harness.people import signed_in
from tests.harness.told import forget, names
from tickets import editing
from tickets.models import Change, Comment, Queue, Ticket
from tickets.texts import LONGEST_TEXT, length

pytestmark = pytest.mark.django_db

FULL = "x" * LONGEST_TEXT
LONG = f"{FULL}!"
LINES = "\r\n" * LONGEST_TEXT  # as many lines as characters are allowed


def lengthen(ticket: Ticket, **texts: str) -> None:
    """As a release without limits stored it."""
    for name, text in texts.items():
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE tickets_ticket SET {name} = %s WHERE id = %s",
                [text, ticket.pk],
            )


def written() -> tuple[Any, ...]:
    return (
        Ticket.objects.count(),
        Comment.objects.count(),
        Change.objects.count(),
        *Ticket.objects.order_by("pk").values_list("subject", "description", "version"),
        *Queue.objects.values_list("name"),
    )


class Proxy(Ticket):
    class Meta:
        proxy = True
        app_label = "tickets"


CALLS: dict[str, Callable[[Ticket, str, str], Any]] = {
    "save": lambda ticket, name, text: _set(ticket, name, text).save(),
    "save of one field": lambda ticket, name, text: _set(ticket, name, text).save(
        update_fields=[name]
    ),
    "save of a proxy": lambda ticket, name, text: _set(
        Proxy.objects.get(pk=ticket.pk), name, text
    ).save(),
    "create": lambda ticket, name, text: Ticket.objects.create(
        **{"subject": "x", name: text}, queue=ticket.queue
    ),
    "bulk_create": lambda ticket, name, text: Ticket.objects.bulk_create(
        Ticket(**{"subject": "x", "queue": ticket.queue, name: value}) for value in ("x", text)
    ),
    "bulk_update": lambda ticket, name, text: Ticket.objects.bulk_update(
        [_set(ticket, name, text)], [name]
    ),
    "update": lambda ticket, name, text: Ticket.objects.update(**{name: text}),
    "edit": lambda ticket, name, text: editing.edit_any(ticket.pk, {name: text}),
}
LIMITS = {"subject": 200, "description": LONGEST_TEXT, "requester_name": 100,
          "requester_email": 254}  # fmt: skip


def _set(ticket: Ticket, name: str, text: str) -> Ticket:
    setattr(ticket, name, text)
    return ticket


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_text_that_is_too_long_is_refused_by_every_call(
    call: Callable[[Ticket, str, str], Any], name: str, ticket: Ticket
) -> None:
    before = written()
    forget()
    most = LIMITS[name]
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        call(ticket, name, "x" * (most + 1))
    assert refused.value.message_dict == {
        name: [f"It has {most + 1:,} characters, and at most {most:,} are kept."]
    }
    assert (written(), names()) == (before, [])
    call(Ticket.objects.get(), name, "x" * most)
    assert written() != before


@pytest.mark.parametrize("call", ["save", "create", "bulk_create", "update"])
def test_the_transaction_of_who_is_refused_goes_on(call: str, ticket: Ticket) -> None:
    with transaction.atomic():
        with pytest.raises(ValidationError):
            CALLS[call](ticket, "description", LONG)
        Ticket.objects.create(subject="Another", queue=ticket.queue)
    assert Ticket.objects.count() == 2


def test_what_only_the_database_can_say_is_refused_too(ticket: Ticket) -> None:
    Ticket.objects.update(description=FULL)
    forget()
    with pytest.raises(ValidationError), transaction.atomic():
        Ticket.objects.update(description=Concat(F("description"), Value("!")))
    assert (written()[3][1], names()) == (FULL, [])


@pytest.mark.parametrize("many", [False, True])
def test_a_comment_and_a_queue_have_their_limits(many: bool, ticket: Ticket) -> None:
    comment = Comment(ticket=ticket, body=LONG)
    with pytest.raises(ValidationError, match="50,001 characters"), transaction.atomic():
        Comment.objects.bulk_create([comment]) if many else comment.save()
    with pytest.raises(ValidationError, match="101 characters"), transaction.atomic():
        queue = Queue(name="x" * 101)
        Queue.objects.bulk_create([queue]) if many else queue.save()
    assert not Comment.objects.exists()
    assert Queue.objects.count() == 1


def test_the_end_of_a_line_is_one_character(ticket: Ticket, alice: User) -> None:
    assert (length(LINES), len(LINES)) == (LONGEST_TEXT, 2 * LONGEST_TEXT)
    Ticket.objects.update(description=LINES)
    Comment.objects.create(ticket=ticket, body=LINES)
    answer = signed_in(alice).post(
        f"/api/tickets/{ticket.pk}/comments/",
        {"body": f"a{LINES[4:]}b"},
        content_type="application/json",
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["body"] == f"a{LINES[4:]}b"


def test_the_api_names_the_field(ticket: Ticket, alice: User) -> None:
    client, kind = signed_in(alice), "application/json"
    for path, method, name in (
        ("", client.patch, "description"),
        ("comments/", client.post, "body"),
    ):
        answer = method(f"/api/tickets/{ticket.pk}/{path}", {name: LONG}, content_type=kind)
        assert answer.status_code == 422
        assert answer.json()["fields"] == {
            name: "It has 50,001 characters, and at most 50,000 are kept."
        }


def test_the_page_says_it_beside_the_text(ticket: Ticket, alice: User) -> None:
    answer = signed_in(alice).post(f"/tickets/{ticket.pk}/comment/", {"body": LONG})
    assert answer.status_code == 422
    assert "at most 50000 characters (it has 50001)" in answer.content.decode()
    lines = signed_in(alice).post(f"/tickets/{ticket.pk}/comment/", {"body": f"a{LINES[4:]}b"})
    assert lines.status_code == 302


def test_the_admin_takes_no_comment_of_two_megabytes(ticket: Ticket, admin: User) -> None:
    client = signed_in(admin)
    url = f"/admin/tickets/ticket/{ticket.pk}/change/"
    fields = filled(client.get(url).content.decode(), "ticket_form")
    fields |= {"comments-TOTAL_FORMS": ["1"], "comments-0-body": ["x" * 2_000_000]}
    page = client.post(url, fields).content.decode()
    assert "at most 50000 characters (it has 2000000)" in page
    fields |= {"comments-0-body": ["x"], "description": [LONG]}
    assert "It has 50,001 characters" in client.post(url, fields).content.decode()
    assert not Comment.objects.exists()


def test_a_row_that_is_longer_already_goes_on(ticket: Ticket, alice: User, admin: User) -> None:
    lengthen(ticket, description=LONG * 2)
    row = Ticket.objects.get()
    row.status = "open"
    row.save()
    Ticket.objects.update(priority="urgent")
    row.status = "pending"
    Ticket.objects.bulk_update([row], ["status", "description"])
    Ticket.objects.update(description=LONG * 2)
    path = f"/api/tickets/{row.pk}/"
    kind = "application/json"
    assert signed_in(alice).patch(path, {"status": "open"}, content_type=kind).status_code == 200
    client, url = signed_in(admin), f"/admin/tickets/ticket/{row.pk}/change/"
    fields = filled(client.get(url).content.decode(), "ticket_form")
    assert client.post(url, fields | {"status": ["closed"]}).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.priority, row.description) == ("closed", "urgent", LONG * 2)
    with pytest.raises(ValidationError):
        CALLS["save"](row, "description", LONG)


def test_what_is_loaded_is_stored_as_it_was_dumped(ticket: Ticket, tmp_path: Path) -> None:
    lengthen(ticket, description=LONG)
    dump = tmp_path / "dump.json"
    with dump.open("w") as file:
        call_command("dumpdata", "tickets", stdout=file)
    rows = json.loads(dump.read_text())
    assert any(row["fields"].get("description") == LONG for row in rows)
    Ticket.objects.all().delete()
    call_command("loaddata", dump, verbosity=0)
    assert Ticket.objects.get().description == LONG


def test_an_actor_with_long_names_can_save(ticket: Ticket, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="A" * 150, last_name="B" * 150)
    kind = "application/json"
    path = f"/api/tickets/{ticket.pk}/"
    assert signed_in(alice).patch(path, {"status": "open"}, content_type=kind).status_code == 200
    assert Change.objects.latest("pk").actor_name == "A" * 150
