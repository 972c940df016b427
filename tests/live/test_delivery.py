"""Every committed change reaches everyone who may see it, once, in one order, whatever happens."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from live.log import numbering
from live.models import Event
from live.process.snapshots import running
from tests.harness import backends
from tests.harness.databases import PgBouncer
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tests.harness.sse import Closed, EventStream, Frame
from tests.harness.temporary import folder
from tickets.models import Comment, Ticket


def ticket_ids(frames: list[Frame]) -> list[int]:
    return [frame.data["ticket"]["id"] for frame in frames if frame.event.startswith("ticket.")]


def test_a_rolled_back_change_reaches_nobody(server: Daphne, site: People, follow: Any) -> None:
    stream = follow(server, site.alice)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        site.ticket("Phantom")
        _ = 1 / 0
    real = site.ticket("Real")

    assert stream.next().data["ticket"]["id"] == real.pk
    stream.silent_for(0.7)


@pytest.mark.skipif(backends.postgres is not None, reason="PostgreSQL rings by itself")
def test_a_save_in_another_process_arrives_within_two_polls(
    site_database: str, site: People, follow: Any
) -> None:
    # This process is the other one; with Redis its ring would come through, so there is none.
    with Daphne(site_database, LIVE_POLL_SECONDS="2", REDIS_URL="") as server:
        stream = follow(server, site.alice)
        for _ in range(3):
            site.ticket()
            saved = time.monotonic()
            assert stream.next().at - saved < 4


@pytest.mark.skipif(backends.postgres is None, reason="needs TEST_DATABASE=postgres")
@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "behind a pooler"])
def test_on_postgresql_a_save_in_another_process_is_as_fast_as_one_here(
    site_database: str, site: People, follow: Any, pooled: bool
) -> None:
    """Without Redis. Behind a pooler in transaction mode the bell goes by a direct address."""
    assert backends.postgres is not None
    with ExitStack() as stack:
        url, direct = site_database, ""
        if pooled:
            url = stack.enter_context(PgBouncer(folder, backends.postgres)).url
            direct = site_database
        server = stack.enter_context(
            Daphne(url, LIVE_POLL_SECONDS="20", REDIS_URL="", LIVE_BELL_URL=direct)
        )
        stream = follow(server, site.alice)
        wait_until_rung_by(server, "carried by PostgreSQL")
        late = []
        for _ in range(5):
            began = time.monotonic()
            site.ticket()
            late.append(stream.next(seconds=5).at - began)
        assert median(late) < 0.5, late


@pytest.mark.skipif(backends.postgres is None, reason="needs TEST_DATABASE=postgres")
def test_behind_a_pooler_without_a_direct_address_it_polls_and_says_so(
    site_database: str, site: People, follow: Any
) -> None:
    assert backends.postgres is not None
    with (
        PgBouncer(folder, backends.postgres) as pooler,
        Daphne(pooler.url, LIVE_POLL_SECONDS="2", REDIS_URL="") as server,
    ):
        stream = follow(server, site.alice)
        wait_until_rung_by(server, "a poll every 2 s instead")
        began = time.monotonic()
        site.ticket()
        assert stream.next(seconds=20).at - began < 15


def wait_until_rung_by(server: Daphne, how: str) -> None:
    """Until the server's word among the live connections says so."""
    deadline = time.monotonic() + 15
    while True:
        states = [process.state for process in running() if process.state["port"] == server.port]
        if any(state["bell"].startswith(how) for state in states):
            return
        assert time.monotonic() < deadline, states
        time.sleep(0.1)


@pytest.mark.skipif(not backends.redis, reason="needs TEST_REDIS=1")
def test_with_redis_a_save_in_another_process_does_not_wait_for_the_poll(
    site_database: str, site: People, follow: Any
) -> None:
    with Daphne(site_database, LIVE_POLL_SECONDS="60") as server:
        stream = follow(server, site.alice)
        began = time.monotonic()
        site.ticket()
        assert stream.next(seconds=20).at - began < 15


def test_a_save_in_the_same_process_does_not_wait_for_the_poll(
    site_database: str, site: People, follow: Any
) -> None:
    with Daphne(site_database, LIVE_POLL_SECONDS="60") as server:
        stream = follow(server, site.alice)
        began = time.monotonic()
        with Browser(server.url, site.alice) as browser:
            answer = browser.post(
                "/api/tickets/", json={"subject": "Hello", "queue": site.billing.pk}
            )
        assert answer.status_code == 201
        assert stream.next(seconds=20).at - began < 15


