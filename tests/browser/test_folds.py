"""A long ticket in real windows: what is folded opens in place, by keyboard too, and stays live."""

from django.db import transaction
from playwright.sync_api import Locator, Page, expect

from tests.browser.windows import Windows, assert_not_reloaded, expect_live
from tests.harness.site import People
from tickets.canned.models import CannedReply
from tickets.inbox.models import MailText
from tickets.models import Comment, Ticket
from tickets.texts import SHOWN_AT_ONCE
from tickets.timeline import AT_ONCE

LONG = f"{'word ' * (SHOWN_AT_ONCE // 5)}THE END"
SAID = "#timeline > .said[data-comment]"


def path(ticket: Ticket) -> str:
    return f"/tickets/{ticket.pk}/"


def say(ticket: Ticket, site: People, *bodies: str) -> list[Comment]:
    return Comment.objects.bulk_create(
        Comment(ticket=ticket, author=site.carol, body=body) for body in bodies
    )


def numbers(ticket: Ticket, site: People, count: int) -> None:
    say(ticket, site, *(f"number {number} ends" for number in range(count)))


def earlier(page: Page) -> Locator:
    return page.locator("#earlier > a")


def texts(page: Page) -> list[str]:
    return page.locator(f"{SAID} > .said-text").all_inner_texts()


