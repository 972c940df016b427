"""The site as end-to-end tests see it: Daphne on a database that outlives the test, and people.

Nothing is flushed between these tests, for a running server must not lose its log; so each test
makes its own people and queues.
"""

import os
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.sse import EventStream
from tickets.models import Queue, Ticket

_numbers = count(1)
PASSWORD = make_password("demo")  # hashed once: that takes a third of a second


@pytest.fixture(scope="session")
def site_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The URL of the run's database, which this process may use too."""
    with django_db_blocker.unblock():
        yield os.environ["DATABASE_URL"]


@pytest.fixture(scope="module")
def server(site_database: str) -> Iterator[Daphne]:
    """One Daphne for the tests of a module that do not stop or slow it."""
    with Daphne(site_database) as daphne:
        yield daphne


class People(SimpleNamespace):
    """alice and bob in different queues, carol in both, dave in none, and an admin."""

    alice: User
    bob: User
    carol: User
    dave: User
    admin: User
    billing: Queue
    network: Queue

    def ticket(self, subject: str = "Printer on fire", **fields: Any) -> Ticket:
        return Ticket.objects.create(subject=subject, **{"queue": self.billing, **fields})


def make_people() -> People:
    number = next(_numbers)
    people = People()
    for name in ("alice", "bob", "carol", "dave"):
        setattr(people, name, User.objects.create(username=f"{name}{number}", password=PASSWORD))
    people.admin = User.objects.create(
        username=f"admin{number}", password=PASSWORD, is_staff=True, is_superuser=True
    )
    people.billing = Queue.objects.create(name=f"Billing {number}")
    people.network = Queue.objects.create(name=f"Network {number}")
    people.billing.agents.add(people.alice, people.carol)
    people.network.agents.add(people.bob, people.carol)
    return people


@pytest.fixture
def site(site_database: str) -> People:
    return make_people()


class Browser(httpx.Client):
    """A client that is signed in as a user, and sends the CSRF header with writes."""

    def __init__(self, url: str, user: User) -> None:
        token = "t" * 32
        super().__init__(
            base_url=url,
            cookies={"sessionid": session_of(user), "csrftoken": token},
            headers={"X-CSRFToken": token, "Referer": url},
            timeout=20,
        )


@pytest.fixture
def follow() -> Iterator[Any]:
    """`follow(server, user, **query)` opens a stream, past its `connected`; closed at the end."""
    opened: list[EventStream] = []

    def open_stream(server: Daphne, user: User, **options: Any) -> EventStream:
        stream = EventStream(server.url, session_of(user), **options)
        opened.append(stream)
        assert stream.status == 200, stream.status
        stream.next("connected")
        return stream

    yield open_stream
    for stream in opened:
        stream.close()
