"""The bell, the tab's title and icon, sound and desktop, and what is said after being away."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Windows, eventually, expect_live, hold_answers, open_tab
from tests.harness.contrast import assert_texts_stand_out
from tests.harness.site import People
from tickets.actor import acting_as
from tickets.models import Comment, Ticket
from tickets.notices.models import Notice

READ = re.compile("^[^●]")
LISTEN = """
  window.AudioContext = class {
    currentTime = 0; destination = null;
    constructor() { window.rang("sound", ""); }
    close() {}
  };
  window.GainNode = class { connect() {} };
  window.OscillatorNode = class {
    frequency = { setValueAtTime() {} };
    connect(next) { return next; }
    start() {}
    stop() {}
  };
  window.Notification = class {
    static permission = "default";
    static async requestPermission() { return (this.permission = "granted"); }
    constructor(words, { tag }) { window.rang(words, tag); }
  };
  if (localStorage.granted) Notification.permission = "granted";
"""


HIDE = """
  window.look = (isHidden) => {
    Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }
"""


def give(ticket: Ticket, site: People) -> None:
    with acting_as(site.carol):
        ticket.assignee = site.alice
        ticket.save()


def say(ticket: Ticket, site: People, body: str = "Any news?") -> Comment:
    with acting_as(site.carol):
        return Comment.objects.create(ticket=ticket, author=site.carol, body=body)


def unread(site: People) -> list[int]:
    """The tickets of alice's unread notices."""
    notices = Notice.objects.filter(user=site.alice, read_at=None)
    return list(notices.values_list("ticket_id", flat=True))


def expect_unread(number: str, *pages: Page) -> None:
    """By the bell, the title and the icon."""
    for page in pages:
        expect(page.locator("#bell summary")).to_have_text(
            re.compile(rf"^\s*Bell\s+{number} unread notices\s*$" if number else r"^\s*Bell\s*$")
        )
        expect(page).to_have_title(re.compile(f"^● {number} · ") if number else READ)
        icon = re.compile(r"icon-unread\S*\.svg$" if number else r"icon(\.\w+)?\.svg$")
        expect(page.locator("link[rel=icon]")).to_have_attribute("href", icon)


def test_what_needs_one_stands_in_the_bell_of_every_tab_and_is_read_in_all(
    windows: Windows, site: People
) -> None:
    first, second = site.ticket("First"), site.ticket("Second")
    board = windows.open(site.alice)
    title = board.title()
    tab = open_tab(board, "/tickets/new/")
    expect_unread("", board, tab)
    give(first, site)
    expect_unread("1", board, tab)
    expect(tab.locator("#announcer")).to_have_text("Unread notices: 1")
    say(second, site, f"Could you, @{site.alice.username.upper()}?")
    expect_unread("2", board, tab)
    board.keyboard.press("g")
    expect(board.locator("#bell li")).to_have_count(2)
    newest = board.locator("#bell li").first
    expect(newest).to_contain_text(f"{site.carol.username} mentioned you on #{second.pk} Second")
    board.get_by_role("button", name="Mark all 2 read").click()
    expect_unread("", board, tab)
    expect(board.locator("#bell")).to_have_attribute("open", "")
    expect(board.locator("#bell .popover")).to_contain_text("Nothing that you have not read.")
    assert board.title() == title
    assert not Notice.objects.filter(user=site.alice, read_at=None).exists()


