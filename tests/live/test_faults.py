"""What breaks on the server's side is said, and mended, without losing anything."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.db import connection

from live.log import numbering, retention
from tests.harness import backends
from tests.harness.databases import Postgres
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import People
from tests.harness.sse import EventStream, Frame

needs_postgres = pytest.mark.skipif(
    backends.postgres is None, reason="needs TEST_DATABASE=postgres"
)
needs_redis = pytest.mark.skipif(backends.redis is None, reason="needs TEST_REDIS=1")


@pytest.fixture
def database() -> Iterator[Postgres]:
    """The run's PostgreSQL, running again at the end."""
    assert backends.postgres is not None
    yield backends.postgres
    connection.close()


def until_degraded(stream: EventStream) -> Frame:
    return stream.next("degraded", seconds=15)


@needs_postgres
def test_without_its_database_the_stream_stays_open_and_says_so(
    server: Daphne, site: People, follow: Any, database: Postgres
) -> None:
    stream = follow(server, site.alice)
    database.stop()
    try:
        first = until_degraded(stream)
        assert first.data["reason"]
        assert first.id is None
        assert first.comments == ["ping"]
        again = stream.next("degraded", "heartbeat")  # in place of each heartbeat
        assert again.event == "degraded"
        ready = httpx.get(server.url + "/readyz", timeout=40)
        assert ready.status_code == 503
        assert "database" in " ".join(ready.json()["problems"])
        assert httpx.get(server.url + "/healthz", timeout=10).status_code == 200
    finally:
        database.start()
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
    assert stream.next("heartbeat", seconds=20).id
    ticket = site.ticket("After the outage")
    assert stream.next(seconds=10).data["ticket"]["id"] == ticket.pk


@needs_postgres
def test_a_database_that_hangs_is_degraded_too(
    server: Daphne, site: People, follow: Any, database: Postgres
) -> None:
    """A lock on the log's head stands for whatever makes a query wait and never fail."""
    stream = follow(server, site.alice)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE live_head IN ACCESS EXCLUSIVE MODE")
        try:
            assert "does not answer" in until_degraded(stream).data["reason"]
        finally:
            cursor.execute("ROLLBACK")
    assert stream.next("heartbeat", seconds=10).id


@needs_postgres
def test_the_bell_of_postgresql_is_heard_again_after_a_restart_and_a_killed_connection(
    site_database: str, site: People, follow: Any, database: Postgres
) -> None:
    with Daphne(site_database, LIVE_POLL_SECONDS="20", REDIS_URL="") as server:
        stream = follow(server, site.alice)
        until_heard(stream, site)
        before = metric(server, "live_rings_failed_total")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                           " WHERE application_name = 'live bell'")  # fmt: skip
        until_heard(stream, site)
        killed = metric(server, "live_rings_failed_total")
        assert killed > before
        database.stop()
        try:
            deadline = time.monotonic() + 60
            while metric(server, "live_rings_failed_total") <= killed:
                assert time.monotonic() < deadline, "nobody noticed"
                time.sleep(0.1)
        finally:
            database.start()
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined]
        until_heard(stream, site)
        assert metric(server, "live_bell_heard_age_seconds") < 20


def until_heard(stream: EventStream, site: People) -> None:
    """From some moment on what another process saves does not wait for the poll, of 20 s. Twice in
    a row, for the first may come just before a poll."""
    deadline = time.monotonic() + 90
    soon = 0
    while soon < 2:
        began = time.monotonic()
        ticket = site.ticket()
        while (frame := stream.next("ticket.created", seconds=25)).data["ticket"]["id"] < ticket.pk:
            pass
        soon = soon + 1 if frame.at - began < 5 else 0
        assert time.monotonic() < deadline


def metric(server: Daphne, name: str) -> float:
    lines = httpx.get(server.url + "/metrics", timeout=10).text.splitlines()
    (value,) = [line.split()[1] for line in lines if line.startswith(f"{name} ")]
    return float(value)


@needs_redis
def test_a_dead_redis_costs_a_poll_and_nothing_else(
    site_database: str, site: People, follow: Any
) -> None:
    assert backends.redis is not None
    with Daphne(site_database) as server:
        stream = follow(server, site.alice)
        backends.redis.kill()
        try:
            began = time.monotonic()
            during = site.ticket("While Redis is dead")
            assert time.monotonic() - began < 5  # the saver waits at most for one refused ring
            assert stream.next(seconds=10).data["ticket"]["id"] == during.pk
            stream.next("heartbeat")
        finally:
            backends.redis.start()
    with Daphne(site_database, LIVE_POLL_SECONDS="20") as server:  # the bell rings again
        stream = follow(server, site.alice)
        ticket = site.ticket()
        assert stream.next(seconds=10).data["ticket"]["id"] == ticket.pk


@needs_redis
def test_the_bell_is_heard_again_after_redis_was_restarted(
    site_database: str, site: People, follow: Any
) -> None:
    assert backends.redis is not None
    with Daphne(site_database, LIVE_POLL_SECONDS="20") as server:
        stream = follow(server, site.alice)
        backends.redis.kill()
        time.sleep(3)  # the outage itself
        backends.redis.start()
        until_heard(stream, site)


