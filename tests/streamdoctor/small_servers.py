"""Servers of event streams in this process, each written in a few lines, which remember what they
were asked."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

Write = Callable[[bytes], object]


class Server(ThreadingHTTPServer):
    """Answers each request with an event stream that `events(write)` writes; the connection ends
    after it, or is broken off where the body has a length that is not reached."""

    daemon_threads = True

    def __init__(self, events: Callable[[Write], object], length: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events, self.length = events, length
        self.open_now = self.most_at_once = 0
        self.lock = Lock()
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        if self.server.length:
            self.send_header("Content-Length", self.server.length)
        self.end_headers()
        with self.server.lock:
            self.server.open_now += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.open_now)
        with suppress(OSError):  # the doctor has seen enough, and left
            self.server.events(self.wfile.write)
        with self.server.lock:
            self.server.open_now -= 1

    do_POST = do_GET  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        """The tests read what was asked, not the log."""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    with server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


def each_half_second(write: Write) -> None:
    for _ in range(60):
        write(b"data: it is still here\n\n")
        time.sleep(0.5)
