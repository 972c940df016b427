"""A ticket in real windows: what others do appears, and what is being typed is never lost."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    eventually,
    expect_live,
    expect_settled,
    row,
)
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tickets.models import Comment, Ticket


def path(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/"


def said(page: Page, text: str) -> Locator:
    return page.locator("#timeline > .said").filter(has_text=text)


def reply_box(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


def change_as(user: User, server: Daphne, ticket: Ticket, **fields: object) -> None:
    with Browser(server.url, user) as other:
        answer = other.patch(f"/api/tickets/{ticket.pk}/", json=fields)
        assert answer.status_code == 200, answer.text


def stored(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_what_another_agent_writes_appears_and_a_note_is_unmistakable(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice, carol = windows.open(site.alice, path(ticket)), windows.open(site.carol, path(ticket))
    reply_box(carol).fill("Have you tried water?")
    carol.get_by_role("button", name="Add reply").click()
    reply = said(alice, "Have you tried water?")
    expect(reply).to_contain_text(site.carol.username)
    expect(reply.locator(".tag")).to_be_hidden()

    expect_live(carol)
    carol.get_by_text("Internal note", exact=True).click()
    reply_box(carol).fill("The customer is furious.")
    carol.get_by_role("button", name="Add note").click()
    note = said(alice, "The customer is furious.")
    expect(note.locator(".tag")).to_have_text("internal note")
    expect(note.locator(".tag")).to_be_visible()
    expect(alice.locator("#timeline [data-fresh]")).to_have_count(0)  # the flash covers its ground
    ground = "element => getComputedStyle(element).backgroundColor"
    assert note.evaluate(ground) != reply.evaluate(ground)
    expect(said(carol, "The customer is furious.").locator(".tag")).to_be_visible()
    assert list(Comment.objects.filter(ticket=ticket).values_list("internal", flat=True)) == [
        False,
        True,
    ]
    assert_not_reloaded(alice)


def test_what_another_agent_changes_appears_with_who_did_it(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    change_as(site.carol, server, ticket, status="open", assignee=site.carol.pk, subject="Smoke")
    line = alice.locator("#timeline > .changed").last
    expect(line).to_contain_text(site.carol.username)
    expect(line).to_contain_text("set status new → open")
    expect(line).to_contain_text("took the ticket")
    expect(alice.get_by_role("heading", level=1)).to_have_text("Smoke")
    expect(alice.get_by_label("Status")).to_have_value("open")
    expect(alice.get_by_label("Assignee")).to_have_value(str(site.carol.pk))
    expect(alice.get_by_role("button", name="Take it")).to_be_hidden()
    live_words = alice.locator("#timeline").inner_text().split(" · ")[0]
    assert_not_reloaded(alice)
    alice.reload()
    assert alice.locator("#timeline").inner_text().split(" · ")[0] == live_words
    expect_live(alice)


def test_what_is_typed_survives_changes_resets_and_reloads(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    box = reply_box(alice)
    box.press_sequentially("Dear customer, ")
    change_as(site.carol, server, ticket, priority="urgent")
    expect(alice.locator("#meanwhile")).to_contain_text("while you were writing")
    expect(box).to_be_focused()
    alice.keyboard.type("it is ")

    site.billing.name += " renamed"
    site.billing.save()
    expect(alice.locator(".ticket-head")).to_contain_text("renamed")
    expect_live(alice)
    expect(box).to_be_focused()
    alice.keyboard.type("only smoke.")
    expect(box).to_have_value("Dear customer, it is only smoke.")
    assert_not_reloaded(alice)

    alice.reload()
    expect(box).to_have_value("Dear customer, it is only smoke.")
    alice.get_by_role("button", name="Add reply").click()
    expect(said(alice, "Dear customer, it is only smoke.")).to_have_count(1)
    expect(box).to_have_value("")


def test_an_old_form_shows_what_has_changed_and_overwrites_nothing(
    windows: Windows, server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill("Half a sentence")
    alice.get_by_label("Status").select_option("pending")
    change_as(site.carol, server, ticket, status="open", priority="urgent")
    expect(alice.locator("#meanwhile")).to_contain_text("set priority")
    alice.get_by_role("button", name="Save").click()

    conflict = alice.locator("#conflict")
    expect(conflict).to_contain_text("Not saved")
    expect(conflict).to_contain_text(site.carol.username)
    expect(conflict).to_contain_text("new → open")
    expect(conflict).to_contain_text("normal → urgent")
    assert (stored(ticket).status, stored(ticket).priority) == ("open", "urgent")
    expect(alice.get_by_label("Status")).to_have_value("pending")
    expect(alice.get_by_label("Priority")).to_have_value("urgent")
    expect(reply_box(alice)).to_have_value("Half a sentence")
    expect_live(alice)

    alice.get_by_role("button", name="Save").click()
    expect(alice.locator(".notice-success")).to_contain_text("Saved.")
    assert (stored(ticket).status, stored(ticket).priority) == ("pending", "urgent")
    expect(reply_box(alice)).to_have_value("Half a sentence")


def test_of_two_who_take_a_ticket_the_second_is_told_who_was_first(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    carol = windows.open(site.carol, path(ticket), java_script_enabled=False)  # sees it too late
    alice.get_by_role("button", name="Take it").click()
    expect(alice.locator(".notice-success")).to_contain_text("is yours")
    carol.get_by_role("button", name="Take it").click()
    expect(carol.locator(".talk")).to_contain_text(f"{site.alice.username} has ticket")
    assert stored(ticket).assignee == site.alice


def test_a_ticket_that_leaves_ones_sight_says_so_and_keeps_what_was_written(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    reply_box(alice).fill("Nearly done")
    ticket.queue, ticket.subject = site.network, "Secret of the network team"
    ticket.save()
    expect(alice.locator("#gone")).to_contain_text("has left your sight")
    expect(alice.get_by_role("button", name="Add reply")).to_be_disabled()
    expect(reply_box(alice)).to_have_value("Nearly done")
    assert "Secret" not in alice.content()
    assert_not_reloaded(alice)


def test_the_lists_beside_a_ticket_go_on_counting(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    site.ticket("Another")
    counter = alice.locator('[data-count="open"]')
    expect(counter).to_have_text("2")
    ticket.status = "closed"
    ticket.save()
    expect(counter).to_have_text("1")
    assert_not_reloaded(alice)
    alice.goto("/")
    expect_live(alice)
    expect_settled(alice)


def test_back_on_the_board_nothing_is_out_of_date(windows: Windows, site: People) -> None:
    """The browser may show the board as it was kept, and not ask the server for it."""
    ticket = site.ticket()
    alice = windows.open(site.alice)
    row(alice, ticket.subject).locator("a.subject").click()
    alice.get_by_label("Status").select_option("pending")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator(".notice-success")).to_contain_text("Saved.")
    alice.evaluate("setTimeout(() => history.go(-2))")  # whether or not there will be a load
    expect(row(alice, ticket.subject)).to_contain_text("pending")
    eventually(alice, lambda: "#ticket" in alice.content(), lambda on_ticket: not on_ticket)
    expect_live(alice)
    expect_settled(alice)


def test_under_a_comment_stands_who_wrote_it_and_nothing_that_is_not_known(
    windows: Windows, site: People
) -> None:
    """The same in the open window as in a fresh one, also once the author is deleted."""
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    Comment.objects.create(ticket=ticket, author=site.carol, body="From carol")
    Comment.objects.create(ticket=ticket, body="From an import")
    named = said(alice, "From carol").locator("strong")
    unknown = said(alice, "From an import").locator("strong")
    expect(unknown).to_have_text("no author recorded")
    expect(named).to_have_text(site.carol.username)
    name = site.carol.username
    site.carol.delete()
    expect_live(alice)
    alice.reload()
    expect(named).to_have_text(name)
    expect(unknown).to_have_text("no author recorded")


def test_what_is_not_due_any_more_has_no_label_without_words(
    windows: Windows, site: People
) -> None:
    """The same on the open ticket, on the board, and on pages that are loaded afresh."""
    ticket = site.ticket(due_at=timezone.now() + timedelta(hours=2))
    alice, board = windows.open(site.alice, path(ticket)), windows.open(site.alice, "/?status=all")
    due, cell = alice.locator("#due"), board.locator('#rows [data-slot="due"]')
    for status, is_due in (("resolved", False), ("open", True), ("closed", False)):
        ticket.status = status
        ticket.save()
        for _ in range(2):
            expect(due).to_be_visible(visible=is_due)
            expect(cell).to_be_visible(visible=is_due)
            alice.reload()
            board.reload()
