"""Who a request counts for."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from live.access.lookups import Found, look_up
from live.stream.request import Request
from tests.harness.sessions import session_of
from ticketsystem.logins import known
from ticketsystem.serving.visitors import Visitors, stranger


class Lookups:
    """Looks up at once, in the test's own transaction, and counts how often."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._error = error

    async def find(self, key: str) -> Found:
        self.asked.append(key)
        if self._error:
            raise self._error
        return FOUND[key]


FOUND: dict[str, Found] = {}


def request_with(cookie: str = "", address: str = "192.0.2.1") -> Request:
    headers = [(b"cookie", f"sessionid={cookie}".encode())] if cookie else []
    return Request({"headers": headers, "query_string": b"", "client": (address, 1)})


def names(visitors: Visitors, lookups: Lookups, *requests: Request) -> list[str]:
    engine: Any = SimpleNamespace(lookups=lookups)

    async def ask() -> list[str]:
        return [await visitors.name(request, engine) for request in requests]

    return asyncio.run(asyncio.wait_for(ask(), 5))


@pytest.fixture
def sessions(alice: User) -> list[str]:
    keys = [session_of(alice), session_of(alice)]
    identities, log = look_up(keys)
    FOUND.update({key: Found(identities.get(key), log) for key in (*keys, "junk", "other junk")})
    return keys


def test_all_sessions_of_a_user_are_one_visitor_and_each_is_looked_up_once(
    sessions: list[str], alice: User
) -> None:
    lookups, visitors = Lookups(), Visitors()
    requests = [request_with(key, f"192.0.2.{at}") for at, key in enumerate(sessions * 3)]
    assert set(names(visitors, lookups, *requests)) == {f"user {alice.pk}"}
    assert lookups.asked == sessions


def test_whoever_invents_sessions_is_one_stranger(sessions: list[str]) -> None:
    requests = [
        request_with("junk"),
        request_with("other junk"),
        request_with(),
        request_with("a\0"),
    ]
    found = names(Visitors(), Lookups(), *requests)
    assert set(found) == {"stranger 192.0.2.1"}


def test_while_sessions_cannot_be_looked_up_each_counts_for_itself() -> None:
    failing = Lookups(OperationalError("away"))
    found = names(
        Visitors(), failing, request_with("one"), request_with("two"), request_with("one")
    )
    assert len(set(found)) == 2


def test_an_address_is_what_its_owner_cannot_choose() -> None:
    def name(address: str) -> str:
        return stranger(request_with(address=address))

    assert name("2001:db8:1:2::3") == name("2001:db8:1:2:ffff::1")
    assert name("2001:db8:1:2::3") != name("2001:db8:1:3::3")
    assert name("::ffff:192.0.2.1") == name("192.0.2.1") != name("192.0.2.2")
    assert name("") == "stranger "


def test_a_browser_that_has_signed_in_before_counts_for_itself(
    rf: RequestFactory, sessions: list[str]
) -> None:
    """Whatever strangers at its address do."""
    response = HttpResponse()
    known.remember(rf.get("/"), response, "alice")
    cookie = f"{known.cookie_name()}={response.cookies[known.cookie_name()].value}"
    ours = request_with("junk; " + cookie)
    (name,) = names(Visitors(), Lookups(), ours)
    assert name.startswith("browser ")
    (forged,) = names(Visitors(), Lookups(), request_with(f"junk; {cookie}x"))
    assert forged == "stranger 192.0.2.1"
