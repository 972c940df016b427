"""While one lock, one user or one flood is stuck, all others go on, by a real server."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus

import httpx
import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from tests.harness import backends
from tests.harness.databases import PgBouncer
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tests.harness.temporary import folder
from ticketsystem.serving.kinds import ROOMS
from ticketsystem.serving.work import LOCK_SECONDS

needs_postgres = pytest.mark.skipif(
    backends.postgres is None, reason="needs TEST_DATABASE=postgres"
)
GOAL = 1.0  # second by which others may be delayed
LIMIT = 5 * GOAL
FLOOD = 40  # requests at once: more than there are threads


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(FLOOD) as pool:
        yield pool


@contextmanager
def locked(table: str, *rows: int) -> Iterator[None]:
    """Rows, or the whole table, that nobody else can have. SQLite knows one lock only, and nobody
    who reads waits for that."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql" and rows:
            cursor.execute(f"SELECT 1 FROM {table} WHERE id = ANY(%s) FOR UPDATE", [[*rows]])
        elif connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def signed_in(server: Daphne, *users: User) -> list[Browser]:
    return [Browser(server.url, user) for user in users]


def in_time(ask: Callable[[], httpx.Response]) -> httpx.Response:
    began = time.monotonic()
    answer = ask()
    assert time.monotonic() - began < LIMIT
    return answer


