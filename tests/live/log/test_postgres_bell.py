"""PostgreSQL carries rings to whoever listens; whatever keeps a process from hearing is noticed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.db import connection, connections, transaction

from live.log import carrier, outside
from live.log.bell import RunningBells
from live.log.postgres_bell import APPLICATION, PostgresCarrier, listening_parameters, notify
from live.log.threads import DatabaseThreads
from tests.harness import backends
from tests.harness.asgi import aside, run, until
from tests.harness.databases import PgBouncer
from tests.harness.engines import working
from tests.harness.temporary import folder

pytestmark = [
    pytest.mark.skipif(backends.postgres is None, reason="needs TEST_DATABASE=postgres"),
    pytest.mark.usefixtures("site_database"),  # its commits are real ones
]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "PROVE", 0.5)
    monkeypatch.setattr(carrier, "PATIENCE", 0.5)
    monkeypatch.setattr(carrier, "AGAIN", 0.1)


class Listener:
    """A carrier at work, and how often it woke its relay."""

    def __init__(self, threads: DatabaseThreads) -> None:
        self.carrier = PostgresCarrier("mine", threads)
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1

    async def believed(self) -> None:
        await until(lambda: not self.carrier.problem, 10)

    async def troubled(self) -> str:
        """Why it is not believed, once it has tried."""
        await until(lambda: self.carrier._told, 10)
        return self.carrier.problem


@asynccontextmanager
async def listener() -> AsyncIterator[Listener]:
    threads = DatabaseThreads("live-test", 1)
    listening = Listener(threads)
    try:
        async with working(listening.carrier.carry(), listening.carrier.listen(listening.wake)):
            yield listening
    finally:
        threads.close()


def ears() -> list[int]:
    """The backends of PostgreSQL that serve a connection which listens."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s",
                       [APPLICATION])  # fmt: skip
        return [pid for (pid,) in cursor.fetchall()]


def kill_ears() -> None:
    with connection.cursor() as cursor:
        for pid in ears():
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_what_any_process_rings_wakes_it_once() -> None:
    async def main() -> None:
        async with listener() as listening:
            await listening.believed()
            listening.woken = 0
            await aside(notify, "")
            await until(lambda: listening.woken)
            await aside(notify, "another")
            await until(lambda: listening.woken == 2)
            await aside(notify, "another" + carrier.PROOF)
            listening.carrier.ring()
            await asyncio.sleep(0.3)
            assert listening.woken == 2

    run(main())


def test_it_takes_one_connection_however_often_it_begins_anew() -> None:
    async def main() -> None:
        async with listener() as listening:
            await listening.believed()
            for _ in range(3):
                assert len(await aside(ears)) == 1
                await aside(kill_ears)
                await until(lambda: listening.carrier.problem)
                await listening.believed()
        async with asyncio.timeout(5):
            while await aside(ears):
                await asyncio.sleep(0.05)

    run(main())


def test_a_connection_that_was_killed_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "PROVE", 60)

    async def main() -> None:
        async with listener() as listening:
            await listening.believed()
            await aside(kill_ears)
            assert (await listening.troubled()).startswith("it cannot listen: OperationalError")
            await listening.believed()

    run(main())


