"""Access ends, and begins, at its place in the log, in every process."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.migrations.state import ProjectState

import live
from live.log import numbering
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tests.harness.sse import EventStream
from tickets.models import Membership, Queue


def goodbye_of(stream: EventStream, seconds: float = 5) -> str:
    last = stream.ends(seconds)[-1]
    assert last.event == "goodbye", last
    return str(last.data["reason"])


def sign_out(server: Daphne, user: User, key: str) -> None:
    with Browser(server.url, user) as browser:
        browser.cookies.set("sessionid", key)
        assert browser.post("/accounts/logout/").status_code == 302


# --- Sessions ------------------------------------------------------------------------------------


def test_signing_out_ends_the_sessions_streams_in_every_process(
    site_database: str, site: People
) -> None:
    with Daphne(site_database) as one, Daphne(site_database) as other:
        key = session_of(site.alice)
        streams = [EventStream(server.url, key) for server in (one, other)]
        elsewhere = EventStream(other.url, session_of(site.alice))
        for stream in (*streams, elsewhere):
            stream.next("connected")
        sign_out(one, site.alice, key)

        assert [goodbye_of(stream, 4) for stream in streams] == ["session-ended"] * 2
        assert EventStream(one.url, key).status == 401
        elsewhere.silent_for(1.2)
        elsewhere.close()


def deactivate(user: User) -> None:
    user.is_active = False
    user.save()


def deactivate_past_all_signals(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_password(user: User) -> None:
    user.set_password("another")
    user.save()


def delete_user(user: User) -> None:
    user.delete()


def delete_sessions(user: User) -> None:
    Session.objects.all().delete()


@pytest.mark.parametrize(
    "end",
    [deactivate, deactivate_past_all_signals, change_password, delete_user, delete_sessions],
)
def test_a_session_that_no_longer_holds_ends_within_one_heartbeat(
    server: Daphne, site: People, follow: Any, end: Callable[[User], None]
) -> None:
    stream = follow(server, site.alice)
    end(site.alice)
    ended = time.monotonic()  # not before: a new password alone costs a second of a busy machine

    assert goodbye_of(stream, 5) == "session-ended"
    assert time.monotonic() - ended < 2.5  # the heartbeat is 1 s, the poll 0.5 s


def test_an_expired_session_ends(server: Daphne, site: People) -> None:
    from django.utils import timezone

    key = session_of(site.alice)
    stream = EventStream(server.url, key)
    stream.next("connected")
    Session.objects.filter(session_key=key).update(expire_date=timezone.now())

    assert goodbye_of(stream) == "session-ended"


# --- Queues --------------------------------------------------------------------------------------


def test_joining_a_queue_resets_and_then_shows_it(
    server: Daphne, site: People, follow: Any
) -> None:
    stream = follow(server, site.dave)
    site.ticket("Before dave came")
    site.billing.agents.add(site.dave)
    after = site.ticket("After dave came")

    reset, created = stream.next(), stream.next()

    assert (reset.event, reset.data) == ("reset", {"reason": "access"})
    assert (created.event, created.data["ticket"]["id"]) == ("ticket.created", after.pk)
    assert reset.id is not None
    assert created.id is not None
    assert reset.id < created.id


def test_leaving_a_queue_resets_and_then_hides_it(
    server: Daphne, site: People, follow: Any
) -> None:
    stream = follow(server, site.alice)
    site.ticket("While alice serves")
    site.alice.queues.clear()
    site.ticket("Secret")

    assert stream.next().event == "ticket.created"
    assert stream.next().data == {"reason": "access"}
    stream.silent_for(1)


def promote(user: User) -> None:
    user.is_superuser = True
    user.save()


CHANGES: dict[str, Callable[[User, Queue], object]] = {
    "add": lambda user, queue: queue.agents.add(user),
    "add from the other side": lambda user, queue: user.queues.add(queue),
    "set": lambda user, queue: user.queues.set([queue]),
    "through model": lambda user, queue: Membership.objects.create(queue=queue, user=user),
    "bulk": lambda user, queue: Membership.objects.bulk_create(
        [Membership(queue=queue, user=user)]
    ),
    "past everything": lambda user, queue: User.objects.filter(pk=user.pk).update(
        is_superuser=True
    ),
    "superuser": lambda user, queue: promote(user),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_way_to_gain_access_takes_effect(
    server: Daphne, site: People, follow: Any, name: str
) -> None:
    stream = follow(server, site.dave)
    CHANGES[name](site.dave, site.network)

    assert stream.next(seconds=4).data == {"reason": "access"}
    ticket = site.ticket(queue=site.network)
    assert stream.next("ticket.created", seconds=4).data["ticket"]["id"] == ticket.pk


def test_who_joins_and_resumes_from_before_sees_nothing_of_then(
    server: Daphne, site: People
) -> None:
    start = numbering.number()
    site.ticket("Secret of then")
    site.billing.agents.add(site.dave)
    now = site.ticket("Of now")
    stream = EventStream(server.url, session_of(site.dave), lastEventId=start)

    connected, reset = stream.next(), stream.next()

    assert connected.id is None
    assert (reset.event, reset.data) == ("reset", {"reason": "access"})
    assert reset.id == connected.data["head"] == live.head()
    stream.silent_for(0.7)
    later = site.ticket("Later")
    assert stream.next().data["ticket"]["id"] == later.pk != now.pk
    stream.close()


def test_who_joins_and_resumes_from_before_sees_nothing_of_then_in_a_fresh_process(
    site_database: str, site: People
) -> None:
    start = numbering.number()
    site.ticket("Secret of then")
    site.billing.agents.add(site.dave)
    with Daphne(site_database) as fresh:
        stream = EventStream(fresh.url, session_of(site.dave), lastEventId=start)

        assert stream.next().id is None
        assert stream.next().data == {"reason": "access"}
        stream.silent_for(0.7)
        stream.close()


@pytest.mark.parametrize("promoted", [True, False])
def test_a_change_past_all_signals_while_away_resets(
    server: Daphne, site: People, promoted: bool
) -> None:
    User.objects.filter(pk=site.dave.pk).update(is_superuser=not promoted)
    key = session_of(site.dave)
    first = EventStream(server.url, key)
    start = first.next("connected").id
    first.close()
    site.ticket("Secret of then")
    User.objects.filter(pk=site.dave.pk).update(is_superuser=promoted)

    stream = EventStream(server.url, key, lastEventId=start)

    assert stream.next().id is None
    assert stream.next().data == {"reason": "access"}
    stream.silent_for(0.7)
    resumed = EventStream(server.url, key, lastEventId=numbering.number())
    assert resumed.next().id is not None  # once: from here on all is known again
    stream.close()
    resumed.close()


def test_an_announced_change_resets_once_and_no_later_resume(
    server: Daphne, site: People, follow: Any
) -> None:
    stream = follow(server, site.dave)
    site.billing.agents.add(site.dave)
    reset = stream.next()
    assert reset.data == {"reason": "access"}
    stream.close()
    ticket = site.ticket("Missed")

    resumed = EventStream(server.url, session_of(site.dave), lastEventId=reset.id)

    assert resumed.next().id == reset.id
    assert resumed.next().data["ticket"]["id"] == ticket.pk
    resumed.close()


def test_who_leaves_and_comes_back_sees_nothing_of_between(
    server: Daphne, site: People, follow: Any
) -> None:
    stream = follow(server, site.alice)
    site.billing.agents.remove(site.alice)
    site.ticket("Between")
    site.billing.agents.add(site.alice)
    after = site.ticket("After")

    frames = stream.until("ticket.created")
    told = [(frame.event, frame.data.get("reason")) for frame in frames]
    assert [one for one in told if one[0] == "reset"] == [("reset", "access")] * 2
    assert frames[-1].data["ticket"]["id"] == after.pk


def test_a_renamed_queue_and_user_reach_open_pages(
    server: Daphne, site: People, follow: Any
) -> None:
    agent, outsider = follow(server, site.alice), follow(server, site.bob)
    site.billing.name += " renamed"
    site.billing.save()
    assert agent.next().data == {"reason": "renamed"}
    outsider.silent_for(0.7)

    site.carol.first_name = "Carol"
    site.carol.save()
    assert agent.next().event == outsider.next().event == "reset"


def test_what_a_migration_wrote_reaches_every_page_and_its_rights_at_once(
    site_database: str, site: People, follow: Any
) -> None:
    migrated = ProjectState.from_apps(apps).apps
    with Daphne(site_database, LIVE_HEARTBEAT_SECONDS="60") as server:  # no guard looks by itself
        joining, other = follow(server, site.dave), follow(server, site.bob)
        migrated.get_model("tickets", "Membership").objects.create(
            queue_id=site.billing.pk, user_id=site.dave.pk
        )
        reset = joining.next("reset", seconds=20)
        assert (reset.data, reset.id) == ({"reason": "untold"}, other.next("reset", seconds=20).id)
        assert joining.next("reset", seconds=20).data == {"reason": "access"}
        ticket = site.ticket("In the new queue")
        assert joining.next("ticket.created", seconds=20).data["ticket"]["id"] == ticket.pk
        other.silent_for(0.7)


def test_a_page_that_was_away_meanwhile_reloads_too(
    server: Daphne, site: People, follow: Any
) -> None:
    stream = follow(server, site.alice)
    ticket = site.ticket()
    known = stream.next("ticket.created").id
    stream.close()
    migrated = ProjectState.from_apps(apps).apps
    migrated.get_model("tickets", "Ticket").objects.filter(pk=ticket.pk).update(status="closed")
    resumed = follow(server, site.alice, lastEventId=known)
    assert resumed.next().data == {"reason": "untold"}
