"""Who is signed in, in a browser with more than one tab, and with more than one person in a day."""

import re

from playwright.sync_api import Page, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    expect_live,
    expect_settled,
    expect_state,
    expect_subjects,
    log_in,
    log_out,
    mark,
    open_tab,
    row,
)
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import People
from tests.harness.sse import EventStream

# From before the first script of a page on, so that not even the first event is missed.
RECORD_EVENTS = """window.heard = [];
document.addEventListener("live:event", ({ detail }) => heard.push(detail.data.ticket.id));"""


def streams_of(page: Page, server: Daphne, people: People) -> int:
    """How many streams alice has open, this question's own left out."""
    asking = EventStream(server.url, session_of(people.alice))
    try:
        return int(asking.next("connected").data["streams"]) - 1
    finally:
        asking.close()


def test_logged_out_in_another_tab_the_page_says_so_and_leads_back(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    board = windows.open(site.alice, "/?status=all")
    log_out(open_tab(board, f"/tickets/{ticket.pk}/"))
    expect_state(board, "signed-out", "Signed out")
    expect(board.get_by_role("alert")).to_contain_text("Signed out. Log in to go on.")
    assert_not_reloaded(board)
    board.get_by_role("link", name="Log in").click()
    log_in(board, site.alice)
    expect(board).to_have_url(re.compile(r"/\?status=all$"))
    expect_live(board)
    expect_subjects(board, ticket.subject)


def test_after_alice_bob_meets_nothing_of_hers_in_the_same_browser(
    windows: Windows, site: People
) -> None:
    hers = site.ticket("Only for alice")
    his = site.ticket("Only for bob", queue=site.network)
    old = windows.open(site.alice)
    page = open_tab(old)
    page.add_init_script(RECORD_EVENTS)
    log_out(page)
    log_in(page, site.bob)
    expect_live(page)
    mark(page)
    expect_subjects(page, "Only for bob")

    hers.priority = his.priority = "urgent"
    hers.save()
    his.save()
    expect(row(page, "Only for bob")).to_contain_text("urgent")
    assert set(page.evaluate("heard")) == {his.pk}
    assert "Only for alice" not in page.content()
    expect_settled(page)
    assert_not_reloaded(page)

    expect_state(old, "other-user", "Signed in as someone else")
    expect_subjects(old, "Only for alice")
    assert "Only for bob" not in old.content()
    assert_not_reloaded(old)
    old.reload()
    expect_live(old)
    expect_subjects(old, "Only for bob")


def test_a_tab_that_said_signed_out_says_who_came_after_and_is_live_again_when_its_user_does(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    tab = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    page = open_tab(tab)
    log_out(page)
    expect_state(tab, "signed-out", "Signed out")
    log_in(page, site.bob)
    expect_state(tab, "other-user", "Signed in as someone else")
    expect(tab.get_by_role("alert")).to_contain_text("Signed in as someone else.")

    expect_live(page)
    log_out(page)
    log_in(page, site.alice)
    expect_live(tab)
    assert_not_reloaded(tab)


def test_eight_tabs_are_live_on_one_stream_and_the_site_still_answers(
    windows: Windows, server: Daphne, site: People
) -> None:
    """On HTTP/1.1 a browser opens six connections to a host, and the seventh tab would wait."""
    ticket = site.ticket()
    first = windows.open(site.alice)
    tabs = [first, *(open_tab(first) for _ in range(7))]
    for tab in tabs:
        expect_live(tab)
    assert streams_of(first, server, site) == 1
    ticket.status = "pending"
    ticket.save()
    for tab in tabs:
        expect(row(tab, ticket.subject)).to_contain_text("pending")
    assert_not_reloaded(*tabs)
    first.goto(f"/tickets/{ticket.pk}/")
    expect_live(first)
    for tab in tabs:
        expect_live(tab)


def test_who_is_deactivated_is_signed_out_in_the_open_window(
    windows: Windows, site: People
) -> None:
    alice = windows.open(site.alice)
    site.alice.is_active = False
    site.alice.save()
    expect_state(alice, "signed-out", "Signed out")
