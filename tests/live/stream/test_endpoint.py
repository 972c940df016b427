"""Who is let in, and where: refusals, and rights that are true where the stream starts."""

import asyncio
import threading
from collections.abc import Callable, Collection
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

import live
from live.access import lookups
from live.access.sessions import Identity
from live.log import numbering, reading
from live.log.bell import running_bells
from live.log.numbering import Bounds
from live.log.reading import Stretch
from live.process.engine import Engine
from live.stream import endpoint
from live.stream.endpoint import ENGINE, beside
from tests.harness.asgi import Visit, aside, no_django, run
from tests.harness.sessions import session_of
from tests.harness.site import People

Found = tuple[dict[str, Identity], Bounds]


async def refused(session: str | None, **request: Any) -> tuple[int, str]:
    """The status and the sentence that the request is answered with."""
    async with Visit(beside(no_django), session, **request) as visit:
        assert visit.headers["content-type"] == "application/json"
        assert visit.headers["cache-control"] == "no-store"
        answer = await visit.json()
        assert answer == {"error": answer["error"], "fields": {}}
        return visit.status, answer["error"]


# --- Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/user/stream", "/"])
def test_a_websocket_is_refused_and_django_is_not_asked(path: str) -> None:
    """Servers answer such a handshake with 403."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def shake_hands() -> None:
        await beside(no_django)({"type": "websocket", "path": path}, receive, send)

    run(shake_hands())
    assert sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize(
    "key", [None, "", "junk", "x" * 32, "' or 1=1 --", "\xff\xfe", "a\0b", r'"abcd\000efghijk"']
)
def test_without_a_session_it_is_401(site_database: str, key: str | None) -> None:
    sentence = "Sign in first: this session is not, or no longer, valid."
    assert run(refused(key)) == (401, sentence)


def let_expire(user: User) -> None:
    Session.objects.all().update(expire_date=timezone.now())


def deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def set_other_password(user: User) -> None:
    User.objects.filter(pk=user.pk).update(password="another")


@pytest.mark.parametrize("end", [let_expire, deactivate, set_other_password])
def test_a_session_that_no_longer_holds_is_401(site: People, end: Callable[[User], None]) -> None:
    key = session_of(site.alice)
    end(site.alice)
    assert run(refused(key))[0] == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_405(site: People, method: str) -> None:
    async def main() -> None:
        async with Visit(beside(no_django), session_of_alice, method=method) as visit:
            assert visit.status == 405
            assert visit.headers["allow"] == "GET"

    session_of_alice = session_of(site.alice)
    run(main())


def test_a_foreign_host_is_400_whoever_asks(site: People) -> None:
    for key in (session_of(site.alice), None):
        answer = run(refused(key, headers={"Host": "evil.example"}, method="POST"))
        assert answer == (400, "This Host is not in ALLOWED_HOSTS.")


@pytest.mark.parametrize("heartbeat", ["0", "61", "-1", "1.5", "x", "", "²", "9" * 500])
def test_an_impossible_heartbeat_is_400(site: People, heartbeat: str) -> None:
    answer = run(refused(session_of(site.alice), heartbeat=heartbeat))
    assert answer == (400, "heartbeat must be a whole number from 1 to 60.")


# --- Where it is ---------------------------------------------------------------------------------


def test_everything_else_is_djangos(settings: Any) -> None:
    async def main() -> None:
        application = beside(no_django)
        for path in ("/", "/api/user/stream/", "/api/user/streams", "/elsewhere"):
            async with Visit(application, path=path) as visit:
                assert visit.status == 204
        settings.LIVE_STREAM_PATH = "/elsewhere"
        async with Visit(application, path="/elsewhere") as visit:
            assert visit.status == 401

    run(main())


# --- Failures ------------------------------------------------------------------------------------


def test_a_look_up_that_fails_is_500_and_logged(
    site: People, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(keys: Collection[str]) -> Found:
        raise RuntimeError("the table is away")

    monkeypatch.setattr(lookups, "look_up", fails)
    answer = run(refused(session_of(site.alice)))
    assert answer == (500, "The session could not be checked; try again.")
    (logged,) = [record for record in caplog.records if record.name == "live.stream.endpoint"]
    assert logged.getMessage() == "a stream could not be authenticated"
    assert logged.exc_info is not None and "the table is away" in str(logged.exc_info[1])


def test_a_database_that_does_not_answer_is_500_in_time(
    site: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()

    def hangs(keys: Collection[str]) -> Found:
        answers.wait(20)
        return {}, Bounds(0, 0)

    monkeypatch.setattr(lookups, "look_up", hangs)
    monkeypatch.setattr(endpoint, "PATIENCE", 0.5)
    try:
        assert run(refused(session_of(site.alice)), seconds=5)[0] == 500
    finally:
        answers.set()


# --- Rights at the position where the stream starts ----------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something happen once, when session and rights were read and the log's bounds not."""

    def happens(change: Callable[[], object]) -> None:
        pending = [change]

        def bounds() -> Bounds:
            while pending:
                pending.pop()()
            return numbering.bounds()

        monkeypatch.setattr(lookups, "bounds", bounds)

    return happens


