"""Requests as a browser sends them, each on a connection of its own, with the times of each."""

import math
import time
from dataclasses import dataclass, field, replace
from threading import Event
from urllib.parse import urlsplit

from live.doctor.connection import Connection, TlsFailed, Unreachable, connect
from live.doctor.http1 import Http1
from live.doctor.http2 import Http2
from live.doctor.message import Cut, Head, Headers, Http, Malformed
from live.doctor.origin import Origin

BROWSER = {
    "User-Agent": "Mozilla/5.0 (compatible; streamdoctor)",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
PAGE_LIMIT = 512 * 1024

FAILURES = (Unreachable, TlsFailed, Cut, Malformed, OSError)


@dataclass
class Answer:
    """A whole answer to a request."""

    head: Head
    body: bytes
    sent_at: float
    head_at: float
    connect_seconds: float

    @property
    def status(self) -> int:
        return self.head.status

    @property
    def seconds(self) -> float:
        return self.head_at - self.sent_at


class Exchange:
    """A request that was sent; its answer is read by whoever asked."""

    def __init__(self, connection: Connection, http: Http, sent_at: float) -> None:
        self._connection = connection
        self._http = http
        self.sent_at = sent_at
        self.connect_seconds = connection.seconds

    def read_head(self, deadline: float) -> Head:
        return self._http.read_head(deadline)

    def read_body(self, deadline: float) -> bytes:
        return self._http.read_body(deadline)

    def close(self) -> None:
        self._connection.close()


@dataclass
class Client:
    origin: Origin
    insecure: bool = False
    cookies: dict[str, str] = field(default_factory=dict)
    deadline: float = math.inf  # of everything it does
    abandoned: Event = field(default_factory=Event)  # whoever waits for bytes is to stop

    def with_cookies(self, cookies: dict[str, str]) -> "Client":
        return replace(self, cookies=dict(cookies))

    def open(self, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Exchange:
        given = {name.lower() for name, _ in headers}
        sent = [(name, value) for name, value in BROWSER.items() if name.lower() not in given]
        sent += headers
        if self.cookies:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            sent.append(("Cookie", cookies))
        connection = connect(self.origin, insecure=self.insecure, deadline=self.deadline)
        try:
            http: Http = Http2(connection) if connection.alpn == "h2" else Http1(connection)
            sent_at = time.monotonic()
            http.send(method, target, self.origin.authority, sent, body)
        except BaseException:
            connection.close()
            raise
        return Exchange(connection, http, sent_at)

    def ask(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        body: bytes = b"",
        *,
        seconds: float = 10,
    ) -> Answer:
        """The whole answer, or as much of it as comes in time; TimeoutError without its head."""
        deadline = min(time.monotonic() + seconds, self.deadline)
        exchange = self.open(method, target, headers, body)
        received = bytearray()
        try:
            head = exchange.read_head(deadline)
            head_at = time.monotonic()
            # Of a stream that should not be open, only the beginning is of interest.
            is_stream = (head.header("content-type") or "").startswith("text/event-stream")
            deadline = min(deadline, head_at + 2) if is_stream else deadline
            try:
                while len(received) < PAGE_LIMIT and (piece := exchange.read_body(deadline)):
                    received += piece
            except (TimeoutError, Cut):
                pass  # what has come says enough
        finally:
            exchange.close()
        self._keep_cookies(head)
        return Answer(head, bytes(received), exchange.sent_at, head_at, exchange.connect_seconds)

    def _keep_cookies(self, head: Head) -> None:
        for line in head.values("set-cookie"):
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            secure = "secure" in {part.strip().lower() for part in attributes.split(";")}
            if secure and not self.origin.is_secure:
                continue  # a browser does not keep it either
            if value in ("", '""'):
                self.cookies.pop(name.strip(), None)
            else:
                self.cookies[name.strip()] = value


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
