"""What a browser has to load before a page works: there is no build that makes scripts smaller, so
their sizes are bounded here. What is loaded later, by `import()`, is left out; the worker's scripts
are not."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from tests.harness.people import signed_in
from tests.harness.processes import ROOT
from tickets.models import Queue, Ticket

pytestmark = pytest.mark.django_db

SCRIPTS = {  # bytes of each page
    "/": 117_000,
    "/tickets/{}/": 142_000,
    "/tickets/new/": 89_000,
    "/accounts/preferences/": 75_000,
}
STYLES = 45_000  # bytes of the whole site
SOURCE = re.compile(r'<script type="module" src="/static/([^"?]+)"')
WORKER = re.compile(r'data-worker="/static/([^"?]+)"')
IMPORT = re.compile(r'^(?:import|export)\b[^;"]*?"(\./[^"]+|\.\./[^"]+)";', re.MULTILINE)


def loaded_by(page: str) -> set[Path]:
    """The scripts that the page names, and those that they import at once."""
    names = SOURCE.findall(page) + WORKER.findall(page)
    found: set[Path] = set()
    waiting = [_file(name) for name in names]
    while waiting:
        script = waiting.pop()
        if script not in found:
            found.add(script)
            waiting += [(script.parent / name).resolve() for name in IMPORT.findall(_text(script))]
    return found


def _file(name: str) -> Path:
    found = finders.find(name)
    assert found, name
    return Path(found).resolve()


@cache
def _text(script: Path) -> str:
    return script.read_text()


@pytest.mark.parametrize("page", SCRIPTS)
def test_a_page_works_with_few_scripts(page: str, alice: User, billing: Queue) -> None:
    ticket = Ticket.objects.create(subject="Printer on fire", queue=billing)
    client: Client = signed_in(alice)
    scripts = loaded_by(client.get(page.format(ticket.pk)).content.decode())
    assert {"live.js", "worker.js", "hub.js"} <= {script.name for script in scripts}
    sizes = sorted(((script.stat().st_size, script.name) for script in scripts), reverse=True)
    assert sum(size for size, _ in sizes) <= SCRIPTS[page], sizes


def test_the_styles_of_the_site_are_few() -> None:
    styles = [*(ROOT / "static").rglob("*.css"), *(ROOT / "live/static").rglob("*.css")]
    assert sum(style.stat().st_size for style in styles) <= STYLES
