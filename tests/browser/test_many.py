"""Many tickets at once: selected by pointer and key, changed together, told by row, taken back."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.windows import Windows, eventually, hold_answers, row, sign_in
from tests.harness.axe import assert_sound
from tests.harness.site import People
from tickets import editing
from tickets.actor import acting_as
from tickets.models import Ticket


@pytest.fixture
def tickets(site: People) -> list[Ticket]:
    return [site.ticket(f"Printer {number}") for number in range(4)]


@pytest.fixture
def board(windows: Windows, site: People, tickets: list[Ticket]) -> Page:
    return windows.open(site.carol)


def bar(page: Page) -> Locator:
    return page.locator("#bar form")


def select(page: Page, *subjects: str) -> None:
    for subject in subjects:
        row(page, subject).locator("[data-select]").click()
    expect(bar(page)).to_contain_text(f"{len(subjects)} selected")


def choose(page: Page, field: str, label: str) -> None:
    bar(page).get_by_label(field).select_option(label=label)
    bar(page).get_by_role("button", name="Apply").click()


def stored(tickets: list[Ticket], name: str) -> list[Any]:
    rows = dict(Ticket.objects.values_list("pk", name))
    return [rows[ticket.pk] for ticket in tickets]


def test_what_is_selected_is_changed_together_and_taken_back(
    board: Page, site: People, tickets: list[Ticket]
) -> None:
    select(board, "Printer 0", "Printer 1", "Printer 2")
    assert_sound(board)
    choose(board, "Assignee", site.bob.username)
    toast = board.locator("#toasts")
    expect(toast).to_contain_text(f"3 tickets assigned to {site.bob.username}.")
    for number in range(3):
        expect(row(board, f"Printer {number}").locator(".person")).to_contain_text("bob")
    expect(board.locator("#bar")).to_be_hidden()
    assert stored(tickets, "assignee") == [site.bob.pk] * 3 + [None]
    assert_sound(board)
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Taken back.")
    assert stored(tickets, "assignee") == [None] * 4


def test_of_rows_selected_while_the_bar_is_fetched_it_counts_all(board: Page) -> None:
    """Two fetch the bar. The answer to the second comes when a third has been selected."""
    held = hold_answers(board, "**/bar/")
    for number in range(2):
        row(board, f"Printer {number}").locator("[data-select]").click()
    eventually(board, lambda: len(held), lambda number: number == 2)
    held[0]()
    expect(bar(board)).to_contain_text("2 selected")
    row(board, "Printer 2").locator("[data-select]").click()
    expect(bar(board)).to_contain_text("3 selected")
    with board.expect_request_finished() as second:
        held[1]()
    assert second.value.url.endswith("/bar/")
    board.evaluate("new Promise((done) => setTimeout(done))")  # the page has read it
    expect(bar(board)).to_contain_text("3 selected")


def test_what_could_not_be_changed_stays_selected_and_its_row_says_why(
    board: Page, site: People, tickets: list[Ticket]
) -> None:
    board.get_by_role("button", name="Pause").click()  # so that its reader sees an older state
    select(board, "Printer 0", "Printer 1")
    with acting_as(site.alice):
        editing.edit(site.alice, tickets[1].pk, {"priority": "urgent"}, version=None)
    choose(board, "Status", "closed")
    refused = row(board, "Printer 1")
    expect(refused).to_contain_text("set priority normal → urgent")
    expect(refused.locator("[data-select]")).to_be_checked()
    expect(row(board, "Printer 0").locator("[data-select]")).not_to_be_checked()
    expect(board.locator("#toasts")).to_contain_text("1 ticket set to closed.")
    expect(bar(board).get_by_role("alert")).to_contain_text("1 ticket could not be set to closed")
    expect(bar(board)).to_contain_text("1 selected")
    assert stored(tickets, "status")[:2] == ["closed", "new"]
    bar(board).get_by_role("button", name="Clear").click()
    expect(refused.locator(".refused")).to_have_count(0)


def test_it_works_by_keys_alone(board: Page, site: People, tickets: list[Ticket]) -> None:
    """The newest stands first."""
    board.keyboard.press("j")
    board.keyboard.press("x")
    expect(bar(board)).to_contain_text("1 selected")
    board.keyboard.press("j")
    board.keyboard.press("Shift+X")
    expect(bar(board)).to_contain_text("2 selected")
    board.keyboard.press("p")
    expect(board.locator(":focus")).to_have_attribute("name", "priority")
    board.keyboard.type("hi")
    board.keyboard.press("Control+Enter")
    expect(board.locator("#toasts")).to_contain_text("2 tickets set to high priority.")
    expect(board.locator(":focus")).to_have_text("Printer 3")
    board.keyboard.press("z")
    expect(board.locator("#toasts")).to_contain_text("Taken back.")
    assert stored(tickets, "priority") == ["normal"] * 4


def test_tags_are_put_on_and_taken_off_by_keys_and_each_ticket_keeps_its_own(
    windows: Windows, site: People
) -> None:
    """The newest stands first."""
    ten = ", ".join(f"tag {number}" for number in range(10))
    tickets = [site.ticket(f"Case {n}", tags=tags) for n, tags in enumerate([ten, "", "a, refund"])]
    site.ticket("Hidden", queue=site.network, tags="revolution")
    page, hers = windows.open(site.alice), windows.open(site.carol, "/?tag=refund")
    page.get_by_label("Select all tickets on this page").click()
    expect(bar(page)).to_contain_text("3 selected")
    page.locator("body").focus()
    page.keyboard.press("+")
    expect(page.locator(":focus")).to_have_attribute("name", "add_tags")
    page.keyboard.type("Sent, re")
    expect(page.locator("#bar [role=option]")).to_have_text("refund")
    assert_sound(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_value("Sent, refund")
    page.keyboard.type(", a")
    expect(page.locator("#bar [role=option]").first).to_be_visible()
    page.keyboard.press("Escape")  # closes what is offered, and not the bar
    expect(page.locator("#bar [role=listbox]").first).to_be_hidden()
    for _ in ", a":
        page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    toast = page.locator("#toasts")
    expect(toast).to_contain_text("2 tickets tagged Sent and refund.")
    expect(row(page, "Case 0")).to_contain_text("A ticket has at most 10 tags, and these are 12.")
    expect(row(page, "Case 2").locator(".label")).to_have_text(["a", "refund", "sent"])
    expect(row(hers, "Case 1").locator(".label")).to_have_text(["refund", "sent"])
    assert stored(tickets, "tags") == [ten, "refund, sent", "a, refund, sent"]
    page.keyboard.press("Escape")
    expect(page.locator("#bar")).to_be_hidden()
    page.keyboard.press("z")
    expect(toast).to_contain_text("Taken back.")
    assert stored(tickets, "tags") == [ten, "", "a, refund"]
    select(page, "Case 0", "Case 2")
    page.keyboard.press("-")
    page.keyboard.type("tag 0, A")
    page.keyboard.press("Control+Enter")
    expect(toast).to_contain_text("2 tickets stripped of tag 0 and A.")
    assert stored(tickets, "tags") == [ten.removeprefix("tag 0, "), "", "refund"]


def test_a_tag_that_is_none_is_refused_and_what_was_typed_stays(
    board: Page, tickets: list[Ticket]
) -> None:
    select(board, "Printer 0")
    bar(board).get_by_label("Add tags").fill("vip, " + "x" * 31)
    bar(board).get_by_role("button", name="Apply").click()
    expect(bar(board).get_by_role("alert")).to_contain_text("A tag has at most 30 characters")
    expect(bar(board).get_by_label("Add tags")).to_have_value("vip, " + "x" * 31)
    assert stored(tickets, "version") == [1] * 4


def test_t_takes_the_ticket_one_is_at_and_no_other(
    board: Page, site: People, tickets: list[Ticket]
) -> None:
    board.keyboard.press("t")
    board.keyboard.press("j")
    board.keyboard.press("j")
    board.keyboard.press("t")
    expect(row(board, "Printer 2").locator(".person")).to_be_visible()
    assert stored(tickets, "assignee") == [None, None, site.carol.pk, None]


def test_without_a_choice_nothing_is_sent_and_clear_gives_the_focus_back(
    board: Page, tickets: list[Ticket]
) -> None:
    select(board, "Printer 2")
    bar(board).get_by_role("button", name="Apply").click()
    expect(bar(board).get_by_role("alert")).to_have_text("Choose what to set first.")
    bar(board).get_by_role("button", name="Clear").click()
    expect(board.locator("#bar")).to_be_hidden()
    expect(row(board, "Printer 2").locator("a.subject")).to_be_focused()
    assert stored(tickets, "version") == [1] * 4


def test_of_many_one_sees_how_far_it_is(windows: Windows, site: People) -> None:
    Ticket.objects.bulk_create(
        Ticket(subject=f"Paper {number}", queue=site.billing) for number in range(40)
    )
    page = windows.open(site.alice)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    page.get_by_label("Select all tickets on this page").click()
    expect(bar(page)).to_contain_text("40 selected")
    choose(page, "Queue", site.network.name)
    expect(page.locator("#toasts")).to_contain_text(f"40 tickets moved to {site.network.name}.")
    bulks = [json.loads(request.post_data or "") for request in sent if "bulk" in request.url]
    assert [len(bulk["ids"]) for bulk in bulks] == [25, 15]
    assert all(len(bulk["versions"]) == len(bulk["ids"]) for bulk in bulks)
    assert Ticket.objects.filter(queue=site.network).count() == 40
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Taken back.")  # though out of sight by then
    assert Ticket.objects.filter(queue=site.billing).count() == 40


def test_a_page_of_somebody_else_changes_nothing(
    windows: Windows, site: People, board: Page, tickets: list[Ticket]
) -> None:
    """Another has signed in in this browser meanwhile."""
    select(board, "Printer 0")
    sign_in(board.context, site.admin, windows.server)
    choose(board, "Status", "closed")
    expect(bar(board).get_by_role("alert")).to_contain_text("Somebody else is signed in")
    assert stored(tickets, "status") == ["new"] * 4


def test_the_bar_is_for_agents_and_tells_strangers_no_names(
    windows: Windows, site: People, tickets: list[Ticket]
) -> None:
    answers = {
        user: windows.open(getattr(site, user)).request.get("/bar/").status
        for user in ("carol", "dave")
    }
    assert answers == {"carol": 200, "dave": 403}
    assert windows.open(None, "/healthz").request.get("/bar/").status == 401
