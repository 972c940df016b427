"""What bounds a stream: a reader that stands still, a reload, and the numbers that belong together.

The limits are those of the files, made short where a test waits for one to be over.
"""

import re
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.deploy.fronts import DEPLOY, HOST, Apache, Caddy, Front, Haproxy, Nginx, filled
from tests.deploy.production import Installation, Process, example
from tests.deploy.secure import PATH, SecureBrowser, SecureStream
from tests.harness.site import People

SHORT = 2  # seconds
TALKING = 3  # seconds; longer than that


class Endless(BaseHTTPRequestHandler):
    """An event stream in place of Daphne's; `cut` tells when the proxy let go of it."""

    protocol_version = "HTTP/1.1"
    cut: threading.Event

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path != PATH:  # HAProxy asks for /readyz
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self.stream()
        except OSError:
            self.close_connection = True
            self.cut.set()

    def stream(self) -> None:
        raise NotImplementedError

    def event(self, size: int) -> None:
        event = b"data: " + b"x" * size + b"\n\n"
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))

    def log_message(self, format: str, *arguments: object) -> None:
        """Not to the tests' output."""


class Flood(Endless):
    """Never ends, nor pauses."""

    def stream(self) -> None:
        while True:
            self.event(8000)


class Pulse(Endless):
    """An event in each third of a second for a while; then silence until it is cut."""

    def stream(self) -> None:
        for _ in range(3 * TALKING):
            self.event(8)
            time.sleep(1 / 3)
        while self.connection.recv(1):
            pass
        raise ConnectionResetError


@contextmanager
def upstream(handler: type[Endless]) -> Iterator[int]:
    handler.cut = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def reader_of(front: Front) -> Iterator[ssl.SSLSocket]:
    """A stream that is open."""
    context = ssl.create_default_context(cafile=str(front.certificate / "fullchain.pem"))
    with (
        socket.create_connection(("127.0.0.1", front.port), timeout=10) as bare,
        context.wrap_socket(bare, server_hostname=HOST) as reader,
    ):
        request = f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/event-stream\r\n\r\n"
        reader.sendall(request.encode())
        assert reader.recv(100).startswith(b"HTTP/1.1 200")
        yield reader


def shorten(front: Front, file: str, line: str, shorter: str) -> None:
    path = front.folder / file
    path.write_text(filled(path.read_text(), {line: shorter}))


@pytest.mark.parametrize(
    ("kind", "file", "line", "shorter"),
    [
        (Nginx, "helpdesk.conf", "send_timeout 30s;", f"send_timeout {SHORT}s;"),
        (Haproxy, "haproxy.cfg", "timeout client 30s", f"timeout client {SHORT}s"),
        (Apache, "apache.conf", "TimeOut 30", f"TimeOut {SHORT}"),
    ],
    ids=["nginx", "haproxy", "apache"],
)
def test_a_reader_that_stands_still_is_let_go(
    kind: type[Front], file: str, line: str, shorter: str, place: Path, installation: Installation
) -> None:
    with upstream(Flood) as port:
        front = kind(place / f"{kind.__name__}-flood", [port] * 2, installation.static)
        shorten(front, file, line, shorter)
        with front, reader_of(front):
            stopped = time.monotonic()
            assert Flood.cut.wait(10 * SHORT), "the proxy still holds it"
            assert time.monotonic() - stopped > SHORT / 2  # by the limit, not by a mishap


@pytest.mark.parametrize(
    ("kind", "file", "line", "shorter"),
    [
        (Nginx, "helpdesk.conf", "proxy_read_timeout 75s;", f"proxy_read_timeout {SHORT}s;"),
        (Caddy, "Caddyfile", "read_timeout 75s", f"read_timeout {SHORT}s"),
        (Haproxy, "haproxy.cfg", "timeout server 75s", f"timeout server {SHORT}s"),
        (Apache, "apache.conf", "timeout=75", f"timeout={SHORT}"),
    ],
    ids=["nginx", "caddy", "haproxy", "apache"],
)
def test_a_stream_is_cut_by_silence_and_by_nothing_else(
    kind: type[Front], file: str, line: str, shorter: str, place: Path, installation: Installation
) -> None:
    """So that a process that stands still is left, and a stream with heartbeats lasts."""
    with upstream(Pulse) as port:
        front = kind(place / f"{kind.__name__}-pulse", [port] * 2, installation.static)
        shorten(front, file, line, shorter)
        with front, reader_of(front):
            opened = time.monotonic()
            assert Pulse.cut.wait(TALKING + 10 * SHORT), "the proxy waits on"
            lasted = time.monotonic() - opened
    assert TALKING + SHORT / 2 < lasted < TALKING + 3 * SHORT


