"""The pages on which superusers manage webhooks, and look at what was sent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.harness.filled import filled
from tests.harness.people import signed_in
from tickets.models import Queue, Ticket
from tickets.webhooks import forms
from tickets.webhooks.models import Delivery, Webhook
from tickets.webhooks.working import waiting

pytestmark = pytest.mark.django_db

MakeHook = Callable[..., Webhook]
URL = "https://example.com/hook"


@pytest.fixture
def at_webhooks(admin: User) -> Client:
    return signed_in(admin)


@pytest.fixture
def sent(hook_to: MakeHook, ticket: Ticket) -> Delivery:
    """A message that waits."""
    hook = hook_to(name="Archive")
    ticket.subject = "<script>alert(1)</script>"
    ticket.save()
    return hook.deliveries.get()


def given(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Archive",
        "url": URL,
        "events": ["ticket.created"],
        "every_queue": "on",
    } | fields


def test_nobody_but_a_superuser_looks_or_does_anything(
    sent: Delivery, alice: User, dave: User, client: Client
) -> None:
    dave.is_staff = True
    dave.save()
    dave.user_permissions.set(Permission.objects.all())
    hook = sent.webhook
    pages = ["/webhooks/", f"/webhooks/{hook.pk}/", f"/webhooks/deliveries/{sent.pk}/"]
    deeds = [
        ("/webhooks/", given(name="Second")),
        (f"/webhooks/{hook.pk}/", given(name="Changed")),
        (f"/webhooks/{hook.pk}/switch/", {"on": "0"}),
        (f"/webhooks/{hook.pk}/secret/", {}),
        (f"/webhooks/{hook.pk}/delete/", {}),
        (f"/webhooks/deliveries/{sent.pk}/again/", {}),
    ]
    for user in (alice, dave):
        own = signed_in(user)
        assert [own.get(page).status_code for page in pages] == [403] * 3
        assert [own.post(url, form).status_code for url, form in deeds] == [403] * 6
    for url in pages:
        assert client.get(url).headers["Location"] == "/accounts/login/?next=/webhooks/"
    (left,) = Webhook.objects.all()
    assert (left.name, left.is_on, left.secret) == (hook.name, True, hook.secret)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://localhost:22/", "port must be 80"),
        ("http://10.0.0.1/", "an address inside a network"),
        ("http://[::ffff:10.0.0.1]/", "an address inside a network"),
        ("https://me:word@example.com/", "no name and no password"),
        ("javascript:alert(1)", "begins with https://"),
    ],
)
def test_an_address_that_cannot_be_sent_to_is_refused_beside_its_field(
    url: str, sentence: str, at_webhooks: Client
) -> None:
    answer = at_webhooks.post("/webhooks/", given(url=url))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"events": []}, "Choose what to send."),
        ({"events": ["live.access"]}, "live.access is not one of the available choices"),
        ({"every_queue": ""}, "Choose queues, or every queue."),
        ({"every_queue": "", "queues": ["77"]}, "There is no such queue any more"),
        ({"name": "x" * 61}, "at most 60 characters"),
    ],
)
def test_what_is_not_a_webhook_is_refused_in_a_sentence(
    fields: dict[str, Any], sentence: str, at_webhooks: Client
) -> None:
    answer = at_webhooks.post("/webhooks/", given(**fields))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Webhook.objects.exists()


def test_a_name_is_there_once_and_webhooks_are_twenty_at_most(
    at_webhooks: Client, hook_to: MakeHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook_to(name="Archive")
    answer = at_webhooks.post("/webhooks/", given())
    assert forms.NAME_TAKEN in answer.content.decode()
    monkeypatch.setattr(forms, "MOST", 1)
    answer = at_webhooks.post("/webhooks/", given(name="Second"))
    assert "There are 20 webhooks already" in answer.content.decode()
    assert Webhook.objects.count() == 1


def test_a_secret_is_shown_once_and_never_again(at_webhooks: Client) -> None:
    form = filled(at_webhooks.get("/webhooks/").content.decode(), "new-webhook")
    posted = form | given(events=["ticket.created", "comment.created"])
    answer = at_webhooks.post("/webhooks/", posted)
    hook = Webhook.objects.get()
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert hook.secret in answer.content.decode()
    assert (hook.events, hook.audience, hook.notes) == (
        "ticket.created comment.created",
        "*",
        False,
    )
    again = at_webhooks.post("/webhooks/", posted, follow=True)  # the same form, sent twice
    for page in (again, at_webhooks.get(f"/webhooks/{hook.pk}/"), at_webhooks.get("/webhooks/")):
        assert hook.secret not in page.content.decode()
    assert Webhook.objects.count() == 1


def test_a_new_secret_takes_the_place_of_the_old_one(
    at_webhooks: Client, hook_to: MakeHook
) -> None:
    hook = hook_to()
    answer = at_webhooks.post(f"/webhooks/{hook.pk}/secret/")
    before, hook.secret = hook.secret, Webhook.objects.get().secret
    assert hook.secret != before
    assert hook.secret in answer.content.decode()


def test_a_webhook_is_changed_by_its_own_form(
    at_webhooks: Client, hook_to: MakeHook, billing: Queue, network: Queue
) -> None:
    hook = hook_to(audience=f"queue:{billing.pk}", notes=True)
    url = f"/webhooks/{hook.pk}/"
    form = filled(at_webhooks.get(url).content.decode(), "edit-webhook")
    assert form["queues"] == [f"{billing.pk}"]
    at_webhooks.post(
        url, form | {"queues": [network.pk, billing.pk], "events": ["comment.created"]}
    )
    hook.refresh_from_db()
    assert hook.audience == f"queue:{billing.pk} queue:{network.pk}"
    assert (hook.events, hook.notes) == ("comment.created", True)
    del form["notes"]
    at_webhooks.post(url, form | {"every_queue": "on", "idempotency_key": ["another"]})
    hook.refresh_from_db()
    assert (hook.audience, hook.notes) == ("*", False)


def test_a_webhook_is_turned_off_and_on_and_its_trouble_is_over(
    at_webhooks: Client, hook_to: MakeHook
) -> None:
    hook = hook_to(is_on=False, trouble="It was turned off by itself.")
    url = f"/webhooks/{hook.pk}/"
    assert hook.trouble in at_webhooks.get(url).content.decode()
    at_webhooks.post(f"{url}switch/", {"on": "1"})
    hook.refresh_from_db()
    assert (hook.is_on, hook.trouble) == (True, "")
    at_webhooks.post(f"{url}switch/", {"on": "0"})
    hook.refresh_from_db()
    assert not hook.is_on


def test_a_webhook_that_is_deleted_takes_its_messages_along(
    at_webhooks: Client, sent: Delivery
) -> None:
    at_webhooks.post(f"/webhooks/{sent.webhook_id}/delete/")
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


def test_a_message_is_shown_as_text_with_what_its_receiver_said(
    at_webhooks: Client, sent: Delivery
) -> None:
    Delivery.objects.update(tries=2, status=503, answer="<img src=x onerror=alert(1)>")
    listed = at_webhooks.get(f"/webhooks/{sent.webhook_id}/").content.decode()
    assert "503 Service Unavailable" in listed
    shown = at_webhooks.get(f"/webhooks/deliveries/{sent.pk}/").content.decode()
    assert "2 tries" in shown
    assert "&lt;img src=x" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown
    assert "<img src=x" not in shown


def test_a_message_is_sent_again_when_asked(at_webhooks: Client, sent: Delivery) -> None:
    now = sent.created_at
    Delivery.objects.update(delivered_at=now, tries=1, status=204)
    assert not waiting().exists()
    at_webhooks.post(f"/webhooks/deliveries/{sent.pk}/again/")
    assert waiting().get().message == sent.message


def test_a_page_of_many_messages_costs_as_many_queries_as_one_of_few(
    at_webhooks: Client, sent: Delivery, ticket: Ticket
) -> None:
    url = f"/webhooks/{sent.webhook_id}/"
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            at_webhooks.get(url)
        counts.append(len(queries))
        Delivery.objects.bulk_create(
            Delivery(webhook=sent.webhook, ticket=1, event="ticket.updated", body="x" * 5000)
            for _ in range(60)
        )
    assert counts[0] == counts[1]
