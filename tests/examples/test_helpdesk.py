"""django-helpdesk, which nobody here wrote, becomes live by the steps of the document."""

import os
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from hashlib import blake2s
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.windows import assert_not_reloaded, mark
from tests.examples.helpdesk import added_lines, write
from tests.examples.projects import Project, expect_live, log_in
from tests.examples.test_document import MOST
from tests.harness.chromium import PATIENCE
from tests.harness.processes import ROOT

# The first run installs forty packages.
pytestmark = pytest.mark.browser

CONSTRAINTS = Path(__file__).parent / "helpdesk-constraints.txt"
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NAMES = ("django-helpdesk", "daphne", *PACKAGES["optional-dependencies"]["live"])

SAMPLES = """
from django.contrib.auth.models import User
from helpdesk.models import Queue, Ticket
for name in ("alice", "bob"):
    User.objects.create_superuser(name, password="desk")
queue = Queue.objects.create(title="Office", slug="office")
for title in ("Printer on fire", "Door stuck"):
    Ticket.objects.create(title=title, queue=queue)
"""
FIND = "from helpdesk.models import Ticket; tickets = Ticket.objects.filter(pk=1); "


@pytest.fixture(scope="session")
def python() -> Path:
    """Of an environment with django-helpdesk, kept from run to run while its versions stay."""
    versions = blake2s(CONSTRAINTS.read_bytes() + sys.version.encode(), digest_size=6)
    folder = ROOT / ".cache" / f"helpdesk-{versions.hexdigest()}"
    complete = folder / "complete"
    if not complete.exists():
        venv.create(folder, clear=True, with_pip=True)
        install(folder / "bin" / "python")
        complete.touch()
    return Path(folder / "bin" / "python")


def install(python: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--retries", "1", "--timeout", "15",
               "--constraint", str(CONSTRAINTS), *NAMES]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, timeout=500)
    if result.returncode:
        why = result.stderr.splitlines()[0]
        reason = f"django-helpdesk cannot be installed: {why}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def desk(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("desk")
    write(folder)
    with Project(folder, python, front="/login/") as project:
        project.run(SAMPLES)
        yield project


@pytest.fixture
def contexts(desk: Project, browser: Browser) -> Iterator[list[BrowserContext]]:
    """Of alice and bob, each in a browser of their own, signed in."""
    contexts = []
    for name in ("alice", "bob"):
        context = browser.new_context(base_url=desk.url)
        context.set_default_timeout(PATIENCE)
        log_in(context.new_page(), "/login/?next=/tickets/", name, "desk")
        contexts.append(context)
    yield contexts
    for context in contexts:
        context.close()


@pytest.fixture
def tickets(contexts: list[BrowserContext]) -> Page:
    """alice's list of tickets, as it came from the server and live."""
    (page,) = contexts[0].pages
    expect(page.locator("#ticketTable tbody tr")).to_have_count(2)
    expect_live(page)
    mark(page)
    return page


def test_it_takes_no_more_lines_than_the_document_says() -> None:
    assert len(added_lines()) <= MOST


def test_its_list_shows_what_its_own_pages_change(
    tickets: Page, contexts: list[BrowserContext]
) -> None:
    (bobs,) = contexts[1].pages
    bobs.goto("/tickets/1/edit/")
    bobs.locator("input[name=title]").fill("Printer still on fire")
    bobs.locator("input[name=title]").press("Enter")
    expect(tickets.locator("#ticketTable")).to_contain_text("Printer still on fire")
    assert_not_reloaded(tickets)


def test_its_list_shows_what_an_update_changes(tickets: Page, desk: Project) -> None:
    desk.run(f"{FIND}tickets.update(title='Printer put out')")
    expect(tickets.locator("#ticketTable")).to_contain_text("Printer put out")
    assert_not_reloaded(tickets)


def test_its_list_shows_what_another_process_saves(tickets: Page, desk: Project) -> None:
    desk.run(f"{FIND}ticket = tickets.get(); ticket.title = 'Printer replaced'; ticket.save()")
    expect(tickets.locator("#ticketTable")).to_contain_text("Printer replaced")
    assert_not_reloaded(tickets)
