"""Requests share a few threads; what asks whether they are stuck does not."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.db import connection, transaction

from live.process.courtesy import Courtesy
from live.stream.endpoint import ENGINE
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from ticketsystem.serving.handler import ThreadHandler
from ticketsystem.serving.kinds import ROOMS

pytestmark = pytest.mark.usefixtures("site_database")  # which the handler asks now and then


def answer_to(path: str, **scope: Any) -> list[dict[str, Any]]:
    """What the handler sends for a GET without a cookie."""
    sent: list[dict[str, Any]] = []
    asked = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "scheme": "http",
        "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1),
        ENGINE: SimpleNamespace(courtesy=Courtesy()), **scope,
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(ThreadHandler().handle(asked, receive, send), 10))
    return sent


def test_django_is_told_of_begin_and_end_of_a_request_in_one_thread() -> None:
    told: list[tuple[str, str]] = []

    def begins(**_: Any) -> None:
        told.append(("begins", threading.current_thread().name))

    def ends(**_: Any) -> None:
        told.append(("ends", threading.current_thread().name))

    request_started.connect(begins, sender=ThreadHandler)
    request_finished.connect(ends, sender=ThreadHandler)
    try:
        answer = answer_to("/healthz")
    finally:
        request_started.disconnect(begins, sender=ThreadHandler)
        request_finished.disconnect(ends, sender=ThreadHandler)
    assert answer[0]["status"] == 200
    (_, thread), _ = told
    assert told == [("begins", thread), ("ends", thread)]
    assert thread != threading.current_thread().name


def test_addresses_follow_the_path_that_the_site_stands_under() -> None:
    answer = answer_to("/desk/admin/", root_path="/desk")
    headers = dict(answer[0]["headers"])
    assert answer[0]["status"] == 302
    assert headers[b"Location"].startswith(b"/desk/admin/login/")


def test_a_request_that_django_cannot_read_is_refused_in_json_below_the_api() -> None:
    """uvicorn lets such bytes pass, Daphne does not."""
    start, body = answer_to("/desk/api/tickets/", root_path="/desk", query_string=b"q=\xff")
    assert start["status"] == 400
    assert dict(start["headers"])[b"Content-Type"] == b"application/json"
    assert set(json.loads(body["body"])) == {"error", "fields"}
    start, _ = answer_to("/", query_string=b"q=\xff")
    assert start["status"] == 400
    assert dict(start["headers"])[b"Content-Type"].startswith(b"text/html")


@contextmanager
def writer_at_work() -> Iterator[None]:
    """All others who write to tickets wait for this one."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE tickets_ticket IN ACCESS EXCLUSIVE MODE")
        # On SQLite the transaction alone keeps all other writers out.
        yield


def test_probes_answer_while_every_thread_waits_for_the_database(
    server: Daphne, site: People
) -> None:
    people = (site.alice, site.bob, site.carol)  # of each only so many are at work at once
    browsers = [Browser(server.url, user) for user in people for _ in range(ROOMS["write"].each)]
    with ThreadPoolExecutor(len(browsers)) as pool, writer_at_work():
        new = {"subject": "Waits", "queue": site.billing.pk}
        posts = [
            pool.submit(browser.post, "/api/tickets/", json=new, timeout=60) for browser in browsers
        ]
        until = time.monotonic() + 2
        while time.monotonic() < until:
            asked = time.monotonic()
            assert httpx.get(server.url + "/healthz", timeout=5).status_code == 200
            time.sleep(max(0, 0.1 - (time.monotonic() - asked)))
        assert not any(post.done() for post in posts)
        assert httpx.get(server.url + "/readyz", timeout=5).status_code in (200, 503)
    assert {post.result(60).status_code for post in posts} == {201}
