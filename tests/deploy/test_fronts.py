"""What each proxy of deploy/ promises, with its very file, in front of two Daphne processes."""

import json
import socket
import ssl
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.deploy.fronts import HOST, Apache, Caddy, Front, Haproxy, Nginx
from tests.deploy.production import Installation, Process
from tests.deploy.secure import PATH, SecureBrowser, SecureStream
from tests.harness.site import People
from ticketsystem.headers import CONTENT_SECURITY_POLICY

FRONTS = [Nginx, Caddy, Haproxy, Apache]
SOON = 0.1  # seconds; the smallest delay known of a proxy is 200 ms


@pytest.fixture(scope="module", params=FRONTS, ids=lambda kind: kind.__name__.lower())
def kind(request: pytest.FixtureRequest) -> type[Front]:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def front(kind: type[Front], fronts: dict[type[Front], Front]) -> Front:
    return fronts[kind]


def wait_until_served(front: Front) -> None:
    """A proxy that checks its processes takes a moment to believe that they are back."""
    deadline = time.monotonic() + 30
    while httpx.get(f"{front.url}/accounts/login/", verify=False, timeout=20).status_code != 200:
        assert time.monotonic() < deadline, front.said()
        time.sleep(0.1)


def test_its_own_check_has_nothing_to_say(front: Front) -> None:
    front.check()


def test_plain_http_is_sent_to_https(front: Front) -> None:
    answer = httpx.get(f"{front.plain_url}/tickets/7/?page=2", follow_redirects=False)
    assert answer.status_code in {301, 308}
    assert answer.headers["location"] == f"{front.redirect_url}/tickets/7/?page=2"


@pytest.mark.parametrize("kind", [Nginx, Haproxy, Apache])  # Caddy fetches its own, by itself
def test_who_gives_out_certificates_finds_its_answer_over_plain_http(
    kind: type[Front], fronts: dict[type[Front], Front]
) -> None:
    path = "/.well-known/acme-challenge/token"
    front = fronts[kind]
    folder = front.challenges / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True)
    (folder / "token").write_text("token.thumbprint")
    with certbot(front):
        answer = httpx.get(f"{front.plain_url}{path}")
    assert (answer.status_code, answer.text) == (200, "token.thumbprint")


