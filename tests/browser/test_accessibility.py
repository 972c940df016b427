"""By ear, by keyboard, and large: axe-core looks at each page, skip links move the focus, and
nothing is lost at 200 and 400 %."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.windows import Windows, sign_in
from tests.harness.axe import CONTRAST, assert_sound
from tests.harness.site import People
from tickets import editing
from tickets.actor import acting_as
from tickets.canned.models import CannedReply
from tickets.models import Comment, Ticket

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}

DJANGOS = "#container > nav, .breadcrumbs, #nav-sidebar, .datetimeshortcuts"

# Headings of the lists; places to which the brand, the menu and the lists lead as well; and the
# density of rows, which cards have none of.
SHORTER_ON_A_PHONE = {
    "Mine", "Status", "Views", "Queues", "Board", "Admin", "New ticket", "Search",
    "Rows", "Comfortable", "Compact",
}  # fmt: skip


@pytest.fixture
def ticket(site: People) -> Ticket:
    """One that has all that a page can show of a ticket."""
    shown: dict[str, Any] = {
        "description": "It burns.",
        "requester_name": "Uli",
        "assignee": site.carol,
        "tags": "burning, printer, smoke, vip",
    }
    ticket = site.ticket(priority="urgent", due_at="2026-01-01T10:00:00Z", **shown)
    Comment.objects.create(ticket=ticket, author=site.alice, body="Water?")
    Comment.objects.create(ticket=ticket, author=site.alice, body="He shouts.", internal=True)
    ticket.status = "pending"
    ticket.save()
    site.ticket("Nobody has it", status="open", priority="low")
    CannedReply.objects.create(owner=site.alice, name="Water", text="{agent} comes.", shared=True)
    return ticket


def shared_reply() -> CannedReply:
    return CannedReply.objects.filter(name="Water").latest("pk")


PAGES: dict[str, tuple[str | None, Callable[[Ticket], str]]] = {
    "board": ("alice", lambda ticket: "/"),
    "an empty board": ("dave", lambda ticket: "/"),
    "a search": ("alice", lambda ticket: "/?q=printer&status=all"),
    "ticket": ("alice", lambda ticket: f"/tickets/{ticket.pk}/"),
    "new ticket": ("alice", lambda ticket: "/tickets/new/"),
    "preferences": ("alice", lambda ticket: "/accounts/preferences/"),
    "password": ("alice", lambda ticket: "/accounts/password_change/"),
    "notices": ("alice", lambda ticket: "/notices/"),
    "canned replies": ("alice", lambda ticket: "/canned/"),
    "a canned reply": ("carol", lambda ticket: f"/canned/{shared_reply().pk}/"),
    "a canned reply of one's own": ("alice", lambda ticket: f"/canned/{shared_reply().pk}/"),
    "new canned reply": ("alice", lambda ticket: "/canned/new/"),
    "queues": ("admin", lambda ticket: "/queues/"),
    "people": ("admin", lambda ticket: "/queues/people/"),
    "log-in": (None, lambda ticket: "/accounts/login/"),
    "nothing here": ("alice", lambda ticket: "/tickets/999999/"),
    "a bad filter": ("alice", lambda ticket: "/?status=gone"),
    "the admin's bulk job": ("admin", lambda ticket: "/admin/tickets/bulkjob/"),
    "the admin's ticket": ("admin", lambda ticket: f"/admin/tickets/ticket/{ticket.pk}/change/"),
    "connections": ("admin", lambda ticket: "/admin/live/serverprocess/"),
}


def open_page(windows: Windows, site: People, ticket: Ticket, name: str, **options: Any) -> Page:
    """Signed in, but without waiting for a stream, which not every page has."""
    reader, path = PAGES[name]
    page = windows.open(None, "/healthz", **options)
    if reader is not None:
        sign_in(page.context, getattr(site, reader), windows.server)
    page.goto(path(ticket))
    return page


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_light_and_dark_at_a_desk_and_on_a_phone(
    name: str, windows: Windows, site: People, ticket: Ticket
) -> None:
    page = open_page(windows, site, ticket, name, viewport=DESK)
    assert_sound(page, but=DJANGOS)
    page.emulate_media(color_scheme="dark")
    assert_sound(page, only=CONTRAST, but=DJANGOS)
    page.set_viewport_size(PHONE)
    assert_sound(page, but=DJANGOS)


def focus(page: Page) -> Any:
    return page.locator(":focus")


def test_skip_links_move_the_focus_and_the_reply_is_five_tabs_away_at_most(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    page.keyboard.press("Tab")
    expect(focus(page)).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(focus(page)).to_have_attribute("id", "main")
    page.reload()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(focus(page)).to_have_text("Skip to the reply")
    page.keyboard.press("Enter")
    expect(focus(page)).to_have_attribute("name", "body")


@pytest.mark.parametrize("name", ["board", "ticket", "new ticket", "preferences", "queues"])
def test_nothing_is_lost_or_scrolls_sideways_at_200_and_400_percent(
    name: str, windows: Windows, site: People, ticket: Ticket
) -> None:
    """Of a screen that is 1280 pixels wide, 640 and 320 are left."""
    page = open_page(windows, site, ticket, name, viewport=DESK)
    said = texts(page)
    for width in (640, 320):
        page.set_viewport_size({"width": width, "height": 256})
        if name == "ticket":
            page.locator("[name=body]").focus()  # with little room it is folded until then
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert said - texts(page) <= SHORTER_ON_A_PHONE


def texts(page: Page) -> set[str]:
    """What stands in the page, heads of columns apart, which cards have none of."""
    return set(
        page.evaluate("""() => [...document.querySelectorAll("body *")]
          .filter((element) => element.childElementCount === 0 && element.checkVisibility())
          .filter((element) => !element.closest("thead, script, template, .live-status, time"))
          .map((element) => element.textContent.trim()).filter(Boolean)""")
    )


def test_on_paper_a_ticket_is_its_whole_conversation_without_what_surrounds_it(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/", color_scheme="dark")
    page.emulate_media(media="print")
    for said in ("It burns.", "Water?", "He shouts.", "Printer on fire", "Uli"):
        expect(page.get_by_text(said).first).to_be_visible()
    for chrome in (".topbar", "#side", "#composer", "main button >> nth=0"):
        expect(page.locator(chrome)).to_be_hidden()
    expect(page.locator("#panel [name=assignee]")).to_be_visible()  # the head does not say it
    exact = page.locator(".facts time").get_attribute("title")
    drawn = "getComputedStyle(document.querySelector('.facts time'), '::after').content"
    assert page.evaluate(drawn) == f'"{exact}"'
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_the_live_region_says_on_a_ticket_what_others_did_and_nothing_of_one_s_own(
    windows: Windows, site: People, ticket: Ticket
) -> None:
    page = windows.open(site.carol, f"/tickets/{ticket.pk}/")
    with acting_as(site.carol):
        editing.edit(site.carol, ticket.pk, {"priority": "high"}, version=None)
    with acting_as(site.alice):
        editing.edit(site.alice, ticket.pk, {"status": "open"}, version=None)
        editing.comment(site.alice, ticket.pk, "It is out.", internal=False)
    region = page.locator("#announcer")
    name = site.alice.username
    expect(region).to_have_text(f"{name} set status pending → open. {name} wrote: It is out.")
