"""One open stream: its frames in order, what it missed, and how it ends. Without a socket; what
depends on a server is in test_contract.py."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import transaction

import live
from live.access.sessions import Identity
from live.log import numbering, reading, retention
from live.log.entries import Entry
from live.process.backlog import PIECE
from live.process.engine import Engine
from live.process.readers import OpenStream
from live.stream import stream as module
from live.stream import transport
from live.stream.endpoint import ENGINE, beside
from live.stream.request import Request
from live.stream.stream import Stream
from tests.harness.asgi import Visit, aside, no_django, run, until
from tests.harness.engines import parts
from tests.harness.sessions import session_of
from tests.harness.site import People
from tests.harness.sse import Frame

NAME = "live.test"


@pytest.fixture
def session(site: People) -> str:
    return session_of(site.alice)


@pytest.fixture
def tell(site: People) -> Callable[..., int]:
    """Publish numbered events for alice, and give the newest position."""

    def publish(*numbers: int) -> int:
        for number in numbers:
            live.publish(NAME, {"number": number}, [f"user:{site.alice.pk}"])
        return numbering.number()

    return publish


async def numbers(visit: Visit, count: int) -> list[int]:
    return [(await visit.next(NAME)).data["number"] for _ in range(count)]


def opened(session: str, **request: Any) -> Visit:
    return Visit(beside(no_django), session, **request)


# --- Connected -----------------------------------------------------------------------------------


def test_connected_says_where_the_stream_starts_and_what_arrived(
    site: People, session: str, settings: Any
) -> None:
    settings.LIVE_HEARTBEAT_SECONDS = 12
    head = numbering.number()

    async def main() -> None:
        headers = {"Accept-Encoding": "br", "Last-Event-ID": str(head)}
        async with opened(session, headers=headers, http="2") as visit:
            assert visit.status == 200
            assert "connection" not in visit.headers
            connected = await visit.next()
        assert (connected.event, connected.id) == ("connected", head)
        server_time = connected.data.pop("server_time")
        assert server_time.endswith("Z")
        assert connected.data == {
            "user": site.alice.pk, "streams": 1, "head": head, "heartbeat": 12,
            "received": {
                "last_event_id": str(head), "accept_encoding": "br", "host": "localhost",
                "scheme": "http", "http_version": "2",
            },
        }  # fmt: skip

    run(main())


def test_retry_differs_from_stream_to_stream(session: str) -> None:
    async def main() -> None:
        application = beside(no_django)
        retries = []
        for _ in range(8):
            async with Visit(application, session) as visit:
                retries.append((await visit.next()).retry)
        assert all(retry is not None and 1000 <= retry <= 3000 for retry in retries)
        assert len(set(retries)) > 1

    run(main())


def test_streams_counts_this_users_own_and_those_for_diagnosis_apart(
    site: People, session: str
) -> None:
    other = session_of(site.bob)

    async def main() -> None:
        application = beside(no_django)

        @asynccontextmanager
        async def opening(key: str, expected: int, **query: Any) -> Any:
            async with Visit(application, key, **query) as visit:
                assert (await visit.next()).data["streams"] == expected
                yield visit

        async with (
            opening(session, 1), opening(other, 1), opening(session, 2),
            opening(session, 1, heartbeat=5) as diagnosis, opening(session, 3),
        ):  # fmt: skip
            await diagnosis.leave()
            async with opening(session, 1, heartbeat=5):
                pass

    run(main())


def test_who_leaves_is_no_reader_any_more(session: str) -> None:
    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            assert len(engine.readers) == 1
            await visit.leave()
            assert len(engine.readers) == 0

    run(main())


def test_a_users_key_that_json_does_not_know_is_text() -> None:
    user_id = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
    identity = Identity(user_id, "key", "hash", frozenset())

    async def main() -> None:
        async with parts() as engine:
            engine.recent.position = 5

            async def application(scope: Any, receive: Any, send: Any) -> None:
                await Stream(engine, Request(scope), identity, send).serve(receive)

            async with Visit(application) as visit:
                assert (await visit.next()).data["user"] == str(user_id)

    run(main())


def test_an_event_that_a_stream_knows_already_is_not_taken_again() -> None:
    """A stream that opens while an event goes out to thousands has it as part of its past."""

    async def send(message: Any) -> None:
        raise AssertionError("nothing is to be sent yet")

    async def main() -> None:
        async with parts() as engine:
            engine.recent.position = 5
            identity = Identity(7, "key", "hash", frozenset())
            stream = Stream(engine, Request({"headers": [], "query_string": b""}), identity, send)
            wants_flush = [stream.push(b"frame", position) for position in (4, 5, 6, 6, 7)]
            assert wants_flush == [False, False, True, False, False]
            assert stream.position == 7

    run(main())


# --- Resuming ------------------------------------------------------------------------------------


@pytest.fixture(params=["from memory", "from the log"])
def small_memory(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as it is, once with so few events in memory that the log is asked, in small batches."""
    if request.param == "from the log":
        monkeypatch.setattr("live.process.recent.KEPT", 2)
        monkeypatch.setattr("live.process.relay.KEPT", 2)
        monkeypatch.setattr(reading, "AT_ONCE", 3)


