"""Their other tickets beside a ticket, live; and a merge, as those see it who have either open."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    eventually,
    expect_live,
    expect_settled,
    hold_answers,
    row,
)
from tests.harness.people import agent
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tickets.merging.deeds import merge
from tickets.models import Comment, Ticket
from tickets.timeline import AT_ONCE

JONAS = {"requester_name": "Jonas Weber", "requester_email": "jonas@weber.example"}


def path(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/"


def beside(page: Page) -> Locator:
    return page.locator("#others [data-other]")


def box(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


def test_their_other_tickets_stand_beside_one_and_follow(
    windows: Windows, server: Daphne, site: People
) -> None:
    address = {"requester_email": f"j{site.billing.pk}@weber.example"}
    ticket = site.ticket(**address)
    alice = windows.open(site.alice, path(ticket))
    panel = alice.locator("#others")
    expect(panel).to_be_hidden()

    other = site.ticket("Smoke", requester_email=address["requester_email"].upper())
    expect(beside(alice)).to_have_count(1)
    expect(beside(alice)).to_contain_text(f"#{other.pk} Smoke")
    expect(panel.get_by_role("link", name="All 2")).to_be_visible()
    site.ticket("Not theirs", requester_email="else@weber.example")

    with Browser(server.url, site.carol) as carol:
        carol.patch(f"/api{path(other)}", json={"status": "resolved", "subject": "No smoke"})
        expect(beside(alice)).to_contain_text("No smoke")
        expect(beside(alice).locator(".status")).to_have_text("resolved")
        carol.patch(f"/api{path(other)}", json={"queue": site.network.pk})
        expect(panel).to_be_hidden()
        carol.patch(f"/api{path(ticket)}", json={"requester_email": "else@weber.example"})
        expect(beside(alice)).to_contain_text("Not theirs")
    assert_not_reloaded(alice)

    panel.get_by_role("link", name="All 2").click()
    expect_live(alice)
    expect(row(alice, "Not theirs")).to_be_visible()
    expect_settled(alice)


def test_of_two_answers_about_their_other_tickets_the_later_one_counts(
    windows: Windows, site: People
) -> None:
    """The whole page is read again for a new description, and comes when the part has come."""
    address = {"requester_email": f"o{site.billing.pk}@weber.example"}
    ticket, other = site.ticket(**address), site.ticket("Smoke", **address)
    alice = windows.open(site.alice, path(ticket))
    held = hold_answers(alice, f"**{path(ticket)}")
    ticket.description = "It smells"
    ticket.save()
    eventually(alice, lambda: len(held), lambda number: number == 1)
    other.subject = "No smoke"
    other.save()
    expect(beside(alice)).to_contain_text("No smoke")
    held[0]()
    expect(alice.locator(".said-text")).to_have_text("It smells")
    alice.evaluate("new Promise((done) => setTimeout(done))")  # it has taken the rest of the page
    expect(beside(alice)).to_contain_text("No smoke")


def test_a_merge_by_keys_leads_on_and_both_open_pages_follow(
    windows: Windows, site: People
) -> None:
    address = {**JONAS, "requester_email": f"m{site.billing.pk}@weber.example"}
    one = site.ticket("Smoke", description="It smells", **address)
    other = site.ticket("Printer on fire", **address)
    for ticket, text in ((one, "First"), (other, "Second"), (one, "Third")):
        Comment.objects.create(ticket=ticket, author=site.carol, body=text)
    alice = windows.open(site.alice, path(one))
    watches_other, watches_one = (windows.open(site.carol, path(it)) for it in (other, one))
    board = windows.open(agent(f"erin{site.billing.pk}", site.billing))
    box(watches_one).fill("Half a sentence")

    alice.locator("h1").click()
    alice.keyboard.press("m")
    dialog = alice.get_by_role("dialog")
    expect(dialog.get_by_role("radio")).to_be_focused()
    alice.keyboard.press("Space")
    alice.keyboard.press("Enter")
    expect(dialog.get_by_role("heading")).to_have_text(f"Merge #{one.pk} into #{other.pk}?")
    expect(dialog).to_contain_text("This cannot be taken back.")
    dialog.get_by_role("button", name="Merge").click()
    expect(row(board, "Smoke")).to_contain_text(f"merged into #{other.pk} by")
    expect(alice).to_have_url(re.compile(f"{path(other)}$"))
    expect_live(alice)

    said = watches_other.locator("#timeline > .said .said-text")
    expect(said).to_have_text([re.compile("It smells"), "First", "Second", "Third"])
    expect(watches_other.locator("#timeline > .changed").last).to_contain_text(
        f"took in #{one.pk} Smoke"
    )
    expect(watches_other.locator("#timeline .undo")).to_have_count(0)

    expect(watches_one.locator("#merged")).to_contain_text(f"Merged into #{other.pk}")
    expect(watches_one.locator("#timeline > .said .said-text")).to_have_text(["It smells"])
    expect(box(watches_one)).to_have_value("Half a sentence")
    expect(box(watches_one)).not_to_be_editable()
    expect(watches_one.locator("#merged")).to_contain_text("still yours to copy")
    expect(row(board, "Printer on fire")).to_have_attribute("data-unread", "")
    expect(board.locator("[data-total]")).to_have_text("1")
    assert_not_reloaded(watches_other, watches_one, board)
    watches_one.locator("#merged a").click()
    expect_live(watches_one)
    expect(watches_one.locator("h1")).to_have_text("Printer on fire")


def test_the_tickets_of_two_people_are_asked_about(windows: Windows, site: People) -> None:
    one = site.ticket("Smoke", requester_email="jonas@weber.example")
    other = site.ticket("Fire", requester_email="marta@weber.example", queue=site.network)
    carol = windows.open(site.carol, path(one))
    carol.get_by_role("link", name="Merge into").click()
    dialog = carol.get_by_role("dialog")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose a ticket, or write its number.")
    dialog.get_by_label("number").fill(f"#{other.pk}")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_contain_text("These are two people's tickets.")
    expect(dialog).to_contain_text(f"such as the agents of {site.network.name}")
    dialog.get_by_role("button", name="Merge").click()
    assert Ticket.objects.get(pk=one.pk).merged_into_id is None  # the box is required
    dialog.get_by_label("Merge them all the same").check()
    dialog.get_by_role("button", name="Merge").click()
    expect(carol).to_have_url(re.compile(f"{path(other)}$"))
    assert Ticket.objects.get(pk=one.pk).merged_into == other


def test_without_scripts_it_is_a_page(windows: Windows, site: People) -> None:
    one, other = (site.ticket(subject, **JONAS) for subject in ("Smoke", "Fire"))
    alice = windows.open(site.alice, path(one), java_script_enabled=False)
    alice.get_by_role("link", name="Merge into").click()
    alice.get_by_label("number").fill(f"{other.pk}")
    alice.get_by_role("button", name="Go on").click()
    alice.get_by_role("button", name="Merge").click()
    expect(alice.locator(".notice-success")).to_contain_text(f"#{one.pk} is merged into")
    expect(alice.locator("h1")).to_have_text("Fire")


def test_an_address_of_a_comment_leads_to_where_it_is_now_and_opens_what_is_folded(
    windows: Windows, site: People
) -> None:
    one, other = site.ticket("Smoke", **JONAS), site.ticket("Printer on fire", **JONAS)
    folded = Comment.objects.create(ticket=one, author=site.alice, body="Pull the plug.")
    last = Comment.objects.create(ticket=one, author=site.alice, body="Is it out?")
    merge(site.alice, one.pk, other.pk)
    page = windows.open(site.alice, f"{path(one)}#comment-{last.pk}")
    at_last = re.compile(rf"{path(other)}#comment-{last.pk}$")
    expect(page).to_have_url(at_last)
    expect(page.locator(f"#comment-{last.pk}")).to_be_in_viewport()
    expect_live(page)

    Comment.objects.bulk_create(
        Comment(ticket=other, author=site.carol, body=f"number {n}") for n in range(2 * AT_ONCE)
    )
    page.goto(f"{path(one)}#comment-{folded.pk}")
    at_folded = rf"{path(other)}\?until=comment-{folded.pk}#comment-{folded.pk}$"
    expect(page).to_have_url(re.compile(at_folded))
    expect(page.locator(f"#comment-{folded.pk}")).to_be_in_viewport()
    page.get_by_role("link", name="To the newest").click()
    expect(page.locator("#timeline")).to_contain_text(f"number {2 * AT_ONCE - 1}")

    page.evaluate(f"location.hash = 'comment-{last.pk}'")  # as a notice's link does
    expect(page.locator(f"#comment-{last.pk}")).to_be_in_viewport()
    page.goto(f"{path(one)}#comment-999999999")
    expect(page).to_have_url(re.compile(rf"{path(one)}#timeline-end$"))
    expect(page.locator("#merged")).to_contain_text(f"Merged into #{other.pk}")