@contextmanager
def certbot(front: Front) -> Iterator[None]:
    """Listens while it renews, as it does where the proxy itself serves no files."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(front.challenges))
    server = ThreadingHTTPServer(("127.0.0.1", front.challenge_port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def test_browsers_are_offered_http_2(front: Front) -> None:
    context = ssl.create_default_context(cafile=str(front.certificate / "fullchain.pem"))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", front.port), timeout=5) as bare,
        context.wrap_socket(bare, server_hostname=HOST) as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
        assert secure.version() == "TLSv1.3"


def test_signed_out_the_stream_is_refused_as_the_server_says(front: Front) -> None:
    answer = SecureBrowser(front.url).get(PATH)
    assert answer.status_code == 401
    assert "Sign in" in answer.json()["error"]


def test_metrics_are_not_open_to_the_world(front: Front) -> None:
    answer = SecureBrowser(front.url).get("/metrics")
    assert answer.status_code == 404
    assert "live_" not in answer.text


def test_the_stream_opens_at_once_as_the_server_sent_it(front: Front, site: People) -> None:
    with SecureBrowser(front.url, site.alice) as browser, SecureStream(browser) as stream:
        headers = stream.response.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert headers["cache-control"] == "no-cache, no-transform"
        assert "content-encoding" not in headers
        received = stream.next("connected", seconds=8).data["received"]
        assert received["scheme"] == "https"
        assert received["http_version"] == "1.1"
        assert received["accept_encoding"] == "gzip, deflate, br"


def test_events_are_not_held_back(
    kind: type[Front], place: Path, installation: Installation, processes: list[Process],
    site: People,
) -> None:  # fmt: skip
    """Side by side with a stream past the proxy from the same process, so that a poll, or a busy
    machine, delays both alike."""
    late = []
    with (
        kind(place / f"{kind.__name__}-one", [processes[0].port] * 2, installation.static) as front,
        SecureBrowser(front.url, site.alice) as behind,
        httpx.Client(base_url=processes[0].url, cookies=behind.cookies) as before,
        SecureStream(behind) as through,
        SecureStream(before, headers={"X-Forwarded-Proto": "https"}) as direct,
    ):
        for stream in (through, direct):
            stream.next("connected")
        with ThreadPoolExecutor(2) as readers:
            for _ in range(5):
                site.ticket()
                behind_it, before_it = readers.map(
                    lambda stream: stream.next("ticket.created").at, (through, direct)
                )
                late.append(behind_it - before_it)
    assert statistics.median(late) < SOON, late


def test_a_break_is_resumed_from_the_last_id(front: Front, site: People) -> None:
    with SecureBrowser(front.url, site.alice) as browser:
        with SecureStream(browser) as stream:
            last = stream.next("connected").id
        ticket = site.ticket()
        with SecureStream(browser, headers={"Last-Event-ID": str(last)}) as stream:
            connected = stream.next("connected")
            assert connected.id == last
            assert connected.data["received"]["last_event_id"] == str(last)
            assert stream.next("ticket.created").data["ticket"]["id"] == ticket.pk


def test_pages_and_forms_work_over_https_without_a_redirect_loop(
    front: Front, site: People
) -> None:
    with SecureBrowser(front.url) as browser:
        page = browser.get("/", follow_redirects=True)
        assert page.status_code == 200
        assert str(page.url).startswith(f"{front.url}/accounts/login/")
        assert page.headers.get_list("strict-transport-security") == ["max-age=31536000"]
        assert page.headers.get_list("content-security-policy") == [CONTENT_SECURITY_POLICY]
        assert page.headers.get_list("cache-control") == ["private, no-store"]
        form = {"username": site.alice.username, "password": "demo",
                "csrfmiddlewaretoken": browser.cookies["csrftoken"]}  # fmt: skip
        headers = {"Origin": f"https://{HOST}", "Referer": f"{front.url}/accounts/login/"}
        answer = browser.post("/accounts/login/", data=form, headers=headers)
        assert answer.status_code == 302, answer.text
        assert "Secure" in answer.headers["set-cookie"]
        assert browser.get("/api/tickets/").status_code == 200


def test_a_static_file_with_a_hash_is_kept_for_ever(
    front: Front, installation: Installation
) -> None:
    name = installation.hashed("live/stream.js")
    with SecureBrowser(front.url) as browser:
        answer = browser.get(name)
        assert "EventSource" in answer.text
        assert "immutable" in answer.headers["cache-control"]
        assert "javascript" in answer.headers["content-type"]
        plain = browser.get("/static/live/stream.js")
        assert "immutable" not in plain.headers["cache-control"]
        assert browser.get("/static/live/nothing.js").status_code == 404


def test_one_process_dead_nobody_notices(
    fronts: dict[type[Front], Front], processes: list[Process], site: People
) -> None:
    processes[0].kill()
    try:
        for front in fronts.values():
            with SecureBrowser(front.url, site.alice) as browser:
                for _ in range(8):
                    assert browser.get("/api/tickets/").status_code == 200, front.binary
                    with SecureStream(browser) as stream:
                        stream.next("connected")
    finally:
        processes[0].start()


def test_all_dead_the_stream_is_told_to_come_back(
    fronts: dict[type[Front], Front], processes: list[Process], site: People
) -> None:
    """200, of the right type, so that no EventSource is closed; and afterwards it works again."""
    for process in processes:
        process.kill()
    try:
        for front in fronts.values():
            with SecureBrowser(front.url, site.alice) as browser:
                answer = browser.get(PATH)
                assert answer.status_code == 200, (front.binary, answer.text)
                assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
                assert "no-cache" in answer.headers["cache-control"], front.binary
                assert answer.text == "retry: 2000\n\n"
                assert browser.get("/api/tickets/").status_code in {502, 503, 504}, front.binary
    finally:
        for process in processes:
            process.start()
    for front in fronts.values():
        wait_until_served(front)
        come_back(front, site)


def come_back(front: Front, site: People, seconds: float = 30) -> None:
    """Open the stream as an EventSource does: again, for as long as it is only told to come back.
    A front may serve pages already while it still takes the stream's servers for dead."""
    deadline = time.monotonic() + seconds
    with SecureBrowser(front.url, site.alice) as browser:
        while True:
            with suppress(EOFError), SecureStream(browser) as stream:
                stream.next("connected")
                return
            assert time.monotonic() < deadline, front.binary
            time.sleep(0.2)


class Mirror(BaseHTTPRequestHandler):
    """Answers with the headers it was sent, in place of Daphne."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        said = {name.lower(): self.headers.get_all(name) for name in self.headers}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Not to the tests' output."""


def test_what_a_client_says_of_where_it_comes_from_is_not_believed(
    kind: type[Front], place: Path, installation: Installation
) -> None:
    mirror = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=mirror.serve_forever, daemon=True).start()
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    folder = place / f"{kind.__name__}-mirror"
    try:
        with kind(folder, [mirror.server_port] * 2, installation.static) as front:
            wait_until_served(front)
            for path in (PATH, "/api/tickets/", "/"):
                seen = SecureBrowser(front.url).get(path, headers=forged).json()
                assert seen["x-forwarded-for"] == ["127.0.0.1"]
                assert seen["x-forwarded-proto"] == ["https"]
                assert seen["host"][0].partition(":")[0] == HOST
    finally:
        mirror.shutdown()
        mirror.server_close()
