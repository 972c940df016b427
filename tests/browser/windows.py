"""What the tests in real windows share: to open one, to read it, and to wait until it has settled.

A window is a browser of its own (cookies, storage, workers); its tabs share all of that.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.harness.chromium import PATIENCE
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of

ROWS = "#rows > tr"

# What a row says, but for its times, which go on by themselves.
READ_ROWS = """(page) => [...page.querySelectorAll("#rows > tr")].map((row) =>
  ["number", "subject", "requester", "queue", "status", "priority", "assignee"].map((name) => {
    const slot = row.querySelector(`[data-slot="${name}"]`);
    const parts = [...slot.children].filter((part) => !part.hidden);
    return (parts.length ? parts : [slot]).map((part) => part.textContent.trim()).join();
  }).join(" | "))"""

# Everything in which the board differs from the lists as the server gives them, in words.
DISAGREEMENTS = f"""async () => {{
  const rowsOf = {READ_ROWS};
  const load = async (url) => {{
    const answer = await fetch(url, {{ cache: "no-store" }});
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }};
  const listed = async (url) => {{
    const first = await load(url);
    let rows = rowsOf(first).length;
    for (let page = 2; page <= Number(first.getElementById("board").dataset.pages); page += 1) {{
      const next = new URL(url);
      next.searchParams.set("page", page);
      rows += rowsOf(await load(next)).length;
    }}
    return rows;
  }};
  const pill = document.getElementById("pill");
  if (!pill.hidden) pill.click(); // It holds back what has come and gone.
  const found = [];
  const compare = (what, shown, is) => {{
    if (String(shown) !== String(is)) found.push(`${{what}} shows ${{shown}}, is ${{is}}`);
  }};
  const links = [...document.querySelectorAll("#side a")];
  await Promise.all(links.map(async (link) => {{
    const shown = link.querySelector(".count").textContent;
    compare(link.querySelector(".side-label").textContent, shown, await listed(link.href));
  }}));
  const here = new URL(location.href);
  here.searchParams.delete("page");
  const total = await listed(here);
  compare("the heading", document.querySelector("[data-total]").textContent, total);
  compare("the title", document.title.match(/\\((\\d+)\\)/)[1], total);
  const fresh = await load(location.href);
  compare("the list", "\\n" + rowsOf(document).join("\\n"), "\\n" + rowsOf(fresh).join("\\n"));
  const isEmpty = (page) => page.getElementById("empty").hidden ? "no" : "yes";
  compare("the empty state", isEmpty(document), isEmpty(fresh));
  const pager = (page) => page.getElementById("pager").textContent.replace(/\\s+/g, " ");
  compare("the pager", pager(document), pager(fresh));
  return found;
}}"""


class Windows:
    """`windows.open(user, path)`: a window of a signed-in user, live, closed after the test."""

    def __init__(self, browser: Browser, server: Daphne) -> None:
        self.browser = browser
        self.server = server
        self.contexts: list[BrowserContext] = []

    def open(self, user: User | None = None, path: str = "/", **options: Any) -> Page:
        """In a browser of its own; without scripts there is no stream to wait for."""
        context = self.browser.new_context(base_url=self.server.url, **options)
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        if user is not None:
            sign_in(context, user, self.server)
        page = context.new_page()
        page.goto(path)
        if user is not None and options.get("java_script_enabled", True):
            expect_live(page)
            mark(page)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def sign_in(context: BrowserContext, user: User, server: Daphne) -> None:
    cookie = {"name": "sessionid", "value": session_of(user), "url": server.url}
    context.add_cookies([cookie])  # type: ignore[list-item]


def log_in(page: Page, user: User) -> None:
    """As a person does; each of tests/site.py has the password "demo"."""
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.locator("summary", has_text="Signed in as").click()
    page.get_by_role("button", name="Log out").click()


def open_tab(page: Page, path: str = "/") -> Page:
    """Another tab of the same browser."""
    tab = page.context.new_page()
    tab.goto(path)
    expect_live(tab)
    mark(tab)
    return tab


def expect_state(page: Page, state: str, words: str, *, seconds: float = PATIENCE / 1000) -> None:
    patience = 1000 * seconds
    expect(page.locator("html")).to_have_attribute("data-live-state", state, timeout=patience)
    expect(page.locator("#live-status")).to_contain_text(words, timeout=patience)


def expect_live(page: Page, *, seconds: float = PATIENCE / 1000) -> None:
    expect_state(page, "live", "Live", seconds=seconds)


def mark(page: Page) -> None:
    """What a reload would wipe out."""
    page.evaluate("window.loadedOnce = true")


def assert_not_reloaded(*pages: Page) -> None:
    for page in pages:
        assert page.evaluate("window.loadedOnce === true"), f"{page.url} was loaded again"


def row(page: Page, subject: str) -> Locator:
    return page.locator(ROWS).filter(has_text=subject)


def expect_subjects(page: Page, *subjects: str) -> None:
    """These tickets in this order, and no other."""
    expect(page.locator(f"{ROWS} a.subject")).to_have_text(list(subjects))


def hold_answers(page: Page, address: str) -> list[Callable[[], None]]:
    """The server answers what is asked there. The page gets each answer when it is called for."""
    held: list[Callable[[], None]] = []
    page.route(address, lambda route: held.append(partial(route.fulfill, response=route.fetch())))
    return held


def expect_settled(*pages: Page) -> None:
    """Soon the rows are those that a fresh page has, and each counter the length of its list."""
    for page in pages:
        eventually(page, partial(page.evaluate, DISAGREEMENTS), lambda found: not found)


def eventually(page: Page, read: Callable[[], Any], accept: Callable[[Any], bool]) -> Any:
    """What is read once it is acceptable, while the browser goes on."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not accept(found := read()):
        assert time.monotonic() < deadline, f"still {found!r}"
        page.wait_for_timeout(100)
    return found
