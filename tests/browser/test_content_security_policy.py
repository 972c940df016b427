"""No page breaks the rules that the site gives to browsers, the admin's and /api/docs among them,
and the rules stop a script that got into a page."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.browser.windows import Windows, eventually, expect_live, log_in, row
from tests.harness.site import People
from tickets.models import Comment, Ticket

# In each page, before anything of it runs.
LISTEN = """addEventListener("securitypolicyviolation", (event) => console.error(
  `VIOLATION ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}` +
  `:${event.lineNumber} on ${location.pathname}`))"""


class Watched:
    """A window whose every violation is kept, by the page's own word and by the browser's."""

    def __init__(self, windows: Windows) -> None:
        self.violations: list[str] = []
        self.windows = windows

    def open(self, user: object = None, path: str = "/") -> Page:
        page = self.windows.open(None, "/accounts/login/")
        self.watch(page.context)
        if user is not None:
            log_in(page, user)  # type: ignore[arg-type]
            expect_live(page)
        page.goto(path)
        return page

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(LISTEN)
        context.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if "VIOLATION" in message.text or "Content Security Policy" in message.text:
            self.violations.append(message.text)


@pytest.fixture
def watched(windows: Windows) -> Iterator[Watched]:
    watched = Watched(windows)
    yield watched
    assert watched.violations == []


def test_the_help_desks_own_pages(watched: Watched, site: People) -> None:
    ticket = site.ticket()
    page = watched.open(site.alice, "/?status=all")
    expect_live(page)
    ticket.subject = "Printer on fire again"
    ticket.save()
    expect(row(page, ticket.subject)).to_be_visible()
    page.goto("/tickets/new/")
    expect_live(page)
    page.goto(f"/tickets/{ticket.pk}/")
    expect_live(page)
    Comment.objects.create(ticket=ticket, author=site.carol, body="Coming")
    expect(page.locator(".said-text")).to_have_text(["Coming"])
    page.goto("/accounts/password_change/")
    page.goto(f"/tickets/{ticket.pk}/description/")
    page.goto("/nothing/here/")
    page.goto("/accounts/login/?next=/tickets/new/")


def test_every_page_of_the_admin(watched: Watched, site: People) -> None:
    """One of each kind that can be reached by a link: lists, forms, deletions, histories."""
    Ticket.objects.create(subject="In a queue", queue=site.billing, assignee=site.alice)
    page = watched.open(site.admin, "/admin/")
    pending, seen = ["/admin/"], set[str]()
    while pending:
        path = pending.pop()
        answer = page.goto(path)
        assert answer is not None
        assert answer.status in (200, 403), path  # who joined which queue is not deleted there
        for url in page.eval_on_selector_all("a[href]", "links => links.map((link) => link.href)"):
            place = urlsplit(url).path
            if not place.startswith("/admin/") or "logout" in place:
                continue
            name = resolve(place).view_name
            if name not in seen:
                seen.add(name)
                pending.append(place)
    models = ("tickets_ticket", "tickets_queue", "tickets_change", "auth_user", "auth_group")
    assert {f"admin:{model}_changelist" for model in models} <= seen
    for kind in ("add", "change", "delete", "history"):
        assert any(name.endswith(f"_{kind}") for name in seen), kind
    assert "admin:live_serverprocess_changelist" in seen


def test_what_the_admins_forms_open_and_shut(watched: Watched, site: People) -> None:
    ticket = site.ticket()
    page = watched.open(site.admin, f"/admin/tickets/ticket/{ticket.pk}/change/")
    page.locator(".field-assignee .select2-selection").click()
    page.locator(".select2-search__field:focus").press_sequentially(site.bob.username)
    page.get_by_role("option", name=site.bob.username, exact=True).click()
    page.locator("#calendarlink0").click()
    page.locator("#calendarin0").get_by_text("15", exact=True).click()
    page.locator("#clocklink0").click()
    page.get_by_text("Noon").click()
    page.locator("#comments-group .add-row a").click()
    page.locator("#id_comments-0-body").fill("By the admin")
    with page.expect_popup() as opened:
        page.locator("#add_id_queue").click()
    popup = opened.value
    popup.get_by_label("Name").fill(f"New {ticket.pk}")
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    saved = Ticket.objects.get(pk=ticket.pk)
    assert (saved.assignee, saved.queue.name) == (site.bob, f"New {ticket.pk}")

    page.goto(f"/admin/auth/user/{site.bob.pk}/change/")
    page.locator("#id_user_permissions_from option").first.dblclick()
    expect(page.locator("#id_user_permissions_to option")).to_have_count(1)
    page.goto(f"/admin/auth/user/{site.bob.pk}/password/")


def test_the_documentation_of_the_api(watched: Watched, site: People) -> None:
    page = watched.open(site.admin, "/api/docs")
    operation = page.locator(".opblock-get").first
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text(
        "200"
    )


def test_a_script_that_got_into_a_page_does_not_run(windows: Windows, site: People) -> None:
    page = windows.open(site.alice)
    watched = Watched(windows)
    watched.watch(page.context)
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        const image = document.createElement("img");
        image.setAttribute("onerror", "window.hacked = 1");
        image.src = "/nothing.png";
        const foreign = document.createElement("script");
        foreign.src = "http://127.0.0.1:1/evil.js";
        const frame = document.createElement("iframe");
        frame.src = "javascript:parent.hacked = 1";
        document.body.append(script, image, foreign, frame);
    }""")
    eventually(page, lambda: len(watched.violations), lambda found: found >= 4)
    assert page.evaluate("window.hacked") is None
