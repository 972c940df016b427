"""A database that takes no changes for a while: as after a failover, or in maintenance."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from django.db import connection

from live import writable
from tests.harness import backends
from tests.harness.processes import listens
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from ticketsystem.serving.kinds import ROOMS

needs_postgres = pytest.mark.skipif(
    backends.postgres is None, reason="needs TEST_DATABASE=postgres"
)
NOBODY = 65534
BANNER = "could only be read when this page was loaded"


@contextmanager
def reading_only() -> Iterator[None]:
    """Connections that are opened meanwhile can only read, and stay so as long as they are open:
    what a server's processes have after a failover. The ones that were open before have ended."""
    name = connection.settings_dict["NAME"]
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        cursor.execute(f"{end} AND datname = '{name}'")
        try:
            yield
        finally:
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def ready(server: Daphne, query: str = "") -> httpx.Response:
    return httpx.get(f"{server.url}/readyz{query}", timeout=10)


def problems(server: Daphne) -> list[str]:
    found: list[str] = ready(server).json().get("problems", [])
    return found


def in_time(holds: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@needs_postgres
def test_pages_can_be_read_and_say_so_and_writes_are_refused_until_it_is_over(
    server: Daphne, site: People
) -> None:
    ticket = site.ticket()
    address = f"/tickets/{ticket.pk}/"
    with Browser(server.url, site.alice) as alice, Browser(server.url, site.admin) as admin:
        assert BANNER not in alice.get(address).text
        write: Callable[[], httpx.Response] = lambda: alice.patch(  # noqa: E731
            f"/api{address}", json={"priority": "high"}
        )
        with reading_only():
            for _ in range(2 * ROOMS["write"].threads):
                refused = write()
                assert refused.status_code == 503
                assert "its database takes no changes" in refused.json()["error"]
                assert refused.json()["error"].endswith(
                    "Nothing was saved; send it again in a moment."
                )
            for _ in range(2 * ROOMS["write"].threads):  # refused before anything is written
                wrong = alice.patch(f"/api{address}", json={"priority": "no such"})
                assert wrong.status_code == 422
            page = alice.get(address)
            assert (page.status_code, BANNER in page.text) == (200, True)
            assert BANNER in admin.get("/admin/tickets/ticket/").text
            form = alice.post(f"{address}comment/", data={"body": "Hello", "internal": ""})
            assert (form.status_code, "Nothing was saved" in form.text) == (503, True)
            # The relay's connection was ended too; it reads again once it has a new one.
            assert in_time(lambda: problems(server) == ["the database is read-only"])
            assert ready(server, "?for=reading").status_code == 200
        for _ in range(2 * ROOMS["write"].threads):
            assert write().status_code == 200
        assert in_time(lambda: problems(server) == [])
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.comments.count()) == ("high", 0)


class Unasked(Daphne):
    """Nobody has asked it anything when it counts as started."""

    def is_ready(self) -> bool:
        return listens(self.port)


@needs_postgres
def test_a_server_that_starts_while_nothing_can_be_written_serves_its_pages(
    site_database: str, site: People
) -> None:
    with (
        reading_only(),
        Unasked(site_database) as server,
        Browser(server.url, site.alice) as alice,
    ):
        assert BANNER in alice.get("/").text  # the very first page says so too
        assert in_time(lambda: ready(server, "?for=reading").status_code == 200)


@pytest.mark.skipif(backends.postgres is not None, reason="of SQLite")
def test_of_sqlite_the_file_and_its_folder_must_be_writable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with as_nobody(), TemporaryDirectory() as name:
        file = Path(name, "desk", "db.sqlite3")
        file.parent.mkdir()
        file.touch()
        monkeypatch.setitem(connection.settings_dict, "NAME", file)
        assert writable.hindrance() == ""
        file.chmod(0o444)
        assert writable.hindrance() == "the database is read-only"
        file.chmod(0o644)
        file.parent.chmod(0o555)
        assert writable.hindrance() == "the database is read-only"
        file.parent.chmod(0o755)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Rights of files do not apply to root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)
