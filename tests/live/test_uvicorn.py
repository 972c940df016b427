"""The way out for large sites: the same application, every promise kept, under another server."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from live.log import numbering
from tests.harness.servers import Daphne, Uvicorn
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tests.harness.sse import EventStream


@pytest.fixture
def uvicorn(site_database: str) -> Iterator[Daphne]:
    with Uvicorn(site_database) as server:
        yield server


def test_a_change_arrives_and_a_break_is_made_good(uvicorn: Daphne, site: People) -> None:
    stream = EventStream(uvicorn.url, session_of(site.alice))
    assert stream.next("connected").data["user"] == site.alice.pk
    with Browser(uvicorn.url, site.carol) as carol:
        new = {"subject": "Over the API", "queue": site.billing.pk}
        assert carol.post("/api/tickets/", json=new).status_code == 201
    first = stream.next()
    assert first.data["ticket"]["subject"] == "Over the API"
    assert stream.next("heartbeat").comments == ["ping"]
    stream.close()
    missed = site.ticket("Meanwhile")
    numbering.number()
    again = EventStream(uvicorn.url, session_of(site.alice), lastEventId=first.id)
    assert again.next("connected").id == first.id
    assert again.next().data["ticket"]["id"] == missed.pk


def test_who_is_not_signed_in_is_refused(uvicorn: Daphne, site: People) -> None:
    assert EventStream(uvicorn.url, "junk").status == 401
    assert EventStream(uvicorn.url, session_of(site.alice), method="POST").status == 405


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_says_goodbye(uvicorn: Daphne, site: People, how: signal.Signals) -> None:
    stream: Any = EventStream(uvicorn.url, session_of(site.alice))
    stream.next("connected")
    uvicorn.process.send_signal(how)
    last = stream.ends(10)[-1]
    assert (last.event, last.data) == ("goodbye", {"reason": "shutdown"})
    assert uvicorn.process.wait(20) is not None