async def resets(session: str, reason: str, **request: Any) -> None:
    async with opened(session, **request) as visit:
        assert visit.status == 200
        connected, reset = await visit.next(), await visit.next()
        assert (connected.event, connected.id) == ("connected", None)
        assert (reset.event, reset.data) == ("reset", {"reason": reason})
        assert reset.id == connected.data["head"]
        await visit.silent_for(0.1)


@pytest.mark.parametrize(
    "junk",
    ["x", "-1", "1.0", "0x10", "1e3", "error", "user-7:5", "٣", "9" * 18, "9" * 30, "1 2", "' or 1",
     "1,2", "x" * 10_000, "+5", "NaN"],
)  # fmt: skip
def test_junk_as_resume_point_resets(session: str, junk: str) -> None:
    run(resets(session, "missed", headers={"Last-Event-ID": junk.encode().decode("latin1")}))


def test_a_position_ahead_of_the_log_resets_and_then_lives(
    session: str, tell: Callable[..., int]
) -> None:
    head = tell()

    async def main() -> None:
        async with opened(session, lastEventId=head + 1) as visit:
            assert (await visit.next("reset")).id == head
            await aside(tell, 1)
            assert await numbers(visit, 1) == [1]

    run(main())


@pytest.mark.usefixtures("small_memory")
def test_what_was_missed_comes_in_order_once_and_then_what_is_new(
    session: str, tell: Callable[..., int]
) -> None:
    start = tell()
    tell(*range(20))

    async def main() -> None:
        async with opened(session, lastEventId=start) as visit:
            connected = await visit.next()
            assert connected.id == start
            frames = [await visit.next() for _ in range(20)]
            assert [frame.data["number"] for frame in frames] == list(range(20))
            assert [frame.id for frame in frames] == list(range(start + 1, start + 21))
            await aside(tell, 20)
            assert (await visit.next()).data["number"] == 20
            await visit.silent_for(0.2)

    run(main())


@pytest.mark.usefixtures("small_memory")
def test_a_break_at_any_point_resumes_right(session: str, tell: Callable[..., int]) -> None:
    start = tell()
    tell(*range(6))

    async def main() -> None:
        application = beside(no_django)
        got: list[int] = []
        position: int | None = start
        while len(got) < 6:  # read one frame beyond `connected`, break, resume from the last id
            async with Visit(application, session, lastEventId=position) as visit:
                assert (await visit.next("connected")).id == position
                frame = await visit.next()
                position = frame.id
                got.append(frame.data["number"])
        assert got == list(range(6))

    run(main())


@pytest.mark.usefixtures("small_memory")
def test_events_of_others_are_not_told_to_who_resumes(site: People, session: str) -> None:
    start = numbering.number()
    for number in range(8):
        live.publish(NAME, {"number": number}, [f"user:{site.bob.pk}"])
    live.publish(NAME, {"number": 99}, [f"user:{site.alice.pk}"])

    async def main() -> None:
        async with opened(session, lastEventId=start) as visit:
            await visit.next("connected")
            assert await numbers(visit, 1) == [99]
            await visit.silent_for(0.1)

    run(main())


@pytest.mark.usefixtures("small_memory")
def test_whose_rights_changed_meanwhile_is_reset(
    site: People, session: str, tell: Callable[..., int]
) -> None:
    """Old events are never judged by new rights."""
    start = tell()
    site.network.agents.add(site.alice)
    after = tell(*range(6))
    run(resets(session, "access", lastEventId=start))

    async def main() -> None:
        async with opened(session, lastEventId=after - 6) as visit:
            assert (await visit.next()).id == after - 6
            assert await numbers(visit, 6) == list(range(6))

    run(main())


