"""Who comes together is looked up together, and each is still let in as who they are."""

import asyncio
import random
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.crypto import get_random_string

from live.access import lookups
from live.access.lookups import Found, Lookups, look_up
from live.access.sessions import Identity, identify
from live.log.numbering import Bounds
from live.log.threads import DatabaseThreads
from live.models import Rights
from tests.harness import backends
from tests.harness.asgi import aside, run, until
from tests.harness.engines import working
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import People
from tests.harness.sse import EventStream

EACH = 12


def test_of_a_crowd_each_is_let_in_as_who_they_are(server: Daphne, site: People) -> None:
    inactive = User.objects.create(username=get_random_string(9), is_active=False)
    people = [site.alice, site.bob, site.carol, site.dave, site.admin]
    crowd: list[tuple[str, int | None]] = [
        (session_of(one), one.pk) for one in people for _ in range(EACH)
    ]
    crowd += [(session_of(inactive), None) for _ in range(EACH)]
    crowd += [(key, None) for key in ("junk", "x" * 500, "'\"\\", "%00", "é")]
    random.shuffle(crowd)

    with ThreadPoolExecutor(len(crowd)) as pool:
        streams = list(pool.map(lambda one: EventStream(server.url, one[0]), crowd))

    for stream, (_, user_id) in zip(streams, crowd, strict=True):
        assert stream.status == (401 if user_id is None else 200)
        if user_id is not None:
            assert stream.next("connected").data["user"] == user_id
    for name, others in (("billing", {"bob", "dave"}), ("network", {"alice", "dave"})):
        ticket = site.ticket(queue=getattr(site, name))
        unconcerned = {getattr(site, other).pk for other in others}
        for stream, (_, user_id) in zip(streams, crowd, strict=True):
            if user_id is not None and user_id not in unconcerned:
                assert stream.next().data["ticket"]["id"] == ticket.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spoilt",
    [
        {SESSION_KEY: "nobody"},
        {SESSION_KEY: "9" * 30},
        {BACKEND_SESSION_KEY: "some.other.Backend"},
        {HASH_SESSION_KEY: ""},
        {HASH_SESSION_KEY: "of another password"},
    ],
    ids=str,
)
def test_a_spoilt_session_keeps_only_its_own_out(spoilt: dict[str, Any], site: People) -> None:
    good, bad = session_of(site.alice), SessionStore(session_of(site.bob))
    bad.update(spoilt)
    bad.save()
    assert bad.session_key is not None
    found = identify([good, bad.session_key])
    assert {key: one.user_id for key, one in found.items()} == {good: site.alice.pk}
    assert SessionStore().exists(bad.session_key)  # looked at, not ended


@pytest.mark.django_db
def test_what_each_could_see_is_noted_once_for_all(site: People) -> None:
    found, _ = look_up([session_of(user) for user in (site.alice, site.bob, site.carol)])
    noted = dict(Rights.objects.values_list("user_id", "audiences"))
    for identity in found.values():
        assert set(noted[str(identity.user_id)].split()) == identity.audiences
    assert len({frozenset(identity.audiences) for identity in found.values()}) == 3


@pytest.mark.django_db
def test_a_crowd_asks_the_database_no_more_often_than_one(site: People) -> None:
    keys = [session_of(one) for one in (site.alice, site.bob, site.carol, site.dave, site.admin)]
    look_up(keys)  # whose rights are noted by now
    counts = []
    for asked in (keys[:1], keys):
        with CaptureQueriesContext(connection) as queries:
            assert len(look_up(asked)[0]) == len(asked)
        counts.append(len(queries))
    # Sessions, users, what they see, what was noted, the log's bounds.
    assert counts[0] == counts[1] <= 5


# --- Together ------------------------------------------------------------------------------------


class Database:
    """What is looked up in it, and when it answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[set[str]] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.error: Exception | None = None
        self.lookups = Lookups(self)  # type: ignore[arg-type]
        monkeypatch.setattr(lookups, "_look_up_afresh", lambda keys: self._answer(keys))

    async def run(self, function: Any, keys: Collection[str]) -> tuple[dict[str, Identity], Bounds]:
        self.asked.append(set(keys))
        await self.answers.wait()
        if self.error:
            raise self.error
        answer: tuple[dict[str, Identity], Bounds] = function(keys)
        return answer

    def _answer(self, keys: Collection[str]) -> tuple[dict[str, Identity], Bounds]:
        found = {key: Identity(key, key, "", frozenset()) for key in keys if key != "nobody"}
        return found, Bounds(len(self.asked), 0)

    def ask(self, *keys: str) -> list[asyncio.Task[Found]]:
        return [asyncio.ensure_future(self.lookups.find(key)) for key in keys]


def whose(found: Found) -> Any:
    return found.identity and found.identity.user_id


def test_who_asks_while_a_look_up_is_under_way_shares_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        database = Database(monkeypatch)
        async with working(database.lookups.run()):
            database.answers.clear()
            first = database.ask("a")
            await until(lambda: len(database.asked) == 1)
            later = database.ask("b", "nobody", "b", "a")
            await asyncio.sleep(0.05)
            assert database.asked == [{"a"}]
            database.answers.set()
            found = await asyncio.gather(*first, *later)
        assert database.asked == [{"a"}, {"b", "nobody", "a"}]
        assert [whose(each) for each in found] == ["a", "b", None, "b", "a"]
        # Who asked later is told the log's bounds of after their own look-up.
        assert [each.log.head for each in found] == [1, 2, 2, 2, 2]

    run(main())


def test_very_many_are_looked_up_one_part_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookups, "MOST", 3)

    async def main() -> None:
        database = Database(monkeypatch)
        keys = [str(number) for number in range(8)]
        asked = database.ask(*keys)
        async with working(database.lookups.run()):
            found = await asyncio.gather(*asked)
        assert [whose(each) for each in found] == keys
        assert [len(together) for together in database.asked] == [3, 3, 2]

    run(main())


def test_who_gave_up_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        database = Database(monkeypatch)
        async with working(database.lookups.run()):
            database.answers.clear()
            (first,) = database.ask("a")
            await until(lambda: len(database.asked) == 1)
            gone, stays = database.ask("gone", "stays")
            await asyncio.sleep(0)
            gone.cancel()
            first.cancel()  # during its own: the answer is nobody's
            database.answers.set()
            assert whose(await stays) == "stays"
        assert database.asked == [{"a"}, {"stays"}]

    run(main())


def test_a_look_up_that_fails_is_told_to_all_who_wait_and_the_next_one_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        database = Database(monkeypatch)
        database.error = ConnectionError("the database is away")
        async with working(database.lookups.run()):
            errors = await asyncio.gather(*database.ask("a", "b"), return_exceptions=True)
            assert errors == [database.error] * 2
            database.error = None
            (again,) = database.ask("a")
            assert whose(await again) == "a"

    run(main())


@pytest.mark.skipif(backends.postgres is None, reason="needs TEST_DATABASE=postgres")
def test_a_connection_that_broke_keeps_nobody_out(site: People) -> None:
    """A database that was restarted leaves one in each thread."""
    key = session_of(site.alice)

    def backend() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    async def main() -> None:
        threads = DatabaseThreads("test", 1)
        found = Lookups(threads)
        try:
            async with working(found.run()):
                assert (await found.find(key)).identity is not None
                await aside(terminate, await threads.run(backend))
                assert (await found.find(key)).identity is not None
        finally:
            threads.close()

    run(main())


def terminate(backend: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