def test_earlier_entries_open_in_place_by_keyboard(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    numbers(ticket, site, 2 * AT_ONCE + 5)
    alice = windows.open(site.alice, path(ticket))
    expect(earlier(alice)).to_have_text(f"{AT_ONCE + 6} earlier")
    expect(earlier(alice)).to_have_attribute("aria-expanded", "false")
    earlier(alice).focus()
    alice.keyboard.press("Enter")
    expect(earlier(alice)).to_have_text("6 earlier")
    expect(alice.locator("#announcer")).to_have_text(f"{AT_ONCE} earlier shown")
    expect(alice.locator(SAID).first).to_be_focused()
    expect(alice.locator(SAID).first).to_contain_text("number 5 ends")
    earlier(alice).click()
    expect(earlier(alice)).to_have_count(0)
    expect(alice.locator("#timeline > [data-version]").first).to_be_focused()
    assert texts(alice) == [f"number {number} ends" for number in range(2 * AT_ONCE + 5)]
    assert_not_reloaded(alice)


def test_what_is_open_stays_open_and_goes_on_live(windows: Windows, site: People) -> None:
    """Also when all is loaded afresh, as after a queue's change of name."""
    ticket = site.ticket()
    say(ticket, site, LONG)
    numbers(ticket, site, AT_ONCE + 5)
    alice = windows.open(site.alice, path(ticket))
    earlier(alice).click()
    expect(earlier(alice)).to_have_count(0)
    alice.locator("a[data-whole]").click()
    expect(alice.locator(SAID).first).to_contain_text("THE END")

    say(ticket, site, "what is new")
    expect(alice.locator(SAID).last).to_contain_text("what is new")
    site.billing.name += " renamed"
    site.billing.save()
    expect(alice.locator(".ticket-head")).to_contain_text("renamed")
    expect_live(alice)
    expect(alice.locator(SAID)).to_have_count(AT_ONCE + 7)
    expect(alice.locator(SAID).first).to_contain_text("THE END")
    expect(alice.locator("a[data-whole]")).to_have_attribute("aria-expanded", "true")
    assert_not_reloaded(alice)


def test_a_long_text_is_shown_whole_and_short_again(windows: Windows, site: People) -> None:
    ticket = site.ticket(description=LONG)
    alice = windows.open(site.alice, path(ticket))
    text, link = alice.locator(".said-text").first, alice.locator("a[data-whole]")
    expect(text).not_to_contain_text("THE END")
    expect(link).to_have_text("Show all 4,007 characters")
    expect(link).to_have_attribute("aria-expanded", "false")
    link.focus()
    alice.keyboard.press("Enter")
    expect(text).to_contain_text("THE END")
    expect(link).to_have_text("Show less")
    expect(link).to_have_attribute("aria-expanded", "true")
    expect(link).to_be_focused()
    alice.keyboard.press("Enter")
    expect(text).not_to_contain_text("THE END")
    expect(link).to_have_text("Show all 4,007 characters")
    assert_not_reloaded(alice)


def test_a_long_comment_comes_live_as_a_fresh_page_shows_it(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    say(ticket, site, LONG, "short")
    expect(alice.locator(SAID)).to_have_count(2)
    link = alice.locator(f"{SAID} a[data-whole]")
    expect(link).to_have_count(1)
    expect(link).to_be_visible()
    expect(link).to_have_attribute("aria-expanded", "false")
    live = texts(alice)
    link.click()
    expect(alice.locator(SAID).first).to_contain_text("THE END")
    assert_not_reloaded(alice)
    alice.reload()
    assert texts(alice) == live


def test_without_scripts_links_lead_to_all_of_it(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    say(ticket, site, LONG)
    numbers(ticket, site, AT_ONCE)
    page = windows.open(site.alice, path(ticket), java_script_enabled=False)
    earlier(page).click()
    expect(page.locator(SAID)).to_have_count(1)
    page.locator("a[data-whole]").click()
    expect(page.locator("#whole-text")).to_contain_text("THE END")
    page.get_by_role("link", name="Back to the ticket").click()
    expect(page.locator(SAID)).to_have_count(AT_ONCE)
    earlier(page).click()
    page.get_by_role("link", name="To the newest").click()
    expect(page.locator(SAID).last).to_contain_text(f"number {AT_ONCE - 1} ends")


def test_the_page_of_a_whole_text_follows_its_ticket_and_nothing_else(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, f"{path(ticket)}description/")
    errors: list[str] = []
    alice.on("pageerror", lambda error: errors.append(f"{error}"))
    CannedReply.objects.create(owner=site.alice, name="Hello", text="Told to her pages")
    ticket.description = "Another one"
    ticket.save()
    expect(alice.locator("#whole-text")).to_have_text("Another one")
    assert errors == []


def test_on_a_page_of_the_past_nothing_new_is_put_in_its_midst(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket()
    numbers(ticket, site, 2 * AT_ONCE)
    newest = Comment.objects.latest("pk")
    alice = windows.open(site.alice, f"{path(ticket)}?before=comment-{newest.pk - 5}")
    before = texts(alice)
    say(ticket, site, "what is new")
    ticket.subject = "Seen when that is"
    ticket.save()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Seen when that is")
    assert texts(alice) == before
    alice.get_by_role("link", name="To the newest").click()
    expect(alice.locator(SAID).last).to_contain_text("what is new")


def test_a_draft_that_has_arrived_is_known_by_its_beginning(windows: Windows, site: People) -> None:
    """The answer to a long reply was lost, and the page shows only how the reply begins."""
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    box = alice.get_by_label("Text", exact=True)
    alice.route("**/comment/", lambda route: (route.fetch(max_redirects=0), route.abort())[1])
    box.fill(LONG)
    alice.get_by_role("button", name="Add reply").click()
    expect(alice.locator("#composer .says")).to_contain_text("send it again")
    assert Comment.objects.filter(ticket=ticket, body=LONG).count() == 1
    alice.unroute_all()
    alice.reload()
    expect_live(alice)
    expect(box).to_have_value("")


def test_a_comment_brings_its_ticket_into_the_search(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, "/?q=needle")
    expect(alice.locator("#rows > tr")).to_have_count(0)
    say(ticket, site, "A NEEDLE in it")
    expect(alice.locator("#rows > tr")).to_have_count(1)
    expect(alice.locator("[data-total]").first).to_have_text("1")
    assert_not_reloaded(alice)


def test_what_a_mail_quotes_opens_in_place_live_and_served(windows: Windows, site: People) -> None:
    ticket = site.ticket()
    alice = windows.open(site.alice, path(ticket))
    mail = Comment(
        ticket=ticket, requester=True, via="mail", author_name="Jonas <jonas@weber.example>",
        body="It burns.",
    )  # fmt: skip
    mail.has_quoted = True
    with transaction.atomic():
        mail.save()
        MailText.objects.create(comment=mail, text="It burns.\n\n> Is it <b>out</b>?")
    link, text = alice.locator(f"{SAID} a[data-whole]"), alice.locator(f"{SAID} > .said-text")
    for _ in range(2):
        expect(alice.locator(f"{SAID} > .said-head")).to_contain_text("Jonas <jonas@weber.example>")
        expect(link).to_have_text("Show quoted")
        expect(text).to_have_text("It burns.")
        link.click()
        expect(text).to_contain_text("> Is it <b>out</b>?")
        expect(link).to_have_text("Show less")
        link.click()
        expect(link).to_have_text("Show quoted")
        alice.reload()
