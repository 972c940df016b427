"""One engine per event loop: it delivers while it runs, and nothing of it is left when it ends."""

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from contextvars import ContextVar
from itertools import pairwise
from typing import Any

import pytest

import live
from live.log import numbering
from live.log.bell import running_bells
from live.log.entries import processes_of
from live.process.engine import Engine
from live.process.snapshots import Snapshots
from live.stream.endpoint import ENGINE, beside
from tests.harness.asgi import Lifespan, Visit, aside, no_django, run, until
from tests.harness.sessions import session_of
from tests.harness.site import People


@pytest.fixture(autouse=True)
def nothing_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No task that was dropped or whose error nobody took, no thread, no bell."""
    before = database_threads()
    yield
    gc.collect()
    complaints = [record.getMessage() for record in caplog.records if record.name == "asyncio"]
    assert complaints == []
    deadline = time.monotonic() + 10
    while database_threads() - before:
        assert time.monotonic() < deadline, "threads of an engine have not ended"
        time.sleep(0.01)
    assert not running_bells


def database_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("live-")}


@pytest.fixture(autouse=True)
def slow_poll(settings: Any) -> None:
    """What arrives soon was told by the bell."""
    settings.LIVE_POLL_SECONDS = 20


# --- Delivering ----------------------------------------------------------------------------------


def test_a_committed_change_reaches_who_may_see_it(site: People) -> None:
    sessions = [session_of(user) for user in (site.alice, site.bob)]

    async def main() -> None:
        application = beside(no_django)
        async with Visit(application, sessions[0]) as alice, Visit(application, sessions[1]) as bob:
            assert (await alice.next()).event == (await bob.next()).event == "connected"
            ticket = await aside(site.ticket)
            assert (await alice.next()).data["ticket"]["id"] == ticket.pk
            await bob.silent_for(0.3)

    run(main())


def test_two_loops_of_one_process_deliver_each_event_once_each(site: People) -> None:
    """Each with a stream of the same user, beside the same application."""
    application = beside(no_django)
    session = session_of(site.alice)
    both_open, written = threading.Barrier(3), threading.Event()

    async def reader() -> list[int]:
        async with Visit(application, session) as visit:
            assert (await visit.next()).data["streams"] == 1
            await asyncio.to_thread(both_open.wait, 20)
            await asyncio.to_thread(written.wait, 20)
            told = [(await visit.next()).data["ticket"]["id"] for _ in range(5)]
            await visit.silent_for(0.5)
        return told

    with ThreadPoolExecutor(2) as pool:
        told = [pool.submit(run, reader()) for _ in range(2)]
        both_open.wait(20)
        tickets = [site.ticket(f"Number {number}").pk for number in range(5)]
        written.set()
        assert [future.result(30) for future in told] == [tickets] * 2


def test_two_loops_have_their_own_streams_and_guards(site: People) -> None:
    """Who signs out is signed out on both, at once: the poll and the guard's turn are far away."""
    application = beside(no_django)
    session = session_of(site.alice)
    both_open = threading.Barrier(3)

    async def reader() -> dict[str, Any]:
        async with Visit(application, session) as visit:
            await visit.next("connected")
            await asyncio.to_thread(both_open.wait, 20)
            return (await visit.ends(5))[-1].data

    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(run, reader()) for _ in range(2)]
        both_open.wait(20)
        site.alice.is_active = False
        site.alice.save()
        assert [end.result(30) for end in ends] == [{"reason": "session-ended"}] * 2


def test_an_engine_after_another_one_is_the_one_that_is_rung(site: People) -> None:
    """The loop of the first is closed, without a word to its engine."""
    application = beside(no_django)
    session = session_of(site.alice)

    async def visit_and_go() -> Engine:
        async with Visit(application, session) as visit:
            await visit.next("connected")
            ticket = await aside(site.ticket)
            assert (await visit.next()).data["ticket"]["id"] == ticket.pk
            engine: Engine = visit.scope[ENGINE]
            return engine

    first = run(visit_and_go())
    assert not first.is_running
    site.ticket("While nobody serves")
    second = run(visit_and_go())
    assert second is not first
    assert second.name != first.name
    assert not second.is_running


# --- Ending --------------------------------------------------------------------------------------


