"""Who has a ticket open and who is replying, in real windows: on the ticket and on its row in every
list, until they are gone."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models.functions import Now
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import (
    ROWS,
    Windows,
    assert_not_reloaded,
    eventually,
    expect_live,
    expect_state,
    open_tab,
)
from tests.harness.servers import Daphne
from tests.harness.site import People
from tickets import editing
from tickets.models import Ticket
from tickets.presence.models import Presence
from tickets.presence.people import GONE_AFTER

LATER = "const real = Date.now; Date.now = () => real() + {}"
NOTE = """window.heard = [];
document.addEventListener("live:event", ({ detail }) => window.heard.push(detail.type))"""
HIDE = """Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
document.dispatchEvent(new Event("visibilitychange"))"""


def page_of(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/"


def on_row(page: Page, ticket: Ticket) -> Locator:
    return page.locator(f'{ROWS}[data-ticket="{ticket.pk}"] [data-slot=people]')


def on_page(page: Page) -> Locator:
    return page.locator(".ticket-head [data-slot=people]")


def words(page: Page) -> Locator:
    return page.locator("#composer [name=body]")


def silent(**of: Any) -> None:
    """As if nothing had been heard of these tabs for so long that they count as gone."""
    Presence.objects.filter(**of).update(seen_at=Now() - timedelta(seconds=GONE_AFTER + 1))


def test_the_form_in_the_admin_shows_who_is_there_and_its_user_is_shown_to_others(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    User.objects.filter(pk=site.carol.pk).update(first_name="<b>Carol</b>")
    detail = windows.open(site.carol, page_of(ticket))
    form = windows.open(site.admin, "/")
    form.goto(f"/admin/tickets/ticket/{ticket.pk}/change/")
    people = form.locator("#ticket [data-slot=people]")
    name = site.admin.username
    expect(people).to_contain_text("<b>Carol</b>")
    expect(people.locator("b")).to_have_count(0)
    expect(on_page(detail)).to_contain_text(name)
    words(detail).fill("I am on it")
    expect(people).to_contain_text("<b>Carol</b> is replying")
    form.locator("#comments-group .add-row a").click()
    form.locator("#id_comments-0-body").fill("So am I")
    expect(on_page(detail)).to_contain_text(f"{name} is replying")
    form.locator("#id_comments-0-body").fill("")
    form.get_by_label("Subject").focus()
    expect(on_page(detail)).not_to_contain_text("is replying")
    expect(on_page(detail)).to_contain_text(name)
    form.goto("/admin/tickets/ticket/")
    expect(on_page(detail)).to_be_hidden()


def test_a_colleague_is_seen_on_the_ticket_and_on_its_row_until_they_leave(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    name = site.alice.username
    board, detail = windows.open(site.carol), windows.open(site.carol, page_of(ticket))
    hidden_from = windows.open(site.bob)
    hidden_from.evaluate(NOTE)
    expect(on_row(board, ticket)).to_be_hidden()
    expect(on_page(detail)).to_be_hidden()

    alice = windows.open(site.alice, page_of(ticket))
    expect(on_row(board, ticket)).to_have_text(f"{name} viewing")
    expect(on_page(detail)).to_contain_text(f"viewing:{name[:2].upper()}{name}")
    words(alice).focus()
    expect(on_row(board, ticket)).to_have_text(f"{name} replying")
    expect(on_page(detail)).to_contain_text(f"{name} is replying")
    assert name not in on_page(alice).inner_text(), "nobody is told of themselves"
    words(alice).fill("Have you tried")
    words(alice).blur()
    expect(on_page(alice)).to_contain_text(site.carol.username)
    expect(on_page(detail)).to_contain_text(f"{name} is replying")
    words(alice).fill("")
    words(alice).blur()
    expect(on_page(detail)).not_to_contain_text("replying")

    late = windows.open(site.admin)
    expect(on_row(late, ticket)).to_have_text(f"{site.carol.username} viewing +1")
    words(alice).focus()
    expect(on_row(late, ticket)).to_have_text(f"{name} replying +1")
    alice.goto("/")
    expect(on_page(detail)).to_be_hidden()
    expect(on_row(alice, ticket)).to_have_text(f"{site.carol.username} viewing")
    alice.go_back()
    expect(on_page(detail)).to_contain_text(name)
    alice.close(run_before_unload=True)
    expect(on_page(detail)).to_be_hidden()
    assert hidden_from.evaluate("window.heard") == []
    assert_not_reloaded(board, detail, hidden_from)


def test_two_tabs_are_one_person_who_replies_if_either_does(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    board = windows.open(site.carol)
    first = windows.open(site.alice, page_of(ticket))
    second = open_tab(first, page_of(ticket))
    words(first).fill("Hello")
    expect(on_row(board, ticket)).to_have_text(f"{site.alice.username} replying")
    first.close(run_before_unload=True)
    expect(on_row(board, ticket)).to_have_text(f"{site.alice.username} viewing")
    second.close(run_before_unload=True)
    expect(on_row(board, ticket)).to_be_hidden()


def test_a_hidden_tab_has_left_after_30_seconds_unless_it_holds_a_reply(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    board = windows.open(site.carol)
    alice = windows.open(site.alice, page_of(ticket))
    expect(on_row(board, ticket)).to_have_text(f"{site.alice.username} viewing")
    words(alice).fill("Hello")
    alice.evaluate(HIDE)
    alice.evaluate(LATER.format(31_000))
    alice.wait_for_timeout(6_000)  # a tick of five seconds, and what it may have said
    expect(on_row(board, ticket)).to_have_text(f"{site.alice.username} replying")
    words(alice).fill("")
    expect(on_row(board, ticket)).to_be_hidden()


def test_a_browser_that_was_killed_is_gone_though_it_could_not_say_so(
    windows: Windows, site: People, site_database: str
) -> None:
    """Also where the process that it spoke to was killed with it: another one notices."""
    ticket = site.ticket()
    board = windows.open(site.carol)
    with Daphne(site_database) as other:
        elsewhere = Windows(windows.browser, other)
        elsewhere.open(site.alice, page_of(ticket))
        expect(on_row(board, ticket)).to_have_text(f"{site.alice.username} viewing")
        other.kill()
        elsewhere.close()
    silent(user=site.alice)
    expect(on_row(board, ticket)).to_be_hidden()
    assert_not_reloaded(board)


def test_a_page_that_is_not_live_shows_nobody_before_long_and_asks_when_it_is_again(
    windows: Windows, site: People, site_database: str
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, page_of(ticket))
    with Daphne(site_database) as dying:
        elsewhere = Windows(windows.browser, dying)
        board = elsewhere.open(site.carol)
        expect(on_row(board, ticket)).to_have_text(f"{site.alice.username} viewing")
        dying.kill()
        expect_state(board, "reconnecting", "Reconnecting…")
        expect(on_row(board, ticket)).to_be_visible()
        words(alice).fill("Hello")
        board.evaluate(LATER.format(45_000))
        expect(on_row(board, ticket)).to_be_hidden()
        dying.start()
        expect_live(board)
        expect(on_row(board, ticket)).to_have_text(f"{site.alice.username} replying")
        assert_not_reloaded(board)
        elsewhere.close()


def test_of_two_who_take_a_ticket_in_the_same_second_one_gets_it_and_the_other_is_told_who(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    pages = {
        site.alice: windows.open(site.alice),
        site.carol: windows.open(site.carol, page_of(ticket)),
    }
    button = f"form[action='/tickets/{ticket.pk}/take/'] button"
    for page in pages.values():
        page.locator(button).evaluate("(button) => button.click()")  # waits for no answer
    held_by = Ticket.objects.filter(pk=ticket.pk).values_list("assignee", flat=True)
    winner = eventually(pages[site.alice], held_by.get, lambda found: found is not None)
    first, late = sorted(pages, key=lambda user: user.pk != winner)
    expect(pages[first].locator("body")).to_contain_text(f"Ticket #{ticket.pk} is yours.")
    told = f"{first.username} has ticket #{ticket.pk} already, so you did not get it."
    expect(pages[late].locator("main")).to_contain_text(told)
    expect(pages[late].locator(button)).to_be_hidden()


def test_who_no_longer_sees_the_ticket_is_not_on_it_and_is_not_told(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice, carol, bob = (
        windows.open(site.alice, page_of(ticket)),
        windows.open(site.carol, page_of(ticket)),
        windows.open(site.bob),
    )
    expect(on_page(carol)).to_contain_text(site.alice.username)
    editing.edit_any(ticket.pk, {"queue": site.network})
    expect(on_page(carol)).to_be_hidden()
    expect(on_row(bob, ticket)).to_have_text(f"{site.carol.username} viewing")
    words(carol).fill("Hello")
    expect(on_row(bob, ticket)).to_have_text(f"{site.carol.username} replying")
    assert "replying" not in on_page(alice).inner_text()
    assert list(Presence.objects.filter(ticket=ticket).values_list("user_id", flat=True)) == [
        site.carol.pk
    ]
