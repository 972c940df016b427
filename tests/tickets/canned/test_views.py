"""The pages of canned replies: whose they are, who changes them, and what is refused."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.harness.people import signed_in
from tests.harness.told import forget, told_of
from tickets.canned import forms, replies
from tickets.canned.models import CannedReply
from tickets.models import Queue, Ticket

pytestmark = pytest.mark.django_db

NEW = {"name": "Refund", "text": "Dear {requester},\r\nit is on its way."}


def reply(owner: User | None, name: str = "Refund", text: str = "On its way", **more: Any) -> Any:
    return CannedReply.objects.create(owner=owner, name=name, text=text, **more)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def errors(answer: Any) -> str:
    assert answer.status_code in (409, 422), answer.status_code
    found = answer.context["form"].errors
    return " ".join(f"{error}" for errors in found.values() for error in errors)


# --- Refusals -------------------------------------------------------------------------------------


def test_who_is_signed_out_is_led_to_the_list_and_changes_nothing(alice: User) -> None:
    kept = reply(alice, shared=True)
    for path in ("", "new/", f"{kept.pk}/", f"{kept.pk}/delete/"):
        for ask in (Client().get, Client().post):
            if path.endswith("delete/") and ask.__name__ == "get":
                continue
            answer: Any = ask(f"/canned/{path}")
            assert answer.status_code in (302, 405)
            if answer.status_code == 302:
                assert answer.url == "/accounts/login/?next=/canned/"
    assert CannedReply.objects.count() == 1


def test_wrong_methods_and_forms_without_the_token_change_nothing(alice: User) -> None:
    kept = reply(alice)
    assert signed_in(alice).post("/canned/", NEW).status_code == 405
    assert signed_in(alice).get(f"/canned/{kept.pk}/delete/").status_code == 405
    client = signed_in(alice, enforce_csrf_checks=True)
    for path in ("new/", f"{kept.pk}/", f"{kept.pk}/delete/"):
        assert client.post(f"/canned/{path}", NEW).status_code == 403
    assert CannedReply.objects.get().text == "On its way"


@pytest.mark.parametrize("stranger", ["bob", "admin"])
def test_somebody_else_s_own_reply_is_not_there(
    stranger: str, alice: User, request: pytest.FixtureRequest
) -> None:
    kept = reply(alice)
    client = signed_in(request.getfixturevalue(stranger))
    assert client.get(f"/canned/{kept.pk}/").status_code == 404
    assert client.post(f"/canned/{kept.pk}/", NEW).status_code == 404
    assert client.post(f"/canned/{kept.pk}/delete/").status_code == 404
    assert "Refund" not in client.get("/canned/").content.decode()
    assert CannedReply.objects.get().text == "On its way"


def test_a_shared_reply_is_read_by_agents_and_changed_by_its_owner_and_superusers_only(
    alice: User, bob: User, dave: User, admin: User
) -> None:
    kept = reply(alice, shared=True)
    client = signed_in(bob)
    page = client.get(f"/canned/{kept.pk}/").content.decode()
    assert "On its way" in page
    assert "<button" not in page[page.index("<main") : page.index("</main")]
    assert client.post(f"/canned/{kept.pk}/", NEW).status_code == 404
    assert client.post(f"/canned/{kept.pk}/delete/").status_code == 404
    assert signed_in(dave).get(f"/canned/{kept.pk}/").status_code == 404  # he serves no queue
    assert signed_in(admin).post(f"/canned/{kept.pk}/", {**NEW, "shared": "on"}).status_code == 302
    kept.refresh_from_db()
    assert (kept.text, kept.owner) == ("Dear {requester},\nit is on its way.", alice)
    assert signed_in(admin).post(f"/canned/{kept.pk}/delete/").status_code == 302
    assert not CannedReply.objects.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"name": "a\0b"}, "Null characters"),
        ({"text": ""}, "required"),
        ({"text": " \n "}, "required"),
        ({"text": "x" * 10_001}, "at most 10000 characters"),
        ({"text": "{foo}"}, "There is no placeholder {foo}"),
        ({"text": "{agent}" * 51}, "at most 50 placeholders"),
    ],
)
def test_what_is_no_reply_is_refused_and_stays_in_the_form(
    given: dict[str, str], sentence: str, alice: User
) -> None:
    answer = signed_in(alice).post("/canned/new/", {**NEW, **given})
    assert sentence in errors(answer)
    assert answer.context["form"]["name"].value() == {**NEW, **given}["name"]
    assert not CannedReply.objects.exists()


def test_a_name_is_used_once_by_each(alice: User, bob: User) -> None:
    reply(alice)
    assert "of this name already" in errors(signed_in(alice).post("/canned/new/", NEW))
    assert signed_in(bob).post("/canned/new/", {**NEW, "name": " Refund "}).status_code == 302
    other = reply(alice, "Other")
    renamed = signed_in(alice).post(f"/canned/{other.pk}/", {**NEW, "seen": 1})
    assert "of this name already" in errors(renamed)


def test_there_is_room_for_so_many_and_a_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, alice: User, bob: User, dave: User
) -> None:
    assert (replies.MOST_OWN, replies.MOST_SHARED) == (200, 500)
    monkeypatch.setattr(forms, "MOST_OWN", 2)
    monkeypatch.setattr(forms, "MOST_SHARED", 1)
    reply(alice, "a", shared=True)
    kept = reply(alice, "b")
    assert "delete one first" in errors(signed_in(alice).post("/canned/new/", NEW))
    shared = {**NEW, "shared": "on"}
    assert "shared replies already" in errors(signed_in(bob).post("/canned/new/", shared))
    assert "shared replies already" in errors(
        signed_in(alice).post(f"/canned/{kept.pk}/", {**shared, "seen": 1})
    )
    assert signed_in(alice).post(f"/canned/{kept.pk}/", {**NEW, "seen": 1}).status_code == 302
    assert "Only agents" in errors(signed_in(dave).post("/canned/new/", shared))
    assert signed_in(dave).post("/canned/new/", NEW).status_code == 302


def test_what_somebody_changed_meanwhile_is_shown_before_it_is_written_over(
    alice: User, admin: User
) -> None:
    kept = reply(alice, shared=True)
    seen = {**NEW, "shared": "on", "seen": 1}
    assert signed_in(admin).post(f"/canned/{kept.pk}/", {**seen, "text": "His"}).status_code == 302
    answer = signed_in(alice).post(f"/canned/{kept.pk}/", {**seen, "text": "Hers"})
    assert "somebody has changed this reply" in errors(answer)
    assert "says: His" in errors(answer)
    html = answer.content.decode()
    assert "Hers</textarea>" in html
    assert 'name="seen" value="2"' in html
    again = {**seen, "text": "Hers", "seen": 2}
    assert signed_in(alice).post(f"/canned/{kept.pk}/", again).status_code == 302
    kept.refresh_from_db()
    assert (kept.text, kept.version) == ("Hers", 3)


def test_a_list_for_a_ticket_out_of_sight_is_not_there(
    alice: User, bob: User, ticket: Ticket
) -> None:
    kept = reply(bob)
    for named in (f"{ticket.pk}", "999", "x", "0", "9" * 40):
        assert signed_in(bob).get(f"/canned/?ticket={named}").status_code == 404
        assert signed_in(bob).get(f"/canned/{kept.pk}/?ticket={named}").status_code == 404


# --- What the pages do ----------------------------------------------------------------------------


def test_a_reply_is_kept_listed_changed_and_deleted(alice: User, bob: User) -> None:
    client = signed_in(alice)
    answer: Any = client.post("/canned/new/", NEW)
    assert (answer.status_code, answer.url) == (302, "/canned/")
    kept = CannedReply.objects.get()
    assert (kept.owner, kept.shared, kept.text) == (
        alice, False, "Dear {requester},\nit is on its way.",
    )  # fmt: skip
    assert "Refund" in client.get("/canned/").content.decode()
    assert "{requester}" in client.get(f"/canned/{kept.pk}/").content.decode()
    client.post(f"/canned/{kept.pk}/", {**NEW, "name": "Money", "shared": "on", "seen": 1})
    assert "Money" in signed_in(bob).get("/canned/").content.decode()
    assert "“Money” is deleted" in said(client.post(f"/canned/{kept.pk}/delete/"))
    assert client.post(f"/canned/{kept.pk}/delete/").status_code == 404


def test_a_form_that_is_sent_twice_makes_one(alice: User) -> None:
    sent = {**NEW, "idempotency_key": "k"}
    for _ in range(2):
        assert signed_in(alice).post("/canned/new/", sent).status_code == 302
    assert CannedReply.objects.count() == 1
    other = signed_in(alice).post("/canned/new/", {**sent, "text": "other"})
    assert "saved before" in errors(other)


def test_without_scripts_it_is_copied_as_it_reads_on_the_ticket(
    alice: User, billing: Queue
) -> None:
    ticket = Ticket.objects.create(subject="<Toner>", queue=billing, requester_name="{agent}")
    kept = reply(alice, text="\nDear {requester}: {subject}")
    client = signed_in(alice)
    assert (
        f'href="/canned/?ticket={ticket.pk}"'
        in client.get(f"/tickets/{ticket.pk}/").content.decode()
    )
    listed = client.get(f"/canned/?ticket={ticket.pk}").content.decode()
    assert f'href="/canned/{kept.pk}/?ticket={ticket.pk}"' in listed
    page = client.get(f"/canned/{kept.pk}/?ticket={ticket.pk}").content.decode()
    assert ">\n\nDear {agent}: &lt;Toner&gt;</textarea>" in page


def test_hostile_texts_are_text(alice: User) -> None:
    kept = reply(alice, "<script>alert(1)</script>", "</textarea><script>x</script>", shared=True)
    for path in ("/canned/", f"/canned/{kept.pk}/"):
        html = signed_in(alice).get(path).content.decode()
        assert "<script>alert" not in html
        assert "<script>x" not in html


def test_the_list_reads_no_more_of_a_text_than_it_shows(alice: User, bob: User) -> None:
    client = signed_in(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/canned/")
        return len(captured)

    reply(alice, "0")
    few = queries()
    for n in range(1, 20):
        reply(alice if n % 2 else bob, f"{n}", "x" * 10_000, shared=True)
    assert queries() == few
    assert len(client.get("/canned/").content) < 60_000


def test_open_pages_are_told_and_nobody_else_of_one_s_own(alice: User) -> None:
    forget()
    kept = reply(alice)
    (told,) = told_of("canned.changed")
    assert (told.data, told.audience) == ({}, {f"user:{alice.pk}"})
    forget()
    signed_in(alice).post(f"/canned/{kept.pk}/", {**NEW, "shared": "on", "seen": 1})
    signed_in(alice).post(f"/canned/{kept.pk}/", {**NEW, "seen": 2})
    kept.refresh_from_db()
    kept.delete()
    assert [told.audience for told in told_of("canned.changed")] == [
        {"everyone"}, {"everyone"}, {f"user:{alice.pk}"},
    ]  # fmt: skip


def test_when_its_owner_is_gone_a_shared_reply_stays_and_is_a_superuser_s_to_change(
    alice: User, bob: User, admin: User
) -> None:
    reply(alice, "Own")
    kept = reply(alice, "Shared", shared=True)
    alice.delete()
    assert [each.name for each in CannedReply.objects.all()] == ["Shared"]
    assert signed_in(bob).get(f"/canned/{kept.pk}/").status_code == 200
    assert signed_in(bob).post(f"/canned/{kept.pk}/", NEW).status_code == 404
    changed = {**NEW, "shared": "on", "seen": 2}
    kept.refresh_from_db()
    answer = signed_in(admin).post(f"/canned/{kept.pk}/", {**changed, "seen": kept.version})
    assert answer.status_code == 302