def test_a_stopped_engine_says_goodbye_and_leaves_nothing(site: People) -> None:
    session = session_of(site.alice)

    async def main() -> None:
        before = database_threads()
        async with Visit(beside(no_django), session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            assert running_bells
            assert database_threads() - before
            await engine.stop()
            assert not engine.is_running and not running_bells
            (goodbye,) = await visit.ends()
            assert (goodbye.event, goodbye.data) == ("goodbye", {"reason": "shutdown"})
            await until(lambda: not database_threads() - before)
            await engine.stop()  # once more does no harm

    run(main())


@pytest.mark.parametrize("steps", range(5))
def test_a_change_that_is_told_just_then_does_not_keep_an_engine_from_stopping(
    site: People, steps: int
) -> None:
    """A ring and a cancellation that meet: neither the relay nor the guard may miss the latter."""
    session = session_of(site.alice)

    async def main() -> None:
        async with Visit(beside(no_django), session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            await engine.relay.caught_up()
            engine.bell.wake()
            for _ in range(steps):
                await asyncio.sleep(0)
            await asyncio.wait_for(engine.stop(), 5)

    run(main())


def test_work_that_loses_a_cancellation_does_not_keep_an_engine_from_stopping(
    site_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a client of Redis does while it connects."""
    lost: list[str] = []

    async def loses_the_first(snapshots: Snapshots) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            lost.append("once")
        await asyncio.Event().wait()

    monkeypatch.setattr(Snapshots, "run", loses_the_first)

    async def main() -> None:
        before = database_threads()
        engine = Engine()
        engine.start()
        await engine.relay.caught_up()
        await asyncio.wait_for(engine.stop(), 5)
        await until(lambda: not database_threads() - before)

    run(main())
    assert lost == ["once"]


def test_an_engine_that_never_started_stops_too() -> None:
    async def main() -> None:
        engine = Engine()
        await engine.stop()
        assert not engine.is_running

    run(main())


def test_a_part_that_fails_is_started_again_and_the_others_go_on(
    site: People, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[float] = []
    healthy = Snapshots.run

    async def fails_twice(snapshots: Snapshots) -> None:
        runs.append(time.monotonic())
        if len(runs) <= 2:
            raise RuntimeError("a part is broken")
        await healthy(snapshots)

    monkeypatch.setattr(Snapshots, "run", fails_twice)
    monkeypatch.setattr("live.process.engine.PAUSE_AFTER_FAILURE", 0.1)
    session = session_of(site.alice)

    async def main() -> None:
        async with Visit(beside(no_django), session) as visit:
            await visit.next("connected")
            await until(lambda: len(runs) >= 2)
            ticket = await aside(site.ticket)
            assert (await visit.next()).data["ticket"]["id"] == ticket.pk
            await until(lambda: len(runs) == 3)

    run(main())
    assert all(later - sooner >= 0.1 for sooner, later in pairwise(runs)), runs
    said = [record for record in caplog.records if "is started again" in record.getMessage()]
    # Once, with the part's name: it failed again at once, and for the same reason.
    assert [(record.getMessage(), bool(record.exc_info)) for record in said] == [
        ("showing live connections failed and is started again: RuntimeError: a part is broken",
         True)
    ]  # fmt: skip


# --- Starting ------------------------------------------------------------------------------------


def test_with_a_lifespan_the_engine_runs_before_any_request_and_ends_with_it(site: People) -> None:
    session = session_of(site.alice)

    async def main() -> None:
        application = beside(no_django)
        async with AsyncExitStack() as visits:
            async with Lifespan(application):
                assert running_bells
                visit = await visits.enter_async_context(Visit(application, session))
                await visit.next("connected")
                engine: Engine = visit.scope[ENGINE]
            assert not engine.is_running and not running_bells
            assert [frame.data for frame in await visit.ends()] == [{"reason": "shutdown"}]

    run(main())


def test_without_a_lifespan_the_first_request_of_any_kind_starts_it() -> None:
    async def main() -> None:
        application = beside(no_django)
        assert not running_bells
        async with Visit(application, path="/any/page/") as page:
            assert page.status == 204
            first = page.scope[ENGINE]
            assert first.is_running
        async with Visit(application, path="/another/") as page:
            assert page.scope[ENGINE] is first

    run(main())


def test_at_start_is_called_once_before_the_first_engine_and_not_before_it_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    start: Callable[[Engine], None] = Engine.start

    def noted(engine: Engine) -> None:
        told.append("engine")
        start(engine)

    monkeypatch.setattr(Engine, "start", noted)
    application = beside(no_django, at_start=lambda: told.append("at start"))
    assert told == []

    async def serve() -> None:
        async with Lifespan(application), Visit(application, path="/") as page:
            assert page.status == 204

    run(serve())
    assert told == ["at start", "engine"]
    run(serve())
    assert told == ["at start", "engine", "engine"]


def test_an_engine_does_not_act_as_the_request_that_started_it() -> None:
    """Its tasks begin in an empty context, or the first request's user would act in them."""
    acting: ContextVar[str] = ContextVar("acting", default="nobody")
    seen: list[str] = []

    class Watched(Engine):
        async def _run(self) -> None:
            seen.append(acting.get())
            await super()._run()

    async def main() -> None:
        acting.set("alice")
        engine = Watched()
        engine.start()
        await until(lambda: seen)
        await engine.stop()

    run(main())
    assert seen == ["nobody"]


def test_what_is_published_without_an_engine_waits_in_the_log(site: People) -> None:
    """And reaches who resumes, from an engine that started later."""
    session = session_of(site.alice)
    start = numbering.number()
    live.publish("live.test", {"number": 1}, [f"user:{site.alice.pk}"])
    live.publish("live.test", {"number": 2}, [processes_of(site.alice.pk)])

    async def main() -> None:
        async with Visit(beside(no_django), session, lastEventId=start) as visit:
            await visit.next("connected")
            frame = await visit.next("live.test")
            assert frame.data == {"number": 1}
            await visit.silent_for(0.2)

    run(main())