def test_300_changes_in_one_transaction_arrive_in_order(
    server: Daphne, site: People, follow: Any
) -> None:
    stream = follow(server, site.carol)
    with transaction.atomic():
        tickets = [site.ticket(f"Number {number}") for number in range(300)]

    frames = [stream.next(seconds=20) for _ in tickets]

    assert ticket_ids(frames) == [ticket.pk for ticket in tickets]
    stream.silent_for(0.7)


def test_a_bulk_update_of_200_tickets_arrives_whole(
    server: Daphne, site: People, follow: Any
) -> None:
    tickets = Ticket.objects.bulk_create(
        Ticket(subject=f"Number {number}", queue=site.billing) for number in range(200)
    )
    numbering.number()
    stream = follow(server, site.alice)
    Ticket.objects.filter(queue=site.billing).update(status="pending")

    frames = [stream.next("ticket.updated", seconds=20) for _ in tickets]

    assert sorted(ticket_ids(frames)) == sorted(ticket.pk for ticket in tickets)
    assert {frame.data["ticket"]["status"] for frame in frames} == {"pending"}


def test_what_is_behind_the_ring_and_what_it_holds_replay_alike(
    site_database: str, site: People, follow: Any, tmp_path: Any
) -> None:
    """A server started now has the newest in its ring; of the rest it asks the log."""
    start = numbering.number()
    with transaction.atomic():
        for number in range(120):
            site.ticket(f"Before {number}")
    with Daphne(site_database) as server:
        stream = EventStream(server.url, session_of(site.alice), lastEventId=start)
        assert stream.next().id == start
        assert len({stream.next(seconds=20).id for _ in range(120)}) == 120
        stream.close()


def _write_with_random_pauses(
    site: People, writer: int, commits: list[int], fail: Callable[[], bool]
) -> None:
    try:
        for number in range(12):
            try:
                with transaction.atomic():
                    ticket = site.ticket(f"Writer {writer}, {number}")
                    time.sleep(random.uniform(0, 0.1))
                    Comment.objects.create(ticket=ticket, body="said")
                    if fail():
                        raise InterruptedError
                commits.append(ticket.pk)
            except InterruptedError:
                pass
    finally:
        connection.close()


@pytest.mark.skipif(
    backends.postgres is None,
    reason="SQLite has one writer at a time; needs TEST_DATABASE=postgres",
)
def test_16_writers_that_overtake_each_other_lose_nothing(
    server: Daphne, site: People, follow: Any
) -> None:
    start = numbering.number()
    readers = [follow(server, user) for user in (site.alice, site.carol, site.admin)]
    commits: list[int] = []
    slowest: list[int] = []

    def write_slowly() -> None:  # begins first, commits last: its ids are the smallest
        try:
            with transaction.atomic():
                slowest.append(site.ticket("Begun first, committed last").pk)
                started.set()
                overtaken.wait(60)
        finally:
            connection.close()

    started, overtaken = threading.Event(), threading.Event()
    slow = threading.Thread(target=write_slowly)
    slow.start()
    assert started.wait(10)
    writers = [
        threading.Thread(
            target=_write_with_random_pauses,
            args=(site, number, commits, lambda: random.random() < 0.2),
        )
        for number in range(16)
    ]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join(60)
    told = [[reader.next("ticket.created", seconds=20) for _ in commits] for reader in readers]
    overtaken.set()
    slow.join(30)
    for reader, frames in zip(readers, told, strict=True):
        frames.append(reader.next("ticket.created", seconds=20))

    for frames in told:
        assert set(ticket_ids(frames)) == {*commits, *slowest}
        assert ticket_ids(frames) == ticket_ids(told[0])
        assert ticket_ids(frames)[-1] == slowest[0]
        ids = [frame.id for frame in frames]
        assert ids == sorted(set(ids))
    numbering.number()
    positions = list(
        Event.objects.filter(position__gt=start).order_by("position").values_list(
            "position", flat=True
        )
    )  # fmt: skip
    assert positions == list(range(start + 1, start + 1 + len(positions)))


