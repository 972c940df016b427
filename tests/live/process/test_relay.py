"""The relay hands on what is new, in order and once, and says when it cannot read the log."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.db import OperationalError

import live
from live.access.audience import audiences_of
from live.log import numbering, reading, retention
from live.log.bell import Bell
from live.log.reading import Stretch
from live.log.threads import DatabaseThreads
from live.process.courtesy import Courtesy
from live.process.engine import Engine
from live.process.internal import InternalEvents
from live.process.readers import Readers
from live.process.recent import Recent
from live.process.relay import Relay
from live.process.suspects import Suspects
from tests.harness.asgi import aside, run, until
from tests.harness.engines import NotedStream, parts, working
from tests.harness.site import People

# --- Delivering ----------------------------------------------------------------------------------


def join(engine: Engine, user: Any) -> NotedStream:
    """A stream that is open at the newest position that the engine knows."""
    stream = NotedStream(user.pk)
    stream.position = engine.recent.position
    engine.readers.join(stream, audiences_of([user.pk])[user.pk])
    return stream


async def caught_up(engine: Engine) -> None:
    await asyncio.wait_for(engine.relay.caught_up(), 10)


def ids(stream: NotedStream) -> list[int]:
    return [frame.data["ticket"]["id"] for frame in stream.frames]


def test_events_reach_those_who_may_see_them_in_order(site: People) -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            await caught_up(engine)
            alice, bob, carol = [
                await aside(join, engine, user) for user in (site.alice, site.bob, site.carol)
            ]
            mine = [(await aside(site.ticket, f"Mine {number}")).pk for number in range(3)]
            other = (await aside(site.ticket, queue=site.network)).pk
            await caught_up(engine)

            assert ids(alice) == mine
            assert ids(bob) == [other]
            assert ids(carol) == [*mine, other]
            positions = [frame.id for frame in carol.frames]
            assert positions == list(range(engine.relay.delivered - 3, engine.relay.delivered + 1))

    run(main())


def test_a_stream_is_written_to_once_for_all_that_came_together(site: People) -> None:
    async def main() -> None:
        async with parts() as engine:
            async with working(engine.relay.run()):
                await caught_up(engine)
            stream = await aside(join, engine, site.alice)
            for number in range(3):
                await aside(site.ticket, f"Number {number}")
            async with working(engine.relay.run()):
                await caught_up(engine)
            assert len(stream.frames) == 3
            assert stream.flushes == 1

    run(main())


def test_many_events_are_read_batch_by_batch(site: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.log.reading.AT_ONCE", 4)

    async def main() -> None:
        async with parts() as engine:
            async with working(engine.relay.run()):
                await caught_up(engine)
            stream = await aside(join, engine, site.alice)
            tickets = [(await aside(site.ticket, f"Number {number}")).pk for number in range(10)]
            async with working(engine.relay.run()):
                await caught_up(engine)  # one wait covers them all
                assert ids(stream) == tickets

    run(main())


def test_what_is_for_the_processes_is_done_and_not_told(site: People) -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            await caught_up(engine)
            stream = await aside(join, engine, site.dave)
            await aside(live.access_changed, site.dave.pk, gained=["queue:0"])
            await caught_up(engine)
            assert stream.told == ["reset"]
            reader = engine.readers.of(site.dave.pk)
            assert reader is not None and "queue:0" in reader.audiences

    run(main())


def test_a_log_that_was_replaced_resets_every_stream_and_goes_on(site: People) -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            await caught_up(engine)
            streams = [await aside(join, engine, user) for user in (site.alice, site.dave)]
            above = await aside(retention.positions_lost)
            await caught_up(engine)
            for stream in streams:
                (frame,) = stream.frames
                assert (frame.event, frame.id) == ("reset", above)
                assert frame.data == {"reason": "positions-lost"}
                assert stream.position == above
            ticket = await aside(site.ticket)
            await caught_up(engine)
            assert streams[0].frames[-1].data["ticket"]["id"] == ticket.pk
            assert len(streams[1].frames) == 1

    run(main())


def test_a_pass_that_failed_tells_who_waits_and_loses_nothing(
    site: People, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.LIVE_POLL_SECONDS = 0.1
    healthy, broken = reading.advance, False

    def advance(*args: Any) -> Stretch:
        if broken:
            raise OperationalError("the database is away")
        return healthy(*args)

    monkeypatch.setattr(reading, "advance", advance)

    async def main() -> None:
        nonlocal broken
        async with parts() as engine, working(engine.relay.run()):
            await caught_up(engine)
            stream = await aside(join, engine, site.alice)
            broken = True
            ticket = await aside(site.ticket)
            with pytest.raises(OperationalError):
                await caught_up(engine)
            assert engine.relay.error == "the log cannot be read: OperationalError"
            assert stream.frames == []
            broken = False
            await until(lambda: stream.frames)
            assert ids(stream) == [ticket.pk]
            assert engine.relay.error == ""

    run(main())


def test_it_knows_the_newest_events_of_before_it_began(site: People) -> None:
    numbering.number()
    before = live.head()
    site.ticket()

    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            await caught_up(engine)
            assert engine.relay.delivered == engine.recent.position == before + 1
            missed = engine.recent.after(before)
            assert missed is not None
            assert [entry.name for entry in missed] == ["ticket.created"]

    run(main())


# --- Trouble -------------------------------------------------------------------------------------

POLL = 1.0


class Clock:
    """The relay's clock, which a test moves on."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    time = staticmethod(time.time)