@needs_redis
def test_the_bell_is_heard_after_a_long_silence(
    site_database: str, site: People, follow: Any
) -> None:
    """The client of Redis ends a read after 5 s by itself, the layer reads for 5 s at a time."""
    with Daphne(site_database, LIVE_POLL_SECONDS="60") as server:
        stream = follow(server, site.alice)
        stream.silent_for(12)

        began = time.monotonic()
        ticket = site.ticket("After the silence")
        frame = stream.next(seconds=30)
        assert frame.data["ticket"]["id"] == ticket.pk
        assert frame.at - began < 20  # on an idle machine 0.02; a deaf bell takes the poll's minute
        assert "WARNING" not in server.log.read_text()  # nor was the bell deaf in between


@needs_redis
def test_a_redis_that_vanished_without_a_word_is_noticed(
    site_database: str, site: People, follow: Any
) -> None:
    """Frozen, it stands for a host that was switched off: no connection ends, no answer comes."""
    assert backends.redis is not None
    assert backends.redis.process is not None
    with Daphne(site_database, LIVE_POLL_SECONDS="60") as server:
        stream = follow(server, site.alice)
        backends.redis.process.send_signal(signal.SIGSTOP)
        try:
            deadline = time.monotonic() + 15
            while "WARNING" not in server.log.read_text():
                assert time.monotonic() < deadline, "nobody noticed"
                time.sleep(0.1)
        finally:
            backends.redis.process.send_signal(signal.SIGCONT)
        ticket = site.ticket("Heard again")
        assert stream.next(seconds=10).data["ticket"]["id"] == ticket.pk


def test_a_frozen_server_goes_on_where_it_was(server: Daphne, site: People, follow: Any) -> None:
    stream = follow(server, site.alice)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        tickets = [site.ticket(f"Number {number}") for number in range(3)]
        time.sleep(2)  # the freeze itself
    finally:
        os.kill(server.pid, signal.SIGCONT)

    assert [stream.next().data["ticket"]["id"] for _ in tickets] == [one.pk for one in tickets]
    stream.silent_for(0.7)


@needs_postgres
def test_a_server_frozen_while_its_database_made_it_wait_blames_nobody_after_the_thaw(
    server: Daphne, site: People, follow: Any
) -> None:
    """Neither had answered the other, but only because the server was stopped."""
    stream = follow(server, site.alice)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE live_head IN ACCESS EXCLUSIVE MODE")
        try:
            wait_until_a_lock_is_asked_for()
            os.kill(server.pid, signal.SIGSTOP)
        finally:
            cursor.execute("ROLLBACK")
    try:
        ticket = site.ticket("During the freeze")
        time.sleep(2)  # the freeze itself: longer than two polls
    finally:
        os.kill(server.pid, signal.SIGCONT)

    assert stream.next().data["ticket"]["id"] == ticket.pk
    stream.silent_for(1.2)


WAITING = "SELECT count(*) FROM pg_locks WHERE relation = 'live_head'::regclass AND NOT granted"


def wait_until_a_lock_is_asked_for() -> None:
    """Until a relay waits for the head of the log."""
    deadline = time.monotonic() + 5
    with connection.cursor() as cursor:
        while True:
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "no relay has asked"
            time.sleep(0.01)


def test_positions_lost_resets_open_streams_and_older_positions(
    site_database: str, site: People, follow: Any
) -> None:
    with Daphne(site_database) as server:
        stream = follow(server, site.alice)
        before = numbering.number()
        above = retention.positions_lost()

        reset = stream.next(seconds=5)
        assert (reset.event, reset.id) == ("reset", above)
        ticket = site.ticket("After the restore")
        frame = stream.next()
        assert frame.data["ticket"]["id"] == ticket.pk
        assert frame.id == above + 1
        resumed = EventStream(server.url, session_of(site.alice), lastEventId=before)
        assert resumed.next().id is None
        assert resumed.next().event == "reset"
        resumed.close()


def test_a_pruned_position_gets_reset(site_database: str, site: People) -> None:
    start = numbering.number()
    site.ticket()
    numbering.number()
    assert retention.prune(hours=0) > 0
    with Daphne(site_database) as server:
        stream = EventStream(server.url, session_of(site.alice), lastEventId=start)

        assert stream.next().id is None
        assert stream.next().event == "reset"
        stream.close()


def test_a_failure_while_authenticating_is_500_json(site_database: str, site: People) -> None:
    with Daphne(site_database) as server:
        key = session_of(site.alice)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE django_session RENAME TO away")
            try:
                stream = EventStream(server.url, key)
            finally:
                cursor.execute("ALTER TABLE away RENAME TO django_session")
        assert stream.status == 500
        sentence = "The session could not be checked; try again."
        assert stream.json() == {"error": sentence, "fields": {}}
        assert "could not be authenticated" in server.log.read_text()
