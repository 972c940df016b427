"""Where a request comes from: a proxy's word counts only where it is trusted, and only its own."""

from collections.abc import Iterator
from typing import Any

import pytest

from live.addresses import client_address
from live.process.snapshots import running
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import Browser, People
from tests.harness.sse import EventStream
from tests.live.test_connections import until


@pytest.mark.parametrize(
    ("trusted", "forwarded", "expected"),
    [
        (False, "203.0.113.9", "127.0.0.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # the first was sent by anybody
        (True, "2001:db8::1", "2001:db8::1"),
        (True, "203.0.113.9:5678", "203.0.113.9"),  # some proxies write the port, too
        (True, "[2001:db8::1]:1234", "2001:db8::1"),
        (True, "[2001:db8::1]", "2001:db8::1"),
        (True, "6.6.6.6:1, [2001:DB8::1]:1234", "2001:db8::1"),
        (True, "fe80::1%eth0", "fe80::1"),
        (True, "fe80::1%\0<script>", "fe80::1"),
        (True, "203.0.113.9:port", "127.0.0.1"),
        (True, "[203.0.113.9", "127.0.0.1"),
        (True, "[]:80", "127.0.0.1"),
        (True, "999.0.113.9:80", "127.0.0.1"),
        (True, "203.0.113.9\0", "127.0.0.1"),
        (True, "unknown", "127.0.0.1"),
        (True, "", "127.0.0.1"),
        (True, "junk", "127.0.0.1"),
        (True, "203.0.113.9, <script>", "127.0.0.1"),
    ],
)
def test_the_address_is_the_proxys_own_word(
    settings: Any, trusted: bool, forwarded: str, expected: str
) -> None:
    settings.LIVE_TRUST_PROXY_HEADERS = trusted

    assert client_address("127.0.0.1", forwarded) == expected


@pytest.fixture(scope="module")
def behind(site_database: str) -> Iterator[Daphne]:
    with Daphne(site_database, TRUST_PROXY_HEADERS="1", SECURE_SSL_REDIRECT="1") as server:
        yield server


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}


def test_tls_ended_at_the_proxy_is_no_redirect_loop(behind: Daphne, site: People) -> None:
    with Browser(behind.url, site.alice) as browser:
        assert browser.get("/", headers=FORWARDED).status_code == 200
        assert browser.get("/").status_code == 301


def test_the_stream_knows_its_clients_address_and_scheme(behind: Daphne, site: People) -> None:
    stream = EventStream(behind.url, session_of(site.alice), headers=FORWARDED)

    assert stream.next("connected").data["received"]["scheme"] == "https"
    until(
        lambda: "203.0.113.9" in {
            one["address"] for process in running() for one in process.state["streams"]
        }
    )  # fmt: skip
    stream.close()
