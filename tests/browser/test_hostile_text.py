"""What people type is text, wherever it appears: in the page as served, and as it arrives live."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.windows import Windows, expect_live, expect_settled, row
from tests.site import People
from tickets.models import Comment, Ticket

IMAGE = "<img src=x onerror=window.hacked=1>"
SCRIPT = "</textarea></script></template><script>window.hacked=1</script>"
ATTRIBUTE = "\" onmouseover=window.hacked=1 x='"
EVIL = [IMAGE, SCRIPT, ATTRIBUTE, "{{ user.password }}", "javascript:window.hacked=1"]


@contextmanager
def nothing_runs(page: Page) -> Iterator[None]:
    images = page.locator("img").count()
    yield
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == images == 0
    assert page.locator("[onmouseover], [onerror]").count() == 0


def fill_with(text: str, ticket: Ticket, site: People) -> Comment:
    """Everything that somebody may name or write, each change saved as people save it."""
    ticket.description = ticket.subject = ticket.requester_name = text
    ticket.save()
    site.billing.name = f"{text} {site.billing.pk}"
    site.billing.save()
    return Comment.objects.create(ticket=ticket, author=site.carol, body=text)


@pytest.mark.parametrize("text", EVIL)
def test_hostile_text_stays_text_live_and_served(text: str, windows: Windows, site: People) -> None:
    site.carol.first_name, site.carol.last_name = text[:40], "C."
    site.carol.save()
    ticket = site.ticket()
    board = windows.open(site.alice)
    detail = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    with nothing_runs(board), nothing_runs(detail):
        ticket.assignee = site.carol
        ticket.save()
        new = site.ticket(text, requester_name=text)
        fill_with(text, ticket, site)
        expect(board.locator("#rows a.subject")).to_have_text([text, text])
        expect(board.locator("#rows [data-slot=requester]")).to_have_text([text, text])
        expect(board.locator("#rows .name").last).to_contain_text(text[:40])
        expect(detail.get_by_role("heading", level=1)).to_have_text(text)
        expect(detail.locator(".said-text").last).to_have_text(text)
        expect(detail.locator("#timeline > .changed").last).to_contain_text(text)
        expect_live(board)
        expect_settled(board)
        assert board.evaluate("document.title").count("window") == 0
    for page in (board, detail):
        page.reload()
        expect_live(page)
        with nothing_runs(page):
            expect(page.get_by_text(text).first).to_be_attached()
    expect(row(board, f"{new.pk}")).to_be_visible()


@pytest.mark.parametrize("text", EVIL)
def test_hostile_text_in_the_search_stays_text(text: str, windows: Windows, site: People) -> None:
    page = windows.open(site.alice)
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator("#empty")).to_contain_text(f"Nothing matches “{text}”.")
    expect(page.get_by_role("searchbox")).to_have_value(text)
    with nothing_runs(page):
        expect_live(page)
        expect_settled(page)
