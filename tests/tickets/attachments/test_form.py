"""Files on the form of a ticket's page, as a browser without scripts sends it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.harness.people import signed_in
from tests.tickets.attachments.samples import png, stream, upload
from tickets import editing
from tickets.attachments import Attachment, describe, store
from tickets.attachments.shown import attach_to
from tickets.models import Comment, Queue, Ticket

FilesIn = Callable[[], list[str]]


def say(user: User, ticket: Ticket, **fields: Any) -> Any:
    form = {"body": "Look", "internal": "", **fields}
    return signed_in(user).post(f"/tickets/{ticket.pk}/comment/", form)


def waiting(page: Any) -> list[int]:
    found = re.findall(r'name="attachments" value="(\d+)" checked', page.content.decode())
    return [int(key) for key in found]


def test_chosen_files_go_with_the_text(ticket: Ticket, alice: User) -> None:
    answer = say(alice, ticket, files=[upload("a.png", png()), upload("b.txt")])
    assert answer.status_code == 302
    assert [file.name for file in Comment.objects.get().attached] == ["a.png", "b.txt"]


def test_whoever_may_not_see_the_ticket_stores_nothing(
    ticket: Ticket, bob: User, files_in: FilesIn
) -> None:
    assert say(bob, ticket, files=[upload()]).status_code == 404
    assert (files_in(), Attachment.objects.count()) == ([], 0)


def test_a_refused_text_keeps_its_files_and_needs_no_second_upload(
    ticket: Ticket, alice: User, carol: User
) -> None:
    Comment.objects.create(ticket=ticket, author=carol, body="Wait")
    refused = say(alice, ticket, files=[upload("a.txt"), upload("b.txt")], seen="0")
    assert refused.status_code == 409
    first, second = waiting(refused)
    page = refused.content.decode()
    assert "<bdi>a.txt</bdi>" in page
    sent = say(alice, ticket, attachments=[str(second)])  # one of them was unticked
    assert sent.status_code == 302
    assert [file.name for file in Comment.objects.last().attached] == ["b.txt"]  # type: ignore[union-attr]
    assert Attachment.objects.get(pk=first).pending


def test_an_empty_text_keeps_them_too(ticket: Ticket, alice: User) -> None:
    refused = say(alice, ticket, body=" ", files=[upload("a.txt")])
    assert refused.status_code == 422
    assert len(waiting(refused)) == 1


@pytest.mark.parametrize(
    ("files", "status", "sentence"),
    [
        ([upload("a.txt", b"")], 422, "“a.txt” is empty"),
        ([upload(f"{n}.txt") for n in range(21)], 422, "20 may go with one comment"),
    ],
)
def test_a_file_that_is_refused_is_said_on_the_page_and_the_text_stays(
    files: list[Any], status: int, sentence: str, ticket: Ticket, alice: User
) -> None:
    refused = say(alice, ticket, files=files)
    page = refused.content.decode()
    assert refused.status_code == status
    assert sentence in page
    assert ">Look</textarea>" in page.replace("\n", "")
    assert not Comment.objects.exists()


@pytest.mark.parametrize("named", ["x", "0", "-1", "999999999", "9" * 30])
def test_what_is_not_there_is_said(named: str, ticket: Ticket, alice: User) -> None:
    refused = say(alice, ticket, attachments=[named, "999999"])
    assert refused.status_code == 422
    assert "not there any more" in refused.content.decode()


def kept(*ids: Any) -> str:
    return json.dumps([{"id": key, "name": "a.txt", "size": 5} for key in ids])


def test_a_script_names_what_it_has_uploaded(ticket: Ticket, alice: User) -> None:
    file = store(ticket, "a.txt", stream(), uploader=alice)
    assert say(alice, ticket, attached=kept(file.pk)).status_code == 302
    assert Comment.objects.get().attached == [file]


@pytest.mark.parametrize(
    "junk",
    ["x", "7", "{}x", "[7]", "[{}]", "[[[[", "[" * 100_000, kept("7"), kept(True), kept(-1),
     kept(10**30), kept(999_999), kept(*range(1, 40))],
)  # fmt: skip
def test_and_nothing_else(junk: str, ticket: Ticket, alice: User) -> None:
    refused = say(alice, ticket, attached=junk)
    assert refused.status_code == 422
    assert not Comment.objects.exists()


def test_sent_twice_it_is_said_once_and_leaves_no_second_copy(ticket: Ticket, alice: User) -> None:
    for _ in range(2):
        sent = say(alice, ticket, files=[upload("a.txt")], idempotency_key="one")
        assert sent.status_code == 302
    assert (Comment.objects.count(), Attachment.objects.count()) == (1, 1)
    other = say(alice, ticket, files=[upload("b.txt")], idempotency_key="one")
    assert other.status_code == 422
    assert Comment.objects.count() == 1


def test_the_page_shows_files_where_they_belong(ticket: Ticket, alice: User) -> None:
    describe(ticket, [store(ticket, "scan <b>.txt", stream())])
    picture = store(ticket, "photo.png", stream(png(30, 20)), uploader=alice)
    editing.comment(alice, ticket.pk, "Look", attaching=[picture])
    store(ticket, "waits.txt", stream(), uploader=alice)
    page = signed_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "<bdi>scan _b_.txt</bdi>" in page
    assert re.search(
        r'<img src="/tickets/\d+/attachments/\d+/photo.png" alt="photo.png" width="30" height="20"'
        r' loading="lazy">', page,
    )  # fmt: skip
    assert "waits.txt" not in page


def test_the_pages_of_whole_texts_show_them(ticket: Ticket, alice: User) -> None:
    describe(ticket, [store(ticket, "scan.txt", stream())])
    file = store(ticket, "a.txt", stream(), uploader=alice)
    said = editing.comment(alice, ticket.pk, "Look", attaching=[file])
    client = signed_in(alice)
    assert "scan.txt" in client.get(f"/tickets/{ticket.pk}/description/").content.decode()
    page = client.get(f"/tickets/{ticket.pk}/comments/{said.pk}/").content.decode()
    assert ("a.txt" in page, "scan.txt" in page) == (True, False)


def test_the_admin_shows_them_and_changes_nothing(ticket: Ticket, admin: User) -> None:
    describe(ticket, [store(ticket, "scan.txt", stream())])
    file = store(ticket, "a.txt", stream(), uploader=admin)
    editing.comment(admin, ticket.pk, "Look", attaching=[file])
    page = signed_in(admin).get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert "<bdi>scan.txt</bdi>" in page
    assert "<bdi>a.txt</bdi>" in page
    assert 'type="file"' not in page


def open_ticket(user: User, queue: Queue, *files: Any) -> Any:
    form = {"subject": "New", "queue": queue.pk, "priority": "normal", "files": list(files)}
    return signed_in(user).post("/tickets/new/", form)


def test_a_new_ticket_has_files_with_its_description(alice: User, billing: Queue) -> None:
    assert open_ticket(alice, billing, upload("a.txt"), upload("b.txt")).status_code == 302
    attached = attach_to((), Ticket.objects.get().pk)
    assert [(file.name, file.pending, file.uploader) for file in attached] == [
        ("a.txt", False, alice), ("b.txt", False, alice),
    ]  # fmt: skip


def test_with_a_file_that_is_refused_no_ticket_is_opened(alice: User, billing: Queue) -> None:
    refused = open_ticket(alice, billing, upload("a.txt"), upload("b.txt", b""))
    assert refused.status_code == 422
    assert "“b.txt” is empty" in refused.content.decode()
    assert (Ticket.objects.count(), Attachment.objects.count()) == (0, 0)
