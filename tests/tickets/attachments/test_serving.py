"""GET /tickets/<id>/attachments/<id>/<name>: who gets a file, and as what."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.harness.people import signed_in
from tests.tickets.attachments.samples import HTML, PDF, SVG, gif, jpeg, png, stream, webp
from tickets import editing
from tickets.attachments import Attachment, describe, store
from tickets.attachments.shown import url_of
from tickets.models import Ticket

POLICY = "sandbox; default-src 'none'"


def sent(ticket: Ticket, name: str = "a.txt", content: bytes = b"Hello") -> Attachment:
    file = store(ticket, name, stream(content))
    describe(ticket, [file])
    return file


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_who_is_signed_out_logs_in_first(ticket: Ticket) -> None:
    url = url_of(sent(ticket))
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={url}"


def test_who_may_not_see_the_ticket_finds_no_file(
    ticket: Ticket, bob: User, dave: User, alice: User
) -> None:
    url = url_of(sent(ticket))
    for user in (bob, dave):
        assert signed_in(user).get(url).status_code == 404
    client = signed_in(alice)
    assert client.get(url).status_code == 200
    ticket.queue.agents.remove(alice)
    assert client.get(url).status_code == 404


def test_a_file_is_found_on_its_own_ticket_only(ticket: Ticket, carol: User) -> None:
    file = sent(ticket)
    other = Ticket.objects.create(subject="Other", queue=ticket.queue)
    client = signed_in(carol)
    assert client.get(url_of(file)).status_code == 200
    for wrong in (
        f"/tickets/{other.pk}/attachments/{file.pk}/a.txt",
        f"/tickets/{ticket.pk}/attachments/{file.pk + 1}/a.txt",
        f"/tickets/{ticket.pk}/attachments/{2**70}/a.txt",
        f"/tickets/{ticket.pk}/attachments/{file.pk}/../a.txt",
        f"/tickets/{ticket.pk}/attachments/{file.pk}/",
    ):
        assert client.get(wrong).status_code in (400, 404), wrong


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_it_can_only_be_read(method: str, ticket: Ticket, alice: User) -> None:
    assert getattr(signed_in(alice), method)(url_of(sent(ticket))).status_code == 405


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", HTML), ("a.svg", SVG), ("a.pdf", PDF), ("a.xml", b"<?xml version='1.0'?><a/>"),
        ("a.png", HTML), ("a.png", SVG), ("a.html", png()), ("a.gif", png()),
        ("bomb.png", png(100_000, 100_000)), ("a.js", b"alert(1)"), ("a.txt", b"Hello"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_only_ever_saved(
    name: str, content: bytes, ticket: Ticket, alice: User
) -> None:
    answer = signed_in(alice).get(url_of(sent(ticket, name, content)))
    assert body_of(answer) == content
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    guarded(answer)


@pytest.mark.parametrize(
    ("name", "content", "type"),
    [
        ("a.png", png(), "image/png"), ("a.jpg", jpeg(), "image/jpeg"),
        ("a.gif", gif(), "image/gif"), ("a.webp", webp(), "image/webp"),
        ("poly.png", png(text=HTML) + HTML, "image/png"),
    ],
)  # fmt: skip
def test_a_picture_is_shown_and_can_do_nothing(
    name: str, content: bytes, type: str, ticket: Ticket, alice: User
) -> None:
    answer = signed_in(alice).get(url_of(sent(ticket, name, content)))
    assert answer["Content-Type"] == type
    assert answer["Content-Disposition"] == f'inline; filename="{name}"'
    guarded(answer)


def guarded(answer: Any) -> None:
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert not answer["Content-Type"].startswith(("text/html", "image/svg", "application/xhtml"))


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Grüße 1.txt", "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe%201.txt"),
        ("שלום.txt", "attachment; filename*=utf-8''%D7%A9%D7%9C%D7%95%D7%9D.txt"),
        ("a\r\nSet-Cookie: x=1.txt", 'attachment; filename="aSet-Cookie_ x=1.txt"'),
        ("100%.txt", 'attachment; filename="100%.txt"'),
        ("a;b=c.txt", 'attachment; filename="a;b=c.txt"'),
    ],
)
def test_its_name_gets_into_the_header_whole_and_nothing_beside_it(
    name: str, header: str, ticket: Ticket, alice: User
) -> None:
    answer = signed_in(alice).get(url_of(sent(ticket, name)))
    assert answer["Content-Disposition"] == header
    assert "Set-Cookie" not in answer.headers


def test_head_tells_the_same_without_the_file(ticket: Ticket, alice: User) -> None:
    url = url_of(sent(ticket))
    get, head = signed_in(alice).get(url), signed_in(alice).head(url)
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", "5")
    for name in ("Content-Type", "Content-Disposition", "Content-Security-Policy"):
        assert head[name] == get[name]


def test_a_file_that_was_lost_is_said(ticket: Ticket, alice: User, media: Path) -> None:
    file = sent(ticket)
    for path in media.rglob("*"):
        if path.is_file():
            path.unlink()
    answer = signed_in(alice).get(url_of(file))
    assert answer.status_code == 404
    assert "This file is not on the server any more" in answer.content.decode()


def test_a_file_of_an_internal_note_is_seen_by_who_sees_the_note(
    ticket: Ticket, alice: User, carol: User, bob: User
) -> None:
    file = store(ticket, "a.txt", stream(), uploader=alice)
    editing.comment(alice, ticket.pk, "Only us", internal=True, attaching=[file])
    assert signed_in(carol).get(url_of(file)).status_code == 200
    assert signed_in(bob).get(url_of(file)).status_code == 404
