"""From the release before to this code as docs/operations.md says it: nobody who is connected loses
an event, and the processes of both releases work on one database as long as both run.

The release before is taken from the repository's own history, and runs in the same environment.
"""

import json
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from itertools import count
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.windows import assert_not_reloaded, expect_live, mark, row
from tests.deploy.fronts import Nginx
from tests.deploy.production import Installation, Process
from tests.harness.chromium import PATIENCE
from tests.harness.databases import Postgres
from tests.harness.processes import ROOT, installed
from tests.harness.sse import EventStream

BEFORE = "bf7f748da1debb231892fc8ac06b0d2328842336"  # 0.1.0
numbers = count(1)
TROUBLE = re.compile("Traceback|ERROR|WARNING")
TOLD = ("ticket.created", "ticket.updated", "ticket.removed", "reset")


@pytest.fixture(scope="module")
def before(place: Path) -> Path:
    """The code of the release before."""
    git, folder = installed("git", "git"), place / "before"
    archive = subprocess.run(
        [git, "archive", BEFORE], cwd=ROOT, timeout=60, capture_output=True, check=False
    )
    if archive.returncode:
        # No tool is missing, so this is a skip in CI too: a clone may hold the last commit only.
        pytest.skip(f"this copy has no history with {BEFORE[:7]}, the release before")
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True, timeout=60)
    return folder


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def prepared(request: pytest.FixtureRequest, place: Path, before: Path) -> "Desk":
    """The release before, installed and filled. Nothing of it runs: each test takes a copy."""
    folder = place / f"before-{request.param}"
    folder.mkdir()
    folder.chmod(0o755)
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'db.sqlite3'}"
        if request.param == "postgres":
            url = stack.enter_context(Postgres(folder / "postgres")).url
        return Desk(folder, url, before)


@pytest.fixture
def desk(prepared: "Desk", place: Path) -> Iterator["Desk"]:
    """The release before, on a database of its own."""
    folder = place / f"upgrade-{next(numbers)}"
    subprocess.run(["cp", "--archive", prepared.folder, folder], check=True, timeout=60)
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'db.sqlite3'}"
        if (folder / "postgres").exists():
            postgres = Postgres(folder / "postgres")
            postgres.start()
            stack.callback(postgres.stop)
            url = postgres.url
        yield prepared.moved_to(folder, url)


class Desk:
    def __init__(self, folder: Path, url: str, before: Path) -> None:
        self.folder = folder
        self.before = before
        self.installation = Installation(
            folder, url, before, LIVE_HEARTBEAT_SECONDS="1", LIVE_POLL_SECONDS="0.5",
            SECURE_SSL_REDIRECT="0", SESSION_COOKIE_SECURE="0", CSRF_COOKIE_SECURE="0",
        )  # fmt: skip
        self.installation.manage("migrate")
        said = self.installation.manage("shell", "-v", "0", "-c", PREPARE)
        self.ids: dict[str, int] = {}
        self.sessions: dict[str, str] = {}
        vars(self).update(json.loads(said.splitlines()[-1]))

    def moved_to(self, folder: Path, url: str) -> "Desk":
        other = copy(self)
        other.folder = folder
        other.installation = self.installation.moved_to(folder, url)
        return other

    @contextmanager
    def process(self) -> Iterator[Process]:
        """With the code that is installed now; at the end it has not said a word of trouble."""
        process = Process(self.installation)
        with process:
            yield process
        for line in process.log.read_text().splitlines():
            if "/readyz" not in line:  # which says 503 until the process has read the log
                assert not TROUBLE.search(line), process.said()

    def upgrade(self) -> None:
        """The new code is there, and the database is as it wants it; processes run on."""
        self.installation.take(ROOT)
        self.installation.manage("migrate")
        self.installation.collect(ROOT)

    def go_back(self) -> None:
        self.installation.take(self.before)
        self.installation.collect(self.before)
        self.installation.manage("migrate", "--check")  # as helpdesk@.service does

    def shows_every_page(self, server: Process) -> None:
        with self.client(server, "carol") as client:
            listed = client.get("/api/tickets/").json()["results"]
            ticket = f"/tickets/{listed[0]['id']}/"
            for path in ("/", ticket, "/tickets/new/", "/accounts/login/", "/api/docs"):
                answer = client.get(path)
                assert answer.status_code < 500, (path, server.said())

    def client(self, server: Process, person: str) -> httpx.Client:
        cookies = {"sessionid": self.sessions[person], "csrftoken": "t" * 32}
        return httpx.Client(
            base_url=server.url, cookies=cookies, headers={"X-CSRFToken": "t" * 32}, timeout=30
        )

    def create(self, server: Process, queue: str, person: str = "carol") -> int:
        with self.client(server, person) as client:
            answer = client.post(
                "/api/tickets/", json={"subject": "Created", "queue": self.ids[queue]}
            )
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def move(self, server: Process, ticket: int, queue: str) -> None:
        with self.client(server, "carol") as client:
            answer = client.patch(f"/api/tickets/{ticket}/", json={"queue": self.ids[queue]})
        assert answer.status_code == 200, answer.text


