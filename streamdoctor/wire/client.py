"""Sends requests as a browser does, each on a connection of its own, and notes their times."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Condition, Event

from streamdoctor.wire.coding import Inflater
from streamdoctor.wire.connection import Connection, TlsFailed, Unreachable, connect
from streamdoctor.wire.http1 import Http1
from streamdoctor.wire.http2 import Http2
from streamdoctor.wire.message import Cut, Head, Headers, Http, Malformed
from streamdoctor.wire.origin import Origin

BROWSER = {
    "User-Agent": "Mozilla/5.0 (compatible; streamdoctor)",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}
# Of a page, the doctor reads what stands in it.
READABLE = ("Accept-Encoding", "gzip, deflate")
PAGE_LIMIT = 512 * 1024

FAILURES = (Unreachable, TlsFailed, Cut, Malformed, OSError)


@dataclass
class Answer:
    """A whole answer to a request, decoded where it came compressed."""

    head: Head
    body: bytes
    sent_at: float
    head_at: float
    connect_seconds: float
    tls_seconds: float = 0.0

    @property
    def status(self) -> int:
        return self.head.status

    @property
    def seconds(self) -> float:
        return self.head_at - self.sent_at


class Exchange:
    """A request that was sent. Whoever sent it reads the answer, and closes it."""

    def __init__(
        self, connection: Connection, http: Http, sent_at: float, slots: "Slots", beside: int
    ) -> None:
        self._connection = connection
        self._http = http
        self._slots = slots
        self.sent_at = sent_at
        self.connect_seconds = connection.seconds
        self.tls_seconds = connection.tls_seconds
        self.beside = beside  # as many others of ours were open when it was asked for

    def read_head(self, deadline: float) -> Head:
        return self._http.read_head(deadline)

    def read_body(self, deadline: float) -> bytes:
        return self._http.read_body(deadline)

    @property
    def ends_by_close(self) -> bool:
        return self._http.ends_by_close

    @property
    def max_streams(self) -> int | None:
        """How many streams at once the server has said that it takes on one connection."""
        return self._http.max_streams if isinstance(self._http, Http2) else None

    def send_no_more(self) -> None:
        self._connection.send_no_more()

    def close(self) -> None:
        self._connection.close()
        self._slots.leave(self)


class Slots:
    """Whoever would open one connection too many waits until another is closed: the doctor opens
    no more at a time than a browser does, so that it meets the limits that a browser meets."""

    AT_ONCE = 6

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._opening = 0
        self._open: set[Exchange] = set()
        self._changed = Condition()

    def enter(self, deadline: float) -> int:
        """Gives how many others are open; TimeoutError if none closes in time."""
        with self._changed:
            wait = min(deadline - time.monotonic(), 3600)
            if not self._changed.wait_for(self._is_free, timeout=max(wait, 0)):
                raise TimeoutError("the doctor has as many streams open as a browser would")
            self._opening += 1
            return self._opening + len(self._open) - 1

    def entered(self, exchange: Exchange | None) -> None:
        """The connection stands; or, with None, it came to nothing."""
        with self._changed:
            self._opening -= 1
            if exchange is not None:
                self._open.add(exchange)
            self._changed.notify_all()

    def leave(self, exchange: Exchange) -> None:
        with self._changed:
            self._open.discard(exchange)
            self._changed.notify_all()

    def _is_free(self) -> bool:
        return self._opening + len(self._open) < self._at_once


@dataclass
class Client:
    origin: Origin
    insecure: bool = False
    cookies: dict[str, str] = field(default_factory=dict)
    deadline: float = math.inf  # of everything it does
    headers: Headers = ()  # in each request, unless the request says otherwise
    abandoned: Event = field(default_factory=Event)  # whoever waits for bytes is to stop
    slots: Slots = field(default_factory=Slots)
    # The origin that people use, where this client asks a server behind it, as its proxy would.
    behind: Origin | None = None

    @property
    def named(self) -> Origin:
        """The origin that requests speak of, and that cookies belong to."""
        return self.behind or self.origin

    def with_cookies(self, cookies: Mapping[str, str]) -> "Client":
        return replace(self, cookies=dict(cookies))

    def with_slots(self, number: int) -> "Client":
        return replace(self, slots=Slots(number))

    def at(self, origin: Origin, behind: Origin | None = None) -> "Client":
        """Another way to the server, with slots of its own."""
        return replace(
            self, origin=origin, behind=behind, cookies=dict(self.cookies), slots=Slots()
        )

    def open(self, method: str, target: str, headers: Headers = (), body: bytes = b"") -> Exchange:
        beside, exchange = self.slots.enter(self.deadline), None
        try:
            exchange = self._opened(method, target, self._all(headers), body, beside)
        finally:
            self.slots.entered(exchange)
        return exchange

    def open_two(self, target: str, headers: Headers = ()) -> tuple[Exchange, Exchange] | None:
        """The same request twice, on one connection; None where it does not speak HTTP/2. The
        second is sent once the first is answered, for by then the server has said its limits."""
        first = self.open("GET", target, headers)
        http = first._http
        if not isinstance(http, Http2):
            first.close()
            return None
        second = Exchange(
            first._connection, http.beside(), time.monotonic(), self.slots, first.beside
        )
        return first, second

    def send_again(self, exchange: Exchange, target: str, headers: Headers = ()) -> None:
        """The second of two requests."""
        exchange.sent_at = time.monotonic()
        exchange._http.send("GET", target, self.named.authority, self._all(headers), b"")

    def _all(self, headers: Headers) -> Headers:
        sent = list(headers)
        for defaults in (self.headers, BROWSER.items()):
            given = {name.lower() for name, _ in sent}
            sent += [(name, value) for name, value in defaults if name.lower() not in given]
        if self.cookies:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            sent.append(("Cookie", cookies))
        if self.behind:
            sent.append(("X-Forwarded-Proto", self.behind.scheme))
        return sent

    def _opened(
        self, method: str, target: str, headers: Headers, body: bytes, beside: int
    ) -> Exchange:
        connection = connect(self.origin, insecure=self.insecure, deadline=self.deadline)
        try:
            http: Http = Http2(connection) if connection.alpn == "h2" else Http1(connection)
            sent_at = time.monotonic()
            http.send(method, target, self.named.authority, headers, body)
        except BaseException:
            connection.close()
            raise
        return Exchange(connection, http, sent_at, self.slots, beside)

    def ask(
        self,
        method: str,
        target: str,
        headers: Headers = (),
        body: bytes = b"",
        *,
        seconds: float = 10,
        of_stream: float = 2,
    ) -> Answer:
        """The whole answer, or as much of it as comes in time; TimeoutError without its head.
        Of an event stream, which need not end, it reads so many seconds."""
        deadline = min(time.monotonic() + seconds, self.deadline)
        exchange = self.open(method, target, [*headers, READABLE], body)
        received = bytearray()
        try:
            head = exchange.read_head(deadline)
            head_at = time.monotonic()
            inflater = Inflater((head.header("content-encoding") or "").strip().lower())
            is_stream = (head.header("content-type") or "").startswith("text/event-stream")
            deadline = min(deadline, head_at + of_stream) if is_stream else deadline
            try:
                while len(received) < PAGE_LIMIT and (piece := exchange.read_body(deadline)):
                    received += inflater.feed(piece)
            except (TimeoutError, Cut):
                pass  # what has come says enough
        finally:
            exchange.close()
        self._keep_cookies(head)
        return Answer(
            head, bytes(received), exchange.sent_at, head_at,
            exchange.connect_seconds, exchange.tls_seconds,
        )  # fmt: skip

    def _keep_cookies(self, head: Head) -> None:
        for line in head.values("set-cookie"):
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            secure = "secure" in {part.strip().lower() for part in attributes.split(";")}
            if secure and not self.named.is_secure:
                continue  # a browser does not keep it either
            if value in ("", '""'):
                self.cookies.pop(name.strip(), None)
            else:
                self.cookies[name.strip()] = value
