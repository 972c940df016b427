"""Three desks on one host, in one browser: one at the root, one at /desk/ behind the configuration
of deploy/, and one at /other/ behind a proxy that takes the path off."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.windows import eventually, expect_live, expect_state, log_in, log_out, row
from tests.deploy.fronts import Nginx
from tests.deploy.production import Installation, Process
from tests.harness.chromium import PATIENCE
from tests.harness.processes import ROOT
from tests.harness.sessions import session_of
from tests.harness.site import People

pytestmark = pytest.mark.browser

DOCUMENTED = re.compile(r"sed -E -i (-e '.*' -e '.*') \\\n")

# Each address on the page, but for those of other sites and within the page.
ADDRESSES = """() => [...document.querySelectorAll("[href], [src], [action]")]
  .map((element) => new URL(element.href || element.src || element.action, location.href))
  .filter((url) => url.origin === location.origin).map((url) => url.pathname)"""


class OnOneHost(Nginx):
    """The site's own configuration moved to /desk, as docs/operations.md says, and two locations
    for the others."""

    def __init__(self, folder: Path, desk: Process, root: Process, other: Process) -> None:
        self.root, self.other = root, other
        super().__init__(folder, [desk.port, desk.port], folder.parent / "srv" / "staticfiles")

    def write(self) -> None:
        super().write()
        found = DOCUMENTED.search((ROOT / "docs" / "operations.md").read_text())
        assert found is not None
        site = self.folder / "helpdesk.conf"
        subprocess.run(f"sed -E -i {found[1]} {site}", shell=True, check=True, timeout=10)
        others = "".join(
            f"    location {path} {{ proxy_pass http://127.0.0.1:{process.port}{off}; }}\n"
            for path, process, off in (("/", self.root, ""), ("/other/", self.other, "/"))
        )
        before, last, after = site.read_text().rpartition("    # Each process has its own numbers")
        site.write_text(before + others + last + after)


@dataclass
class Desk:
    path: str
    process: Process
    url: str = ""

    def streams(self) -> int:
        """How many agents' streams this desk has."""
        told = httpx.get(f"{self.process.url}/metrics").text
        found = re.search(r'^live_streams\{kind="agent"\} (\d+)', told, re.MULTILINE)
        assert found is not None, told
        return int(found[1])


class Desks(dict[str, Desk]):
    """By their paths."""

    nginx: OnOneHost


@pytest.fixture(scope="module")
def desks(place: Path, installation: Installation) -> Iterator[Desks]:
    found = Desks(
        (path, Desk(path, Process(installation.with_environment(FORCE_SCRIPT_NAME=path))))
        for path in ("", "/desk", "/other")
    )
    found.nginx = OnOneHost(
        place / "paths", found["/desk"].process, found[""].process, found["/other"].process
    )
    with ExitStack() as stack:
        for desk in found.values():
            desk.url = found.nginx.url + desk.path
            desk.process.environment["CSRF_TRUSTED_ORIGINS"] = (
                found.nginx.url
            )  # its port is not 443
            stack.enter_context(desk.process)
        stack.enter_context(found.nginx)
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def sign_in(context: BrowserContext, desk: Desk, user: User, path: str = "/") -> Page:
    """Through the log-in page, to which the desk itself leads."""
    page = context.new_page()
    page.goto(desk.url + path)
    expect(page).to_have_url(re.compile(re.escape(f"{desk.url}/accounts/login/?next={desk.path}/")))
    log_in(page, user)
    expect(page).to_have_url(desk.url + path)
    return page


def test_all_are_live_and_none_shares_a_cookie_or_a_worker(
    desks: Desks, context: BrowserContext, site: People
) -> None:
    """Alice is signed in at all three, so only the path can tell one desk's worker from another's;
    each sees that it has its own by its own stream."""
    ticket = site.ticket()
    pages = {path: sign_in(context, desk, site.alice) for path, desk in desks.items()}
    for path, page in pages.items():
        expect_live(page)
        eventually(page, desks[path].streams, lambda count: count == 1)
    ticket.status = "pending"
    ticket.save()
    for page in pages.values():
        expect(row(page, ticket.subject)).to_contain_text("pending")

    cookies = {(cookie["name"], cookie["path"]) for cookie in context.cookies()}
    assert cookies == {
        ("sessionid", "/"), ("csrftoken", "/"), ("known_sessionid", "/"),
        ("sessionid_desk", "/desk/"), ("csrftoken_desk", "/desk/"),
        ("known_sessionid_desk", "/desk/"),
        ("sessionid_other", "/other/"), ("csrftoken_other", "/other/"),
        ("known_sessionid_other", "/other/"),
    }  # fmt: skip

    log_out(pages[""])
    expect(pages[""]).to_have_url(f"{desks.nginx.url}/accounts/login/")
    for path in ("/desk", "/other"):
        pages[path].reload()
        expect_live(pages[path])


