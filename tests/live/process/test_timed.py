"""live.every(): work that is done again and again, by one process at a time."""

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now

import live
from live.models import Claim, Event
from live.process import timed
from live.process.engine import Engine
from live.process.timed import do_if_due, registered
from tests.harness.asgi import run, until
from tests.harness.processes import ROOT

done: list[tuple[float, float, str]] = []  # when each call began and ended, and in which thread
lasts = 0.0  # seconds
may_end = threading.Event()


@pytest.fixture(autouse=True)
def nothing_else_is_registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(timed, "_registered", {})
    done.clear()
    may_end.clear()
    yield
    may_end.set()


def note() -> None:
    began = time.monotonic()
    time.sleep(lasts)
    done.append((began, time.monotonic(), str(threading.get_ident())))


def write_and_fail() -> None:
    live.publish("live.test", {}, ["test"])
    done.append((0, 0, ""))
    if len(done) < 3:
        raise KeyError("a mistake")


def hang() -> None:
    done.append((0, 0, ""))
    may_end.wait(20)


def note_limits() -> None:
    with connection.cursor() as cursor:
        cursor.execute(LIMITS)
        done.append((0, 0, " ".join(cursor.fetchone())))


async def be_async() -> None: ...


def need_a_word(word: str) -> None: ...


LIMITS = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"


def due(work: Any = None) -> Any:
    """As if a period had passed."""
    work = work or registered()[0]
    period = timedelta(seconds=work.seconds)
    Claim.objects.filter(pk=work.name).update(claimed_at=Now() - period)
    return work


