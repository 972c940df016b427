"""The lists at the side in real windows: unread marks, saved views, and what time changes."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    expect_settled,
    open_tab,
    row,
)
from tests.harness.site import People
from tickets.models import Comment


def number(page: Page, label: str) -> Locator:
    link = page.locator("#side a").filter(has=page.locator(f'.side-label:text-is("{label}")'))
    return link.locator(".count")


def expect_unread(page: Page, subject: str, *, unread: bool) -> None:
    marked = page.locator("#rows > tr[data-unread]").filter(has_text=subject)
    expect(marked).to_have_count(1 if unread else 0)


def test_a_mark_goes_in_every_window_once_the_ticket_was_opened_in_one(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Answer me", requester_name="Marta")
    board, elsewhere = windows.open(site.alice), windows.open(site.alice)
    colleague = windows.open(site.carol)
    boards = (board, elsewhere, colleague)
    for page in boards:
        expect_unread(page, "Answer me", unread=True)
    read = open_tab(board, f"/tickets/{ticket.pk}/")
    for page in (board, elsewhere):
        expect_unread(page, "Answer me", unread=False)
    read.close()
    Comment.objects.create(ticket=ticket, author=site.carol, body="Look at this")
    for page in (board, elsewhere):
        expect_unread(page, "Answer me", unread=True)
    elsewhere.reload()
    expect_unread(elsewhere, "Answer me", unread=True)
    row(board, "Answer me").locator("a.subject").click()
    expect(board.locator("#ticket")).to_be_visible()
    expect_unread(elsewhere, "Answer me", unread=False)
    expect_unread(colleague, "Answer me", unread=True)


def test_a_view_is_saved_shared_and_removed_and_stands_beside_every_board(
    windows: Windows, site: People
) -> None:
    name = f"Urgent ones of {site.carol.username}"
    site.ticket("Seen by both", priority="urgent")
    site.ticket("Seen by carol", priority="urgent", queue=site.network)
    carol, alice = windows.open(site.carol, "/?priority=urgent"), windows.open(site.alice)
    carol.get_by_text("Save view").click()
    carol.get_by_label("Name of this list").fill(name)
    carol.get_by_label("Shared with all agents").check()
    carol.get_by_role("button", name="Save", exact=True).click()
    expect(carol.get_by_role("status").filter(has_text="is saved")).to_be_visible()
    expect(number(carol, name)).to_have_text("2")
    expect(carol.locator("#label")).to_have_text(name)
    site.ticket("Urgent too", priority="urgent")
    expect(number(alice, name)).to_have_text("2")  # though her page was there before
    expect_settled(alice)
    carol.get_by_text("Save view").click()
    carol.get_by_role("button", name=f"Remove the view {name}").click()
    expect(number(carol, name)).to_have_count(0)
    site.ticket("One more")
    expect(number(alice, name)).to_have_count(0)
    assert_not_reloaded(alice)


def test_what_becomes_overdue_is_counted_though_nobody_changes_anything(
    windows: Windows, site: People
) -> None:
    due: Any = timezone.now() + timedelta(seconds=6)
    site.ticket("Due in a moment", due_at=due)
    page = windows.open(site.alice, "/?due=today")
    late = windows.open(site.alice, "/?due=overdue")
    for board in (page, late):
        expect(number(board, "Overdue")).to_have_text("0")
    for board in (page, late):
        expect(number(board, "Overdue")).to_have_text("1")
    expect_settled(page, late)
    assert_not_reloaded(page, late)
