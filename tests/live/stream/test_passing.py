"""Passing events: who is connected gets each of them. Of a backlog only the newest of each matter
is told, and none that is older than a minute. From memory and from the log alike."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

import live
from live.log import entries, numbering, reading
from live.models import Event
from live.process.engine import Engine
from live.stream import stream as module
from live.stream.endpoint import ENGINE, beside
from tests.harness.asgi import Visit, aside, no_django, run
from tests.harness.sessions import session_of
from tests.harness.site import People

PASSING, LASTING = "who.is.there", "thing.said"


@pytest.fixture
def session(site: People) -> str:
    return session_of(site.alice)


@pytest.fixture(params=["from memory", "from the log"], autouse=True)
def memory(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "from the log":
        monkeypatch.setattr("live.process.recent.KEPT", 2)
        monkeypatch.setattr("live.process.relay.KEPT", 2)
        monkeypatch.setattr(reading, "AT_ONCE", 3)


def tell(site: People, *told: str) -> int:
    """An event for each: "a1" is the first word on the matter "a", "-1" is no passing one."""
    for word in told:
        matter = None if word[0] == "-" else f"matter:{site.alice.pk}:{word[0]}"
        name = LASTING if matter is None else PASSING
        live.publish(name, {"word": word}, [f"user:{site.alice.pk}"], passing=matter)
    return numbering.number()


def made_older(seconds: float, positions: Iterable[int]) -> None:
    Event.objects.filter(position__in=positions).update(
        created_at=Now() - timedelta(seconds=seconds)
    )


async def words(visit: Visit, count: int) -> list[str]:
    frames = [await visit.next() for _ in range(count)]
    await visit.silent_for(0.2)
    return [frame.data["word"] for frame in frames]


def resumed(session: str, start: int, count: int) -> list[str]:
    async def main() -> list[str]:
        async with Visit(beside(no_django), session, lastEventId=start) as visit:
            assert (await visit.next("connected")).id == start
            return await words(visit, count)

    return run(main())


def test_of_a_backlog_only_the_newest_of_each_matter_is_told(site: People, session: str) -> None:
    start = numbering.number()
    tell(site, "a1", "-1", "b1", "a2", "-2", "a3", "b2", "-3", "a4")
    assert resumed(session, start, 5) == ["-1", "-2", "b2", "-3", "a4"]


def test_nothing_older_than_a_minute_is_in_a_backlog(site: People, session: str) -> None:
    start = numbering.number()
    head = tell(site, "a1", "-1", "b1", "-2")
    made_older(entries.PASSING + 1, [head - 3, head - 2])
    made_older(entries.PASSING - 10, [head - 1])
    assert resumed(session, start, 3) == ["-1", "b1", "-2"]


def test_a_backlog_of_nothing_but_what_is_over_ends(site: People, session: str) -> None:
    start = numbering.number()
    head = tell(site, "a1", "a2", "a3", "a4", "a5")
    made_older(entries.PASSING + 1, range(start, head + 1))

    async def main() -> None:
        async with Visit(beside(no_django), session, lastEventId=start) as visit:
            await visit.next("connected")
            await visit.silent_for(0.3)
            [stream] = visit.scope[ENGINE].readers.streams()
            assert (stream.behind, stream.position) == (False, head)
            await aside(tell, site, "a6")
            assert await words(visit, 1) == ["a6"]

    run(main())


def test_what_ages_in_memory_is_over_there_too(
    site: People, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        application = beside(no_django)
        async with Visit(application, session) as visit:
            start = (await visit.next("connected")).id
            await aside(tell, site, "a1", "b1")
            assert await words(visit, 2) == ["a1", "b1"]
            for entry in visit.scope[ENGINE].recent.after(start):
                entry.passes_at -= entries.PASSING
            async with Visit(application, session, lastEventId=start) as late:
                await late.next("connected")
                await late.silent_for(0.2)

    run(main())


def test_what_was_the_newest_when_it_was_read_need_not_be_any_more(
    site: People, session: str
) -> None:
    async def main() -> None:
        application = beside(no_django)
        async with Visit(application, session) as visit:
            start = (await visit.next("connected")).id
            for word in ("a1", "b1", "a2", "-1", "a3"):
                await aside(tell, site, word)
                assert (await visit.next()).data["word"] == word
            async with Visit(application, session, lastEventId=start) as late:
                await late.next("connected")
                assert await words(late, 3) == ["b1", "-1", "a3"]

    run(main())


def test_who_is_connected_gets_every_one_in_order(site: People, session: str) -> None:
    async def main() -> None:
        async with Visit(beside(no_django), session) as visit:
            await visit.next("connected")
            await aside(tell, site, "a1", "a2", "-1", "a3")
            assert await words(visit, 4) == ["a1", "a2", "-1", "a3"]

    run(main())


def test_a_reader_that_falls_behind_is_spared_what_is_over(
    site: People, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEHIND", 400)

    async def main() -> None:
        async with Visit(beside(no_django), session) as visit:
            await visit.next("connected")
            engine: Engine = visit.scope[ENGINE]
            visit.takes.clear()
            await aside(tell, site, *(f"a{number}" for number in range(60)), "-1")
            await engine.relay.caught_up()
            visit.takes.set()
            got: list[str] = []
            while not got or got[-1] != "-1":
                got.append((await visit.next()).data["word"])
            assert got[-2:] == ["a59", "-1"]
            assert len(got) < 15

    run(main())


def test_the_data_names_the_matter_for_the_browsers_that_share_a_stream(site: People) -> None:
    tell(site, "a1", "-1")
    lasting, passing = Event.objects.order_by("-id")[:2]
    matter = f"matter:{site.alice.pk}:a"
    assert passing.passing == matter and f'"passing":"{matter}"' in passing.data
    assert lasting.passing is None and "passing" not in lasting.data