# --- What may be registered ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "function", "said"),
    [
        (0, note, "takes from 1 to 31,622,400 seconds, not 0."),
        (float("nan"), note, "takes from 1 to 31,622,400 seconds, not nan."),
        (1e9, note, "takes from 1 to 31,622,400 seconds, not 1000000000.0."),
        ("60", note, "takes a number of seconds, not '60'."),
        (True, note, "takes a number of seconds, not True."),
        (60, "note", "takes a function that is not async, not 'note'."),
        (60, be_async, "takes a function that is not async"),
        (60, Event, "takes a function that is not async"),
        (60, lambda: None, "takes a function of a module"),
        (60, need_a_word, "calls tests.live.process.test_timed.need_a_word without arguments"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    seconds: Any, function: Any, said: str
) -> None:
    with pytest.raises((TypeError, ValueError)) as refusal:
        live.every(seconds, function)
    assert str(refusal.value).startswith("live.every() ")
    assert said in str(refusal.value)
    assert registered() == []


def test_said_twice_is_once_and_another_period_is_refused() -> None:
    live.every(60, note)
    live.every(60, note)
    assert [(work.name, work.seconds) for work in registered()] == [
        ("tests.live.process.test_timed.note", 60)
    ]
    with pytest.raises(ValueError, match="with 60 seconds and not 30: a function has one period"):
        live.every(30, note)


# --- When it is due ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_is_done_at_first_and_then_a_period_after_it_was_claimed() -> None:
    live.every(60, note)
    (work,) = registered()
    assert do_if_due(work) == 60
    assert 50 < do_if_due(work) <= 60
    Claim.objects.update(claimed_at=Now() - timedelta(seconds=50))
    assert 5 < do_if_due(work) <= 10
    assert len(done) == 1
    do_if_due(due())
    assert len(done) == 2


@pytest.mark.django_db
def test_a_clock_that_was_ahead_and_is_put_right_stops_nothing() -> None:
    live.every(60, note)
    (work,) = registered()
    do_if_due(work)
    Claim.objects.update(claimed_at=Now() + timedelta(days=400))
    do_if_due(work)
    assert len(done) == 2
    assert 50 < do_if_due(work) <= 60
    assert len(done) == 2


@pytest.mark.django_db
def test_a_look_at_work_that_is_not_due_is_one_query(django_assert_num_queries: Any) -> None:
    live.every(60, note)
    do_if_due(registered()[0])
    with django_assert_num_queries(1):
        do_if_due(registered()[0])


@pytest.mark.django_db
def test_a_failure_writes_nothing_is_told_once_and_tried_at_the_next_turn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    live.every(60, write_and_fail)
    (work,) = registered()
    logging.getLogger("live").addHandler(caplog.handler)
    caplog.set_level(logging.INFO, "live")
    caplog.handler.setLevel(logging.INFO)
    try:
        before = Event.objects.count()
        assert do_if_due(work) == 60
        assert 50 < do_if_due(work) <= 60  # its claim holds
        do_if_due(due())
        assert Event.objects.count() == before
        do_if_due(due())
    finally:
        logging.getLogger("live").removeHandler(caplog.handler)
    assert len(done) == 3
    assert Event.objects.count() == before + 1
    failed, works = caplog.records
    assert failed.getMessage() == f"{work.name} failed and is tried again: KeyError: 'a mistake'"
    assert failed.exc_info, "a mistake of a programmer comes with its traceback"
    assert works.getMessage().startswith(f"{work.name} works again, after ")


@pytest.mark.django_db
def test_on_postgresql_its_statements_and_locks_have_limits_that_end_with_it() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such limits")
    live.every(60, note_limits)
    do_if_due(registered()[0])
    assert [limits for _, _, limits in done] == ["30s 5s"]


# --- In several processes ------------------------------------------------------------------------

DIES = """
import os, django
django.setup()
from live.process.timed import do_if_due, every, registered
from tests.live.process import test_timed
test_timed.note.__code__ = (lambda: (print("began", flush=True), os._exit(3))).__code__
test_timed.note.__globals__["os"] = os
every(60, test_timed.note)
do_if_due(registered()[-1])
"""


def test_a_process_that_dies_in_the_middle_leaves_the_work_to_the_next(site_database: str) -> None:
    live.every(60, note)
    (work,) = registered()
    died = subprocess.run(
        [sys.executable, "-c", DIES], cwd=ROOT, timeout=60, check=False, text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "ticketsystem.settings"},
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert (died.returncode, died.stdout) == (3, "began\n")
        deadline = time.monotonic() + 10  # until PostgreSQL knows that its client has gone
        while not done and time.monotonic() < deadline:
            do_if_due(work)
        assert len(done) == 1
        assert 50 < do_if_due(work) <= 60
    finally:
        Claim.objects.filter(pk=work.name).delete()


def serve(engines: int, meanwhile: Callable[[list[Engine]], None]) -> None:
    """So many engines on one database, each on a loop of its own, until that is done."""
    started, over = threading.Barrier(engines + 1), threading.Event()
    made: list[Engine] = []

    async def server() -> None:
        engine = Engine()
        made.append(engine)
        engine.start()
        await engine.relay.caught_up()
        await asyncio.to_thread(started.wait, 20)
        await until(over.is_set, 40)
        await engine.stop()

    with ThreadPoolExecutor(engines) as pool:
        running = [pool.submit(run, server(), 60) for _ in range(engines)]
        try:
            started.wait(20)
            meanwhile(made)
        finally:
            over.set()
            may_end.set()
            for server_ in running:
                server_.result(30)
    Claim.objects.filter(name__startswith=__name__).delete()


def wait_for(calls: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while len(done) < calls:
        assert time.monotonic() < deadline, f"{len(done)} calls of {calls}"
        time.sleep(0.05)


def test_of_two_engines_one_does_it_in_each_period(site_database: str) -> None:
    live.every(1, note)
    serve(2, lambda _: wait_for(5))
    began = [begin for begin, _, _ in done]
    # The claim is a moment older than the call that it was made for.
    assert all(later - sooner > 0.8 for sooner, later in pairwise(began)), began


def test_work_that_takes_longer_than_its_period_is_never_done_by_two_at_once(
    site_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "lasts", 1.5)
    live.every(1, note)
    serve(2, lambda _: wait_for(3))
    assert all(end <= begin for (_, end, _), (begin, _, _) in pairwise(done)), done


def test_work_that_hangs_stops_neither_the_relay_nor_other_processes(site_database: str) -> None:
    live.every(1, hang)

    def meanwhile(engines: list[Engine]) -> None:
        wait_for(1)
        for engine in engines:
            read_at = engine.relay.read_at
            deadline = time.monotonic() + 10
            while engine.relay.read_at == read_at:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert engine.relay.trouble() == ""
        assert len(done) == 1

    serve(2, meanwhile)


def test_a_database_that_fails_is_asked_again(
    site_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.every(1, note)
    due_in = timed._due_in
    failures = iter([OperationalError("gone"), OperationalError("gone")])

    def fails_twice(work: Any) -> float:
        if error := next(failures, None):
            raise error
        return due_in(work)

    monkeypatch.setattr(timed, "_due_in", fails_twice)
    monkeypatch.setattr("live.process.engine.PAUSE_AFTER_FAILURE", 0.1)
    serve(1, lambda _: wait_for(1))
