"""Answering faster, in real windows: canned replies that are found while one types, and tags."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    expect_settled,
    expect_subjects,
    open_tab,
    row,
)
from tests.harness.axe import assert_sound
from tests.harness.site import People
from tickets import editing
from tickets.actor import acting_as
from tickets.canned.models import CannedReply
from tickets.models import Ticket

HOSTILE = "<img src=x onerror=window.broken=1>"


@pytest.fixture
def ticket(site: People) -> Ticket:
    for name, text, owner, shared in (
        ("Refund", "Dear {requester},\nyour refund for {ticket} is on its way.", site.alice, False),
        ("Refused", "We are sorry.", site.carol, True),
        ("Greeting", "Thank you for your message about a refund. {agent}", site.alice, False),
        (HOSTILE, HOSTILE, site.alice, False),
        ("Secret", "carol's own", site.carol, False),
    ):
        CannedReply.objects.create(owner=owner, name=name, text=text, shared=shared)
    return site.ticket(requester_name="{agent}")


def box(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


def options(page: Page) -> Locator:
    return page.locator(".offered [role=option]")


def names(page: Page) -> Locator:
    return page.locator(".composer [role=option] strong")


def active(page: Page) -> Locator:
    return page.locator('.offered [aria-selected="true"]')


def expect_closed(page: Page) -> None:
    expect(page.locator(".composer .offered")).to_be_hidden()
    assert box(page).get_attribute("aria-activedescendant") is None


# --- Canned replies -------------------------------------------------------------------------------


def test_a_reply_is_found_chosen_and_taken_back_by_keyboard(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    box(page).focus()
    page.keyboard.type("Hello /re")
    expect(names(page)).to_have_text(["Refund", "Refused", "Greeting"])
    expect(active(page)).to_contain_text("Refund")
    named = box(page).get_attribute("aria-activedescendant")
    assert named == active(page).get_attribute("id")
    expect(page.locator("#announcer")).to_have_text("Canned replies: 3 entries")
    assert_sound(page)
    page.keyboard.press("ArrowUp")
    expect(active(page)).to_contain_text("Greeting")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("f")
    page.keyboard.type("und")
    expect(names(page)).to_have_text(["Refund", "Greeting"])
    page.keyboard.press("Enter")
    said = f"Hello Dear {{agent}},\nyour refund for #{ticket.pk} is on its way."
    expect(box(page)).to_have_value(said)
    expect_closed(page)
    page.keyboard.type("!")  # the cursor stands at the end
    expect(box(page)).to_have_value(f"{said}!")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(box(page)).to_have_value(re.compile("^Hello /re"))
    assert_not_reloaded(page)


def test_escape_leaves_what_was_typed_and_tab_takes_for_a_note_too(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    page.keyboard.press("n")
    expect(box(page)).to_be_focused()
    page.keyboard.type("/gre")
    expect(names(page)).to_have_text(["Greeting"])
    page.keyboard.press("Escape")
    expect_closed(page)
    page.keyboard.type("et")  # the same word stays without a list
    expect(box(page)).to_have_value("/greet")
    expect_closed(page)
    page.keyboard.type("\n/greet")
    expect(names(page)).to_have_text(["Greeting"])
    page.keyboard.press("Tab")
    thanks = f"Thank you for your message about a refund. {site.alice.username}"
    expect(box(page)).to_have_value(f"/greet\n{thanks}")
    expect(box(page)).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said.internal")).to_contain_text(thanks)


def test_no_list_where_a_slash_is_part_of_a_word_or_nothing_fits(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    box(page).focus()
    with page.expect_response("**/api/canned/**"):
        page.keyboard.type("and/or https://x /zzz")
    expect_closed(page)
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("and/or https://x /zzz\n")


def test_a_reply_is_chosen_by_mouse_and_by_touch_and_its_text_is_text(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    phone = {"width": 390, "height": 844}
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/", viewport=phone, has_touch=True)
    box(page).tap()
    page.keyboard.type("/img")
    expect(names(page)).to_have_text([HOSTILE])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    options(page).first.tap()
    expect(box(page)).to_have_value(HOSTILE)
    page.keyboard.type(" /refus")
    options(page).first.click()
    expect(box(page)).to_have_value(f"{HOSTILE} We are sorry.")
    assert page.evaluate("window.broken") is None


def test_nothing_of_it_is_loaded_before_the_first_slash(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    box(page).fill("Nothing of the kind")
    box(page).press("End")
    assert not [url for url in asked if re.search("canned|choosing|choices", url)]
    page.keyboard.type(" /r")
    expect(names(page).first).to_be_visible()
    assert len([url for url in asked if "/api/canned/" in url]) == 1


def test_what_cannot_be_loaded_leaves_the_text_and_the_next_slash_tries_again(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    failing = True

    def answer(route: Route) -> None:
        route.abort() if failing else route.continue_()

    page.route("**/api/canned/**", answer)
    box(page).focus()
    with page.expect_event("requestfailed"):
        page.keyboard.type("/ref")
    expect_closed(page)
    failing = False
    page.keyboard.type(" /ref")
    expect(names(page).first).to_have_text("Refund")


def test_a_long_text_comes_once_it_is_chosen(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    CannedReply.objects.bulk_create(
        CannedReply(owner=site.carol, name=f"Long {n:02}", text=f"{n:02} " * 3333, shared=True)
        for n in range(30)
    )
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    box(page).focus()
    page.keyboard.type("/long")
    expect(names(page)).to_have_count(30)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("29 " * 3333)


def test_the_list_of_replies_follows_other_tabs(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, "/canned/")
    other = open_tab(page, "/canned/new/")
    other.get_by_label("Name, by which you find it").fill("Fresh")
    other.get_by_label("Text", exact=True).fill("Text")
    other.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Fresh")).to_be_visible()
    other.get_by_role("button", name="Delete the reply Fresh").click()
    expect(page.get_by_role("link", name="Fresh")).to_have_count(0)
    assert_not_reloaded(page)


# --- Tags -----------------------------------------------------------------------------------------


def tags_of(page: Page, subject: str) -> Locator:
    return row(page, subject).locator(".label")


def test_tags_are_seen_live_and_bring_tickets_into_a_list_and_out_of_it(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Printer on fire")
    other = site.ticket("Already one", tags="vip")
    hers, his = windows.open(site.alice, "/?tag=VIP"), windows.open(site.carol)
    expect_subjects(hers, "Already one")
    with acting_as(site.carol):
        editing.edit(site.carol, ticket.pk, {"tags": f"vip, a, b, {HOSTILE[:30]}"}, version=None)
    expect_subjects(hers, "Already one", "Printer on fire")  # the newest first
    for page in (hers, his):
        expect(tags_of(page, "Printer on fire")).to_have_text([HOSTILE[:30], "a", "b", "+1"])
    hers.mouse.move(200, 300)
    hers.keyboard.press("h")  # held back, so that the row that leaves is seen
    hers.keyboard.press("h")
    row(hers, "Already one").locator("a.subject").focus()
    with acting_as(site.carol):
        editing.edit(site.carol, other.pk, {"tags": ""}, version=None)
    reason = f"tag taken off by {site.carol.username}"
    expect(row(hers, "Already one").locator('[data-slot="reason"]')).to_have_text(reason)
    expect(tags_of(his, "Already one")).to_have_count(0)
    expect_settled(hers, his)
    assert_not_reloaded(hers, his)
    assert hers.evaluate("window.broken") is None


def test_the_filter_by_a_tag_is_a_word_that_is_taken_out(windows: Windows, site: People) -> None:
    site.ticket("One", tags="late payer")
    site.ticket("Two")
    page = windows.open(site.alice)
    page.locator("summary", has_text="Filter").click()
    page.get_by_label("Tag").fill("Late Payer")
    page.get_by_role("button", name="Show").click()
    expect_subjects(page, "One")
    page.get_by_role("link", name="Tag: Late Payer, take this filter out").click()
    expect_subjects(page, "Two", "One")


def test_tags_are_edited_in_the_panel_by_keyboard_with_those_in_use(
    windows: Windows, site: People
) -> None:
    site.ticket("Other", tags="refund, vip")
    site.ticket("Hidden", queue=site.network, tags="revolution")
    ticket = site.ticket("Mine", tags="a")
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    board = windows.open(site.carol, "/?tag=refund")
    field = page.locator("#panel input[name=tags]")
    field.focus()
    page.keyboard.press("End")
    page.keyboard.type(", re")
    expect(options(page)).to_have_text("refund")
    expect(field).to_have_attribute("aria-expanded", "true")
    assert_sound(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("a, refund")
    expect(page.locator(".field-tags .unsaved")).to_be_visible()
    page.keyboard.press("Enter")  # the list is closed, so it saves
    expect(page.locator(".facts .label")).to_have_text(["a", "refund"])
    expect(page.locator(".changed").last).to_contain_text("set tags a → a, refund")
    expect(tags_of(board, "Mine")).to_have_text(["a", "refund"])
    page.locator(".facts .label", has_text="refund").click()
    expect_subjects(page, "Mine", "Other")


def test_an_open_ticket_shows_what_others_tag_and_keeps_what_is_typed(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Mine")
    hers, his = (windows.open(user, f"/tickets/{ticket.pk}/") for user in (site.alice, site.carol))
    his.locator("#panel input[name=tags]").fill("typed")
    with acting_as(site.admin):
        editing.edit(site.admin, ticket.pk, {"tags": "new, vip"}, version=None)
    expect(hers.locator("#panel input[name=tags]")).to_have_value("new, vip")
    for page in (hers, his):
        expect(page.locator(".facts .label")).to_have_text(["new", "vip"])
        link = page.locator(".facts .label").first
        expect(link).to_have_attribute("href", re.compile(r"\?status=all&tag=new$"))
    expect(his.locator("#panel input[name=tags]")).to_have_value("typed")
    assert_not_reloaded(hers, his)
