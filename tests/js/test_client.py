"""The browser's side of the stream: its modules under Node, the whole of it in Chromium."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.harness.chromium import PATIENCE
from tests.harness.contrast import assert_texts_stand_out
from tests.harness.processes import installed

from .origin import LOG_IN, Origin

HERE = Path(__file__).parent
in_browser = pytest.mark.browser
NO_SHARED_WORKER = "delete window.SharedWorker"

OpenTab = Callable[..., Page]


def test_modules_keep_their_promises_under_node() -> None:
    node = installed("node", "nodejs")
    tests = sorted(map(str, HERE.glob("*.test.js")))
    run = subprocess.run([node, "--test", *tests], capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stdout


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def origin() -> Iterator[Origin]:
    origin = Origin()
    yield origin
    origin.stop()


@pytest.fixture
def tab(context: BrowserContext, origin: Origin) -> OpenTab:
    def open_tab(query: str = "", script: str = "") -> Page:
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.goto(f"{origin.url}/{query}")
        return page

    return open_tab


def wait_for(page: Page, condition: str) -> None:
    page.wait_for_function(condition, timeout=PATIENCE)


def until(page: Page, what: Callable[[], bool]) -> None:
    """Waits for the origin, while the browser goes on."""
    deadline = time.monotonic() + 15
    while not what():
        assert time.monotonic() < deadline, "waited 15 s in vain"
        page.wait_for_timeout(20)


def expect_status(page: Page, state: str, text: str) -> None:
    wait_for(page, f"document.documentElement.dataset.liveState === '{state}'")
    expect(page.locator("#live-status")).to_contain_text(text)


@in_browser
def test_eight_tabs_share_one_stream_and_each_hears_each_event_once(
    tab: OpenTab, origin: Origin
) -> None:
    pages = [tab() for _ in range(8)]
    for page in pages:
        expect_status(page, "live", "Live · checked just now")
    assert len(origin.streams) == 1
    for _ in range(3):
        origin.publish()
    for page in pages:
        wait_for(page, "seen.length >= 3")
        assert page.evaluate("seen") == [11, 12, 13]


@in_browser
def test_late_tab_gets_what_its_page_lacks(tab: OpenTab, origin: Origin) -> None:
    first = tab("?head=10")
    origin.publish()
    origin.publish()
    wait_for(first, "seen.length === 2")
    late = tab("?head=11")
    wait_for(late, "seen.length === 1")
    assert late.evaluate("seen") == [12]
    behind = tab("?head=3")
    wait_for(behind, "resets === 1 && live.status().state === 'live'")
    assert first.evaluate("resets") == 0


@in_browser
def test_without_shared_workers_each_tab_has_its_own_stream(tab: OpenTab, origin: Origin) -> None:
    pages = [tab(script=NO_SHARED_WORKER) for _ in range(2)]
    for page in pages:
        expect_status(page, "live", "Live")
    assert len(origin.streams) == 2
    origin.publish()
    for page in pages:
        wait_for(page, "seen.length === 1")
    pages[0].close()
    until(pages[1], lambda: len(origin.streams) == 1)


@in_browser
def test_the_last_tab_closes_the_stream(
    tab: OpenTab, origin: Origin, context: BrowserContext
) -> None:
    page = tab()
    expect_status(page, "live", "Live")
    other = context.new_page()
    page.close()
    until(other, lambda: not origin.streams)


@in_browser
def test_a_deploy_behind_a_proxy_is_survived_without_loss(tab: OpenTab, origin: Origin) -> None:
    page = tab()
    expect_status(page, "live", "Live")
    origin.refuse_with = 502
    origin.cut()
    expect_status(page, "reconnecting", "Reconnecting…")
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    origin.publish()
    origin.refuse_with = None
    page.get_by_role("button", name="Try now", include_hidden=True).dispatch_event("click")
    expect_status(page, "live", "Live")
    expect(page.get_by_role("status")).to_have_text("Reconnected.")
    assert page.evaluate("seen") == [11]


@in_browser
def test_signed_out_offers_to_log_in_and_to_come_back_here(tab: OpenTab, origin: Origin) -> None:
    page = tab("?head=10")
    expect_status(page, "live", "Live")
    origin.refuse_with = 401
    origin.send("goodbye", None, {"reason": "session-ended"})
    expect_status(page, "signed-out", "Signed out")
    expect(page.get_by_role("alert")).to_contain_text("Signed out")
    link = page.get_by_role("link", name="Log in")
    assert link.get_attribute("href") == f"{LOG_IN}?next=%2F%3Fhead%3D10"


@in_browser
def test_a_log_in_address_with_a_query_keeps_it(tab: Callable[..., Page], origin: Origin) -> None:
    origin.login = f"{LOG_IN}?by=mail"
    origin.refuse_with = 401
    link = tab("?head=10").get_by_role("link", name="Log in")
    expect(link).to_have_attribute("href", f"{LOG_IN}?by=mail&next=%2F%3Fhead%3D10")


@in_browser
def test_replaced_comes_back_at_a_click(tab: OpenTab, origin: Origin) -> None:
    page = tab()
    expect_status(page, "live", "Live")
    origin.send("goodbye", None, {"reason": "replaced"})
    expect_status(page, "replaced", "open in another window")
    until(page, lambda: not origin.streams)
    page.get_by_role("button", name="Use here").click()
    expect_status(page, "live", "Live")


@in_browser
def test_another_users_events_never_reach_the_page(tab: OpenTab, origin: Origin) -> None:
    origin.user = 8
    origin.log = [11]
    page = tab()
    expect_status(page, "other-user", "Signed in as someone else")
    assert page.evaluate("seen") == []
    expect(page.get_by_role("button", name="Reload")).to_be_visible()


@in_browser
def test_a_failing_reload_is_shown_until_it_works(tab: OpenTab, origin: Origin) -> None:
    page = tab()
    expect_status(page, "live", "Live")
    page.evaluate("reloadFails = true")
    origin.send("reset", 20, {"reason": "access"})
    expect_status(page, "reconnecting", "Reconnecting…")
    page.evaluate("reloadFails = false")
    expect_status(page, "live", "Live")
    assert page.evaluate("resets") >= 2


@in_browser
def test_degraded_is_not_live_though_the_stream_is_open(tab: OpenTab, origin: Origin) -> None:
    page = tab()
    expect_status(page, "live", "Live")
    origin.send("degraded", None, {"reason": "database"})
    wait_for(page, "states.includes('reconnecting') && live.status().state === 'live'")
    assert len(origin.requests) == 1


@in_browser
def test_a_page_brought_back_by_the_back_button_misses_nothing(
    tab: OpenTab, origin: Origin
) -> None:
    page = tab("?head=10")
    expect_status(page, "live", "Live")
    page.goto(f"{origin.url}/?elsewhere")
    origin.publish()
    page.evaluate("setTimeout(() => history.back())")  # go_back() waits for a load that never comes
    wait_for(page, "window.seen?.includes(11)")
    assert page.evaluate("seen") == [11]


@in_browser
def test_without_scripts_the_page_says_that_it_is_not_live(
    browser: Browser, origin: Origin
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(origin.url)
    expect(page.locator(".live-note")).to_be_visible()
    expect(page.locator(".live-note")).to_contain_text("This page is not live")
    context.close()


@in_browser
def test_what_only_screen_readers_say_is_hidden_without_a_style_sheet_of_the_project(
    tab: Callable[..., Page],
) -> None:
    page = tab()
    expect_status(page, "live", "Live")
    page.evaluate("document.querySelector('.live-alarm').textContent = 'Signed out.'")
    for role in ("status", "alert"):
        box = page.get_by_role(role).bounding_box()
        assert box is not None
        assert max(box["width"], box["height"]) <= 1, role


@in_browser
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_each_state_can_be_read_without_a_style_sheet_of_the_project(
    browser: Browser, origin: Origin, colours: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=colours)
    page = context.new_page()
    page.route("**/live.js", lambda route: route.abort())  # the test says what the line shows
    page.goto(origin.url)
    line = page.locator("#live-status")
    for part in (".live-age", ".live-button", ".live-link"):
        line.locator(part).evaluate("part => { part.hidden = false; part.textContent = 'Words'; }")
    grounds = set()
    for state in ("live", "reconnecting", "not-live", "signed-out", "stale"):
        page.evaluate("state => document.documentElement.dataset.liveState = state", state)
        assert_texts_stand_out(page, at_least=4)
        grounds.add(line.evaluate("line => getComputedStyle(line).backgroundColor"))
    assert len(grounds) == 3, "live, reconnecting and not live look different"
    context.close()
