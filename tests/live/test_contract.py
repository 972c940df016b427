"""The stream's side of the contract, point by point, over a real socket to a real Daphne.

What needs no server is tested more thoroughly in stream/ and process/.
"""

import time
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

import live
from live.conf import conf
from live.log import numbering
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import People
from tests.harness.sse import EventStream, Frame
from tickets.models import Comment, Ticket

# --- Refusals ------------------------------------------------------------------------------------


def test_without_a_session_it_answers_401_json(server: Daphne) -> None:
    stream = EventStream(server.url)

    assert stream.status == 401
    assert stream.headers["content-type"] == "application/json"
    assert "Sign in" in stream.json()["error"]


@pytest.mark.parametrize("key", ["junk", "\xff\xfe", r'"abcd\000efghijk"'])
def test_a_made_up_session_is_401(server: Daphne, key: str) -> None:
    assert EventStream(server.url, key).status == 401


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "HEAD"])
def test_other_methods_are_405(server: Daphne, site: People, method: str) -> None:
    stream = EventStream(server.url, session_of(site.alice), method=method)

    assert stream.status == 405
    assert stream.headers["allow"] == "GET"


def test_a_foreign_host_is_400(server: Daphne, site: People) -> None:
    stream = EventStream(server.url, session_of(site.alice), headers={"Host": "evil.example"})

    assert stream.status == 400
    assert "ALLOWED_HOSTS" in stream.json()["error"]


@pytest.mark.parametrize("heartbeat", ["61", "", "9" * 500])
def test_an_impossible_heartbeat_is_400(server: Daphne, site: People, heartbeat: str) -> None:
    stream = EventStream(server.url, session_of(site.alice), heartbeat=heartbeat)

    assert stream.status == 400
    assert stream.json()["error"] == "heartbeat must be a whole number from 1 to 60."


# --- Headers, connected --------------------------------------------------------------------------


def test_headers_forbid_caching_transforming_and_buffering(server: Daphne, site: People) -> None:
    stream = EventStream(
        server.url, session_of(site.alice), headers={"Accept-Encoding": "gzip, deflate, br, zstd"}
    )

    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream"
    assert stream.headers["cache-control"] == "no-cache, no-transform"
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["connection"] == "keep-alive"
    assert "content-encoding" not in stream.headers
    stream.close()


def test_http_1_0_is_served_too(server: Daphne, site: People) -> None:
    stream = EventStream(server.url, session_of(site.alice), http="1.0")

    assert stream.next().event == "connected"
    stream.close()


def test_connected_comes_first_and_at_once(server: Daphne, site: People) -> None:
    began = time.monotonic()
    stream = EventStream(
        server.url,
        session_of(site.alice),
        headers={"Accept-Encoding": "br", "Last-Event-ID": str(numbering.number())},
    )
    connected = stream.next()

    assert connected.event == "connected"
    assert connected.at - began < 5
    assert connected.retry
    assert 1000 <= connected.retry <= 3000
    data = connected.data
    assert data["user"] == site.alice.pk
    assert data["streams"] == 1
    assert data["heartbeat"] == 1
    assert data["head"] >= live.head()
    assert data["server_time"].endswith("Z")
    assert data["received"] == {
        "last_event_id": str(connected.id),
        "accept_encoding": "br",
        "host": f"127.0.0.1:{server.port}",
        "scheme": "http",
        "http_version": "1.1",
    }
    stream.close()


# --- Resuming ------------------------------------------------------------------------------------


@pytest.mark.parametrize("junk", ["x", "٣", "9" * 18, "x" * 10_000])
def test_junk_as_resume_point_gets_200_and_reset(server: Daphne, site: People, junk: str) -> None:
    stream = EventStream(
        server.url,
        session_of(site.alice),
        headers={"Last-Event-ID": junk.encode().decode("latin1")},
    )

    assert stream.status == 200
    connected = stream.next()
    assert connected.event == "connected"
    assert connected.id is None
    reset = stream.next()
    assert reset.event == "reset"
    assert reset.data["reason"]
    assert reset.id == connected.data["head"]
    stream.close()


def test_a_position_ahead_of_the_log_gets_reset_and_then_lives(
    server: Daphne, site: People, follow: Any
) -> None:
    stream = EventStream(
        server.url, session_of(site.alice), headers={"Last-Event-ID": str(live.head() + 1000)}
    )
    assert stream.next().id is None
    assert stream.next().event == "reset"

    ticket = site.ticket()

    assert stream.next().data["ticket"]["id"] == ticket.pk
    stream.close()


