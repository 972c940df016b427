"""The operators' page: who is connected, over all processes, and the button that ends a stream."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from socket import gethostname
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.test import Client
from django.urls import path
from django.utils import timezone

from live.admin import LiveConnections
from live.models import ServerProcess
from live.process.snapshots import running
from tests.harness import backends
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People

PAGE = "/admin/live/serverprocess/"

# Another project's admin: under a name and an address of its own.
operators = AdminSite("operators")
operators.register(ServerProcess, LiveConnections)
urlpatterns = [path("control/", operators.urls)]


def until(true: Callable[[], bool], seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def staff(site: People) -> User:
    site.alice.is_staff = True
    site.alice.save()
    return site.alice


@pytest.mark.parametrize("who", [staff, lambda site: site.bob])
def test_only_superusers_see_it_and_end_streams(
    server: Daphne, site: People, who: Callable[[People], User]
) -> None:
    with Browser(server.url, who(site)) as browser:
        assert browser.get(PAGE).status_code in (302, 403)
        assert browser.post(PAGE + "end/", data={}).status_code in (302, 403)
    with Browser(server.url, site.admin) as browser:
        assert browser.get(PAGE + "end/").status_code == 405


def test_it_shows_the_streams_of_all_processes(
    server: Daphne, site_database: str, site: People, follow: Any
) -> None:
    with Daphne(site_database) as other, Browser(server.url, site.admin) as browser:
        follow(server, site.alice)
        follow(other, site.bob, heartbeat=30)

        def both() -> bool:
            page = browser.get(PAGE).text
            return site.alice.username in page and f"{site.bob.username} (diagnosis)" in page

        until(both)
        page = browser.get(PAGE).text
        assert "127.0.0.1" in page
        assert "Relay: current" in page
        for process in (server, other):
            title = f"{gethostname()}, port {process.port}, pid {process.pid}"
            assert f"<h2>{title}</h2>" in page
        assert re.search(r"As of \d\d:\d\d:\d\d UTC;", page)
        carriers = [name for name, there in (("PostgreSQL", backends.postgres),
                                             ("Redis", backends.redis)) if there]  # fmt: skip
        by = f"carried by {' and '.join(carriers)}" if carriers else "in this process only"
        until(lambda: browser.get(PAGE).text.count(f"Bell: {by}") == 2)


@pytest.mark.parametrize(
    "junk", [{}, {"process": "x", "number": "1"}, {"process": "", "number": "-1"}]
)
def test_a_process_that_is_not_there_ends_nothing(
    server: Daphne, site: People, follow: Any, junk: dict[str, str]
) -> None:
    stream = follow(server, site.alice)
    with Browser(server.url, site.admin) as browser:
        answer = browser.post(PAGE + "end/", data=junk, follow_redirects=True)
    assert "That process is gone" in answer.text
    stream.silent_for(1)


def test_the_button_ends_one_stream_and_its_browser_may_come_back(
    server: Daphne, site: People, follow: Any
) -> None:
    stream, other = follow(server, site.alice), follow(server, site.bob)

    def mine() -> list[tuple[str, int]]:
        return [
            (process.name, one["number"])
            for process in running()
            for one in process.state["streams"]
            if one["user"] == site.alice.pk
        ]

    until(lambda: bool(mine()))
    process, number = mine()[0]
    with Browser(server.url, site.admin) as browser:
        browser.post(PAGE + "end/", data={"process": process, "number": number})

    assert stream.ends()[-1].data == {"reason": "shutdown"}
    other.silent_for(1)


def a_process_with_streams_of(*users: object) -> ServerProcess:
    stream = {"address": "::1", "http": "2", "diagnosis": False, "opened": 7_200, "written": 0.5,
              "position": 12_345, "behind": 0}  # fmt: skip
    streams = [{**stream, "number": 4_321 + n, "user": user} for n, user in enumerate(users)]
    now = timezone.now()
    state = {"streams": streams, "count": len(streams), "position": 12_345, "relay_age": 0.1,
             "trouble": "", "bell": "none"}  # fmt: skip
    return ServerProcess.objects.create(name="desk-1", started_at=now, at=now, state=state)


def test_it_works_in_an_admin_of_another_name_and_language(
    client: Client, admin: User, settings: Any
) -> None:
    """Where numbers are written 4.321 and 2,5 too, scripts and forms get them as they are."""
    settings.ROOT_URLCONF = __name__
    settings.USE_I18N, settings.LANGUAGE_CODE = True, "de"
    settings.USE_THOUSAND_SEPARATOR = True
    settings.LIVE_HEARTBEAT_SECONDS = 2.5
    a_process_with_streams_of(admin.pk, str(admin.pk), 999_999)
    client.force_login(admin)

    page = client.get("/control/live/serverprocess/").content.decode()
    assert 'data-every="2.5"' in page
    assert 'name="number" value="4321"' in page
    assert 'action="/control/live/serverprocess/end/"' in page
    assert page.count('<th scope="row">admin</th>') == 2, "its key as a number and as text"
    assert page.count('<th scope="row">deleted user</th>') == 1

    end = {"process": "desk-1", "number": "4321"}
    answer = client.post("/control/live/serverprocess/end/", end)
    assert answer.headers["Location"] == "/control/live/serverprocess/"


def test_it_says_since_when_a_process_polls_and_why(client: Client, admin: User) -> None:
    process = a_process_with_streams_of(admin.pk)
    process.state |= {"bell": "a poll every 1 s instead, for it is deaf", "bell_silent_for": 90}
    process.save()
    client.force_login(admin)
    since = process.at - timedelta(seconds=90)
    told = f"a poll every 1 s instead, for it is deaf, since {since:%Y-%m-%d %H:%M:%S} UTC"
    assert f"Bell: <strong>{told}</strong>" in client.get(PAGE).content.decode()