def test_each_person_of_one_browser_meets_only_their_own_desk(
    desks: Desks, context: BrowserContext, site: People
) -> None:
    hers = site.ticket("Only for alice")
    his = site.ticket("Only for bob", queue=site.network)
    alice = sign_in(context, desks["/desk"], site.alice)
    bob = sign_in(context, desks["/other"], site.bob)
    hers.priority = his.priority = "urgent"
    hers.save()
    his.save()
    for page, own, others in ((alice, hers, his), (bob, his, hers)):
        expect_live(page)
        expect(row(page, own.subject)).to_contain_text("urgent")
        assert others.subject not in page.content()
    log_out(bob)
    alice.wait_for_timeout(2_500)  # two heartbeats
    expect_state(alice, "live", "Live")


def test_what_is_typed_at_one_desk_is_not_found_at_another(
    desks: Desks, context: BrowserContext, site: People
) -> None:
    """A tab's storage belongs to the whole host, and tickets of two desks have the same numbers."""
    path = f"/tickets/{site.ticket().pk}/"
    page = sign_in(context, desks["/desk"], site.alice, path)
    expect_live(page)
    page.locator("#composer textarea").fill("Only for this desk")
    other = sign_in(context, desks["/other"], site.alice, path)
    other.close()
    page.goto(desks["/other"].url + path)
    expect_live(page)
    expect(page.locator("#composer textarea")).to_have_value("")
    page.goto(desks["/desk"].url + path)
    expect(page.locator("#composer textarea")).to_have_value("Only for this desk")


@pytest.mark.parametrize("path", ["/desk", "/other"])
def test_every_address_on_its_pages_follows(
    desks: Desks, context: BrowserContext, site: People, path: str
) -> None:
    desk = desks[path]
    ticket = site.ticket()
    page = sign_in(context, desk, site.admin)
    missing: list[str] = []
    page.on("response", lambda answer: missing.extend([answer.url] if answer.status >= 400 else []))
    for place in ("/", f"/tickets/{ticket.pk}/", "/tickets/new/", "/admin/", "/api/docs",
                  "/admin/tickets/ticket/", "/admin/live/serverprocess/"):  # fmt: skip
        page.goto(desk.url + place)
        page.wait_for_load_state()
        outside = [url for url in page.evaluate(ADDRESSES) if not f"{url}/".startswith(f"{path}/")]
        assert outside == [], place
    assert missing == []
    page.goto(f"{desk.url}/nothing/")
    page.get_by_role("link", name="To the board").click()
    expect(page).to_have_url(f"{desk.url}/")
    page.goto(desk.url)  # without the last slash
    expect(page).to_have_url(f"{desk.url}/")
    page.goto(f"{desk.url}/tickets/new/")
    page.get_by_label("Subject").fill("Opened under a path")
    page.get_by_label("Queue").select_option(label=site.billing.name)
    page.get_by_role("button", name="Open ticket").click()
    expect(page).to_have_url(re.compile(re.escape(f"{desk.url}/tickets/")))
    expect(page.get_by_role("heading", name="Opened under a path")).to_be_visible()


@pytest.mark.parametrize("path", ["/desk", "/other"])
def test_probes_answer_with_the_path_and_without(desks: Desks, path: str) -> None:
    for probe in ("/healthz", "/readyz", "/metrics"):
        for prefix in ("", path):
            assert httpx.get(desks[path].process.url + prefix + probe).status_code == 200


@pytest.mark.parametrize("set_in_its_own_environment", [True, False])
def test_the_doctor_finds_it_sound(
    desks: Desks, site: People, set_in_its_own_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if set_in_its_own_environment:
        monkeypatch.setenv("FORCE_SCRIPT_NAME", "/desk")
    report = examine(
        f"{desks['/desk'].url}/", "--username", site.carol.username,
        "--direct", desks["/desk"].process.url, STREAMDOCTOR_PASSWORD="demo",
    )  # fmt: skip
    found = [finding for finding in report["findings"] if finding["severity"] != "info"]
    assert (found, report["healthy"]) == ([], True)


def test_the_doctor_of_any_stream_takes_its_whole_address(desks: Desks, site: People) -> None:
    command = [sys.executable, "-m", "streamdoctor", f"{desks['/other'].url}/api/user/stream",
               "--cookie", f"sessionid_other={session_of(site.carol)}"]  # fmt: skip
    done = run([*command, "--insecure", "--json", "--seconds", "15"])
    assert json.loads(done)["healthy"], done


def examine(*arguments: str, **environment: str) -> dict[str, Any]:
    command = [sys.executable, "manage.py", "streamdoctor", "--json", "--insecure",
               "--seconds", "20", *arguments]  # fmt: skip
    report: dict[str, Any] = json.loads(run(command, **environment))
    return report


def run(command: list[str], **environment: str) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, timeout=60, check=False, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    return done.stdout
