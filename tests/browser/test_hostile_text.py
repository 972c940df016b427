"""What people type is text, wherever it appears: in the page as served, and as it arrives live."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.windows import Windows, assert_not_reloaded, expect_live
from tests.site import People
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
        for words in ("a.subject", "[data-slot=requester]", ".name"):
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