def test_who_is_signed_out_between_look_up_and_opening_is_not_let_in(
    site: People, meanwhile: Any
) -> None:
    def change_password() -> None:
        site.alice.set_password("another")
        site.alice.save()

    meanwhile(change_password)
    assert run(refused(session_of(site.alice)))[0] == 401


def test_who_joins_a_queue_between_look_up_and_opening_gets_its_events(
    site: People, meanwhile: Any
) -> None:
    session = session_of(site.dave)
    meanwhile(lambda: site.billing.agents.add(site.dave))

    async def main() -> None:
        async with Visit(beside(no_django), session) as visit:
            await visit.next("connected")
            ticket = await aside(site.ticket)
            assert (await visit.next()).data["ticket"]["id"] == ticket.pk

    run(main())


def test_who_leaves_a_queue_between_look_up_and_opening_gets_none_of_its_events(
    site: People, meanwhile: Any
) -> None:
    session = session_of(site.alice)
    meanwhile(lambda: site.billing.agents.remove(site.alice))

    async def main() -> None:
        async with Visit(beside(no_django), session) as visit:
            await visit.next("connected")
            await aside(site.ticket)
            await visit.silent_for(0.5)

    run(main())


def test_what_is_told_of_others_meanwhile_asks_nobody_again(
    site: People, meanwhile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a storm of sign-outs would keep everybody waiting."""
    meanwhile(lambda: site.billing.agents.add(site.dave))
    looks: list[Collection[str]] = []
    real = lookups.look_up

    def look_up(keys: Collection[str]) -> Found:
        looks.append(keys)
        return real(keys)

    monkeypatch.setattr(lookups, "look_up", look_up)
    session = session_of(site.alice)

    async def main() -> None:
        async with Visit(beside(no_django), session) as visit:
            await visit.next("connected")

    run(main())
    assert len(looks) == 1


def test_a_process_that_lags_behind_catches_up_before_it_answers(
    site: People, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client has been told more by another process than this one has read."""
    settings.LIVE_POLL_SECONDS = 20
    session, session_of_bob = session_of(site.alice), session_of(site.bob)
    read, held, go_on = reading.advance, threading.Event(), threading.Event()

    def read_late(position: int, limit: int) -> Stretch:
        held.set()
        assert go_on.wait(20)
        return read(position, limit)

    async def main() -> None:
        application = beside(no_django)
        async with Visit(application, session_of_bob) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            monkeypatch.setattr(reading, "advance", read_late)
            running_bells.ring()
            assert await aside(held.wait, 20)
            await aside(site.ticket)
            head = await aside(numbering.number)
            assert engine.recent.position < head
            asyncio.get_running_loop().call_later(0.3, go_on.set)
            async with Visit(application, session, lastEventId=head) as resumed:
                connected = await resumed.next()
                assert go_on.is_set()
                assert (connected.event, connected.id) == ("connected", head)
                assert connected.data["head"] == head
                await resumed.silent_for(0.3)

    run(main())


def test_a_stream_starts_at_the_newest_that_is_committed(site: People, settings: Any) -> None:
    """Also where nothing has been numbered yet, and no bell was heard."""
    settings.LIVE_POLL_SECONDS = 20
    session = session_of(site.alice)
    live.publish("live.test", {}, [f"user:{site.alice.pk}"])

    async def main() -> None:
        async with Visit(beside(no_django), session) as visit:
            connected = await visit.next()
            assert connected.id == connected.data["head"] == await aside(live.head)
            await visit.silent_for(0.3)

    run(main())
