"""The whole of it, as an operator has it: database, Redis, two Daphne processes, nginx with TLS and
HTTP/2 from deploy/, and real browsers that log in.

On whatever database the run has; `make prod-check` gives it PostgreSQL and Redis, the real
heartbeat, and waits longer than every timeout in the way.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.windows import assert_not_reloaded, eventually, expect_live, log_in, mark, row
from tests.deploy.fronts import Nginx
from tests.deploy.production import Installation, Process
from tests.harness.chromium import PATIENCE
from tests.harness.site import People

THOROUGH = os.environ.get("PROD_CHECK") == "1"
HEARTBEAT = 15 if THOROUGH else 1
HOLD = 100 if THOROUGH else 5  # seconds; nginx' own limits are 30 to 75
OUTAGE = 10 if THOROUGH else 4
SOURCES = 10

pytestmark = pytest.mark.browser

# Bare EventSources, which know nothing of our client's care: the browser closes them for ever if
# it ever gets another answer than 200.
OPEN_SOURCES = """(count) => {
  window.sources = Array.from({ length: count }, () => {
    const source = new EventSource("/api/user/stream");
    const told = { events: [], heartbeats: 0, opened: 0, closed: false };
    const tell = ({ type, data }) => {
      const { ticket, reason } = JSON.parse(data);
      told.events.push(ticket ? `${type} ${ticket.id} v${ticket.version}` : `${type} ${reason}`);
    };
    for (const type of ["ticket.created", "ticket.updated", "ticket.removed", "reset"]) {
      source.addEventListener(type, tell);
    }
    source.addEventListener("connected", () => { told.opened += 1; });
    source.addEventListener("heartbeat", () => { told.heartbeats += 1; });
    source.addEventListener("error", () => { told.closed = source.readyState === 2; });
    return told;
  });
}"""


class Production:
    def __init__(self, folder: Path, installation: Installation) -> None:
        installation = installation.with_environment(
            LIVE_HEARTBEAT_SECONDS=str(HEARTBEAT), LIVE_POLL_SECONDS="1"
        )
        self.processes = [Process(installation) for _ in range(2)]
        ports = [process.port for process in self.processes]
        self.nginx = Nginx(folder, ports, installation.static)
        for process in self.processes:  # for the port, which is not 443
            process.environment["CSRF_TRUSTED_ORIGINS"] = self.nginx.url


@pytest.fixture(scope="module")
def production(place: Path, installation: Installation) -> Iterator[Production]:
    production = Production(place / "production", installation)
    with ExitStack() as stack:
        for server in (*production.processes, production.nginx):
            stack.enter_context(server)
        yield production


class Visitor:
    """A person with a browser of their own, who has logged in."""

    def __init__(self, browser: Browser, url: str, person: Any) -> None:
        self.context: BrowserContext = browser.new_context(base_url=url, ignore_https_errors=True)
        self.context.set_default_timeout(PATIENCE)
        self.board = self.context.new_page()
        self.board.goto("/")
        log_in(self.board, person)
        expect_live(self.board)
        mark(self.board)

    def open_sources(self) -> Page:
        page = self.context.new_page()
        page.goto("/")
        mark(page)
        page.evaluate(OPEN_SOURCES, SOURCES)
        eventually(page, lambda: told(page, "opened"), lambda opened: min(opened) == 1)
        return page


def told(page: Page, what: str) -> list[Any]:
    found = page.evaluate("(what) => window.sources.map((told) => told[what])", what)
    assert isinstance(found, list)
    return found


@pytest.fixture
def visit(browser: Browser, production: Production) -> Iterator[Any]:
    visitors: list[Visitor] = []

    def visit(person: Any) -> Visitor:
        visitors.append(Visitor(browser, production.nginx.url, person))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.context.close()


class Load:
    """Tickets opened and changed all the time; `events`: what every stream must tell, in order."""

    def __init__(self, site: People) -> None:
        self.site = site
        self.events: list[str] = []
        self.error: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stopped.set()
        self._thread.join(30)
        assert self.error is None, self.error

    def _work(self) -> None:
        try:
            while not self._stopped.wait(0.05):
                ticket = self.site.ticket(f"Number {len(self.events)}")
                self.events.append(f"ticket.created {ticket.pk} v{ticket.version}")
                ticket.status = "open"
                ticket.save()
                self.events.append(f"ticket.updated {ticket.pk} v{ticket.version}")
        except Exception as error:
            self.error = error
        finally:
            connection.close()


def expect_told(page: Page, events: list[str]) -> None:
    """Every source has told every one of them once, in their order, and nothing else."""
    eventually(
        page, lambda: told(page, "events"), lambda all_of: min(map(len, all_of)) >= len(events)
    )
    for number, events_of_source in enumerate(told(page, "events")):
        assert events_of_source == events, f"source {number}"
    assert not any(told(page, "closed"))


def test_logged_in_over_https_the_stream_stays_open_and_events_flow(
    visit: Any, production: Production, site: People
) -> None:
    alice = visit(site.alice)
    page = alice.context.new_page()
    page.goto("/")
    answers: list[dict[str, Any]] = []
    inspector = alice.context.new_cdp_session(page)
    inspector.on("Network.responseReceived", lambda sent: answers.append(sent["response"]))
    inspector.send("Network.enable")
    page.evaluate(OPEN_SOURCES, SOURCES)
    eventually(page, lambda: told(page, "opened"), lambda opened: min(opened) == 1)
    streams = [answer for answer in answers if answer["mimeType"] == "text/event-stream"]
    assert len(streams) == SOURCES  # more than the six connections of HTTP/1.1
    assert {(answer["protocol"], answer["status"]) for answer in streams} == {("h2", 200)}

    until = time.monotonic() + HOLD
    while time.monotonic() < until:
        page.wait_for_timeout(500)
    assert told(page, "opened") == [1] * SOURCES
    assert min(told(page, "heartbeats")) >= HOLD // HEARTBEAT - 1
    ticket = site.ticket("After a long silence")
    expect(row(alice.board, ticket.subject)).to_be_visible()
    expect_told(page, [f"ticket.created {ticket.pk} v{ticket.version}"])
    expect_live(alice.board)
    assert_not_reloaded(alice.board)


def test_one_process_restarted_after_the_other_under_load_nobody_loses_an_event(
    visit: Any, production: Production, site: People
) -> None:
    alice, carol = visit(site.alice), visit(site.carol)
    page = carol.open_sources()
    with Load(site) as load:
        for process in production.processes:
            process.terminate()
            page.wait_for_timeout(500)  # events meanwhile
            process.start()
            page.wait_for_timeout(500)
    expect_told(page, load.events)
    assert min(told(page, "opened")) >= 2
    last = f"Number {len(load.events) - 2}"
    for board in (alice.board, carol.board):
        expect_live(board, seconds=30)
        expect(row(board, last).first).to_be_visible()
    assert_not_reloaded(alice.board, carol.board, page)


def test_all_processes_gone_for_a_while_every_page_comes_back_by_itself(
    visit: Any, production: Production, site: People
) -> None:
    alice = visit(site.alice)
    page = alice.open_sources()
    for process in production.processes:
        process.terminate()
    missed = [site.ticket(f"In the dark {number}") for number in range(3)]
    until = time.monotonic() + OUTAGE
    while time.monotonic() < until:
        page.wait_for_timeout(500)
    assert not any(told(page, "closed"))
    for process in production.processes:
        process.start()
    expect_told(page, [f"ticket.created {ticket.pk} v{ticket.version}" for ticket in missed])
    expect_live(alice.board, seconds=30)
    expect(row(alice.board, "In the dark 2")).to_be_visible()
    assert_not_reloaded(alice.board, page)