def test_a_notice_leads_to_its_place_and_an_opened_ticket_reads_its_notices_anywhere(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Mine", assignee=site.alice)
    comment = say(ticket, site)
    board = windows.open(site.alice)
    expect_unread("2", board)
    elsewhere = windows.open(site.alice, "/notices/")  # another browser
    expect(elsewhere.locator("#notices li[data-unread]")).to_have_count(2)
    board.locator("#bell summary").click()
    board.locator("#bell li a").first.click()
    board.wait_for_url(f"**/tickets/{ticket.pk}/#comment-{comment.pk}")
    expect_unread("", board, elsewhere)
    expect(elsewhere.locator("#notices li[data-unread]")).to_have_count(0)
    expect(elsewhere.locator("#notices li")).to_have_count(2)
    say(ticket, site, "And while it is open")
    expect(elsewhere.locator("#notices li")).to_have_count(3)
    expect_unread("", board, elsewhere)


def test_a_notice_about_the_ticket_before_ones_eyes_is_read_as_it_comes(
    windows: Windows, site: People
) -> None:
    """Also one that comes without a comment, such as that the ticket is one's own now."""
    ticket, other = site.ticket("Before my eyes"), site.ticket("Other")
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    give(other, site)
    expect_unread("1", page)
    give(ticket, site)
    expect(page.locator("#panel [name=assignee]")).to_have_value(f"{site.alice.pk}")
    eventually(page, lambda: unread(site), lambda tickets: tickets == [other.pk])
    expect_unread("1", page)


def test_a_notice_waits_until_its_ticket_is_looked_at(windows: Windows, site: People) -> None:
    ticket = site.ticket("In a tab behind")
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    page.evaluate(f"{HIDE}; look(true)")
    give(ticket, site)
    expect_unread("1", page)
    assert unread(site) == [ticket.pk]
    page.evaluate("look(false)")
    expect_unread("", page)
    assert unread(site) == []


def test_a_ticket_that_leaves_ones_sight_takes_its_notices_along(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Soon elsewhere")
    say(ticket, site, f"@{site.alice.username}")
    board = windows.open(site.alice)
    expect_unread("1", board)
    ticket.queue = site.network
    ticket.save()
    expect_unread("", board)
    ticket.queue = site.billing
    ticket.save()
    expect_unread("1", board)


def test_one_tab_rings_and_none_for_what_is_before_ones_eyes_or_old(
    windows: Windows, site: People
) -> None:
    rang: list[tuple[str, str]] = []
    ticket, other = site.ticket("Before my eyes", assignee=site.alice), site.ticket("Other")
    page = windows.open(site.alice)
    page.context.expose_function("rang", lambda words, tag: rang.append((words, tag)))
    page.context.add_init_script(LISTEN)
    page.goto("/accounts/preferences/")
    page.get_by_label("a sound").check()
    eventually(page, lambda: list(rang), lambda found: found == [("sound", "")])  # to hear it
    page.get_by_label("a desktop notification").check()
    page.evaluate("localStorage.granted = 1")
    expect(page.get_by_label("a desktop notification")).to_be_checked()
    page.reload()
    expect(page.get_by_label("a sound")).to_be_checked()
    expect(page.get_by_label("a desktop notification")).to_be_checked()
    rang.clear()

    tabs = [page, *(open_tab(page, path) for path in ("/", "/tickets/new/"))]
    give(other, site)
    words = f"{site.carol.username} assigned you #{other.pk} Other"
    expected = [("sound", ""), (words, f"/tickets/{other.pk}/")]
    eventually(page, lambda: list(rang), lambda found: found == expected)
    reader = open_tab(page, f"/tickets/{ticket.pk}/")
    say(ticket, site)
    expect(reader.locator(".said-text")).to_have_text(["Any news?"])
    old = (
        "new CustomEvent('live:event', {detail: {type: 'notice.created', data: {notice: {id: 1e9},"
    )
    tabs[1].evaluate(f"document.dispatchEvent({old} at: '2020-01-01T00:00:00Z'}}}}}}))")
    reader.wait_for_timeout(3000)  # three times as long as a ring takes
    assert rang == expected
    expect_unread("1", *tabs)


def test_of_two_answers_about_the_bell_the_later_one_counts(windows: Windows, site: People) -> None:
    """It is asked for by what has come, and by the sound, which gets its answer last."""
    rang: list[str] = []
    one, other = site.ticket(), site.ticket()
    page = windows.open(site.alice)
    page.context.expose_function("rang", lambda words, tag: rang.append(words))
    page.context.add_init_script(LISTEN)
    page.goto("/accounts/preferences/")
    page.get_by_label("a sound").check()
    eventually(page, lambda: list(rang), lambda found: found == ["sound"])  # to hear it
    page.reload()
    expect_live(page)
    held = hold_answers(page, "**/bell/")
    give(one, site)
    eventually(page, lambda: len(held), lambda number: number == 2)
    give(other, site)
    held[0]()
    eventually(page, lambda: len(held), lambda number: number == 3)
    held[2]()
    expect_unread("2", page)
    held[1]()
    eventually(page, lambda: list(rang), lambda found: found == ["sound", "sound"])
    expect_unread("2", page)


def test_who_was_away_is_told_what_they_missed_until_they_dismiss_it(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket("Mine soon")
    page = windows.open(site.alice)
    give(ticket, site)
    site.ticket("New one")
    expect_unread("1", page)
    expect(page.locator("#away")).to_have_count(0)
    key = f"attended-/api/user/stream-{site.alice.pk}"
    page.context.add_init_script(
        f"if (!localStorage.wasAway) localStorage['{key}'] = Date.now() - 42.5 * 60000;"
        "localStorage.wasAway = 1;"
    )
    page.goto("/")
    expect(page.locator("#away")).to_contain_text("You were away 42 min: ")
    away = page.locator("#away")
    expect(away).to_contain_text("2 new, 1 assigned to you.")
    away.get_by_role("link", name="assigned to you").click()
    page.wait_for_url("**/notices/")
    expect(page.locator("#away")).to_contain_text("You were away 42 min: ")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#away")).to_have_count(0)
    page.goto("/")
    expect_live(page)
    expect_unread("1", page)
    expect(page.locator("#away")).to_have_count(0)


def test_without_scripts_the_bell_leads_to_a_page(windows: Windows, site: People) -> None:
    give(site.ticket("Mine"), site)
    page = windows.open(site.alice, java_script_enabled=False)
    page.locator("#bell summary").click()
    page.get_by_role("link", name="All notices").click()
    expect(page.locator("#notices li[data-unread]")).to_have_count(1)
    page.get_by_role("button", name="Mark the notice about").click()
    expect(page.locator("#notices li")).to_have_count(1)
    expect(page.locator("#notices li[data-unread]")).to_have_count(0)
    page.get_by_role("link", name="What to tell me").first.click()
    page.get_by_label("Somebody writes on my ticket").uncheck()
    page.locator("#tell-me").get_by_role("button", name="Save").click()
    expect(page.get_by_label("Somebody writes on my ticket")).not_to_be_checked()
    expect(page.get_by_label("a sound")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast_and_nothing_scrolls_sideways(
    windows: Windows, site: People, scheme: Any
) -> None:
    ticket = site.ticket("A long subject that has to wrap " * 5)
    give(ticket, site)
    say(ticket, site)
    size: Any = {"width": 390, "height": 844}
    page = windows.open(site.alice, "/notices/", color_scheme=scheme, viewport=size)
    page.locator("#bell summary").click()
    assert_texts_stand_out(page, at_least=20)
    for path in ("/notices/", "/accounts/preferences/", "/"):
        page.goto(path)
        page.locator("#bell summary").click()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{path} is {width} wide"