def test_the_loop_forgets_a_connection_that_was_lost() -> None:
    """Whatever is opened next has its number: a reader that is left would take its bytes away."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        added: list[int] = []
        left: set[int] = set()
        add, remove = loop.add_reader, loop.remove_reader

        def note(file: int, *args: Any) -> None:
            added.append(file)
            left.add(file)
            add(file, *args)

        def forget(file: int) -> bool:
            left.discard(file)
            return remove(file)

        loop.add_reader, loop.remove_reader = note, forget  # type: ignore[method-assign, assignment]
        async with listener() as listening:
            await listening.believed()
            file = added[-1]
            await aside(kill_ears)
            await until(lambda: listening.carrier.problem)
            assert file not in left
            await listening.believed()

    run(main())


def test_a_backend_that_hangs_is_noticed_and_left() -> None:
    """Its connection stays open and says nothing."""

    async def main() -> None:
        async with listener() as listening:
            await listening.believed()
            (stuck,) = await aside(ears)
            os.kill(stuck, signal.SIGSTOP)
            try:
                assert "its own ring is not heard" in await listening.troubled()
                await listening.believed()
            finally:
                os.kill(stuck, signal.SIGCONT)

    run(main())


# --- Where to listen -----------------------------------------------------------------------------


@pytest.fixture
def pooler(monkeypatch: pytest.MonkeyPatch) -> Iterator[PgBouncer]:
    """In transaction mode, between this process and its database."""
    assert backends.postgres is not None
    with PgBouncer(folder, backends.postgres) as bouncer:
        connections.close_all()
        monkeypatch.setitem(connection.settings_dict, "PORT", bouncer.port)
        yield bouncer
        connections.close_all()


def test_behind_a_pooler_it_says_that_it_hears_nothing_and_what_to_do(pooler: PgBouncer) -> None:
    """The pooler refuses nothing, and a connection may even hear what it has sent itself."""

    async def main() -> None:
        async with listener() as listening:
            assert await listening.troubled() == (
                "its own ring is not heard (behind a pooler in transaction mode LIVE_BELL_URL has"
                " to name a direct address)"
            )
            with pytest.raises(TimeoutError):
                await until(lambda: not listening.carrier.problem, 3)

    run(main())


def test_behind_a_pooler_it_hears_at_a_direct_address(pooler: PgBouncer, settings: Any) -> None:
    assert backends.postgres is not None
    settings.LIVE_BELL_URL = backends.postgres.url

    async def main() -> None:
        async with listener() as listening:
            await listening.believed()
            listening.woken = 0
            await aside(RunningBells().ring)  # from a command, through the pooler
            await until(lambda: listening.woken)

    run(main())


def test_an_address_of_another_database_is_not_believed(settings: Any) -> None:
    assert backends.postgres is not None
    settings.LIVE_BELL_URL = backends.postgres.url.removesuffix("helpdesk") + "postgres"

    async def main() -> None:
        async with listener() as listening:
            assert await listening.troubled() == (
                "its own ring is not heard (LIVE_BELL_URL does not lead to the database that"
                " DATABASES names, or not directly)"
            )

    run(main())


@pytest.mark.parametrize(
    "url",
    [
        "postgres://robert:s3cret@127.0.0.1:11/helpdesk",
        "postgres://robert:s3cret@nowhere.invalid/helpdesk",
        "postgres://robert:s3cret@127.0.0.1:{port}/elsewhere",
        "postgres://robert:s3cret@127.0.0.1:{port}/helpdesk?robert=s3cret",
    ],
)
def test_of_an_address_that_leads_nowhere_nothing_is_shown(
    url: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert backends.postgres is not None
    settings.LIVE_BELL_URL = url.format(port=backends.postgres.port)

    async def main() -> str:
        async with listener() as listening:
            return await listening.troubled()

    problem = run(main())
    assert problem.startswith("it cannot listen: ")
    for part in ("robert", "s3cret", "127.0.0.1", "nowhere", "elsewhere", "port 11"):
        assert part not in problem
        assert part not in caplog.text


def test_it_listens_as_django_connects(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    options = {"sslmode": "require", "passfile": "/etc/helpdesk/pgpass", "hostaddr": "192.0.2.1"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "pooled")
    found = listening_parameters()
    assert {name: found[name] for name in options} == options
    assert found["password"] == "pooled"

    settings.LIVE_BELL_URL = "postgres://lis:p%40ss@db.example.com:5433/desk?sslmode=verify-full"
    found = listening_parameters()
    assert found.items() >= {
        "host": "db.example.com", "port": "5433", "user": "lis", "password": "p@ss",
        "dbname": "desk", "sslmode": "verify-full", "passfile": "/etc/helpdesk/pgpass",
    }.items()  # fmt: skip
    assert "hostaddr" not in found, "it would be taken in place of the host"


# --- From a process without an engine ------------------------------------------------------------


def test_nothing_is_rung_in_a_transaction() -> None:
    """One that notifies takes a lock over the whole server when it commits."""

    async def main() -> None:
        async with listener() as listening:
            await listening.believed()
            listening.woken = 0

            def ring_within() -> None:
                with transaction.atomic():
                    RunningBells().ring()

            await aside(ring_within)
            await asyncio.sleep(0.3)
            assert listening.woken == 0

    run(main())


def test_a_command_that_rings_in_vain_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(word: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_function()")

    monkeypatch.setattr(PostgresCarrier, "send_once", staticmethod(refuse))
    outside.Outside(PostgresCarrier).ring()
    assert "PostgreSQL carries no ring" in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
