"""From an empty database to the first ticket, as docs/first-hour.md says it, in a real browser."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.windows import expect_live, expect_subjects, mark
from tests.deploy.typed import type_in
from tests.harness.chromium import PATIENCE
from tests.harness.processes import ROOT
from tests.harness.servers import Daphne

DOCUMENT = (ROOT / "docs" / "first-hour.md").read_text()
COMMANDS = re.findall(r"^    (\S.+)$", DOCUMENT, re.MULTILINE)
PASSWORD = "first of all people"


class AsTheDocumentSays(Daphne):
    """Its last command, on a port of this test."""

    def command(self) -> list[str]:
        _, *words = shlex.split(COMMANDS[-1])
        return [sys.executable, *words, "--noreload", str(self.port)]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Daphne]:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    *first, last = COMMANDS
    assert len(first) == 2
    assert last.endswith("runserver")
    script = "\n".join(f"{sys.executable} {command.partition(' ')[2]}" for command in first)
    answers = [("Password: ", PASSWORD), ("Password (again): ", PASSWORD)]
    said = type_in(f"set -e\ncd {ROOT}\nexport DATABASE_URL={url}\n{script}", answers)
    assert "Superuser created successfully" in said
    with AsTheDocumentSays(url) as server:
        yield server


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect_live(page)


def test_an_administrator_comes_from_an_empty_database_to_the_first_ticket_in_three_steps(
    browser: Browser, fresh: Daphne
) -> None:
    page = browser.new_page(base_url=fresh.url, viewport={"width": 390, "height": 800})
    page.set_default_timeout(PATIENCE)
    page.goto("/")
    log_in(page, "you")
    steps = page.locator(".first-hour li")
    expect(steps).to_have_count(3)
    expect(page.locator(".first-hour .done")).to_have_count(0)
    expect(page.get_by_text("No ticket here.")).to_be_hidden()

    page.get_by_label("Name of the queue").fill("Support")
    page.get_by_role("button", name="Add queue").click()
    expect(steps.nth(0)).to_contain_text("done")
    expect(page.get_by_role("button", name="I serve Support myself")).to_be_visible()

    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Username").fill("alice")
    for label in ("Password", "Password confirmation"):
        page.get_by_label(label, exact=True).fill(PASSWORD)
    page.get_by_label("Serves the queue").select_option("Support")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".notice-success")).to_have_text("They can sign in now.")

    page.goto("/")
    expect_live(page)
    expect(steps.nth(1)).to_contain_text("done")
    mark(page)

    theirs = browser.new_page(base_url=fresh.url)
    theirs.set_default_timeout(PATIENCE)
    theirs.goto("/")
    log_in(theirs, "alice")
    expect(theirs.locator(".first-hour")).to_have_count(0)
    theirs.locator("#main").get_by_role("link", name="New ticket").click()
    theirs.get_by_label("Subject").fill("The first ticket")
    theirs.get_by_label("Queue").select_option("Support")
    theirs.get_by_role("button", name="Open ticket").click()
    expect(theirs.get_by_role("heading", level=1)).to_have_text("The first ticket")

    expect_subjects(page, "The first ticket")
    expect(page.locator(".first-hour")).to_have_count(0)  # without a reload
    assert page.evaluate("window.loadedOnce === true")
    page.close()
    theirs.close()
