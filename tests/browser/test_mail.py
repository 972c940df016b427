"""What becomes of a reply's mail, in real windows: to whom it goes, whether it went, and why."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.windows import Windows, assert_not_reloaded, eventually, expect_live
from tests.harness.post import SENDER, PostOffice, post_office
from tests.harness.servers import Daphne
from tests.harness.site import People
from tickets import editing
from tickets.mail.models import Mail, State
from tickets.mail.sending import send_due
from tickets.models import Ticket

ZOE = "zoe@customers.example"


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


@pytest.fixture(scope="module")
def server(site_database: str, office: PostOffice) -> Iterator[Daphne]:
    with Daphne(site_database, EMAIL_URL=office.url, MAIL_FROM=SENDER) as daphne:
        yield daphne


@pytest.fixture(autouse=True)
def mailing(office: PostOffice, settings: Any) -> Iterator[None]:
    settings.EMAIL_URL, settings.MAIL_FROM = office.url, SENDER
    office.recipient = lambda address: ""
    yield
    Mail.objects.filter(state=State.QUEUED).delete()


def path(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/"


def write(page: Page, body: str) -> None:
    page.get_by_label("Text", exact=True).fill(body)


def mailed(page: Page) -> Any:
    return page.locator(".mailed").last


def test_each_open_page_sees_what_becomes_of_a_reply(
    windows: Windows, site: People, office: PostOffice
) -> None:
    ticket = site.ticket(requester_name="Zoë", requester_email=ZOE)
    alice, carol = windows.open(site.alice, path(ticket)), windows.open(site.carol, path(ticket))
    expect(alice.locator(".composer-foot")).to_contain_text(f"It is mailed to {ZOE}.")
    write(alice, "Pull the plug.")
    alice.get_by_label("Copies to").fill("boss@example.com")
    alice.get_by_role("button", name="Send reply").click()
    for page in (alice, carol):
        expect(mailed(page)).to_contain_text(f"Being mailed to {ZOE}, boss@example.com.")
    expect_live(alice)
    send_due.func()
    assert office.next().to == [ZOE, "boss@example.com"]
    for page in (alice, carol):
        expect(mailed(page)).to_contain_text(f"Mailed to {ZOE}, boss@example.com.")
        expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    assert_not_reloaded(carol)


def test_what_has_failed_says_why_and_is_sent_again_from_any_page(
    windows: Windows, site: People, office: PostOffice
) -> None:
    ticket = site.ticket(requester_email=ZOE)
    page, other = windows.open(site.alice, path(ticket)), windows.open(site.carol, path(ticket))
    office.recipient = lambda address: "550 <b>no</b> such user"
    said = editing.comment(site.alice, ticket.pk, "Pull the plug.")
    expect(mailed(page)).to_contain_text("Being mailed to")
    send_due.func()
    for seen in (page, other):
        expect(mailed(seen)).to_contain_text(f"Not mailed to {ZOE}.")
        expect(mailed(seen)).to_contain_text("550 <b>no</b> such user")
    office.recipient = lambda address: ""
    other.get_by_role("button", name="Try again").click()
    expect(mailed(page)).to_contain_text(f"Being mailed to {ZOE}.")
    expect(mailed(other)).to_contain_text(f"Being mailed to {ZOE}.")
    expect_live(other)
    send_due.func()
    assert office.next().text().startswith("Pull the plug.")
    for seen in (page, other):
        expect(mailed(seen)).to_contain_text(f"Mailed to {ZOE}.")
    assert_not_reloaded(page)
    assert Mail.objects.get(comment=said).state == State.SENT


def test_the_box_follows_the_address_of_the_requester(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    page = windows.open(site.alice, path(ticket))
    write(page, "Hm.")
    foot, copies = page.locator(".composer-foot"), page.get_by_label("Copies to")
    expect(foot).to_contain_text("It is not mailed: the ticket has no address of the requester.")
    expect(page.get_by_role("button", name="Add reply (not e-mailed)")).to_be_visible()
    expect(page.get_by_role("button", name="Add and resolve")).to_be_visible()
    expect(copies).to_be_hidden()
    editing.edit(site.carol, ticket.pk, {"requester_email": ZOE}, version=None)
    expect(page.get_by_role("button", name="Send reply")).to_be_visible()
    expect(page.get_by_role("button", name="Send and resolve")).to_be_visible()
    expect(page.get_by_role("button", name="Send and wait")).to_be_visible()
    expect(foot).to_contain_text(f"It is mailed to {ZOE}.")
    expect(copies).to_be_visible()
    page.get_by_text("Internal note", exact=True).first.click()
    expect(copies).to_be_hidden()
    expect(page.get_by_role("button", name="Add note")).to_be_visible()
    expect(page.get_by_role("button", name="Add and resolve")).to_be_visible()
    assert_not_reloaded(page)


def test_a_page_that_was_read_before_takes_back_nothing_that_was_told(
    windows: Windows, site: People, office: PostOffice
) -> None:
    """A page loads itself afresh now and then; meanwhile the reply is sent."""
    ticket = site.ticket(requester_email=ZOE, description="It smokes.")
    said = editing.comment(site.alice, ticket.pk, "Pull the plug.")
    page = windows.open(site.carol, path(ticket))
    held: list[tuple[Route, APIResponse]] = []
    page.route(f"**{path(ticket)}", lambda route: held.append((route, route.fetch())))
    editing.edit(site.alice, ticket.pk, {"description": "It burns."}, version=None)
    eventually(page, lambda: len(held), bool)
    send_due.func()
    expect(mailed(page)).to_contain_text(f"Mailed to {ZOE}.")
    for route, answer in held:
        assert "Being mailed to" in answer.text()
        route.fulfill(response=answer)
    expect(page.locator('[data-slot="description"]')).to_contain_text("It burns.")
    expect(mailed(page)).to_contain_text(f"Mailed to {ZOE}.")
    assert Mail.objects.get(comment=said).state == State.SENT
    office.next()


def test_a_page_without_scripts_sends_says_and_tries_again(windows: Windows, site: People) -> None:
    ticket = site.ticket(requester_email=ZOE)
    page = windows.open(site.alice, path(ticket), java_script_enabled=False)
    write(page, "Pull the plug.")
    page.get_by_label("Copies to").fill("nobody")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".errorlist")).to_contain_text("“nobody” is not an address")
    page.get_by_label("Copies to").fill("boss@example.com")
    page.get_by_role("button", name="Send reply").click()
    expect(mailed(page)).to_contain_text("Being mailed to")
    Mail.objects.update(state=State.FAILED, reason="550 no.")
    page.reload()
    page.get_by_role("button", name="Try again").click()
    expect(mailed(page)).to_contain_text(f"Being mailed to {ZOE}, boss@example.com.")
