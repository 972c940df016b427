"""In real windows: theme, density and time zone; lists of queues and people that stay true."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    expect_live,
    open_tab,
    row,
)
from tests.harness.contrast import assert_texts_stand_out
from tests.harness.site import People
from tickets.models import Comment, Queue
from tickets.own.preferences import prefer, preferences_of

PHONE = {"width": 360, "height": 740}
DARK = "rgb(20, 21, 23)"
LIGHT = "rgb(251, 251, 250)"


def ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def open_menu(page: Page) -> None:
    page.locator("summary", has_text="Signed in as").click()


def test_the_theme_changes_in_place_and_is_there_from_the_first_paint_everywhere(
    windows: Windows, site: People
) -> None:
    page = windows.open(site.alice, color_scheme="light")
    assert ground(page) == LIGHT
    open_menu(page)
    dark = page.get_by_role("button", name="Dark")
    dark.click()
    expect(dark).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="System")).to_have_attribute("aria-pressed", "false")
    assert ground(page) == DARK
    assert_not_reloaded(page)
    other = windows.open(site.alice, color_scheme="light", java_script_enabled=False)
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/accounts/preferences/")
    assert ground(page) == DARK


def test_light_is_light_where_the_system_is_dark(windows: Windows, site: People) -> None:
    prefer(site.alice, theme="light")
    assert ground(windows.open(site.alice, color_scheme="dark")) == LIGHT


def test_the_density_changes_in_place(windows: Windows, site: People) -> None:
    page = windows.open(site.alice)
    open_menu(page)
    page.locator(".topbar").get_by_role("button", name="Compact").click()
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    assert_not_reloaded(page)
    assert preferences_of(site.alice).density == "compact"


def test_without_scripts_the_menu_leads_back_to_its_page(windows: Windows, site: People) -> None:
    page = windows.open(site.alice, "/?status=all", java_script_enabled=False)
    open_menu(page)
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("/?status=all")


def test_what_cannot_be_kept_is_said_and_the_page_stays_as_it_was(
    windows: Windows, site: People
) -> None:
    page = windows.open(site.alice, color_scheme="light")
    page.route("**/preferences/look/", lambda route: route.abort())
    open_menu(page)
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("#says")).to_contain_text("no connection to the server")
    assert ground(page) == LIGHT


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York"])
def test_pages_and_their_scripts_tell_the_same_times_in_the_zone_that_was_chosen(
    zone: str, windows: Windows, site: People
) -> None:
    """The browser is in a zone of its own, as a laptop on a journey is."""
    ticket = site.ticket(due_at=timezone.now() + timedelta(days=3))
    Comment.objects.create(ticket=ticket, author=site.carol, body="Look at the clock")
    prefer(site.alice, time_zone=zone)
    path = f"/tickets/{ticket.pk}/"
    plain = windows.open(site.alice, path, java_script_enabled=False, timezone_id="Europe/Berlin")
    scripted = windows.open(site.alice, path, timezone_id="Europe/Berlin")
    local = f"{ticket.created_at.astimezone(ZoneInfo(zone)):%-d %b %Y, %H:%M}"
    opened = f'.facts time[title="{local}"]'
    for page in (plain, scripted):
        expect(page.locator(opened)).to_have_count(1)
    titles = "all => all.map(time => time.title)"
    assert scripted.locator("time[title]").evaluate_all(titles) == plain.locator(
        "time[title]"
    ).evaluate_all(titles)
    said = scripted.locator(".said time").last
    now = datetime.now(ZoneInfo(zone))
    assert said.text_content() in {f"{now - timedelta(minutes=n):%H:%M}" for n in range(3)} or (
        "," in f"{said.text_content()}"  # midnight has just passed there
    )


def test_the_line_of_the_stream_tells_times_in_that_zone(windows: Windows, site: People) -> None:
    prefer(site.alice, time_zone="Asia/Kathmandu")
    page = windows.open(site.alice, timezone_id="America/New_York")
    words = page.evaluate("live.clock(live.now(), live.now())")
    local = datetime.now(ZoneInfo("Asia/Kathmandu"))
    assert words in {f"{local - timedelta(minutes=n):%H:%M}" for n in (0, 1)}


def test_preferences_are_saved_by_their_page_which_offers_the_zone_of_the_computer(
    windows: Windows, site: People
) -> None:
    page = windows.open(site.alice, "/accounts/preferences/", timezone_id="Asia/Tokyo")
    page.get_by_role("button", name="Use Asia/Tokyo").click()
    page.get_by_text("Dark", exact=True).last.check()
    page.locator("main form").first.get_by_role("button", name="Save").click()
    expect(page.locator(".notice-success")).to_have_text("Your preferences are saved.")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    expect(page.get_by_role("button", name="Use Asia/Tokyo")).to_be_hidden()
    kept = preferences_of(site.alice)
    assert (kept.time_zone, kept.theme) == ("Asia/Tokyo", "dark")


def test_the_lists_of_queues_and_people_are_true_without_a_reload(
    windows: Windows, site: People
) -> None:
    page = windows.open(site.admin, f"/queues/{site.network.pk}/")
    numbers = page.locator("#numbers")
    expect(numbers).to_contain_text("2 agents")
    site.network.agents.add(site.dave)
    expect(numbers).to_contain_text("3 agents")
    expect(page.locator("#listed")).to_contain_text(site.dave.username)
    site.ticket(queue=site.network)
    expect(numbers).to_contain_text("1 open ticket")
    Queue.objects.filter(pk=site.network.pk).update(name=f"{site.network.name} and phones")
    expect(page.locator("#side")).to_contain_text("and phones")
    assert_not_reloaded(page)


def test_a_lost_agent_is_removed_by_hand_and_their_board_follows(
    windows: Windows, site: People
) -> None:
    site.ticket("For bob", queue=site.network)
    theirs = windows.open(site.bob)
    expect(row(theirs, "For bob")).to_be_visible()
    page = windows.open(site.admin, f"/queues/{site.network.pk}/")
    page.get_by_role("button", name=f"Remove {site.bob.username}").click()
    expect(page.locator(".notice-success")).to_contain_text("does not serve")
    expect(theirs.get_by_text("You serve no queue yet.")).to_be_visible()
    assert_not_reloaded(theirs)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_pages_can_be_read_and_fit_on_a_phone(
    colours: str, windows: Windows, site: People
) -> None:
    site.dave.first_name = "Donaudampfschifffahrtsgesellschaftskapitän"
    site.dave.save()
    page = windows.open(site.admin, viewport=PHONE, color_scheme=colours)
    paths = [
        "/queues/",
        f"/queues/{site.billing.pk}/",
        f"/queues/people/?name={site.dave.username}",
    ]
    for path in (*paths, "/queues/people/add/", "/accounts/preferences/", "/?status=junk"):
        page.goto(path)
        assert_texts_stand_out(page, at_least=3)
        widths: Any = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], path
    open_menu(page)
    assert_texts_stand_out(page, at_least=3)
    buttons = page.locator(".topbar .popover button:visible")
    heights = buttons.evaluate_all("all => all.map((button) => button.offsetHeight)")
    assert len(heights) >= 6
    assert min(heights) >= 40


def test_an_error_page_keeps_the_menu(windows: Windows, site: People) -> None:
    page = windows.open(site.alice)
    page.goto("/tickets/999999999/")
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    page.goto("/?status=junk")
    open_menu(page)
    page.get_by_role("link", name="Preferences").click()
    expect_live(page)
    tab = open_tab(page)
    assert re.search("/$", tab.url)
