"""The admin's page of mail kept aside: for superusers, and never shown as what it is not."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.harness.people import signed_in
from tests.tickets.inbox.letters import letter
from tickets.inbox.arriving import receive
from tickets.inbox.keeping import keep
from tickets.inbox.limits import TICKETS_OF_ONE
from tickets.inbox.models import KeptMail, Letter
from tickets.models import Queue, Ticket

pytestmark = pytest.mark.django_db

LIST = "/admin/tickets/keptmail/"
EVIL = b"Subject: <script>alert(1)</script>\r\n\r\n<b>\x00\xff"


@pytest.fixture
def at_admin(admin: User, settings: Any, billing: Queue, tmp_path: Any) -> Client:
    settings.MAIL_QUEUE, settings.MEDIA_ROOT = billing.name, tmp_path
    return signed_in(admin)


def act(client: Client, action: str, *kept: KeptMail) -> list[str]:
    data = {"action": action, "_selected_action": [mail.pk for mail in kept]}
    answer = client.post(LIST, data, follow=True)
    assert answer.status_code == 200
    return [f"{message}" for message in answer.context["messages"]]


def test_nobody_else_sees_it_whatever_permissions_they_have(bob: User) -> None:
    kept = keep(EVIL, "Why.")
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__app_label="tickets"))
    at_bobs = signed_in(bob)
    for url in (LIST, f"{LIST}{kept.pk}/change/", f"{LIST}{kept.pk}/file/"):
        assert at_bobs.get(url).status_code == 403
        assert Client().get(url).status_code == 302
    assert at_bobs.post(LIST, {"action": "discard", "_selected_action": kept.pk}).status_code == 403
    assert "keptmail" not in at_bobs.get("/admin/").content.decode()
    assert KeptMail.objects.exists()


def test_the_list_and_the_page_say_why_and_show_text(at_admin: Client) -> None:
    kept = keep(EVIL, "It is <i>strange</i>.")
    page = at_admin.get(f"{LIST}{kept.pk}/change/").content.decode()
    for shown in (at_admin.get(LIST).content.decode(), page):
        assert "It is &lt;i&gt;strange&lt;/i&gt;." in shown
        assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for deed in ("take_in", "discard"):  # as the list's actions, for this one
        assert f'name="action" value="{deed}"' in page
    assert f'name="_selected_action" value="{kept.pk}"' in page
    assert "delete_selected" not in at_admin.get(LIST).content.decode()


def test_a_download_is_never_shown(at_admin: Client) -> None:
    kept = keep(EVIL, "Why.")
    answer = at_admin.get(f"{LIST}{kept.pk}/file/")
    assert answer.content == EVIL
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="message-{kept.pk}.eml"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert at_admin.get(f"{LIST}{kept.pk + 1}/file/").status_code == 404


def test_it_is_taken_in_after_all_whatever_the_reason_was(at_admin: Client, admin: User) -> None:
    for number in range(TICKETS_OF_ONE + 1):
        receive(letter(f"Number {number}"))
    receive(letter("Disk full", sender="monitor@else.example", Auto_Submitted="auto-generated"))
    many, automatic = KeptMail.objects.order_by("pk")
    done = act(at_admin, "take_in", many, automatic)
    assert done == [f"message {many.pk} opens #{Ticket.objects.latest('pk').pk - 1}.",
                    f"message {automatic.pk} opens #{Ticket.objects.latest('pk').pk}."]  # fmt: skip
    assert Ticket.objects.latest("pk").description == "Disk full"
    assert not KeptMail.objects.exists()
    assert Ticket.objects.latest("pk").history.get().actor is None  # they only let it in


def test_one_whose_message_id_was_used_up_is_taken_in(at_admin: Client) -> None:
    receive(letter("First", message_id="<1@else.example>"))
    receive(letter("Second", message_id="<1@else.example>"))
    act(at_admin, "take_in", KeptMail.objects.get())
    assert [*Ticket.objects.order_by("pk").values_list("description", flat=True)] == [
        "First", "Second",
    ]  # fmt: skip
    assert Letter.objects.count() == 2


def test_what_still_cannot_be_taken_in_stays_and_says_why(at_admin: Client) -> None:
    kept = keep(b"\xff gibberish", "Why.")
    (said,) = act(at_admin, "take_in", kept)
    assert said.startswith(f"message {kept.pk}: ")
    assert KeptMail.objects.get() == kept


def test_it_is_discarded_for_good(at_admin: Client) -> None:
    kept, other = keep(b"1", "Why."), keep(b"2", "Why.")
    assert act(at_admin, "discard", kept) == ["1 discarded."]
    assert KeptMail.objects.get() == other
