"""The operators' page: who is connected, over all processes, and the button that ends a stream."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from live.snapshots import running
from tests.servers import Daphne
from tests.site import Browser, People

PAGE = "/admin/live/serverprocess/"


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
