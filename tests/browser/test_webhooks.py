"""The pages of webhooks, in real windows, with a receiver that really takes what is sent."""

import base64
import hmac
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Windows
from tests.harness.axe import assert_sound
from tests.harness.receiver import Got, Receiver, status
from tests.harness.servers import Daphne
from tests.harness.site import People
from tickets import editing
from tickets.models import Ticket
from tickets.webhooks.models import Delivery, Webhook
from tickets.webhooks.working import work_off

HOSTILE = "<img src=x onerror=window.broken=1>"


@pytest.fixture(scope="module")
def server(site_database: str) -> Iterator[Daphne]:
    with Daphne(site_database, WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8") as daphne:
        yield daphne


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def none_left(server: Daphne) -> Iterator[None]:
    """Else each change that a later test makes would be kept for them."""
    yield
    Webhook.objects.all().delete()


def work() -> None:
    """A worker does what there is to do, and what has failed does not wait for its next try."""
    Delivery.objects.filter(delivered_at=None).update(due_at=Ticket.objects.latest("pk").created_at)
    work_off.func()


def is_genuine(got: Got, secret: str) -> bool:
    """As docs/exchange.md has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.message}.{got.headers['webhook-timestamp']}.".encode() + got.body
    own = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return f"v1,{own}" in got.headers["webhook-signature"].split()


def state(page: Page) -> Any:
    return page.locator(".listing tbody tr").first.locator("[data-label=State]")


@pytest.mark.parametrize("who", ["alice", "dave", None])
def test_who_is_no_superuser_sees_no_webhook_and_no_way_there(
    who: str | None, windows: Windows, site: People, receiver: Receiver
) -> None:
    hook = Webhook.objects.create(name="Archive", url=receiver.url, secret="whsec_c2VjcmV0")
    page = windows.open(getattr(site, who) if who else None, "/" if who else "/accounts/login/")
    expect(page.locator("a[href*=webhooks]")).to_have_count(0)
    for path in ("/webhooks/", f"/webhooks/{hook.pk}/"):
        answer = page.goto(path)
        assert answer is not None
        if who:
            assert answer.status == 403
            expect(page.locator("main")).to_contain_text("Only superusers manage webhooks.")
        else:
            expect(page).to_have_url(f"{windows.server.url}/accounts/login/?next=/webhooks/")
        assert "Archive" not in page.content()
        assert "whsec_" not in page.content()
    assert_sound(page)


def test_an_administrator_adds_one_sees_what_becomes_of_a_message_and_deletes_it(
    windows: Windows, site: People, receiver: Receiver
) -> None:
    page = windows.open(site.admin, "/queues/")
    page.get_by_role("link", name="Webhooks").click()
    expect(page.locator("main")).to_contain_text("There is no webhook yet.")
    assert_sound(page)

    page.get_by_label("Name").fill("Archive")
    page.get_by_label("Address").fill("http://10.0.0.1/hook")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.locator(".errorlist")).to_contain_text("an address inside a network")
    expect(page.get_by_label("Name")).to_have_value("Archive")
    assert_sound(page)

    page.get_by_label("Address").fill(receiver.url)
    page.get_by_role("button", name="Add webhook").click()
    expect(page.locator(".lead")).to_contain_text("It is on. 0 messages wait.")
    secret = page.locator("#secret").inner_text()
    assert secret == Webhook.objects.get().secret
    assert_sound(page)
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_role("link", name="Archive").click()
    expect(page.locator("h1")).to_contain_text("Archive")
    assert secret not in page.content()  # it was shown once

    receiver.answer = status(503, f"not now {HOSTILE}".encode())
    ticket = site.ticket(f"Printer {HOSTILE}")
    page.reload()
    expect(state(page)).to_have_text("waiting")
    work()
    page.reload()
    expect(state(page)).to_have_text("waiting")
    page.locator(".listing").get_by_role("link", name="ticket.created").click()
    expect(page.locator("main")).to_contain_text("1 try")
    expect(page.locator("main")).to_contain_text("503")
    expect(page.locator("main")).to_contain_text(f"not now {HOSTILE}")
    expect(page.locator("#body")).to_contain_text(f"Printer {HOSTILE}")
    assert_sound(page)

    receiver.answer = status(204)
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("main")).to_contain_text("It is sent again.")
    work()
    first, second = receiver.wait_for(2)
    assert first.message == second.message
    assert is_genuine(second, secret)
    assert not is_genuine(second, "whsec_c2VjcmV0")
    assert second.content["data"]["ticket"]["id"] == ticket.pk
    page.reload()
    expect(page.locator(".lead")).to_contain_text("Sent")
    expect(page.locator("main h2").first).to_contain_text("204")
    page.get_by_role("link", name="Archive").click()
    expect(state(page)).to_contain_text("sent")
    expect(page.locator(".lead")).to_contain_text("0 messages wait.")

    page.get_by_role("button", name="Turn off").click()
    expect(page.locator(".lead")).to_contain_text("It is off")
    editing.edit_any(ticket.pk, {"priority": "high"})
    assert_sound(page)
    page.get_by_role("link", name="Only those that wait").click()
    expect(page.locator(".empty")).to_have_text("There is no message that waits.")

    page.locator("summary", has_text="New secret").click()
    assert_sound(page)
    page.get_by_role("button", name="Delete Archive").click()
    expect(page.locator("main")).to_contain_text("Archive is deleted")
    expect(page.locator("main")).to_contain_text("There is no webhook yet.")
    assert not Delivery.objects.exists()
    assert page.evaluate("window.broken") is None


def test_it_is_added_turned_off_and_deleted_by_keys_alone(
    windows: Windows, site: People, receiver: Receiver
) -> None:
    page = windows.open(site.admin, "/webhooks/")
    page.get_by_label("Name").focus()
    page.keyboard.type("Keys")
    page.keyboard.press("Tab")
    page.keyboard.type(receiver.url)
    for _ in range(5):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # each event is taken off …
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")  # … and one put back
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_visible()
    assert Webhook.objects.get().events == "comment.created"
    page.locator("#switch").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lead")).to_contain_text("It is off")
    page.locator("summary", has_text="New secret").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Delete Keys")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Keys is deleted")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_name_and_many_messages_stay_within_a_window(
    width: int, windows: Windows, site: People, receiver: Receiver
) -> None:
    name, events = "W" * 60, "ticket.created ticket.updated comment.created"
    secret = "whsec_c2VjcmV0"
    hook = Webhook.objects.create(name=name, url=receiver.url, secret=secret, events=events)
    receiver.answer = status(500, b"x" * 4000)
    ticket = site.ticket("Printer")
    for status_ in ("open", "pending"):
        editing.edit_any(ticket.pk, {"status": status_})
    work()
    page = windows.open(
        site.admin, f"/webhooks/{hook.pk}/", viewport={"width": width, "height": 900}
    )
    expect(page.locator(".listing tbody tr")).to_have_count(3)
    for path in ("/webhooks/", f"/webhooks/deliveries/{Delivery.objects.latest('pk').pk}/"):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_sound(page)