def test_the_header_wins_over_the_query(server: Daphne, site: People) -> None:
    stream = EventStream(
        server.url,
        session_of(site.alice),
        headers={"Last-Event-ID": str(numbering.number())},
        lastEventId="junk",
    )

    assert stream.next().id == live.head()
    stream.close()


def test_what_was_missed_is_replayed_in_order_once(server: Daphne, site: People) -> None:
    start = numbering.number()
    tickets = [site.ticket(f"Missed {number}") for number in range(30)]
    stream = EventStream(server.url, session_of(site.alice), lastEventId=start)

    assert stream.next().id == start
    replayed = [stream.next("ticket.created") for _ in tickets]
    assert [frame.data["ticket"]["id"] for frame in replayed] == [one.pk for one in tickets]
    ids = [frame.id for frame in replayed if frame.id is not None]
    assert ids == sorted(set(ids))
    assert len(ids) == len(tickets)
    stream.silent_for(1)
    stream.close()


# --- Events --------------------------------------------------------------------------------------

TICKET_FIELDS = {
    "id", "subject", "status", "priority", "queue", "assignee", "requester_name",
    "requester_email", "due_at", "version", "created_at", "updated_at", "last_activity_at",
    "last_activity_by", "awaits_answer", "merged_into", "tags",
}  # fmt: skip


def test_created_carries_the_ticket(server: Daphne, site: People, follow: Any) -> None:
    stream = follow(server, site.alice)
    ticket = site.ticket(requester_name="Marta", assignee=site.alice)

    frame = stream.next()

    assert frame.event == "ticket.created"
    assert set(frame.data) == {"ticket", "changes", "actor", "at"}
    assert set(frame.data["ticket"]) == TICKET_FIELDS
    assert frame.data["ticket"]["id"] == ticket.pk
    assert frame.data["ticket"]["queue"] == {"id": site.billing.pk, "name": site.billing.name}
    assert frame.data["ticket"]["assignee"] == {"id": site.alice.pk, "name": site.alice.username}
    assert frame.data["ticket"]["version"] == 1
    assert frame.data["changes"] == {}
    assert frame.data["actor"] is None


def test_updated_carries_old_and_new(server: Daphne, site: People, follow: Any) -> None:
    ticket = site.ticket()
    stream = follow(server, site.alice)
    ticket.status, ticket.description = "open", "long " * 1000
    ticket.save()

    frame = stream.next()

    assert frame.event == "ticket.updated"
    assert frame.data["ticket"]["status"] == "open"
    assert frame.data["ticket"]["version"] == 2
    assert frame.data["changes"] == {"status": ["new", "open"], "description": []}
    assert "long" not in str(frame.data)


def test_hostile_text_stays_inside_its_frame(server: Daphne, site: People, follow: Any) -> None:
    hostile = "a\n\nevent: goodbye\ndata: {}\n\n\r\nid: 1\r: x\u2028 </script>"
    ticket = site.ticket()
    stream = follow(server, site.alice)
    Comment.objects.create(ticket=ticket, author=site.alice, body=hostile)

    frame = stream.next()

    assert frame.event == "comment.created"
    assert frame.data["comment"]["body"] == hostile
    stream.silent_for(1)


def test_a_comment_and_an_internal_note(server: Daphne, site: People, follow: Any) -> None:
    ticket = site.ticket()
    stream, stranger = follow(server, site.carol), follow(server, site.bob)
    note = Comment.objects.create(ticket=ticket, author=site.alice, body="Psst", internal=True)

    frame = stream.next()

    assert frame.event == "comment.created"
    assert set(frame.data["ticket"]) == {
        "id", "last_activity_at", "last_activity_by", "updated_at",
    }  # fmt: skip
    author = {"id": site.alice.pk, "name": site.alice.username}
    assert frame.data["comment"].items() >= {
        "id": note.pk, "author": author, "author_name": site.alice.username, "body": "Psst",
        "internal": True, "requester": False, "via": "page", "attachments": [], "mail": None,
    }.items()  # fmt: skip
    assert set(frame.data) == {"ticket", "comment", "actor", "at"}
    stranger.silent_for(0.7)


def test_a_deleted_ticket_is_removed(server: Daphne, site: People, follow: Any) -> None:
    ticket = site.ticket()
    pk = ticket.pk
    stream = follow(server, site.alice)
    ticket.delete()

    frame = stream.next()

    assert (frame.event, frame.data) == ("ticket.removed", {"ticket": {"id": pk}})