def busy_minute(site: People, chance: random.Random) -> None:
    """Creations, moves, reassignments, comments, deletions, in three queues' worth of mixture."""
    people = [site.alice, site.bob, site.carol, site.dave, None]
    tickets = [site.ticket(f"Busy {number}") for number in range(6)]
    for _ in range(60):
        ticket = Ticket.objects.get(pk=chance.choice(tickets).pk)
        act = chance.randrange(6)
        if act == 0:
            ticket.queue = chance.choice([site.billing, site.network])
            ticket.save()
        elif act == 1:
            ticket.assignee = chance.choice(people)
            ticket.save()
        elif act == 2:
            ticket.status = chance.choice(["open", "pending", "resolved"])
            ticket.save()
        elif act == 3:
            Comment.objects.create(ticket=ticket, body="x", internal=chance.random() < 0.5)
        elif act == 4 and len(tickets) > 3:
            tickets = [one for one in tickets if one.pk != ticket.pk]
            ticket.delete()
        else:
            tickets.append(site.ticket(queue=chance.choice([site.billing, site.network])))


def test_live_equals_replay_for_everyone(server: Daphne, site: People, follow: Any) -> None:
    people: list[User] = [site.alice, site.bob, site.carol, site.dave, site.admin]
    start = numbering.number()
    live_streams = [follow(server, user) for user in people]
    busy_minute(site, random.Random(7))
    end = numbering.number()

    seen: dict[str, int] = defaultdict(int)
    for user, live in zip(people, live_streams, strict=True):
        while live.next("heartbeat").id < end:
            pass
        lived = [frame for frame in live.frames if frame.event not in ("connected", "heartbeat")]
        resumed = EventStream(server.url, session_of(user), lastEventId=start)
        while (last := resumed.next("heartbeat")).id is None or last.id < end:
            pass
        replayed = [
            frame for frame in resumed.frames if frame.event not in ("connected", "heartbeat")
        ]
        resumed.close()

        def told(frames: list[Frame]) -> list[Any]:
            return [(frame.id, frame.event, frame.data) for frame in frames]

        assert told(lived) == told(replayed)
        seen[user.username[:4]] = len(lived)
    assert seen["dave"] < seen["alic"] < seen["admi"]


def test_a_resume_at_a_process_that_lags_behind_gets_its_events(
    site_database: str, site: People, follow: Any
) -> None:
    with Daphne(site_database) as ahead, Daphne(site_database, LIVE_POLL_SECONDS="50") as behind:
        stream = follow(ahead, site.alice)
        seen = site.ticket("Seen at the first")
        position = stream.next().id
        missed = site.ticket("Missed")
        resumed = EventStream(behind.url, session_of(site.alice), lastEventId=position)

        assert resumed.next().id == position
        frame = resumed.next()
        assert (frame.event, frame.data["ticket"]["id"]) == ("ticket.created", missed.pk)
        assert seen.pk != missed.pk
        resumed.close()


def test_a_killed_server_loses_nothing(site_database: str, site: People) -> None:
    """Followers go on from their last id, as browsers do; writers never stop."""
    key = session_of(site.alice)
    written: list[int] = []
    stop = threading.Event()

    def write() -> None:
        try:
            while not stop.wait(0.02):
                written.append(site.ticket(f"Number {len(written)}").pk)
        finally:
            connection.close()

    got: list[Frame] = []
    writer = threading.Thread(target=write)
    with Daphne(site_database) as server:
        position = numbering.number()
        writer.start()
        try:
            for _ in range(3):
                stream = EventStream(server.url, key, headers={"Last-Event-ID": str(position)})
                assert stream.next("connected").id == position
                for _ in range(20):
                    got.append(stream.next("ticket.created", "reset"))
                server.kill()
                got += [one for one in _rest(stream) if one.event != "heartbeat"]
                position = got[-1].id or 0
                server.start()
        finally:
            stop.set()
            writer.join(30)
        stream = EventStream(server.url, key, headers={"Last-Event-ID": str(position)})
        while len(got) < len(written):
            got.append(stream.next("ticket.created", "reset"))
        stream.silent_for(0.7)

    assert ticket_ids(got) == written


def _rest(stream: EventStream) -> list[Frame]:
    """What had arrived whole before the server died."""
    found = []
    try:
        while True:
            found.append(stream.next(seconds=5))
    except (OSError, Closed):
        return found
