"""All by keyboard: single keys do what the sheet says, never while one types, and can be switched
off."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import Windows, expect_live
from tests.harness.axe import assert_sound
from tests.harness.site import People
from tickets import editing
from tickets.actor import acting_as
from tickets.own.models import Preferences


@pytest.fixture
def board(windows: Windows, site: People) -> Page:
    for number in range(3):
        site.ticket(f"Printer {number}")
    return windows.open(site.alice)


def focus(page: Page) -> Locator:
    return page.locator(":focus")


def sheet(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Keys")


def test_a_slash_searches_on_the_board_and_from_any_page(
    windows: Windows, site: People, board: Page
) -> None:
    board.keyboard.press("/")
    expect(focus(board)).to_have_attribute("name", "q")
    board.keyboard.type("a/b?c")  # no key while one types
    expect(focus(board)).to_have_value("a/b?c")
    page = windows.open(site.alice, "/tickets/new/")
    page.keyboard.press("/")
    page.wait_for_url("**/#filter-q")
    expect(focus(page)).to_have_attribute("name", "q")


def test_c_opens_a_new_ticket_and_b_leads_back_to_the_board(board: Page) -> None:
    board.keyboard.press("c")
    board.wait_for_url("**/tickets/new/")
    board.keyboard.press("b")
    board.wait_for_url("**/")
    expect(board.locator("#board")).to_be_visible()


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_a_key_with_a_modifier_belongs_to_the_browser(modifier: str, board: Page) -> None:
    board.evaluate(
        "addEventListener('keydown', (event) => (window.taken = event.defaultPrevented))"
    )
    board.keyboard.press(f"{modifier}+/")
    assert board.evaluate("window.taken") is False
    expect(board.locator("[name=q]")).not_to_be_focused()


def test_the_sheet_lists_what_the_page_has_and_gives_the_focus_back(board: Page) -> None:
    board.locator("a.subject").first.focus()
    board.keyboard.press("?")
    expect(sheet(board)).to_be_visible()
    for words in ("New ticket", "Search", "Board", "This sheet"):
        expect(sheet(board)).to_contain_text(words)
    assert_sound(board)
    board.keyboard.press("c")  # what lies under it is out of reach
    expect(sheet(board)).to_be_visible()
    board.keyboard.press("Escape")
    expect(sheet(board)).to_have_count(0)
    expect(board.locator("a.subject").first).to_be_focused()


def test_the_menu_has_the_sheet_too(board: Page) -> None:
    board.locator(".topbar .menu summary").last.click()
    board.get_by_role("button", name="Keys").click()
    sheet(board).get_by_role("button", name="Close").click()
    expect(sheet(board)).to_have_count(0)


def test_single_keys_can_be_switched_off(windows: Windows, site: People) -> None:
    site.ticket("A row to go to")
    page = windows.open(site.alice, "/accounts/preferences/")
    page.get_by_role("group", name="Single keys").get_by_text("Off").click()
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
    assert Preferences.objects.get(user=site.alice).keys == "off"
    page.goto("/")
    for key in ("/", "c", "?", "b", "j"):
        page.keyboard.press(key)
    expect(page.locator("body")).to_be_focused()
    expect(sheet(page)).to_have_count(0)
    assert page.url == f"{windows.server.url}/"


def test_z_takes_back_what_was_just_done(windows: Windows, site: People) -> None:
    ticket = site.ticket("Taken by mistake")
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text(f"Ticket #{ticket.pk} is yours.")).to_be_visible()
    expect_live(page)  # then its scripts are there
    page.keyboard.press("z")
    expect(page.get_by_text("Taken back.")).to_be_visible()
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.version) == (None, 3)


def test_taking_from_the_list_stays_there_and_offers_to_undo(board: Page) -> None:
    row = board.locator("#rows > tr").first
    number = row.get_attribute("data-ticket")
    row.get_by_role("button", name="Take ticket").click()
    toast = board.locator("#toasts")
    expect(toast).to_contain_text(f"Ticket #{number} is yours.")
    expect(row.locator(".person")).to_be_visible()
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Taken back.")
    expect(row.get_by_role("button", name="Take ticket")).to_be_visible()


def test_one_s_own_latest_change_has_undo_in_the_history(windows: Windows, site: People) -> None:
    ticket = site.ticket("Closed by mistake")
    page, carols = (
        windows.open(site.alice, f"/tickets/{ticket.pk}/"),
        windows.open(site.carol, f"/tickets/{ticket.pk}/"),
    )
    with acting_as(site.alice):  # in another tab
        editing.edit(site.alice, ticket.pk, {"status": "closed"}, version=None)
    line = page.locator("#timeline .changed").last
    expect(line.get_by_role("button", name="Undo")).to_be_visible()
    expect(carols.locator("#timeline .changed").last).to_contain_text("new → closed")
    expect(carols.get_by_role("button", name="Undo")).to_have_count(0)
    line.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    page.reload()
    with acting_as(site.carol):
        editing.edit(site.carol, ticket.pk, {"priority": "low"}, version=None)
    expect(page.locator("#timeline .changed").last).to_contain_text("normal → low")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
