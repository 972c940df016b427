"""The reader's clock is wrong, or is set while they read: the pages go by the server's."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.windows import Windows, assert_not_reloaded, eventually, expect_live, row
from tests.harness.site import People

MINUTE = 60_000

# `Date` as a computer has it whose clock is `clockAhead` ms off, and a steady clock that stood
# still for `asleep` ms, as it does in some browsers while a laptop sleeps.
CLOCKS = """
  window.clockAhead = %d; window.asleep = 0;
  const RealDate = Date, steady = performance.now.bind(performance);
  performance.now = () => steady() - window.asleep;
  window.Date = class extends RealDate {
    constructor(...parts) { parts.length ? super(...parts) : super(Date.now()); }
    static now() { return RealDate.now() + window.clockAhead; }
  };
"""


def open_with_clock(windows: Windows, site: People, path: str, *, ahead: int) -> Page:
    page = windows.open(site.alice, path)
    page.add_init_script(CLOCKS % (ahead * MINUTE))
    page.reload()
    expect_live(page)
    page.evaluate("window.loadedOnce = true")
    return page


@pytest.mark.parametrize("ahead", [0, 120, -120])
def test_what_is_due_is_told_right_whatever_the_readers_clock_says_and_when_it_is_put_right(
    ahead: int, windows: Windows, site: People
) -> None:
    ticket = site.ticket(due_at=timezone.now() + timedelta(minutes=90, seconds=30))
    board = open_with_clock(windows, site, "/", ahead=ahead)
    page = open_with_clock(windows, site, f"/tickets/{ticket.pk}/", ahead=ahead)
    on_board = row(board, ticket.subject).locator('[data-slot="due"]')
    on_page = page.locator("#due time")
    for status, clock in [("open", ahead), ("pending", 0), ("open", 120), ("pending", -120)]:
        for window in (board, page):
            window.evaluate(f"window.clockAhead = {clock * MINUTE}")
        ticket.status = status
        ticket.save()  # the page writes the ticket's times anew
        expect(row(board, status)).to_be_visible()
        expect(page.get_by_label("Status")).to_have_value(status)
        for due in (on_board, on_page):
            expect(due).to_have_text("in 1 h")
            expect(due).not_to_have_class("overdue")
    assert_not_reloaded(board, page)


def test_after_a_sleep_the_pages_clock_is_the_servers_again_with_the_next_word_of_it(
    windows: Windows, site: People
) -> None:
    page = open_with_clock(windows, site, "/", ahead=-30)

    def error() -> float:
        now: float = page.evaluate("live.now()")
        return abs(now / 1000 - time.time())

    assert error() < 5
    page.evaluate(f"window.asleep = {60 * MINUTE}")
    assert error() > 3000
    page.evaluate("live.resume()")  # nothing here hears of the network's return
    eventually(page, error, lambda seconds: seconds < 5)
    assert_not_reloaded(page)
