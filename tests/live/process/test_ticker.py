"""Heartbeats prove the whole path; what is not true any more is said at once."""

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from live.process.engine import Engine
from tests.harness.asgi import run, until
from tests.harness.engines import NotedStream, parts, working


@pytest.fixture(autouse=True)
def patience(settings: Any) -> None:
    """The relay of these tests does not run: they say when it has read the log."""
    settings.LIVE_POLL_SECONDS = 5


def healthy(engine: Engine) -> None:
    engine.relay.read_at, engine.relay.error = time.monotonic(), ""


def in_trouble(engine: Engine) -> None:
    engine.relay.read_at, engine.relay.error = 0.0, "the log cannot be read: OperationalError"


def served(engine: Engine, stream: NotedStream) -> NotedStream:
    engine.readers.join(stream, frozenset())
    engine.ticker.add(stream)
    return stream


# --- Streams that are behind ---------------------------------------------------------------------


def test_one_that_is_behind_gets_no_heartbeat_until_it_has_caught_up() -> None:
    """It would name a position that its reader has yet to get to."""

    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            engine.recent.position = engine.relay.delivered = 9
            behind = served(engine, NotedStream(7, heartbeat=0.2))
            other = served(engine, NotedStream(8, heartbeat=0.2))
            behind.position, behind.behind = 4, True
            await until(lambda: len(other.frames) == 4)
            assert behind.told == []
            behind.position, behind.behind = 9, False
            await until(lambda: behind.told == ["heartbeat"])
            assert behind.frames[0].id == 9

    run(main())


def test_one_that_is_behind_is_told_of_trouble_and_not_of_its_end() -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            behind = served(engine, NotedStream(7))
            other = served(engine, NotedStream(8))
            behind.behind = True
            in_trouble(engine)
            await until(lambda: other.told == ["degraded"])
            assert behind.told == ["degraded"]
            healthy(engine)
            await until(lambda: other.told == ["degraded", "heartbeat"])
            assert behind.told == ["degraded"]

    run(main())


# --- Heartbeats ----------------------------------------------------------------------------------


def test_each_silence_is_filled_by_a_heartbeat() -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            engine.recent.position, engine.relay.delivered = 9, 7
            often = served(engine, NotedStream(7, heartbeat=0.3))
            seldom = served(engine, NotedStream(8, heartbeat=60))
            await until(lambda: len(often.frames) == 3)
            pauses = [later.at - sooner.at for sooner, later in pairwise(often.frames)]
            assert all(0.3 <= pause < 3 for pause in pauses), pauses
            assert seldom.told == []

            beat = often.frames[0]
            assert (beat.event, beat.id, beat.comments) == ("heartbeat", 7, ["ping"])
            assert set(beat.data) == {"at", "head"}
            assert beat.data["head"] == 9

    run(main())


def test_a_heartbeat_names_what_this_stream_has_been_served_up_to() -> None:
    """Its own position may be ahead of what all have been served."""

    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            engine.relay.delivered = 7
            stream = served(engine, NotedStream(7, heartbeat=0.2))
            stream.position = 8
            await until(lambda: stream.frames)
            assert stream.frames[0].id == 8

    run(main())


def test_who_was_just_written_to_needs_no_heartbeat() -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            stream = served(engine, NotedStream(7, heartbeat=1.5))
            for _ in range(20):
                stream.write(b"event: a\ndata: {}\n\n")
                await asyncio.sleep(0.1)
            assert stream.told == ["a"] * 20

    run(main())


def test_streams_that_were_opened_together_are_not_served_together() -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            streams = [served(engine, NotedStream(number, heartbeat=1)) for number in range(60)]
            await until(lambda: all(stream.frames for stream in streams))
            at = sorted(stream.frames[0].at for stream in streams)
            assert at[-1] - at[0] > 0.25

    run(main())


def test_there_is_no_heartbeat_while_the_log_has_not_been_read_for_two_polls() -> None:
    """Not even where there is no trouble to tell: the process was merely busy."""

    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            engine.relay.read_at = 0.0
            assert engine.relay.trouble() == "" and not engine.relay.is_current()
            stream = served(engine, NotedStream(7, heartbeat=0.1))
            await asyncio.sleep(0.5)
            assert stream.told == []
            healthy(engine)
            await until(lambda: stream.frames)
            assert stream.told == ["heartbeat"]

    run(main())


# --- Degraded ------------------------------------------------------------------------------------


def test_trouble_and_its_end_are_told_to_all_at_once() -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            streams = [served(engine, NotedStream(number, heartbeat=60)) for number in range(60)]
            await asyncio.sleep(0.25)
            assert not any(stream.frames for stream in streams)
            in_trouble(engine)
            await until(lambda: all(stream.frames for stream in streams))
            healthy(engine)
            await until(lambda: all(len(stream.frames) == 2 for stream in streams))
            for stream in streams:
                degraded, heartbeat = stream.frames
                assert (degraded.event, degraded.id) == ("degraded", None)
                assert degraded.comments == ["ping"]
                assert degraded.data == {"reason": "the log cannot be read: OperationalError"}
                assert heartbeat.event == "heartbeat"

    run(main())


def test_trouble_is_told_in_place_of_each_heartbeat() -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            in_trouble(engine)
            stream = served(engine, NotedStream(7, heartbeat=0.2))
            await until(lambda: len(stream.frames) == 4)
            assert stream.told == ["degraded"] * 4

    run(main())


# --- The end -------------------------------------------------------------------------------------


def test_a_stream_that_is_too_old_ends() -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            old = served(engine, NotedStream(7, heartbeat=60, lifetime=1.5))
            young = served(engine, NotedStream(8, heartbeat=60, lifetime=60))
            await asyncio.sleep(0.2)
            assert not old.closed
            await until(lambda: old.closed)
            assert old.ending == "max-age"
            assert not young.closed

    run(main())


def test_a_closed_stream_is_served_no_more() -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.ticker.run()):
            healthy(engine)
            closed = served(engine, NotedStream(7, heartbeat=0.2, lifetime=0.5))
            closed.closed = True
            await asyncio.sleep(0.8)
            assert closed.told == []
            assert closed.ending is None

    run(main())


def test_a_busy_process_is_told_to_the_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a database that did not answer meanwhile is not blamed for it."""
    slept: list[float] = []

    async def main() -> None:
        async with parts() as engine:
            monkeypatch.setattr(engine.relay, "slept", slept.append)
            async with working(engine.ticker.run()):
                await until(lambda: any(0 <= seconds < 1 for seconds in slept))
                slept.clear()
                time.sleep(2)  # the loop is busy with something else
                await until(lambda: max(slept, default=0) > 1.8)
        assert max(slept) < 8

    run(main())