class Database:
    """What answers the relay's questions: at once, never, or with an error."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked = asyncio.Event()
        self.error: Exception | None = None

    async def run(self, function: Callable[..., Stretch], *args: Any) -> Stretch:
        self.asked.set()
        await self.answers.wait()
        if self.error:
            raise self.error
        return Stretch(0, 0, [])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    settings.LIVE_POLL_SECONDS = POLL
    moved_by_hand = Clock()
    monkeypatch.setattr("live.process.relay.time", moved_by_hand)
    return moved_by_hand


def relay_on(database: Database) -> Relay:
    readers = Readers()
    return Relay(
        Bell(), Recent(), readers, InternalEvents("test", readers, Suspects()),
        Courtesy(), cast(DatabaseThreads, database),
    )  # fmt: skip


async def ask(relay: Relay, database: Database) -> asyncio.Future[None]:
    """A question to the database that is open now."""
    database.asked.clear()
    waiting = asyncio.ensure_future(relay.caught_up())
    await asyncio.wait_for(database.asked.wait(), 5)
    return waiting


def test_while_the_log_is_read_there_is_no_trouble(clock: Clock) -> None:
    async def main() -> None:
        database = Database()
        relay = relay_on(database)
        assert not relay.is_current()
        async with working(relay.run()):
            await relay.caught_up()
            assert relay.is_current()
            clock.now += 2 * POLL
            assert relay.is_current() and relay.trouble() == ""

    run(main())


def test_a_database_that_does_not_answer_for_two_polls_is_trouble(clock: Clock) -> None:
    async def main() -> None:
        database = Database()
        relay = relay_on(database)
        async with working(relay.run()):
            await relay.caught_up()
            database.answers.clear()
            waiting = await ask(relay, database)
            clock.now += 2 * POLL
            assert relay.trouble() == ""
            clock.now += 0.1
            assert not relay.is_current()
            assert relay.trouble() == "the database does not answer"
            database.answers.set()
            await waiting
            assert relay.is_current() and relay.trouble() == ""

    run(main())


def test_an_error_that_lasts_for_two_polls_is_trouble(clock: Clock) -> None:
    async def main() -> None:
        database = Database()
        relay = relay_on(database)
        async with working(relay.run()):
            await relay.caught_up()
            database.error = OperationalError("away")
            with pytest.raises(OperationalError):
                await relay.caught_up()
            assert relay.trouble() == ""  # it may be over by the next poll
            clock.now += 2 * POLL + 0.1
            assert relay.trouble() == "the log cannot be read: OperationalError"
            database.error = None
            await relay.caught_up()
            assert relay.trouble() == ""

    run(main())


@pytest.mark.parametrize("asks", [True, False], ids=["while it asks", "while it waits"])
def test_a_process_that_was_stopped_has_two_polls_to_read_once_it_runs_again(
    clock: Clock, asks: bool
) -> None:
    async def main() -> None:
        database = Database()
        relay = relay_on(database)
        async with working(relay.run()):
            await relay.caught_up()
            waiting = None
            if asks:
                database.answers.clear()
                waiting = await ask(relay, database)
            clock.now += 100
            relay.slept(100)
            assert not relay.is_current()  # so there is no heartbeat either
            assert relay.trouble() == ""
            clock.now += 2 * POLL
            assert relay.trouble() == ""
            if waiting is None:
                database.answers.clear()
                waiting = await ask(relay, database)
            clock.now += 2 * POLL + 0.1
            assert relay.trouble() == "the database does not answer"
            database.answers.set()
            await waiting

    run(main())


def test_an_error_just_before_the_process_was_stopped_is_no_trouble_yet(clock: Clock) -> None:
    async def main() -> None:
        database = Database()
        relay = relay_on(database)
        async with working(relay.run()):
            await relay.caught_up()
            database.error = OperationalError("away")
            with pytest.raises(OperationalError):
                await relay.caught_up()
            clock.now += 100
            relay.slept(100)
            assert relay.trouble() == ""
            clock.now += 2 * POLL + 0.1
            assert relay.trouble() == "the log cannot be read: OperationalError"

    run(main())


def test_an_outage_that_was_under_way_before_the_process_was_stopped_is_still_one(
    clock: Clock,
) -> None:
    async def main() -> None:
        database = Database()
        relay = relay_on(database)
        async with working(relay.run()):
            await relay.caught_up()
            database.answers.clear()
            waiting = await ask(relay, database)
            clock.now += 2 * POLL + 0.1
            assert relay.trouble()
            clock.now += 100
            relay.slept(100)
            assert relay.trouble() == "the database does not answer"
            database.answers.set()
            await waiting

    run(main())
