"""What one request may take of the database, and what is left of that afterwards: nothing."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction

from tests.harness import backends
from ticketsystem.serving.work import LOCK_SECONDS, ClientLeft, Work, current

needs_postgres = pytest.mark.skipif(
    backends.postgres is None, reason="needs TEST_DATABASE=postgres"
)
SHOW = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
SLOW = (  # on either database; each step may be interrupted
    "WITH RECURSIVE steps(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM steps WHERE n < 1000000000)"
    " SELECT count(*) FROM steps"
)


@pytest.fixture(autouse=True)
def groups(site_database: str) -> Iterator[None]:
    connection.close()  # so that the next one is opened by work, as in a server's thread
    yield
    Group.objects.all().delete()


def ask(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


@needs_postgres
def test_the_limits_are_a_statements_own_and_stay_with_no_connection() -> None:
    """What stays on it would reach a command, through a pooler that hands it on."""
    nothing, limits = ("0", "0"), ("10s", f"{LOCK_SECONDS}s")
    with Work():
        assert ask(SHOW) == limits
        raw = connection.connection
        assert raw.execute(SHOW).fetchone() == nothing
        with transaction.atomic():
            Group.objects.create(name="first")
            assert raw.execute(SHOW).fetchone() == limits  # to the end of the transaction
            with transaction.atomic():
                assert ask(SHOW) == limits
        assert raw.execute(SHOW).fetchone() == nothing
    assert ask(SHOW) == nothing
    with transaction.atomic():
        assert ask(SHOW) == nothing


def test_a_statement_that_takes_too_long_is_stopped(settings: Any) -> None:
    settings.STATEMENT_TIMEOUT_SECONDS = 0.2
    if backends.postgres is not None:
        pytest.skip("the server's own limit; tests/ticketsystem/serving/test_stuck.py")
    began = time.monotonic()
    with Work(), pytest.raises(OperationalError, match="interrupted"):
        ask(SLOW)
    assert time.monotonic() - began < 5
    with Work():
        assert ask("SELECT 1") == (1,)


def test_a_statement_at_work_is_stopped_when_it_is_given_up_and_no_other_begins() -> None:
    with Work() as work:
        ask("SELECT 1")
        leaving = threading.Timer(0.2, work.give_up)
        leaving.start()
        began = time.monotonic()
        with pytest.raises((ClientLeft, OperationalError)):
            ask(SLOW)
        assert time.monotonic() - began < 5
        with pytest.raises(ClientLeft):
            ask("SELECT 1")
    with Work():
        assert ask("SELECT 1") == (1,)


@needs_postgres
def test_a_cancel_never_reaches_the_next_statement() -> None:
    """Given up at any moment, a hundred times: before, within and after a short statement. What
    comes next on the connection is somebody else's."""
    for number in range(100):
        with Work() as work:
            leaving = threading.Timer(number / 20_000, work.give_up)
            leaving.start()
            with pytest.raises(ClientLeft):
                while True:
                    ask("SELECT 1")
        for _ in range(3):
            ask("SELECT pg_sleep(0.002)")
        leaving.join(5)


@needs_postgres
def test_a_cancel_that_comes_before_its_statement_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The thread of a busy server may stop for a moment just before it sends the statement."""
    work = Work()
    leaving = threading.Thread(target=work.give_up)

    def once_cancelled(execute: Any, sql: str, *how: Any) -> Any:
        raw, cancelled = connection.connection, threading.Event()
        cancel = raw.cancel_safe

        def tell(**limit: Any) -> None:
            cancel(**limit)
            cancelled.set()

        monkeypatch.setattr(raw, "cancel_safe", tell)
        leaving.start()
        assert cancelled.wait(5)
        return execute(sql, *how)

    began = time.monotonic()
    with work, connection.execute_wrapper(once_cancelled), pytest.raises(ClientLeft):
        ask(SLOW)
    assert time.monotonic() - began < 5
    leaving.join(5)
    assert ask("SELECT 1") == (1,)


def test_what_is_committed_is_known() -> None:
    with Work() as work:
        assert current() is work
        known = [work.has_written]
        with transaction.atomic():
            Group.objects.create(name="rolled back")
            transaction.set_rollback(True)
        known.append(work.has_written)
        assert work.has_tried_to_write
        with transaction.atomic():
            Group.objects.create(name="committed")
            known.append(work.has_written)
        known.append(work.has_written)
    assert known == [False, False, False, True]
    with Work() as work:
        known = [work.has_written]
        Group.objects.count()
        known.append(work.has_written or work.has_tried_to_write)
        Group.objects.update(name="in autocommit")
        known.append(work.has_written)
    assert known == [False, False, True]
    assert current() is None


@pytest.mark.skipif(backends.postgres is not None, reason="of SQLite")
def test_on_sqlite_a_request_waits_for_the_writer_no_longer_than_for_a_lock() -> None:
    with Work():
        assert ask("PRAGMA busy_timeout") == (LOCK_SECONDS * 1000,)
    connection.close()
    assert ask("PRAGMA busy_timeout") == (20_000,)
