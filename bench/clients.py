"""One stream as a client has it, its events counted and no more.

tests/harness/sse.py reads every field of one stream, and would refuse what other peers send. Here
thousands of streams share a process with a clock in it, so each read may cost only microseconds.
"""

import socket
import struct
from typing import Self

EVENT_STREAM = (
    "GET /api/user/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n"
    "Cookie: sessionid={session}\r\n{more}\r\n"
)
WEBSOCKET = (
    "GET /api/user/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: sessionid={session}\r\n{more}\r\n"
)
PING, PONG = 0x89, 0x8A


class Client:
    """An event stream that knows how many events it got, and the id of the last."""

    request = EVENT_STREAM
    status = b"HTTP/1.1 200"
    __slots__ = ("_marker", "_opened", "_tail", "events", "is_open", "last_id", "socket")

    def __init__(
        self, connection: socket.socket, marker: bytes, opened: bytes, last_id: str = ""
    ) -> None:  # fmt: skip
        self.socket = connection
        self.events = 0
        self.is_open = False
        self.last_id = last_id
        self._marker, self._opened = marker, opened
        self._tail = b""

    @classmethod
    def connect(cls, port: int, session: str, marker: str, opened: str, last_id: str) -> Self:
        more = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        connection.sendall(cls.request.format(port=port, session=session, more=more).encode())
        connection.setblocking(False)
        return cls(connection, marker.encode(), opened.encode(), last_id)

    def read(self) -> int:
        """Read what is there, and return how many events that were."""
        received = self.socket.recv(1 << 18)
        if not received:
            raise ConnectionError(f"the server ended a stream: {self._tail[:300]!r}")
        if not self.is_open:
            self._tail += received
            head, end, body = self._tail.partition(b"\r\n\r\n")
            if end and not head.startswith(self.status):
                raise ConnectionError(f"the server refused a stream: {self._tail[:300]!r}")
            if not end or self._opened not in self._tail:
                return 0
            self.is_open, self._tail, received = True, b"", body
        found = self._count(received)
        self.events += found
        return found

    def _count(self, received: bytes) -> int:
        together = self._tail + received  # a marker may be cut in two by the reading
        # Short enough that no marker is counted twice.
        self._tail = together[1 - len(self._marker) :]
        start = together.rfind(b"\nid: ")
        if 0 <= start < (end := together.find(b"\n", start + 1)):
            self.last_id = together[start + len(b"\nid: ") : end].decode()
        return together.count(self._marker)


class WebSocket(Client):
    """It reads frames of a server, which are never masked, and answers pings, or the server hangs
    up."""

    request = WEBSOCKET
    status = b"HTTP/1.1 101"
    __slots__ = ()

    def _count(self, received: bytes) -> int:
        rest, found = self._tail + received, 0
        while frame := _frame(rest):
            kind, payload, rest = frame
            if kind == PING:
                self.socket.sendall(bytes([PONG, 0x80 | len(payload)]) + bytes(4) + payload)
            found += self._marker in payload
        self._tail = rest
        return found


def _frame(received: bytes) -> tuple[int, bytes, bytes] | None:
    """The first frame's kind and payload, and what follows it; None while it is not whole."""
    if len(received) < 4:
        return None  # events are longer, and a ping that short comes with its next one
    size, start = received[1], 2
    if size == 126:
        size, start = struct.unpack(">H", received[2:4])[0], 4
    if len(received) < start + size:
        return None
    return received[0], received[start : start + size], received[start + size :]