def test_a_reload_lets_go_of_old_streams_and_takes_new_ones(
    place: Path, installation: Installation, processes: list[Process], site: People
) -> None:
    ports = [process.port for process in processes]
    front = Nginx(place / "nginx-reload", ports, installation.static)
    shorten(
        front, "nginx.conf", "worker_shutdown_timeout 60s;", f"worker_shutdown_timeout {SHORT}s;"
    )
    with front, SecureBrowser(front.url, site.alice) as browser, SecureStream(browser) as stream:
        stream.next("connected")
        front.process.send_signal(signal.SIGHUP)
        with SecureStream(browser) as another:
            another.next("connected")
        with pytest.raises(Exception, match=r"closed|ended"):
            stream.next("goodbye")  # which never comes: nginx is the one who ends it


def number(file: str, directive: str) -> int:
    """The first number that stands after this directive, or after this beginning of a block."""
    text = (DEPLOY / file).read_text()
    found = re.search(rf"^\s*{directive}\D?(\d+)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, directive
    return int(found[1])


@pytest.mark.parametrize(
    ("file", "directive"),
    [
        ("nginx/helpdesk.conf", r"location = /api/user/stream.*?proxy_read_timeout"),
        ("caddy/Caddyfile", "read_timeout"),
        ("haproxy/haproxy.cfg", "backend stream.*?timeout server"),
        ("apache/helpdesk.conf", "<Proxy balancer://stream>.*? timeout"),
    ],
    ids=["nginx", "caddy", "haproxy", "apache"],
)
def test_one_late_heartbeat_cuts_no_stream_and_a_dead_server_is_noticed_soon(
    file: str, directive: str
) -> None:
    heartbeat = int(example()["LIVE_HEARTBEAT_SECONDS"])
    assert 4 * heartbeat <= number(file, directive) <= 6 * heartbeat


def test_nginx_may_open_as_many_files_as_it_promises_connections() -> None:
    connections = number("nginx/nginx.conf", "worker_connections")
    assert number("nginx/nginx.conf", "worker_rlimit_nofile") > connections


class Answering(Endless):
    """Says yes to everything, in place of Daphne."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()


LOG_INS = ("/accounts/login/", "/accounts/password_change/", "/admin/login/")
OFFICE = 200  # people behind one address


@pytest.fixture(scope="module", params=[Nginx, Haproxy], ids=["nginx", "haproxy"])
def limiting(
    request: pytest.FixtureRequest, place: Path, installation: Installation
) -> Iterator[Front]:
    with upstream(Answering) as port:
        folder = place / f"{request.param.__name__}-rates"
        with request.param(folder, [port] * 2, installation.static) as front:
            wait_for(front)
            yield front


def wait_for(front: Front) -> None:
    """HAProxy believes in its processes only after a moment."""
    deadline = time.monotonic() + 10
    while SecureBrowser(front.url).get("/").status_code != 200:
        assert time.monotonic() < deadline, front.said()
        time.sleep(0.1)


def statuses(front: Front, method: str, *paths: str, times: int) -> list[int]:
    with SecureBrowser(front.url) as browser:
        return [
            browser.request(method, paths[number % len(paths)]).status_code
            for number in range(times)
        ]


def test_an_office_of_200_logs_in_at_once_and_a_flood_does_not(limiting: Front) -> None:
    assert set(statuses(limiting, "POST", *LOG_INS, times=OFFICE)) == {200}
    assert 429 in statuses(limiting, "POST", *LOG_INS, times=2 * OFFICE)
    assert set(statuses(limiting, "GET", *LOG_INS, "/", times=20)) == {200}  # to look is free
    assert set(statuses(limiting, "POST", "/tickets/1/comments/", times=20)) == {200}


def test_the_pages_of_an_office_may_ask_the_api_and_a_flood_may_not(limiting: Front) -> None:
    assert set(statuses(limiting, "GET", "/api/tickets/", times=3 * OFFICE)) == {200}
    with SecureBrowser(limiting.url) as browser, ThreadPoolExecutor(8) as crowd:
        refused = next(
            (
                answer
                for answer in crowd.map(lambda _: browser.get("/api/tickets/"), range(4000))
                if answer.status_code != 200
            ),
            None,
        )
    assert refused is not None
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/json"
    assert set(refused.json()) == {"error", "fields"}
    assert set(statuses(limiting, "GET", PATH, times=2 * OFFICE)) == {200}  # the stream