class Page:
    """An open page: one stream after the other, and each goes on where the last one ended."""

    def __init__(self, desk: Desk, person: str, server: Process) -> None:
        self.session = desk.sessions[person]
        self.last_id = -1
        self.told: Counter[tuple[str, int]] = Counter()  # how often: event and ticket
        self.stream = self.open(server)

    def open(self, server: Process) -> EventStream:
        headers = {} if self.last_id < 0 else {"Last-Event-ID": str(self.last_id)}
        stream = EventStream(server.url, self.session, headers=headers, seconds=30)
        assert stream.status == 200, (stream.status, server.said())
        self.last_id = stream.next("connected", seconds=30).id or self.last_id
        return stream

    def hop(self, server: Process) -> None:
        self.stream.close()
        self.stream = self.open(server)

    def reads_on_until(self, event: str, ticket: int) -> None:
        """Take all that comes up to this event of this ticket."""
        while not self.told[event, ticket]:
            frame = self.stream.next(*TOLD, seconds=30)
            assert frame.event != "reset", frame
            assert frame.id is not None
            assert frame.id > self.last_id, f"{frame} after {self.last_id}"
            self.last_id = frame.id
            self.told[frame.event, frame.data["ticket"]["id"]] += 1

    def was_told_once_of(self, tickets: list[int], event: str = "ticket.created") -> None:
        counts = {ticket: self.told[event, ticket] for ticket in tickets}
        assert set(counts.values()) <= {1}, counts


class Writer:
    """Opens tickets at one process all the time; `tickets` are those that it was told are there."""

    def __init__(self, desk: Desk, server: Process, queue: str) -> None:
        self.tickets: list[int] = []
        self.error = ""
        self._desk, self._server, self._queue = desk, server, queue
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        self._thread.join(60)
        assert not self.error, self.error
        assert self.tickets, "nothing was written meanwhile"

    def _write(self) -> None:
        try:
            while not self._stopped.wait(0.05):
                self.tickets.append(self._desk.create(self._server, self._queue))
        except Exception as error:
            self.error = repr(error)


def test_nothing_is_lost_while_processes_of_both_releases_run(desk: Desk) -> None:
    with ExitStack() as stack:
        old, another_old = (stack.enter_context(desk.process()) for _ in range(2))
        for process in (old, another_old):  # 0.1.0 loads a view when it is first asked for
            desk.shows_every_page(process)
        pages = [Page(desk, name, old) for name in ("alice", "carol")]
        turns = count()

        def all_are_told(written_at: Process, *hop_to: Process) -> None:
            """Of a ticket that is written there, by each of these processes in turn."""
            mark = desk.create(written_at, "Billing")
            written.append(mark)
            for page in pages:
                page.hop(hop_to[next(turns) % len(hop_to)])
                page.reads_on_until("ticket.created", mark)

        written: list[int] = []
        with Writer(desk, old, "Billing") as while_migrating:
            desk.upgrade()
            for _ in range(3):
                all_are_told(old, old, another_old)
        new = stack.enter_context(desk.process())
        with Writer(desk, old, "Billing") as by_old, Writer(desk, new, "Billing") as by_new:
            for _ in range(3):
                all_are_told(old, new, another_old)
                all_are_told(new, old, new)
        all_are_told(old, new)
        moved = written[0]
        desk.move(old, moved, "Network")
        pages[0].reads_on_until("ticket.removed", moved)
        desk.move(old, moved, "Billing")
        pages[0].reads_on_until("ticket.created", desk.create(new, "Billing"))
        pages[0].told["ticket.created", moved] -= 1  # it came back, once
        for page in pages:
            page.was_told_once_of(
                [*written, *while_migrating.tickets, *by_old.tickets, *by_new.tickets]
            )
            page.stream.close()


