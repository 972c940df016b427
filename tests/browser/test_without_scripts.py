"""Where scripts are off, everything can be done, and every page says that it is not live."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Windows, log_in, log_out, row
from tests.harness.site import People
from tickets.models import Ticket


@pytest.fixture
def plain(windows: Windows) -> Page:
    return windows.open(path="/", java_script_enabled=False)


def expect_honest(page: Page) -> None:
    expect(page.locator(".live-note")).to_be_visible()
    expect(page.locator(".live-note")).to_contain_text("This page is not live")
    expect(page.locator(".live-word")).to_be_hidden()


def test_all_work_is_done_without_scripts(plain: Page, site: People) -> None:
    ticket = site.ticket()
    page = plain
    log_in(page, site.alice)
    expect_honest(page)

    row(page, ticket.subject).locator("a.subject").click()
    expect_honest(page)
    page.get_by_label("Text", exact=True).fill("Only for us")
    page.get_by_label("Internal note").check(force=True)  # the radio lies under its label
    page.get_by_role("button", name="Add note").click()
    note = page.locator("#timeline > .said").filter(has_text="Only for us")
    expect(note.locator(".tag")).to_be_visible()

    page.get_by_role("button", name="Take it").click()
    expect(page.locator(".notice-success")).to_contain_text("is yours")
    page.get_by_label("Status").select_option("pending")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice-success")).to_contain_text("Saved.")
    saved = Ticket.objects.get(pk=ticket.pk)
    assert (saved.status, saved.assignee, saved.version) == ("pending", site.alice, 3)

    page.goto("/")
    page.get_by_role("link", name="New ticket").click()
    expect_honest(page)
    page.get_by_label("Subject").fill("Toner is empty")
    page.get_by_label("Queue").select_option(site.billing.name)
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Toner is empty")
    log_out(page)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_search_filter_and_take_work_on_the_board_without_scripts(
    plain: Page, site: People
) -> None:
    site.ticket("Toner is empty")
    site.ticket("Toner has leaked", priority="urgent")
    site.ticket("Printer on fire", priority="urgent")
    log_in(plain, site.alice)
    plain.get_by_role("searchbox").fill("toner")
    plain.get_by_role("searchbox").press("Enter")
    expect(plain.locator("#rows > tr")).to_have_count(2)
    plain.locator("#filters summary").click()
    plain.get_by_label("Priority").select_option("urgent")
    plain.get_by_role("button", name="Show").click()
    expect(plain.locator("#rows > tr")).to_have_count(1)
    row(plain, "Toner has leaked").get_by_role("button", name="Take ticket").click()
    expect(plain.locator(".notice-success")).to_contain_text("is yours")


def test_an_old_form_overwrites_nothing_without_scripts(plain: Page, site: People) -> None:
    ticket = site.ticket()
    log_in(plain, site.alice)
    plain.goto(f"/tickets/{ticket.pk}/")
    ticket.priority = "urgent"
    ticket.save()
    plain.get_by_label("Status").select_option("pending")
    plain.get_by_role("button", name="Save").click()
    expect(plain.locator("#conflict")).to_contain_text("normal → urgent")
    expect(plain.get_by_label("Status")).to_have_value("pending")
    assert Ticket.objects.get(pk=ticket.pk).status == "new"
    plain.get_by_role("button", name="Save").click()
    saved = Ticket.objects.get(pk=ticket.pk)
    assert (saved.status, saved.priority) == ("pending", "urgent")


def test_a_refused_form_shows_its_first_error_wherever_that_is(
    windows: Windows, site: People
) -> None:
    size = {"width": 500, "height": 360}
    page = windows.open(site.alice, "/tickets/new/", java_script_enabled=False, viewport=size)
    page.get_by_label("Subject").fill("Printer on fire")
    page.get_by_label("Queue").select_option(label=site.billing.name)
    email = page.get_by_label("Requester email")
    email.fill("nobody@nowhere")  # good enough for the browser
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_text("Enter a valid email address.")).to_be_in_viewport(ratio=1)
    expect(email).to_be_focused()
    expect(email).to_have_accessible_description("Enter a valid email address.")
