"""POST /api/tickets/<id>/attachments/, and comments that name what came by it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import override_script_prefix

from tests.harness.people import signed_in
from tests.tickets.attachments.samples import png, stream, upload
from tickets.attachments import Attachment, describe, limits, store
from tickets.models import Comment, Queue, Ticket


def address(ticket: Ticket, more: str = "") -> str:
    return f"/api/tickets/{ticket.pk}/attachments/{more}"


def send(client: Client, ticket: Ticket, *files: Any, **headers: str) -> Any:
    return client.post(address(ticket), {"files": list(files)}, headers=headers)


def say(client: Client, ticket: Ticket, attachments: Any, **more: Any) -> Any:
    body = {"body": "Look", "attachments": attachments, **more.pop("body", {})}
    url = f"/api/tickets/{ticket.pk}/comments/"
    return client.post(url, body, content_type="application/json", **more)


@pytest.mark.parametrize("method", ["get", "put", "patch"])
def test_it_takes_posts_only(method: str, ticket: Ticket, alice: User) -> None:
    answer = getattr(signed_in(alice), method)(address(ticket))
    assert answer.status_code == 405
    assert answer.json()["error"]


def test_strangers_are_told_to_sign_in_and_others_that_there_is_no_such_ticket(
    ticket: Ticket, bob: User, dave: User
) -> None:
    assert send(Client(), ticket, upload()).status_code == 401
    for user in (bob, dave):
        assert send(signed_in(user), ticket, upload()).status_code == 404
        assert signed_in(user).delete(address(ticket, "1/")).status_code == 404
    assert not Attachment.objects.exists()


def test_without_the_token_nothing_is_stored(ticket: Ticket, alice: User) -> None:
    client = signed_in(alice, enforce_csrf_checks=True)
    assert send(client, ticket, upload()).status_code == 403
    other = send(signed_in(alice), ticket, upload(), **{"X-Sent-For": "999999"})
    assert other.status_code == 403
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_what_is_no_form_with_files_is_refused(kind: str, ticket: Ticket, alice: User) -> None:
    answer = signed_in(alice).post(address(ticket), b'{"files": []}', content_type=kind)
    assert answer.status_code == 422
    assert answer.json()["error"] == ("There is no file in it: send files as multipart/form-data.")


def test_a_form_that_is_broken_is_a_bad_request(ticket: Ticket, alice: User) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = signed_in(alice).post(address(ticket), b"--x\r\njunk", content_type=kind)
        assert answer.status_code in (400, 422)
        assert set(answer.json()) == {"error", "fields"}


def test_several_are_taken_at_once_and_come_back_as_a_list(ticket: Ticket, alice: User) -> None:
    answer = send(signed_in(alice), ticket, upload("a.png", png(3, 2)), upload("../b.txt"))
    assert answer.status_code == 201
    first, second = answer.json()
    assert (first["name"], first["type"], first["picture"]) == (
        "a.png", "image/png", {"width": 3, "height": 2},
    )  # fmt: skip
    assert (second["name"], second["size"], second["type"], second["picture"]) == (
        "b.txt", 5, "text/plain", None,
    )  # fmt: skip
    assert signed_in(alice).get(second["url"]).status_code == 200


def test_a_comment_takes_along_what_it_names(ticket: Ticket, alice: User) -> None:
    client = signed_in(alice)
    files = send(client, ticket, upload("a.txt"), upload("b.txt")).json()
    answer = say(client, ticket, [file["id"] for file in files])
    assert answer.status_code == 201
    assert answer.json()["attachments"] == files
    read = client.get(f"/api/tickets/{ticket.pk}/comments/{answer.json()['id']}/")
    assert read.json()["attachments"] == files
    assert say(client, ticket, [files[0]["id"]]).status_code == 422
    assert Comment.objects.count() == 1


def test_a_key_covers_the_files_too(ticket: Ticket, alice: User) -> None:
    client = signed_in(alice)
    one, other = send(client, ticket, upload("a.txt"), upload("b.txt")).json()
    key = {"headers": {"Idempotency-Key": "one"}}
    first = say(client, ticket, [one["id"]], **key)
    again = say(client, ticket, [one["id"]], **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert say(client, ticket, [other["id"]], **key).status_code == 422
    assert Comment.objects.count() == 1


def test_what_others_have_written_refuses_it_and_the_file_still_waits(
    ticket: Ticket, alice: User, carol: User
) -> None:
    client = signed_in(alice)
    (file,) = send(client, ticket, upload("a.txt")).json()
    Comment.objects.create(ticket=ticket, author=carol, body="Wait")
    refused = say(client, ticket, [file["id"]], body={"seen": 0})
    assert (refused.status_code, refused.json()["missed"][0]["attachments"]) == (409, [])
    assert say(client, ticket, [file["id"]]).status_code == 201


def test_nobody_names_anothers_file_or_sees_it_before_it_is_sent(
    ticket: Ticket, alice: User, carol: User, bob: User
) -> None:
    (file,) = send(signed_in(alice), ticket, upload("a.txt")).json()
    assert say(signed_in(carol), ticket, [file["id"]]).status_code == 422
    assert say(signed_in(bob), ticket, [file["id"]]).status_code == 404
    assert signed_in(carol).get(file["url"]).status_code == 404
    assert signed_in(carol).delete(address(ticket, f"{file['id']}/")).status_code == 422
    say(signed_in(alice), ticket, [file["id"]])
    assert signed_in(carol).get(file["url"]).status_code == 200
    assert signed_in(bob).get(file["url"]).status_code == 404


@pytest.mark.parametrize("bad", [["x"], [0], [True], "1", [1.5], [2**70], {}, list(range(1, 22))])
def test_ids_that_are_none_are_refused(bad: Any, ticket: Ticket, alice: User) -> None:
    answer = say(signed_in(alice), ticket, bad)
    assert answer.status_code == 422
    assert "attachments" in answer.json()["fields"]


def test_one_that_was_not_sent_can_be_taken_back(ticket: Ticket, alice: User) -> None:
    client = signed_in(alice)
    one, other = send(client, ticket, upload("a.txt"), upload("b.txt")).json()
    assert client.delete(address(ticket, f"{one['id']}/")).status_code == 204
    assert client.delete(address(ticket, f"{one['id']}/")).status_code == 422
    say(client, ticket, [other["id"]])
    assert client.delete(address(ticket, f"{other['id']}/")).status_code == 422
    assert Attachment.objects.get().pk == other["id"]


def test_limits_are_said_with_their_status(
    ticket: Ticket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(alice)
    assert send(client, ticket, upload("a.txt", b"")).status_code == 422
    assert send(client, ticket, *[upload() for _ in range(21)]).status_code == 422
    flood = send(client, ticket, *[upload(content=b"x") for _ in range(101)])
    assert (flood.status_code, flood.json()["error"]) == (
        422, "These are too many files: 20 may go with one comment.",
    )  # fmt: skip
    large = send(client, ticket, upload("a.bin", b"x" * (limits.LARGEST + 1)))
    assert (large.status_code, large.json()["fields"]) == (413, {})
    assert large.json()["error"].startswith("“a.bin” is too large")
    monkeypatch.setattr(limits, "QUOTAS", [(limits.QUOTAS[0][0], "an hour", 5, 3)])
    send(client, ticket, upload())
    quota = send(client, ticket, upload())
    assert (quota.status_code, quota["Retry-After"]) == (429, "600")
    monkeypatch.setattr(limits, "LEFT_FREE", 10**18)
    assert send(client, ticket, upload()).status_code == 503


def test_a_ticket_has_those_of_its_description(ticket: Ticket, billing: Queue, alice: User) -> None:
    describe(ticket, [store(ticket, "scan.txt", stream())])
    store(ticket, "waits.txt", stream(), uploader=alice)
    shown = signed_in(alice).get(f"/api/tickets/{ticket.pk}/").json()["attachments"]
    assert [file["name"] for file in shown] == ["scan.txt"]


def test_the_addresses_stand_under_the_path_of_the_site(ticket: Ticket, alice: User) -> None:
    with override_script_prefix("/desk/"):
        (file,) = send(signed_in(alice), ticket, upload()).json()
    assert file["url"].startswith(f"/desk/tickets/{ticket.pk}/attachments/")
