"""What people type is text, wherever it appears: in the page as served, and as it arrives live."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.windows import Windows, assert_not_reloaded, expect_live
from tests.harness.site import People
from tickets.models import Comment, Queue

IMAGE = "<img src=x onerror=window.hacked=1>"
SCRIPT = "</textarea></script></template><script>window.hacked=1</script>"
ATTRIBUTE = "\" onmouseover=window.hacked=1 x='"
EVIL = [IMAGE, SCRIPT, ATTRIBUTE, "{{ user.password }}", "javascript:window.hacked=1"]


@pytest.mark.parametrize("text", EVIL)
def test_hostile_text_stays_text_live_and_served(text: str, windows: Windows, site: People) -> None:
    name_badly(site.carol, site.billing, text)
    ticket = site.ticket(assignee=site.carol)
    board = windows.open(site.alice)
    detail = windows.open(site.alice, f"/tickets/{ticket.pk}/")

    ticket.subject = ticket.requester_name = text
    ticket.save()
    Comment.objects.create(ticket=ticket, author=site.carol, body=text)
    site.ticket(text, requester_name=text, assignee=site.carol)
    expect(board.locator("#rows a.subject")).to_have_text([text, text])
    for page in (board, detail):  # as it came live, …
        assert_all_is_text(page, text)
        assert_not_reloaded(page)
    site.billing.name += "!"
    site.billing.save()
    for page in (board, detail):  # … as it was loaded afresh, …
        expect(page.locator("main")).to_contain_text(site.billing.name)
        expect_live(page)
        assert_all_is_text(page, text)
        assert_not_reloaded(page)
        page.reload()  # … and as it was served
        expect_live(page)
        assert_all_is_text(page, text)


def name_badly(user: User, queue: Queue, text: str) -> None:
    user.last_name = text
    user.save()
    queue.name = f"{text} {queue.pk}"
    queue.save()


def assert_all_is_text(page: Page, text: str) -> None:
    """Where people's words stand, as they were written, and none has become a part of the page."""
    if page.locator("#ticket").count():
        expect(page.get_by_role("heading", level=1)).to_have_text(text)
        expect(page.locator(".said-text")).to_have_text([text])
        expect(page.locator(".said strong")).to_have_text([text])
        expect(page.locator("#timeline > .changed").last).to_contain_text(f"→ {text}")
        expect(page.get_by_label("Assignee").locator(":checked")).to_have_text(text)
    else:
        for words in ("a.subject", ".origin [data-slot=requester]", ".cell-requester", ".name"):
            expect(page.locator(f"#rows {words}")).to_have_text([text, text])
    expect(page.locator("[data-slot=queue]").first).to_contain_text(text)
    assert_nothing_ran(page)


def assert_nothing_ran(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, [onmouseover], [onerror]").count() == 0


@pytest.mark.parametrize("text", EVIL)
def test_hostile_text_in_the_search_stays_text(text: str, windows: Windows, site: People) -> None:
    page = windows.open(site.alice)
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#empty")).to_contain_text(f"Nothing matches “{text}”.")
    expect(page.get_by_role("searchbox")).to_have_value(text)
    expect_live(page)
    assert_nothing_ran(page)


LINKS = [
    ("see https://a.example/?x=1&y='2 now", ["https://a.example/?x=1&y="]),
    ('http://a"onmouseover=window.hacked=1 x', ["http://a"]),
    ("http://a<img src=x onerror=window.hacked=1>", ["http://a"]),
    ("javascript:window.hacked=1 data:text/html,<script>1</script> vbscript:x", []),
    ("javascript://http://a/%0awindow.hacked=1", ["http://a/%0awindow.hacked=1"]),
    ("\u202ehttp://a.example/\u202egpj.exe", ["http://a.example/"]),
    (f"https://a.example/{'x' * 3000}", [f"https://a.example/{'x' * 3000}"]),
    ("mailto:zoe@example.com?subject=<b>", ["mailto:zoe@example.com?subject="]),
]


def test_only_addresses_of_pages_and_of_mail_are_links_live_and_served(
    windows: Windows, site: People
) -> None:
    ticket = site.ticket(description="http://in.example/the?description")
    page = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    said = page.locator("#timeline > .said[data-comment] > .said-text")
    for count, (text, _) in enumerate(LINKS, 1):
        Comment.objects.create(ticket=ticket, author=site.carol, body=text)
        expect(said).to_have_count(count)
    hebrew = "\u05e9\u05dc\u05d5\u05dd\n\nhello"
    Comment.objects.create(ticket=ticket, author=site.carol, body=hebrew)
    expect(said).to_have_count(len(LINKS) + 1)
    assert_not_reloaded(page)
    live = said.evaluate_all("all => all.map((element) => element.innerHTML)")
    for _ in range(2):  # as it came live, and as it is served
        for (text, links), place in zip(LINKS, said.all(), strict=False):
            assert place.evaluate("element => element.textContent") == text
            found = place.locator("a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
            assert found == links
        for link in page.locator(".said-text a").all():
            expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
            expect(link).to_have_attribute("target", "_blank")
        assert page.locator(".said-text").first.locator("a").count() == 1
        paragraphs = said.last.locator("p")
        directions = "all => all.map((p) => getComputedStyle(p).direction)"
        assert paragraphs.evaluate_all(directions) == ["rtl", "ltr"]
        assert_nothing_ran(page)
        widths = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1]
        page.reload()
        expect_live(page)
    served = said.evaluate_all("all => all.map((element) => element.innerHTML)")
    assert served == live
