"""Passwords are tried two at a time, and nobody waits for them who does not log in."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from live.stream.endpoint import beside
from tests.harness.asgi import run, until
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tests.ticketsystem.logins.people import Stranger
from ticketsystem.logins.limits import OF_ONE_NAME
from ticketsystem.logins.models import WrongPassword
from ticketsystem.serving.handler import ThreadHandler

AT_ONCE = 2  # hashes
GOAL = 1.0  # seconds that a flood of log-ins may delay a page


class Hashing:
    """In place of a hash: waits at the gate, and remembers in which threads, how many at once."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.threads: list[str] = []
        self.under_way = self.most = 0
        self._changing = threading.Lock()

    def encode(self) -> str:
        with self._changing:
            self.threads.append(threading.current_thread().name)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        self.gate.wait(20)
        with self._changing:
            self.under_way -= 1
        return "pbkdf2_sha256$1$x$wrong"


TOKEN = "t" * 32
ADDRESSES = count(1)  # each request is a visitor of its own


def request(method: str, path: str, session: str = "", **form: str) -> dict[str, Any]:
    """A request as the server hands it over, and in `body` what was sent."""
    cookies = f"csrftoken={TOKEN}; sessionid={session}"
    headers = {"host": "localhost", "cookie": cookies, "x-csrftoken": TOKEN,
               "content-type": "application/x-www-form-urlencoded"}  # fmt: skip
    return {
        "type": "http", "method": method, "path": path, "query_string": b"", "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (f"203.0.113.{next(ADDRESSES)}", 1),
        "body": urlencode(form).encode(),
    }  # fmt: skip


async def status_of(application: Any, asked: dict[str, Any]) -> int:
    status: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": asked["body"], "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        status.extend([message["status"]] if "status" in message else [])

    await application(asked, receive, send)
    return status[0]


def test_every_hash_is_computed_in_one_of_two_threads_and_pages_in_others(
    site: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing = Hashing()

    def encode(self: Any, password: str, salt: str, iterations: int | None = None) -> str:
        return hashing.encode()

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    application = beside(ThreadHandler())
    name, session = site.alice.username, session_of(site.alice)
    first, second = session_of(site.admin), session_of(site.admin)
    wrong = {"username": name, "password": "wrong"}
    new = {"new_password1": "12 Gallons", "new_password2": "12 Gallons"}
    made = {"password1": "12 Gallons", "password2": "12 Gallons", "usable_password": "true"}
    posts = [
        request("POST", "/accounts/login/", **wrong),
        request("POST", "/admin/login/", **wrong),
        request("POST", "/accounts/password_change/", session, old_password="wrong", **new),
        request("POST", f"/admin/auth/user/{site.dave.pk}/password/", first, **made),
        request("POST", "/admin/auth/user/add/", second, **made,
                username=f"{name}-new"),
    ]  # fmt: skip

    async def flood() -> list[int]:
        answers = [asyncio.create_task(status_of(application, post)) for post in posts]
        await until(lambda: hashing.under_way == AT_ONCE)
        for path in ("/accounts/login/", "/healthz"):
            page = status_of(application, request("GET", path))
            assert await asyncio.wait_for(page, 5 * GOAL) == 200
        assert len(hashing.threads) == AT_ONCE
        hashing.gate.set()
        return await asyncio.gather(*answers)

    assert run(flood()) == [200, 200, 200, 302, 302]
    assert hashing.most == AT_ONCE
    assert len(hashing.threads) >= len(posts)
    assert {thread.rpartition("_")[0] for thread in hashing.threads} == {"log-in"}


def test_the_board_is_served_while_a_hundred_wrong_passwords_are_under_way(
    server: Daphne, site: People
) -> None:
    def guess(number: int) -> int:
        with Stranger(server.url) as stranger:
            del stranger.headers["X-Forwarded-For"]
            return stranger.log_in(site.bob.username, f"guess {number}").status_code

    with Browser(server.url, site.alice) as alice, ThreadPoolExecutor(100) as guessers:
        assert alice.get("/").status_code == 200
        guesses = [guessers.submit(guess, number) for number in range(100)]
        waited = []
        while not all(guess.done() for guess in guesses):
            asked = time.monotonic()
            assert alice.get("/", timeout=60).status_code == 200
            waited.append(time.monotonic() - asked)
        answers = [guess.result() for guess in guesses]
    WrongPassword.objects.all().delete()  # this address is that of all other tests, too
    assert answers.count(200) <= OF_ONE_NAME
    assert answers.count(200) + answers.count(429) == 100
    assert len(waited) > 1
    assert max(waited) < 5 * GOAL
