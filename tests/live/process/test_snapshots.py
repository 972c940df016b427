"""What a process says of itself, for the operators' page."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from live.log.entries import END_STREAM
from live.models import Event, ServerProcess
from live.process import snapshots
from live.process.engine import Engine
from live.process.snapshots import end_stream, running
from tests.harness.asgi import aside, run
from tests.harness.engines import NotedStream, parts, working


def row(engine: Engine) -> ServerProcess | None:
    return ServerProcess.objects.filter(pk=engine.name).first()


def test_a_process_says_how_it_is_each_heartbeat(site_database: str, settings: Any) -> None:
    settings.LIVE_HEARTBEAT_SECONDS = 0.2

    async def main() -> None:
        async with parts() as engine, working(engine.snapshots.run()):
            first = None
            while first is None:
                await asyncio.sleep(0.01)
                first = await aside(row, engine)
            assert first.state["streams"] == []
            engine.readers.join(NotedStream(7), frozenset())
            later = first
            while later.state["count"] == 0:
                await asyncio.sleep(0.01)
                found = await aside(row, engine)
                later = found or later
            assert later.at > first.at
            assert later.started_at == first.started_at
            assert later.state["streams"][0]["user"] == 7

    run(main())


def test_a_stream_is_described_with_what_an_operator_asks() -> None:
    async def main() -> None:
        async with parts() as engine:
            engine.relay.delivered, engine.recent.position = 5, 8
            engine.relay.read_at = time.monotonic()
            stream = NotedStream(7, number=3, diagnosis=True)
            stream.opened_at -= 60
            stream.written_at -= 2.5
            engine.readers.join(stream, frozenset())
            ahead = NotedStream("ana maría", number=4)
            ahead.position = 7
            engine.readers.join(ahead, frozenset())
            state = engine.snapshots.state()
            assert state["count"] == 2
            assert state["position"] == 5
            assert state["relay_age"] < 5
            assert state["trouble"] == ""
            assert state["bell"] == engine.bell.describe()
            described, other = state["streams"]
            assert described == {
                "number": 3, "user": 7, "address": "127.0.0.1", "http": "1.1", "diagnosis": True,
                "opened": 60, "written": 2.5, "position": 5, "behind": 3,
            }  # fmt: skip
            assert (other["position"], other["behind"]) == (7, 1)
            ahead.position, ahead.behind = 2, True  # its reader is slow
            other = engine.snapshots.state()["streams"][1]
            assert (other["position"], other["behind"]) == (2, 6)

    run(main())


def test_trouble_is_said(settings: Any) -> None:
    settings.LIVE_POLL_SECONDS = 0.1

    async def main() -> None:
        async with parts() as engine:
            engine.relay.error = "the log cannot be read: OperationalError"
            assert engine.snapshots.state()["trouble"] == engine.relay.error

    run(main())


def test_of_very_many_streams_some_are_listed_and_all_counted(monkeypatch: Any) -> None:
    monkeypatch.setattr(snapshots, "SHOWN", 3)

    async def main() -> None:
        async with parts() as engine:
            for number in range(5):
                engine.readers.join(NotedStream(number), frozenset())
            state = engine.snapshots.state()
            assert (len(state["streams"]), state["count"]) == (3, 5)

    run(main())


def said(name: str, ago: timedelta) -> None:
    at = timezone.now() - ago
    ServerProcess.objects.create(name=name, started_at=at, at=at, state={})


def test_a_process_that_is_silent_for_three_heartbeats_counts_as_gone(
    site_database: str, settings: Any
) -> None:
    settings.LIVE_HEARTBEAT_SECONDS = 10
    said("living", timedelta(seconds=25))
    said("gone", timedelta(seconds=35))
    try:
        names = {process.name for process in running()}
        assert "living" in names and "gone" not in names
    finally:
        ServerProcess.objects.filter(pk__in=["living", "gone"]).delete()


def known() -> set[str]:
    return set(ServerProcess.objects.values_list("name", flat=True))


def test_who_has_been_gone_for_an_hour_is_forgotten(site_database: str) -> None:
    said("long gone", timedelta(minutes=61))
    said("gone", timedelta(minutes=59))

    async def main() -> None:
        async with parts() as engine, working(engine.snapshots.run()):
            while "long gone" in await aside(known):
                await asyncio.sleep(0.01)
            assert "gone" in await aside(known)

    try:
        run(main())
    finally:
        ServerProcess.objects.filter(pk__in=["long gone", "gone"]).delete()


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_host_whose_clock_is_wrong_is_seen_and_sees_the_others(
    hours: int, site_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("another host", timedelta(0))
    wrong = timezone.now() + timedelta(hours=hours)
    monkeypatch.setattr(timezone, "now", lambda: wrong)

    async def main() -> None:
        async with parts() as engine, working(engine.snapshots.run()):
            while (found := await aside(row, engine)) is None:
                await asyncio.sleep(0.01)
            names = {process.name for process in await aside(running)}
            assert {engine.name, "another host"} <= names
            assert abs(found.at.timestamp() - time.time()) < 60
            assert abs(found.started_at.timestamp() - time.time()) < 60

    try:
        run(main())
    finally:
        ServerProcess.objects.filter(pk="another host").delete()


def test_a_word_from_the_future_is_no_word(site_database: str) -> None:
    said("ahead", timedelta(hours=-2))

    async def main() -> None:
        async with parts() as engine, working(engine.snapshots.run()):
            assert "ahead" not in {process.name for process in await aside(running)}
            while "ahead" in await aside(known):
                await asyncio.sleep(0.01)

    try:
        run(main())
    finally:
        ServerProcess.objects.filter(pk="ahead").delete()


def test_an_operator_tells_the_process_by_the_log(site_database: str) -> None:
    end_stream("host:1:abc", 3)
    event = Event.objects.order_by("id").last()
    assert event is not None
    assert event.name == END_STREAM
    assert event.data == '{"process":"host:1:abc","stream":3}'
    assert event.audience == ""  # no browser's
