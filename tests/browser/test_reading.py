"""By keyboard, on a phone, in the dark: the pages can be read and worked with."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    expect_settled,
    expect_state,
    expect_subjects,
    log_in,
    log_out,
    open_tab,
    row,
)
from tests.harness.contrast import assert_texts_stand_out
from tests.harness.site import People
from tickets.models import Comment, Priority, Status, Ticket

PHONE = {"width": 360, "height": 740}
UNBROKEN = "Donaudampfschifffahrtsgesellschaftskapitänskajütentürschlossdefekt" * 2


@pytest.fixture
def ticket(site: People) -> Ticket:
    """One of each sort on the board, and one on which everything has been done."""
    for status in Status.values:
        for priority in Priority.values:
            site.ticket(f"{status} and {priority}", status=status, priority=priority)
    late = timezone.now() - timedelta(hours=3)
    ticket = site.ticket(
        UNBROKEN, description=UNBROKEN, requester_name=UNBROKEN[:100], due_at=late, priority="high"
    )
    ticket.assignee = site.alice
    ticket.save()
    Comment.objects.create(ticket=ticket, author=site.carol, body=UNBROKEN)
    Comment.objects.create(ticket=ticket, author=site.alice, body="A note", internal=True)
    return ticket


def assert_readable(page: Page) -> None:
    expect(page.locator("[data-fresh]")).to_have_count(0)
    assert_texts_stand_out(page, at_least=20)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_has_enough_contrast(
    colours: str, windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, "/?status=all", color_scheme=colours)
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert is_dark == (colours == "dark")
    assert_readable(page)
    page.locator("#filters summary").click()
    assert_readable(page)
    for path in (f"/tickets/{ticket.pk}/", "/tickets/new/", "/?q=nothing"):
        page.goto(path)
        assert_readable(page)
    log_out(open_tab(page))
    expect_state(page, "signed-out", "Signed out")
    assert_readable(page)


@pytest.mark.parametrize("width", [360, 768])
def test_no_page_scrolls_sideways(
    width: int, windows: Windows, site: People, ticket: Ticket
) -> None:
    viewport = {**PHONE, "width": width}
    page = windows.open(viewport=viewport)
    assert_fits(page)
    log_in(page, site.alice)
    for path in ("/?status=all", f"/tickets/{ticket.pk}/", "/tickets/new/", "/?q=nothing", "/x"):
        page.goto(path)
        assert_fits(page)


def assert_fits(page: Page) -> None:
    widths = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], f"{page.url} is {widths[0]} px wide on {widths[1]}"


def test_a_live_row_on_a_phone_stays_within_it(windows: Windows, site: People) -> None:
    page = windows.open(site.alice, viewport=PHONE)
    site.ticket(UNBROKEN, requester_name=UNBROKEN[:100], assignee=site.alice)
    expect_subjects(page, UNBROKEN)
    assert_fits(page)


def test_the_search_is_one_key_away(windows: Windows, site: People) -> None:
    site.ticket("Printer on fire")
    page = windows.open(site.alice)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("a/b")
    expect(page.get_by_role("searchbox")).to_have_value("a/b")


def test_the_first_key_skips_to_the_content(windows: Windows, site: People) -> None:
    page = windows.open(site.alice)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_focus_stays_on_its_ticket_whatever_moves_around_it(windows: Windows, site: People) -> None:
    tickets = [site.ticket(f"Ticket {number}") for number in range(3)]
    page = windows.open(site.alice)
    focused = row(page, "Ticket 1").locator("a.subject")
    focused.focus()

    site.ticket("Ticket 3")
    tickets[1].status = "pending"
    tickets[1].save()
    tickets[2].delete()
    expect(row(page, "Ticket 1")).to_contain_text("pending")
    expect(page.get_by_role("button", name="1 left")).to_be_visible()
    expect_subjects(page, "Ticket 2", "Ticket 1", "Ticket 0")  # the rest waits for its reader
    page.keyboard.press(".")
    expect_subjects(page, "Ticket 3", "Ticket 1", "Ticket 0")
    expect(focused).to_be_focused()

    site.billing.name += " renamed"
    site.billing.save()
    expect(row(page, "Ticket 1")).to_contain_text("renamed")
    expect_settled(page)
    expect(focused).to_be_focused()

    tickets[1].delete()
    expect(page.get_by_role("button", name="1 left")).to_be_visible()
    page.keyboard.press(".")
    expect_subjects(page, "Ticket 3", "Ticket 0")
    expect(row(page, "Ticket 0").locator("a.subject")).to_be_focused()
    assert_not_reloaded(page)


def test_listeners_are_told_in_a_sentence(windows: Windows, site: People) -> None:
    page = windows.open(site.alice)
    site.ticket("Printer on fire")
    expect(page.get_by_role("status").filter(has_text="1 new")).to_be_attached()
