"""What is written below a ticket, in real windows: where it stands, what stops it, and what goes
with it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    eventually,
    expect_live,
    open_tab,
)
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tickets.models import Comment, Ticket

PHONE = {"width": 390, "height": 844}
IN_SIGHT = """(element) => {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return top >= 0 && bottom <= innerHeight && element.contains(seen);
}"""


def path(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/"


def stored(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def said(ticket: Ticket) -> list[str]:
    return list(ticket.comments.values_list("body", flat=True))


def long_ticket(site: People) -> Ticket:
    ticket = site.ticket(requester_name="Jonas Weber", description="It smokes.")
    text = "We have looked at it and found this and that. " * 8
    Comment.objects.bulk_create(
        Comment(ticket=ticket, author=site.carol, body=f"{number}: {text}") for number in range(20)
    )
    return ticket


def write_as_carol(server: Daphne, site: People, ticket: Ticket, body: str) -> None:
    with Browser(server.url, site.carol) as carol:
        answer = carol.post(f"/api/tickets/{ticket.pk}/comments/", json={"body": body})
        assert answer.status_code == 201, answer.text


def box(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


# --- Where it stands ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE], ids=["wide", "phone"])
def test_a_long_ticket_opens_at_its_end_with_the_reply_at_hand_and_does_not_move_by_itself(
    size: dict[str, int], windows: Windows, site: People
) -> None:
    ticket = long_ticket(site)
    page = windows.open(site.alice, path(ticket), viewport=size)
    newest = page.locator(".said").last.locator(".said-head")
    assert newest.evaluate(IN_SIGHT)
    assert box(page).evaluate(IN_SIGHT)
    before = page.evaluate("scrollY")
    assert before > 500
    page.evaluate("new Promise((done) => setTimeout(done, 600))")  # it may be late, not jump
    assert page.evaluate("scrollY") == before
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".ticket-head h1")).to_be_in_viewport()
    assert box(page).evaluate(IN_SIGHT)
    gap = """() => document.querySelector("#timeline").getBoundingClientRect().top
      - document.querySelector(".ticket-head").getBoundingClientRect().bottom"""
    assert page.evaluate(gap) <= 24
    widths = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


def test_an_address_that_names_an_entry_leads_there(windows: Windows, site: People) -> None:
    ticket = long_ticket(site)
    first = ticket.comments.earliest("pk")
    page = windows.open(site.alice, f"{path(ticket)}#comment-{first.pk}")
    expect(page.locator(f"#comment-{first.pk} .said-head")).to_be_in_viewport()
    assert page.locator(f"#comment-{first.pk} .said-head").evaluate(IN_SIGHT)


def test_who_is_at_the_end_sees_what_comes_and_for_who_reads_above_nothing_moves(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = long_ticket(site)
    page = windows.open(site.alice, path(ticket))
    write_as_carol(server, site, ticket, "First news")
    news = page.locator(".said").filter(has_text="First news")
    expect(news).to_be_visible()
    assert eventually(page, lambda: news.evaluate(IN_SIGHT), bool)
    page.evaluate("scrollTo(0, 300)")
    write_as_carol(server, site, ticket, "Second news")
    expect(page.locator(".said").filter(has_text="Second news")).to_be_attached()
    assert page.evaluate("scrollY") == 300
    assert_not_reloaded(page)


def test_a_key_leads_to_the_reply_and_another_to_a_note(windows: Windows, site: People) -> None:
    page = windows.open(site.alice, path(site.ticket()))
    page.locator('[data-key="n"]').click()
    expect(page.get_by_label("Internal note")).to_be_checked()
    expect(box(page)).to_be_focused()
    expect(page.get_by_role("button", name="Add note", exact=True)).to_be_visible()
    page.locator('[data-key="r"]').evaluate("element => element.click()")
    expect(page.get_by_label("Reply", exact=True)).to_be_checked()
    expect(box(page)).to_be_focused()
    expect(page.get_by_role("button", name="Add reply (not e-mailed)")).to_be_visible()
    page.get_by_label("Reply", exact=True).focus()
    page.keyboard.press("ArrowRight")  # looks through the kinds, and stays there
    expect(page.get_by_label("Internal note")).to_be_focused()


def test_from_the_top_the_reply_is_few_steps_away(windows: Windows, site: People) -> None:
    page = windows.open(site.alice, path(long_ticket(site)))
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(box(page)).to_be_focused()


def test_a_ticket_is_read_once_its_end_has_been_in_sight(windows: Windows, site: People) -> None:
    ticket = long_ticket(site)
    board = windows.open(site.alice)
    unread = board.locator(f'#rows > tr[data-ticket="{ticket.pk}"][data-unread]')
    expect(unread).to_have_count(1)
    first = ticket.comments.earliest("pk")
    tab = open_tab(board, f"{path(ticket)}#comment-{first.pk}")
    expect(tab.locator(f"#comment-{first.pk}")).to_be_in_viewport()
    expect(unread).to_have_count(1)
    with tab.expect_response("**/seen/") as seen:
        tab.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert seen.value.status == 204
    expect(unread).to_have_count(0)
    assert_not_reloaded(board)


# --- What stops it --------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reply_after_what_others_wrote_meanwhile_stops_shows_it_keeps_the_text_and_asks(
    scripts: bool, windows: Windows, server: Daphne, site: People
) -> None:
    ticket = long_ticket(site)
    alice = windows.open(site.alice, path(ticket), java_script_enabled=scripts)
    text = alice.get_by_label("Text", exact=True)
    text.fill("My answer")
    write_as_carol(server, site, ticket, "I have answered already.")
    if scripts:
        expect(alice.locator("#meanwhile")).to_contain_text("wrote while you were writing")
    alice.get_by_role("button", name="Add and resolve").click()
    notice = alice.locator("#unseen")
    expect(notice).to_contain_text("Not added: others have written since you looked.")
    expect(notice).to_contain_text("I have answered already.")
    assert notice.evaluate(IN_SIGHT)
    expect(text).to_have_value("My answer")
    assert "My answer" not in said(ticket)
    assert stored(ticket).status == "new"

    notice.get_by_role("link", name="Look").click()
    newest = alice.locator(".said").filter(has_text="I have answered already.")
    expect(newest).to_be_in_viewport()
    notice.get_by_role("button", name="Add mine anyway").click()
    expect(alice.locator(".said").filter(has_text="My answer")).to_have_count(1)
    expect(text).to_have_value("")
    assert said(ticket).count("My answer") == 1
    assert stored(ticket).status == "resolved"


def test_who_has_looked_is_not_stopped(windows: Windows, server: Daphne, site: People) -> None:
    """Because it was in sight before they began, or because they say so."""
    ticket = long_ticket(site)
    alice = windows.open(site.alice, path(ticket))
    write_as_carol(server, site, ticket, "Before")
    newest = ticket.comments.latest("pk").pk
    expect(alice.locator('#composer [name="seen"]')).to_have_value(str(newest))
    alice.get_by_label("Text", exact=True).fill("My answer")
    write_as_carol(server, site, ticket, "Meanwhile")
    alice.locator("#meanwhile").get_by_role("link", name="Look").click()
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator(".said").filter(has_text="My answer")).to_have_count(1)
    assert "My answer" in said(ticket)


# --- What goes with it ----------------------------------------------------------------------------


def test_what_is_chosen_and_what_is_written_go_in_one_step(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    alice.get_by_label("Priority").select_option("urgent")
    alice.get_by_label("Subject").fill("Printer smokes")
    expect(alice.locator("[data-also]")).to_have_text(
        "It saves your choices too: priority, subject."
    )
    alice.get_by_label("Text", exact=True).fill("We are on our way")
    alice.get_by_role("button", name="Add and wait").click()
    expect(alice.locator(".said").filter(has_text="We are on our way")).to_have_count(1)
    expect_live(alice)
    expect(alice.locator("[data-unsaved]")).to_have_count(0)
    saved = stored(ticket)
    assert (saved.status, saved.priority, saved.subject, saved.version) == (
        "pending", "urgent", "Printer smokes", 2,
    )  # fmt: skip


def test_a_choice_that_meets_a_change_stops_the_reply_too(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    alice.get_by_label("Status").select_option("pending")
    alice.get_by_label("Text", exact=True).fill("My answer")
    with Browser(server.url, site.carol) as carol:
        carol.patch(f"/api/tickets/{ticket.pk}/", json={"status": "open"})
    expect(alice.locator("#meanwhile")).to_contain_text("new → open")
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator("#conflict")).to_contain_text("new → open")
    assert said(ticket) == []
    expect(alice.get_by_label("Status")).to_have_value("pending")
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator(".said").filter(has_text="My answer")).to_have_count(1)
    assert stored(ticket).status == "pending"


def test_a_bad_choice_is_said_beside_it_and_nothing_is_lost(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    alice.get_by_label("Requester email").fill("nobody")
    alice.get_by_label("Text", exact=True).fill("My answer")
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator(".field-requester_email .errorlist")).to_contain_text("valid email")
    expect(alice.get_by_label("Requester email")).to_be_focused()
    expect(alice.get_by_label("Text", exact=True)).to_have_value("My answer")
    assert said(ticket) == []


def test_a_date_that_is_half_typed_is_not_taken_for_none(windows: Windows, site: People) -> None:
    due_at = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    ticket = site.ticket(due_at=due_at)
    alice = windows.open(site.alice, path(ticket))
    alice.get_by_label("Due").focus()
    alice.keyboard.press("Backspace")  # its month
    expect(alice.get_by_label("Due")).to_have_value("")
    alice.get_by_label("Text", exact=True).fill("My answer")
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.get_by_label("Due")).to_be_focused()
    expect(alice.get_by_label("Text", exact=True)).to_have_value("My answer")
    assert said(ticket) == []
    alice.get_by_role("button", name="Discard choices").click()
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator(".said").filter(has_text="My answer")).to_have_count(1)
    assert stored(ticket).due_at == due_at


def test_a_choice_that_is_not_saved_says_so_survives_a_reload_and_asks_before_it_is_lost(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    asked: list[str] = []

    def answer(how: Callable[[Dialog], None]) -> None:
        def reply(dialog: Dialog) -> None:
            asked.append(dialog.type)
            how(dialog)

        alice.once("dialog", reply)

    alice.get_by_label("Subject").fill("Printer smokes")
    expect(alice.locator(".field-subject .unsaved")).to_be_visible()
    expect(alice.locator(".field-status .unsaved")).to_be_hidden()
    answer(lambda dialog: dialog.dismiss())
    alice.get_by_role("link", name="Tickets", exact=True).click()
    eventually(alice, lambda: asked, lambda kinds: kinds == ["beforeunload"])
    expect(alice.get_by_label("Subject")).to_have_value("Printer smokes")
    answer(lambda dialog: dialog.accept())
    alice.reload()
    expect(alice.get_by_label("Subject")).to_have_value("Printer smokes")
    expect(alice.locator(".field-subject .unsaved")).to_have_text("not saved")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator(".notice-success")).to_contain_text("Saved.")
    assert asked == ["beforeunload"] * 2
    alice.reload()
    expect_live(alice)
    assert asked == ["beforeunload"] * 2
    assert stored(ticket).subject == "Printer smokes"


def test_all_that_agents_change_in_place_shows_in_other_windows(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket(requester_name="Jonas Weber", requester_email="jonas@example.com")
    alice, carol = windows.open(site.alice, path(ticket)), windows.open(site.carol, path(ticket))
    alice.get_by_label("Due").fill("2026-12-01T10:30")
    alice.get_by_label("Subject").fill("Printer smokes")
    alice.get_by_label("Requester name").fill("Zoë")
    alice.get_by_label("Requester email").fill("zoe@example.com")
    alice.get_by_role("button", name="Save").click()
    expect(carol.get_by_role("heading", level=1)).to_have_text("Printer smokes")
    expect(carol.locator('[data-slot="requester"]')).to_have_text("Zoë")
    email = carol.locator('[data-slot="email"]')
    expect(email).to_have_text("zoe@example.com")
    expect(email).to_have_attribute("href", "mailto:zoe@example.com")
    for label, value in [
        ("Due", "2026-12-01T10:30"), ("Subject", "Printer smokes"), ("Requester name", "Zoë"),
        ("Requester email", "zoe@example.com"),
    ]:  # fmt: skip
        expect(carol.get_by_label(label)).to_have_value(value)
    expect(carol.locator("[data-unsaved]")).to_have_count(0)
    assert stored(ticket).due_at == datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    assert_not_reloaded(carol)


def test_what_the_requester_said_is_shown_as_theirs_live_and_served(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket(requester_name="Jonas Weber")
    alice, carol = windows.open(site.alice, path(ticket)), windows.open(site.carol, path(ticket))
    alice.get_by_text("Requester said", exact=True).click()
    alice.get_by_label("Text", exact=True).fill("It works again")
    alice.get_by_role("button", name="Add their words").click()
    for page in (alice, carol):
        head = page.locator(".said").filter(has_text="It works again").locator(".said-head")
        expect(head.locator("strong")).to_have_text("Jonas Weber")
        expect(head).to_contain_text(f"noted by {site.alice.username}, by phone")
        expect(head.locator(".avatar")).to_have_text("JW")
        expect(head.locator(".tag")).to_be_hidden()
    assert_not_reloaded(carol)
    assert Comment.objects.get(ticket=ticket).requester