def test_a_moved_ticket_is_updated_created_or_removed(
    server: Daphne, site: People, follow: Any
) -> None:
    ticket = site.ticket("Secret of billing")
    both, before, after, none = (
        follow(server, user) for user in (site.carol, site.alice, site.bob, site.dave)
    )
    ticket.queue = site.network
    ticket.subject = "New content"
    ticket.save()

    updated, removed, created = both.next(), before.next(), after.next()

    assert updated.event == "ticket.updated"
    assert updated.data["changes"]["queue"][1]["id"] == site.network.pk
    assert (removed.event, removed.data) == ("ticket.removed", {"ticket": {"id": ticket.pk}})
    assert created.event == "ticket.created"
    assert created.data["changes"] == {}
    assert "Secret" not in str(created.data)
    assert updated.id == removed.id == created.id
    none.silent_for(0.7)


def test_an_assignee_outside_the_queue_sees_the_ticket_until_it_is_reassigned(
    server: Daphne, site: People, follow: Any
) -> None:
    ticket = site.ticket()
    stream = follow(server, site.dave)
    ticket.assignee = site.dave
    ticket.save()
    assert [stream.next().event for _ in range(2)] == ["ticket.created", "notice.created"]
    ticket.priority = "high"
    ticket.save()
    assert stream.next().event == "ticket.updated"
    Ticket.objects.filter(pk=ticket.pk).update(assignee=site.alice)
    assert stream.next().event == "ticket.removed"
    Ticket.objects.filter(pk=ticket.pk).update(priority="low")
    stream.silent_for(0.7)


# --- Heartbeats ----------------------------------------------------------------------------------


def test_heartbeats_fill_the_silence_and_carry_the_position(
    server: Daphne, site: People, follow: Any
) -> None:
    stream = follow(server, site.dave)
    first = stream.next("heartbeat")
    site.ticket()  # not for dave: yet his stream has been served up to it
    log_head = numbering.number()
    beats = [stream.next("heartbeat") for _ in range(4)]

    assert first.comments == ["ping"]
    assert set(beats[-1].data) == {"at", "head"}
    assert beats[-1].id is not None
    assert beats[-1].id >= log_head
    # By the server's clock: the tests may be late to read, and then read two at once.
    sent = [datetime.fromisoformat(beat.data["at"]) for beat in beats]
    pauses = [(later - sooner).total_seconds() for sooner, later in pairwise(sent)]
    assert all(0.5 < pause < 2.5 for pause in pauses), pauses


def test_a_stream_may_ask_for_its_own_heartbeat(server: Daphne, site: People) -> None:
    stream = EventStream(server.url, session_of(site.alice), heartbeat=5)

    assert stream.next().data["heartbeat"] == 5
    stream.silent_for(0.5)
    stream.close()


# --- Goodbyes ------------------------------------------------------------------------------------


def goodbye(frames: list[Frame]) -> str:
    assert frames[-1].event == "goodbye"
    assert frames[-1].id is None
    reason = frames[-1].data["reason"]
    assert isinstance(reason, str)
    return reason


def test_max_age_says_goodbye(site_database: str, site: People) -> None:
    with Daphne(site_database, LIVE_MAX_STREAM_SECONDS="2") as server:
        began = time.monotonic()
        stream = EventStream(server.url, session_of(site.alice))

        assert goodbye(stream.ends(seconds=10)) == "max-age"
        assert 1.5 < time.monotonic() - began < 10


def test_a_stopped_server_says_goodbye_to_all(site_database: str, site: People) -> None:
    with Daphne(site_database) as server:
        key = session_of(site.alice)
        streams = [EventStream(server.url, key) for _ in range(10)]
        for stream in streams:
            stream.next("connected")
        began = time.monotonic()
        server.terminate()

        assert [goodbye(stream.ends()) for stream in streams] == ["shutdown"] * 10
        assert time.monotonic() - began < 15


def test_over_the_limit_the_same_client_then_the_oldest_is_replaced(
    site_database: str, site: People
) -> None:
    with Daphne(site_database, LIVE_MAX_STREAMS_PER_USER="2") as server:
        key = session_of(site.alice)

        def open_one(**query: Any) -> EventStream:
            stream = EventStream(server.url, key, **query)
            stream.next("connected")
            return stream

        oldest, mine = open_one(client="a"), open_one(client="b")
        again = open_one(client="b")
        assert goodbye(mine.ends()) == "replaced"
        third = open_one(client="c")
        assert goodbye(oldest.ends()) == "replaced"
        diagnosis = [open_one(client="c", heartbeat=30) for _ in range(2)]
        other = EventStream(server.url, session_of(site.bob), client="c")
        assert other.next("connected").data["streams"] == 1

        ticket = site.ticket()
        for stream in (again, third, *diagnosis):
            assert stream.next("ticket.created").data["ticket"]["id"] == ticket.pk


def test_the_path_is_the_contracts() -> None:
    assert conf.STREAM_PATH == "/api/user/stream"