def test_what_the_release_before_noted_of_a_user_counts(desk: Desk) -> None:
    """Rights that somebody changed by hand during the upgrade are found when the user comes: no
    event from before is told by them."""
    with desk.process() as old:
        page = Page(desk, "dave", old)
        desk.create(old, "Billing")
        page.stream.close()
        desk.upgrade()
        desk.installation.manage("shell", "-c", DAVE_BECOMES_A_SUPERUSER)
    with desk.process() as new:
        page.hop(new)
        assert page.stream.next(*TOLD, seconds=30).data == {"reason": "access"}
        page.stream.close()


@pytest.mark.browser
def test_a_page_that_the_release_before_has_opened_stays_live(
    desk: Desk, browser: Browser, place: Path
) -> None:
    with ExitStack() as stack:
        old, new = stack.enter_context(desk.process()), Process(desk.installation)
        ports, static = [old.port, new.port], desk.installation.static
        nginx = stack.enter_context(Nginx(place / f"front-{next(numbers)}", ports, static))
        context = browser.new_context(base_url=nginx.url, ignore_https_errors=True)
        stack.callback(context.close)
        context.set_default_timeout(PATIENCE)
        session = desk.sessions["alice"]
        context.add_cookies([{"name": "sessionid", "value": session, "url": nginx.url}])
        page = context.new_page()
        page.goto("/")
        expect_live(page)
        mark(page)
        desk.upgrade()
        stack.enter_context(new)
        old.terminate()
        desk.create(new, "Billing")
        expect(row(page, "Created")).to_be_visible(timeout=30_000)
        expect_live(page)
        desk.move(new, 1, "Network")
        expect(row(page, "Before")).to_have_count(0)
        assert_not_reloaded(page)


def test_the_way_back_needs_no_migration(desk: Desk) -> None:
    desk.upgrade()
    with ExitStack() as stack:
        new = stack.enter_context(desk.process())
        page = Page(desk, "alice", new)
        desk.go_back()
        desk.shows_every_page(new)  # with the code that it started with
        old = stack.enter_context(desk.process())
        tickets = []
        for server in (old, new, old):
            tickets.append(desk.create(new, "Billing"))
            page.hop(server)
            page.reads_on_until("ticket.created", tickets[-1])
            tickets.append(desk.create(old, "Billing"))
            page.reads_on_until("ticket.created", tickets[-1])
        page.was_told_once_of(tickets)
        page.stream.close()


PREPARE = """
import json
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from tickets.models import Queue, Ticket
queues = {name: Queue.objects.create(name=name) for name in ("Billing", "Network")}
served = {"alice": ["Billing"], "bob": ["Network"], "carol": ["Billing", "Network"], "dave": []}
sessions = {}
for name, names in served.items():
    user = User.objects.create_user(name)
    user.queues.add(*(queues[queue] for queue in names))
    user.backend = "django.contrib.auth.backends.ModelBackend"
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user)
    request.session.save()
    sessions[name] = request.session.session_key
Ticket.objects.create(subject="Before", queue=queues["Billing"])
print(json.dumps({"ids": {name: queue.pk for name, queue in queues.items()}, "sessions": sessions}))
"""
DAVE_BECOMES_A_SUPERUSER = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("UPDATE auth_user SET is_superuser = %s WHERE username = 'dave'", [True])
"""
