"""Who comes together is looked up together, and each is still let in as who they are."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.crypto import get_random_string

from live.entries import IDENTITY, SESSION_ENDED, entry_of
from live.models import Rights
from live.relay import Relay
from live.sessions import identify
from tests.servers import Daphne
from tests.site import People, session_of
from tests.sse import EventStream

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
    keys = [session_of(one) for one in (site.alice, site.bob, site.carol)]
    found = identify(keys)
    noted = dict(Rights.objects.values_list("user_id", "audiences"))
    for one in found.values():
        assert set(noted[one.user_id].split()) == one.audiences
    assert len({frozenset(one.audiences) for one in found.values()}) == 3


@pytest.mark.django_db
def test_a_crowd_asks_the_database_no_more_often_than_one(site: People) -> None:
    keys = [session_of(one) for one in (site.alice, site.bob, site.carol, site.dave, site.admin)]
    identify(keys)  # whose rights are noted by now
    counts = []
    for some in (keys[:1], keys):
        with CaptureQueriesContext(connection) as queries:
            assert len(identify(some)) == len(some)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4  # sessions, users, what they see, what was noted


def test_what_processes_are_told_of_a_user_between_look_up_and_entry_is_seen() -> None:
    """Else who signs out in that moment is let in."""
    relay = Relay()
    told = [("ticket.created", "queue:1"), (SESSION_ENDED, "@7"), (IDENTITY, "@8")]
    for position, (name, audience) in enumerate(told, 1):
        row = (position, name, "{}", audience, None, None, None, timezone.now())
        relay._ring.append(entry_of(*row))
    relay.position = len(told)
    assert relay.was_told_of(7, 1) and relay.was_told_of(8, 2)
    assert not relay.was_told_of(7, 2) and not relay.was_told_of(9, 0)
    assert relay.was_told_of(9, -5)  # nobody knows any more
