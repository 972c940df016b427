"""Access that ended past the log ends here too, and rights that changed past it are published."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from live.access.audience import audiences_of
from live.access.sessions import Verdict, revalidate
from live.log.entries import ACCESS, processes_of
from live.models import Event
from live.process import guard
from live.process.engine import Engine
from live.process.guard import Guard
from live.process.suspects import Suspects
from tests.harness.asgi import aside, run, until
from tests.harness.engines import NotedStream, parts, stream_of, working
from tests.harness.site import People

# --- Sessions ------------------------------------------------------------------------------------


def delete_session(stream: NotedStream) -> None:
    Session.objects.filter(pk=stream.session_key).delete()


def let_session_expire(stream: NotedStream) -> None:
    Session.objects.filter(pk=stream.session_key).update(expire_date=timezone.now())


def set_other_password(stream: NotedStream) -> None:
    User.objects.filter(pk=stream.user_id).update(password="another")


def deactivate(stream: NotedStream) -> None:
    User.objects.filter(pk=stream.user_id).update(is_active=False)


def delete_user(stream: NotedStream) -> None:
    User.objects.filter(pk=stream.user_id).delete()


async def joined(engine: Engine, user: User) -> NotedStream:
    await engine.relay.caught_up()  # streams are let in only once the log was read
    stream: NotedStream = await aside(stream_of, user)
    audiences = await aside(audiences_of, [user.pk])
    engine.readers.join(stream, audiences[user.pk])
    return stream


@pytest.mark.parametrize(
    "end", [delete_session, let_session_expire, set_other_password, deactivate, delete_user]
)
def test_a_session_that_no_longer_holds_ends_its_streams(
    site: People, end: Callable[[NotedStream], None]
) -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            mine, bobs = [await joined(engine, user) for user in (site.alice, site.bob)]
            await engine.guard.look_again([mine, bobs])
            assert not mine.closed
            await aside(end, mine)
            await engine.guard.look_again([mine, bobs])
            assert mine.ending == "session-ended"
            assert not bobs.closed

    run(main())


def test_one_of_two_sessions_of_a_user_may_end(site: People) -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            first, second = [await joined(engine, site.alice) for _ in range(2)]
            await aside(delete_session, first)
            await engine.guard.look_again([first, second])
            assert (first.closed, second.closed) == (True, False)

    run(main())


# --- Rights --------------------------------------------------------------------------------------


def published(user: User) -> int:
    return Event.objects.filter(name=ACCESS, audience=processes_of(user.pk)).count()


def test_rights_that_changed_unannounced_are_published_once(site: People) -> None:
    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            stream = await joined(engine, site.dave)
            stream.position = -1
            reader = engine.readers.of(site.dave.pk)
            assert reader is not None
            await aside(User.objects.filter(pk=site.dave.pk).update, is_superuser=True)
            await engine.guard.look_again([stream])
            await engine.relay.caught_up()
            assert "superusers" in reader.audiences
            assert [name for name in stream.told if name != "queues.changed"] == ["reset"]
            await engine.guard.look_again([stream])
            assert await aside(published, site.dave) == 1

            await aside(User.objects.filter(pk=site.dave.pk).update, is_superuser=False)
            await engine.guard.look_again([stream])
            await engine.relay.caught_up()
            assert "superusers" not in reader.audiences
            assert await aside(published, site.dave) == 2

    run(main())


def test_rights_that_were_announced_are_not_published_again(site: People) -> None:
    """Also where this process has not read of them when it looks."""

    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            await engine.relay.caught_up()
            stream = await joined(engine, site.dave)
            await aside(site.billing.agents.add, site.dave)
            await engine.guard.look_again([stream])
            assert await aside(published, site.dave) == 1

    run(main())


def test_rights_that_are_announced_while_it_looks_are_not_published_again(
    site: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look saw dave without the queue. By the time that it compares, he is in it."""

    def then_dave_joins(held: Any) -> Verdict:
        verdict = revalidate(held)
        site.billing.agents.add(site.dave)
        return verdict

    monkeypatch.setattr(guard, "revalidate", then_dave_joins)

    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            await engine.relay.caught_up()
            stream = await joined(engine, site.dave)
            await engine.guard.look_again([stream])
            await engine.relay.caught_up()
            reader = engine.readers.of(site.dave.pk)
            assert reader is not None
            assert f"queue:{site.billing.pk}" in reader.audiences
            assert await aside(published, site.dave) == 1

    run(main())