def test_whose_new_rights_were_taken_back_past_the_log_while_away_is_reset(site: People) -> None:
    """Their page shows what they could see meanwhile, and nobody has said that it is over."""
    session = session_of(site.dave)

    def promote() -> None:
        site.dave.is_superuser = True
        site.dave.save()

    async def main() -> None:
        application = beside(no_django)
        async with Visit(application, session) as visit:
            await visit.next("connected")
            await aside(promote)
            reset = await visit.next("reset")
        await aside(User.objects.filter(pk=site.dave.pk).update, is_superuser=False)
        async with Visit(application, session, lastEventId=reset.id) as visit:
            assert (await visit.next("connected")).id is None
            assert (await visit.next()).data == {"reason": "access"}

    run(main())


def test_a_pruned_position_resets(session: str, tell: Callable[..., int]) -> None:
    start = tell()
    tell(1, 2, 3)
    assert retention.prune(hours=0) >= 3
    tell(4)
    run(resets(session, "missed", lastEventId=start))


def test_a_backlog_that_is_pruned_while_it_is_sent_resets(
    session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.process.recent.KEPT", 2)
    monkeypatch.setattr("live.process.relay.KEPT", 2)
    monkeypatch.setattr(reading, "AT_ONCE", 3)
    start = tell()
    tell(*range(9))
    real, reads = reading.read, []

    def read(after: int, limit: int, most_bytes: int = 0) -> list[Entry]:
        entries = real(after, limit)
        if most_bytes == PIECE:  # of the backlog
            reads.append(after)
            retention.prune(hours=0)
        return entries

    async def main() -> None:
        async with opened(session, lastEventId=start) as visit:
            assert (await visit.next()).id == start
            assert await numbers(visit, 3) == [0, 1, 2]
            reset = await visit.next()
            assert (reset.event, reset.data) == ("reset", {"reason": "missed"})
            assert reset.id == start + 9
            await aside(tell, 9)
            assert await numbers(visit, 1) == [9]

    monkeypatch.setattr(reading, "read", read)
    run(main())
    assert reads == [start]


def test_what_is_new_waits_until_the_backlog_is_out(
    session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.process.recent.KEPT", 2)
    monkeypatch.setattr("live.process.relay.KEPT", 2)
    start = tell()
    tell(*range(9))
    real = reading.read
    published: list[int] = []

    def read(after: int, limit: int, most_bytes: int = 10_000) -> list[Entry]:
        if after == start and not published:
            published.append(tell(9, 10))
        return real(after, limit, most_bytes)

    async def main() -> None:
        async with opened(session, lastEventId=start) as visit:
            await visit.next("connected")
            assert await numbers(visit, 11) == list(range(11))
            await visit.silent_for(0.2)

    monkeypatch.setattr(reading, "read", read)
    run(main())


def test_a_reset_is_told_to_one_who_has_just_opened_in_its_place(
    site: People, session: str, tell: Callable[..., int]
) -> None:
    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            await aside(tell, 1)
            await aside(site.network.agents.add, site.alice)
            await aside(tell, 2)
            told = [await visit.next() for _ in range(3)]
            assert [frame.event for frame in told] == [NAME, "reset", NAME]
            assert told[1].data == {"reason": "access"}
            ids = [frame.id for frame in told]
            assert ids == sorted(ids, key=lambda position: position or 0)

    run(main())


# --- Clients that read slowly --------------------------------------------------------------------


def test_a_client_that_takes_nothing_for_a_while_gets_all_in_order(
    session: str, tell: Callable[..., int]
) -> None:
    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            visit.takes.clear()
            for number in range(20):
                await aside(tell, number)
            await engine.relay.caught_up()
            visit.takes.set()
            assert await numbers(visit, 20) == list(range(20))

    run(main())


@pytest.mark.usefixtures("small_memory")
def test_a_client_that_falls_behind_gets_all_in_order_on_the_same_response(
    session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEHIND", 400)  # seven or eight of these frames

    async def main() -> None:
        async with opened(session) as visit:
            start = (await visit.next("connected")).id
            assert start is not None
            engine: Engine = visit.scope[ENGINE]
            [stream] = engine.readers.streams()
            visit.takes.clear()
            await aside(tell, *range(60))
            await engine.relay.caught_up()
            assert is_behind(stream) and stream.position < start + 10
            visit.takes.set()
            assert await numbers(visit, 60) == list(range(60))
            await aside(tell, 60)
            assert await numbers(visit, 1) == [60]
            assert not is_behind(stream) and stream.position == start + 61

    run(main())


def test_what_waits_for_a_client_that_is_behind_is_bounded(
    session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In bytes, however many and long the events are that come meanwhile."""
    monkeypatch.setattr(module, "BEHIND", 400)

    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            [stream] = engine.readers.streams()
            assert isinstance(stream, Stream)
            visit.takes.clear()
            for number in range(5):
                await aside(tell, *range(number * 10, number * 10 + 10))
                await engine.relay.caught_up()
                assert 0 < stream._own <= 400
            visit.takes.set()
            assert await numbers(visit, 50) == list(range(50))

    run(main())


def test_a_frame_that_is_too_long_to_wait_goes_out_alone(
    site: People, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEHIND", 400)
    texts = [letter * 5000 for letter in "abcdef"]

    def tell_long() -> None:
        for text in texts:
            live.publish(NAME, {"text": text}, [f"user:{site.alice.pk}"])
        numbering.number()

    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            await aside(tell_long)
            assert [(await visit.next(NAME)).data["text"] for _ in texts] == texts

    run(main())


def test_whose_rights_change_while_they_are_behind_is_reset_in_place_of_the_rest(
    site: People, session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old events are never judged by new rights."""
    monkeypatch.setattr(module, "BEHIND", 400)

    def change() -> int:
        with transaction.atomic():  # else the reset may come before the last is told
            tell(*range(20))
            site.network.agents.add(site.alice)
            return tell(20)

    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            visit.takes.clear()
            head = await aside(change)
            await visit.scope[ENGINE].relay.caught_up()
            visit.takes.set()
            told = [await visit.next()]
            while told[-1].event != "reset":
                told.append(await visit.next())
            assert (told[-1].data, told[-1].id) == ({"reason": "access"}, head)
            assert [frame.data["number"] for frame in told[:-1]] == list(range(len(told) - 1))
            assert len(told) <= 11  # ten frames of more than 40 bytes, and the reset
            await aside(tell, 21)
            assert await numbers(visit, 1) == [21]

    run(main())


def test_a_log_that_is_replaced_takes_a_stream_along_that_is_behind(
    session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEHIND", 400)

    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            visit.takes.clear()
            await aside(tell, *range(20))
            await engine.relay.caught_up()
            above = await aside(retention.positions_lost)
            await engine.relay.caught_up()
            visit.takes.set()
            reset = await visit.next("reset")
            assert (reset.data, reset.id) == ({"reason": "positions-lost"}, above)
            await aside(tell, 20)
            assert await numbers(visit, 1) == [20]

    run(main())


def test_one_that_is_behind_hears_no_heartbeat_which_would_name_a_position_it_has_not(
    session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """A browser would resume there, and lose what is between."""
    monkeypatch.setattr(module, "BEHIND", 400)
    settings.LIVE_HEARTBEAT_SECONDS = 0.2

    async def main() -> None:
        async with opened(session) as visit:
            start = (await visit.next("connected")).id
            assert start is not None
            engine: Engine = visit.scope[ENGINE]
            [stream] = engine.readers.streams()
            visit.takes.clear()
            await aside(tell, *range(20))
            await engine.relay.caught_up()
            written = stream.written_at
            await until(lambda: asyncio.get_running_loop().time() > written + 1)
            visit.takes.set()
            position = start
            for number in range(20):
                frame = await visit.next(NAME, "heartbeat")
                assert (frame.event, frame.id) == (NAME, position + 1), number
                position += 1
            assert (await visit.next("heartbeat")).id == position

    run(main())


def test_a_client_that_takes_nothing_for_too_long_is_cut_off_and_resumes(
    session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEHIND", 400)
    monkeypatch.setattr(transport, "LOOK", 0.05)

    async def main() -> None:
        application = beside(no_django)
        async with Visit(application, session) as visit:
            start = (await visit.next()).id
            engine: Engine = visit.scope[ENGINE]
            visit.takes.clear()
            await aside(tell, *range(30))
            await until(lambda: len(list(engine.readers.streams())) == 0 or closed(engine))
            visit.takes.set()
            frames = await visit.ends()
            assert "goodbye" not in [frame.event for frame in frames]
            await until(lambda: len(engine.readers) == 0)
            got = [frame.data["number"] for frame in frames]
            last = frames[-1].id if frames else start
        async with Visit(application, session, lastEventId=last) as visit:
            assert (await visit.next()).id == last
            assert got + await numbers(visit, 30 - len(got)) == list(range(30))

    run(main())


def is_behind(stream: OpenStream) -> bool:
    return stream.behind


def closed(engine: Engine) -> bool:
    return all(stream.closed for stream in engine.readers.streams())


def test_a_client_for_whom_more_waits_than_is_allowed_is_cut_off(
    session: str, settings: Any, tell: Callable[..., int]
) -> None:
    settings.LIVE_MAX_PENDING_BYTES = 2_000

    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            [stream] = engine.readers.streams()
            visit.takes.clear()
            await aside(tell, *range(30))
            await engine.relay.caught_up()
            assert not closed(engine)
            for _ in range(20):  # what is not pushed all the same, such as `degraded`
                stream.write(b": said to everybody, whatever waits for them" + b" " * 60 + b"\n\n")
            assert closed(engine)
            visit.takes.set()
            await visit.ends()

    run(main())


class Broken(Visit):
    """A client whose connection fails at the next write, without a disconnect."""

    fails = False

    async def _send(self, message: dict[str, Any]) -> None:
        if self.fails:
            raise ConnectionError("broken pipe")
        await super()._send(message)


def test_a_write_that_fails_ends_the_stream_and_no_other(
    site: People, session: str, tell: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        application = beside(no_django)
        async with Visit(application, session) as healthy:
            await healthy.next("connected")
            engine: Engine = healthy.scope[ENGINE]
            broken = Broken(application, session)
            with pytest.raises(ConnectionError):  # of its last write, which is the server's
                async with broken:
                    await broken.next("connected")
                    broken.fails = True
                    await aside(tell, 1)
                    await until(lambda: len(list(engine.readers.streams())) == 1)
            assert await numbers(healthy, 1) == [1]

    run(main())
    assert "could not be written to" in caplog.text


def test_a_stream_that_cannot_be_opened_is_503(
    session: str, tell: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.process.recent.KEPT", 2)
    monkeypatch.setattr("live.process.relay.KEPT", 2)
    start = tell()
    tell(*range(6))

    def fails(*args: Any) -> str:
        raise RuntimeError("the log is away")

    monkeypatch.setattr(reading, "hindrance", fails)

    async def main() -> None:
        async with opened(session, lastEventId=start) as visit:
            assert visit.status == 503
            assert (await visit.json())["error"] == "The stream could not be opened; try again."
            assert len(visit.scope[ENGINE].readers) == 0

    run(main())


# --- Goodbyes ------------------------------------------------------------------------------------


def goodbye(frames: list[Frame]) -> str:
    assert [frame.event for frame in frames][-1:] == ["goodbye"]
    assert frames[-1].id is None
    return str(frames[-1].data["reason"])


def test_a_stream_that_is_old_enough_ends(session: str, settings: Any) -> None:
    settings.LIVE_MAX_STREAM_SECONDS = 1

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with opened(session) as visit:
            await visit.next("connected")
            began = loop.time()
            assert goodbye(await visit.ends(15)) == "max-age"
            assert 0.7 < loop.time() - began < 12

    run(main())


def test_streams_that_were_opened_together_do_not_end_together(session: str, settings: Any) -> None:
    settings.LIVE_MAX_STREAM_SECONDS = 100

    async def main() -> None:
        application = beside(no_django)
        async with Visit(application, session) as one, Visit(application, session) as other:
            await one.next("connected")
            await other.next("connected")
            first, second = list(one.scope[ENGINE].readers.streams())
            lifetimes = [stream.expires_at - stream.opened_at for stream in (first, second)]
            assert all(80 <= seconds <= 100 for seconds in lifetimes)
            assert lifetimes[0] != lifetimes[1]

    run(main())


def test_one_too_many_is_replaced_and_the_others_go_on(
    session: str, tell: Callable[..., int], settings: Any
) -> None:
    settings.LIVE_MAX_STREAMS_PER_USER = 2

    async def main() -> None:
        application = beside(no_django)
        async with (
            Visit(application, session, client="a") as oldest,
            Visit(application, session, client="b") as middle,
            Visit(application, session, client="b") as newest,
        ):
            assert goodbye(await middle.ends()) == "replaced"
            for visit in (oldest, newest):
                await visit.next("connected")
            await aside(tell, 1)
            for visit in (oldest, newest):
                assert await numbers(visit, 1) == [1]

    run(main())


def test_what_was_pending_goes_out_before_the_goodbye(
    session: str, tell: Callable[..., int]
) -> None:
    async def main() -> None:
        async with opened(session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            visit.takes.clear()
            await aside(tell, 1, 2)
            await engine.relay.caught_up()
            for stream in list(engine.readers.streams()):
                stream.end("shutdown")
            visit.takes.set()
            frames = await visit.ends()
            assert [frame.data["number"] for frame in frames[:-1]] == [1, 2]
            assert goodbye(frames) == "shutdown"

    run(main())


@pytest.fixture(autouse=True)
def no_complaints(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No task was dropped, and no error of one lost."""
    yield
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