def until(happens: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def waiting_statements() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


@needs_postgres
def test_writers_to_one_locked_ticket_delay_nobody_else(
    server: Daphne, site: People, crowd: ThreadPoolExecutor
) -> None:
    stuck, other = site.ticket(), site.ticket(queue=site.network)
    agents = [User.objects.create(username=f"{site.alice}-{n}") for n in range(FLOOD // 4)]
    site.billing.agents.add(*agents)
    (bob,), browsers = signed_in(server, site.bob), signed_in(server, *agents * 2)
    with locked("tickets_ticket", stuck.pk):
        writes = [
            crowd.submit(agent.patch, f"/api/tickets/{stuck.pk}/", json={"priority": "high"})
            for agent in browsers
        ]
        until(lambda: waiting_statements() >= ROOMS["write"].each)
        assert in_time(lambda: bob.get("/")).status_code == HTTPStatus.OK
        assert in_time(lambda: bob.get("/?q=fire")).status_code == HTTPStatus.OK
        written = in_time(lambda: bob.patch(f"/api/tickets/{other.pk}/", json={"priority": "high"}))
        assert written.status_code == HTTPStatus.OK
        assert not any(write.done() for write in writes)
        first = next(iter_done(writes))
        assert first.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert first.json()["error"].endswith("Nothing was saved; send it again in a moment.")
    stuck.refresh_from_db()
    assert {write.result().status_code for write in writes} <= {HTTPStatus.OK, first.status_code}


def iter_done(futures: list[Future[httpx.Response]]) -> Iterator[httpx.Response]:
    until(lambda: any(future.done() for future in futures), LOCK_SECONDS + LIMIT)
    yield from (future.result() for future in futures if future.done())


@needs_postgres
def test_one_user_fills_neither_threads_nor_queues_and_is_told(
    server: Daphne, site: People, crowd: ThreadPoolExecutor
) -> None:
    """Reads that are stuck in the database: a ticket's page reads comments, and the board does for
    its unread marks, but a page for a new ticket does not."""
    stuck, other = site.ticket(), site.ticket(queue=site.network)
    bob, alice = signed_in(server, site.bob, site.alice)
    with locked("tickets_comment"):
        pages = [crowd.submit(alice.get, f"/tickets/{stuck.pk}/", timeout=60) for _ in range(FLOOD)]
        refused = next(iter_done(pages))
        assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert "this was not done" in refused.text
        assert int(refused.headers["Retry-After"]) > 0
        answered = in_time(lambda: bob.get(f"/api/tickets/{other.pk}/"))
        assert answered.status_code == HTTPStatus.OK
        assert in_time(lambda: bob.get("/tickets/new/")).status_code == HTTPStatus.OK
    assert {page.result().status_code for page in pages} == {200, refused.status_code}


def test_below_the_api_too_many_are_refused_in_json(
    server: Daphne, site: People, crowd: ThreadPoolExecutor
) -> None:
    (alice,) = signed_in(server, site.alice)
    new = {"subject": "Printer on fire", "queue": site.billing.pk}
    room = ROOMS["write"]
    with locked("tickets_ticket"):
        writes = [crowd.submit(alice.post, "/api/tickets/", json=new) for _ in range(FLOOD)]
        too_many = FLOOD - room.each - room.waiting
        until(lambda: sum(write.done() for write in writes) == too_many, LOCK_SECONDS - 1)
        refused = next(iter_done(writes))
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "this was not done" in refused.json()["error"]
    statuses = [write.result().status_code for write in writes]
    assert (statuses.count(201), statuses.count(429)) == (FLOOD - too_many, too_many)


# --- Whose client has left -----------------------------------------------------------------------


def sent(server: Daphne, method: str, path: str, key: str, body: bytes = b"") -> socket.socket:
    """A request that has arrived whole, whose client does not wait for the answer."""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    token = "t" * 32
    client.sendall(
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Cookie: sessionid={key}; csrftoken={token}\r\nX-CSRFToken: {token}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    return client


@needs_postgres
def test_a_page_whose_client_left_is_given_up_in_the_database_too(
    server: Daphne, site: People
) -> None:
    """Long before the limits of time, which are 5 and 10 seconds. Those in the queue leave it: else
    a page of the same agent, who may have two at once, would come after all of them. One may begin
    before its client is seen to leave, and is given up a moment later."""
    stuck = site.ticket()
    (alice,) = signed_in(server, site.alice)
    key = session_of(site.alice)
    with locked("tickets_comment"):
        pages = [sent(server, "GET", f"/tickets/{stuck.pk}/", key) for _ in range(20)]
        until(lambda: waiting_statements() == ROOMS["read"].each)
        for page in pages:
            page.close()
        until(lambda: waiting_statements() == 0, LOCK_SECONDS / 2)
        assert in_time(lambda: alice.get("/tickets/new/")).status_code == HTTPStatus.OK
        until(lambda: waiting_statements() == 0, LOCK_SECONDS / 2)
    assert alice.get(f"/tickets/{stuck.pk}/").status_code == HTTPStatus.OK
    assert "Traceback" not in server.said()


def test_a_write_that_arrived_whole_is_finished_though_its_client_left(
    server: Daphne, site: People
) -> None:
    """Those that waited in the queue too."""
    key = session_of(site.alice)
    with locked("tickets_ticket"):
        for number in range(6):
            body = f'{{"subject": "Sent {number}", "queue": {site.billing.pk}}}'.encode()
            client = sent(server, "POST", "/api/tickets/", key, body)
            time.sleep(0.05)  # Daphne has read it
            client.close()
    until(lambda: site.billing.tickets.filter(subject__startswith="Sent").count() == 6)


# --- Limits of time ------------------------------------------------------------------------------


@needs_postgres
def test_a_statement_that_takes_too_long_is_503_and_says_so(
    site_database: str, site: People
) -> None:
    ticket = site.ticket()
    with Daphne(site_database, STATEMENT_TIMEOUT_SECONDS="0.5") as server:
        (alice,) = signed_in(server, site.alice)
        with locked("tickets_comment"):
            page = in_time(lambda: alice.get(f"/tickets/{ticket.pk}/"))
            said = in_time(
                lambda: alice.post(f"/api/tickets/{ticket.pk}/comments/", json={"body": "Hello"})
            )
        assert (page.status_code, said.status_code) == (503, 503)
        assert "This took longer than 0.5 seconds" in page.text
        assert "saved" not in page.text  # whoever only reads is not told of that
        assert said.json()["error"].endswith("Nothing was saved; send it again in a moment.")
        assert not ticket.comments.exists()
        assert alice.get(f"/tickets/{ticket.pk}/").status_code == HTTPStatus.OK


@pytest.mark.skipif(backends.postgres is not None, reason="of SQLite")
def test_on_sqlite_no_read_waits_for_the_writer_and_a_write_waits_five_seconds(
    server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    alice, admin = signed_in(server, site.alice, site.admin)
    with locked("tickets_ticket"):
        for path in ("/", "/?q=fire", f"/tickets/{ticket.pk}/", "/tickets/new/", "/api/tickets/"):
            assert in_time(partial(alice.get, path)).status_code == HTTPStatus.OK, path
        for path in ("/admin/tickets/ticket/", f"/admin/tickets/ticket/{ticket.pk}/change/"):
            assert in_time(partial(admin.get, path)).status_code == HTTPStatus.OK, path
        began = time.monotonic()
        write = alice.patch(f"/api/tickets/{ticket.pk}/", json={"priority": "high"})
        took = time.monotonic() - began
    assert write.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert write.json()["error"].endswith("Nothing was saved; send it again in a moment.")
    assert LOCK_SECONDS - 1 < took < LOCK_SECONDS + LIMIT


# --- Behind a pooler -----------------------------------------------------------------------------


@needs_postgres
def test_no_limit_of_a_request_reaches_a_command_through_a_pooler(site: People) -> None:
    """In transaction mode: a command gets the connection that a request has just given back."""
    assert backends.postgres is not None
    ticket = site.ticket()
    with (
        PgBouncer(folder, backends.postgres) as pooler,
        Daphne(pooler.url, STATEMENT_TIMEOUT_SECONDS="0.5") as server,
        psycopg.connect(pooler.url, autocommit=True, prepare_threshold=None) as command,
    ):
        (alice,) = signed_in(server, site.alice)
        for _ in range(10):
            assert alice.get(f"/tickets/{ticket.pk}/").status_code == HTTPStatus.OK
            write = alice.post(f"/api/tickets/{ticket.pk}/comments/", json={"body": "Hello"})
            assert write.status_code == HTTPStatus.CREATED
            limits = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
            assert command.execute(limits).fetchone() == ("0", "0")
        with locked("tickets_comment"):
            page = in_time(lambda: alice.get(f"/tickets/{ticket.pk}/"))
        assert page.status_code == HTTPStatus.SERVICE_UNAVAILABLE