# --- Turns ---------------------------------------------------------------------------------------


def test_all_streams_are_looked_at_within_half_a_heartbeat(
    site: People, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIVE_HEARTBEAT_SECONDS = 8
    monkeypatch.setattr(guard, "PART", 1)

    async def main() -> None:
        async with parts() as engine, working(engine.relay.run()):
            streams = [await joined(engine, user) for user in (site.alice, site.bob, site.carol)]
            for stream in streams:
                await aside(delete_session, stream)
            async with working(engine.guard.run()):
                await until(lambda: all(stream.closed for stream in streams), 7.5)

    run(main())


def test_a_look_that_fails_keeps_no_other_part_from_its_turn(
    site: People, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LIVE_HEARTBEAT_SECONDS = 0.4
    monkeypatch.setattr(guard, "PART", 1)
    broken = True

    def fails_for_alice(held: Any) -> Verdict:
        if broken and any(user_id == site.alice.pk for user_id, _, _ in held):
            raise OperationalError("alice's shard is away")
        return revalidate(held)

    monkeypatch.setattr(guard, "revalidate", fails_for_alice)

    async def main() -> None:
        nonlocal broken
        async with parts() as engine, working(engine.relay.run()):
            alices, bobs = [await joined(engine, user) for user in (site.alice, site.bob)]
            for stream in (alices, bobs):
                await aside(delete_session, stream)
            async with working(engine.guard.run()):
                await until(lambda: bobs.closed)
                assert not alices.closed
                assert "sessions cannot be looked at" in caplog.text
                broken = False
                await until(lambda: alices.closed)

    run(main())


def guard_with(engine: Engine, suspects: Suspects) -> Guard:
    return Guard(engine.relay, engine.recent, engine.readers, suspects, engine.threads)


def test_suspects_are_looked_at_as_soon_as_they_are_named(site: People, settings: Any) -> None:
    settings.LIVE_HEARTBEAT_SECONDS = 60

    async def main() -> None:
        suspects = Suspects()
        async with parts() as engine, working(engine.relay.run()):
            alices, bobs = [await joined(engine, user) for user in (site.alice, site.bob)]
            async with working(guard_with(engine, suspects).run()):
                await asyncio.sleep(0.1)
                for stream in (alices, bobs):
                    await aside(deactivate, stream)
                suspects.add(site.alice.pk)
                suspects.add(-1)  # who is not here
                await until(lambda: alices.closed)
                assert not bobs.closed

    run(main())


def test_suspects_of_a_look_that_failed_are_looked_at_again(
    site: People, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIVE_HEARTBEAT_SECONDS = 60
    looks = 0

    def fails_at_first(held: Any) -> Verdict:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise OperationalError("away")
        return revalidate(held)

    async def main() -> None:
        suspects = Suspects()
        async with parts() as engine, working(engine.relay.run()):
            alices, bobs = [await joined(engine, user) for user in (site.alice, site.bob)]
            async with working(guard_with(engine, suspects).run()):
                await asyncio.sleep(0.3)  # the regular look of a round of 30 s is over
                await aside(deactivate, alices)
                monkeypatch.setattr(guard, "revalidate", fails_at_first)
                suspects.add(site.alice.pk)
                await until(lambda: looks == 1)
                assert not alices.closed
                suspects.add(site.bob.pk)  # the next occasion
                await until(lambda: alices.closed)
                assert not bobs.closed

    run(main())
