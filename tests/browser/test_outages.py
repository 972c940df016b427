"""The server dies, or stands still: the page says so, and mends itself."""

import os
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    expect_live,
    expect_settled,
    expect_state,
    expect_subjects,
    row,
)
from tests.harness.servers import Daphne
from tests.harness.site import People

NOT_LIVE_AFTER = 25  # seconds: the watchdog's 2.5 heartbeats, then 15 of "Reconnecting…"


@pytest.fixture
def server(site_database: str) -> Iterator[Daphne]:
    """One to stop, so for this test alone."""
    with Daphne(site_database) as daphne:
        yield daphne


@pytest.fixture
def windows(browser: Browser, server: Daphne) -> Iterator[Windows]:
    windows = Windows(browser, server)
    yield windows
    windows.close()


def expect_not_live(page: Page) -> None:
    expect_state(page, "not-live", "Not live, last update", seconds=NOT_LIVE_AFTER)
    assert ":" in page.locator(".live-age").inner_text()  # the time of day
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    expect(page).to_have_title(re.compile("^not live · [^·]+ · Tickets$"))
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("icon-off"))


def test_killed_and_started_again_the_page_shows_what_it_missed(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    board = windows.open(site.alice)
    detail = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    server.kill()
    for page in (board, detail):
        expect_state(page, "reconnecting", "Reconnecting…")
    ticket.status = "pending"
    ticket.save()
    site.ticket("Opened in the dark")
    for page in (board, detail):
        expect_not_live(page)
    expect_subjects(board, ticket.subject)

    server.start()
    for page in (board, detail):
        expect_live(page, seconds=30)
        expect(page).to_have_title(re.compile("^[^·]+ · Tickets$"))
        expect(page.locator("link[rel=icon]")).not_to_have_attribute("href", re.compile("icon-off"))
    expect_subjects(board, "Opened in the dark", ticket.subject)
    expect(row(board, ticket.subject)).to_contain_text("pending")
    expect(detail.get_by_label("Status")).to_have_value("pending")
    expect(detail.locator("#timeline > .changed").last).to_contain_text("new → pending")
    expect_settled(board)
    assert_not_reloaded(board, detail)


def test_a_server_that_stands_still_is_noticed_though_its_sockets_are_open(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    page = windows.open(site.alice)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        expect_state(page, "reconnecting", "Reconnecting…")
        ticket.status = "pending"
        ticket.save()
        expect_not_live(page)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    expect_live(page, seconds=30)
    expect(row(page, ticket.subject)).to_contain_text("pending")
    expect_settled(page)
    assert_not_reloaded(page)
