"""The clients of a server, in one process: epoll, raw sockets, and no parsing beyond counting.

It must not be what is measured: a thousand streams and one event cost it some ten milliseconds.
"""

import select
import socket
import time
from typing import Any

from bench.machine import raise_file_limit
from bench.worker import serve

MARKER = b"event: ticket.created"
AT_ONCE = 50  # connects under way together
REQUEST = (
    "GET /api/user/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    "Accept: text/event-stream\r\nCookie: sessionid={session}\r\n\r\n"
)


class Client:
    """One stream: how many events it got, and the end of what it read last."""

    __slots__ = ("events", "is_open", "socket", "tail")

    def __init__(self, port: int, session: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.sendall(REQUEST.format(port=port, session=session).encode())
        self.socket.setblocking(False)
        self.events = 0
        self.is_open = False
        self.tail = b""

    def read(self) -> None:
        received = self.socket.recv(1 << 18)
        if not received:
            raise ConnectionError(f"the server ended a stream: {self.tail[:300]!r}")
        together = self.tail + received  # a marker may be cut in two by the reading
        self.events += together.count(MARKER)
        # Short enough that no marker is counted twice.
        self.tail = together[1 - len(MARKER) :]
        if not self.is_open:
            self.tail = together
            if b"event:" in together:  # `connected`, or the recipe's `stream-open`
                assert together.startswith(b"HTTP/1.1 200"), together[:300]
                self.is_open, self.tail = True, b""


class Load:
    def __init__(self) -> None:
        self.clients: dict[int, Client] = {}
        self.epoll = select.epoll()

    def open(self, port: int, sessions: list[str], seconds: float) -> dict[str, Any]:
        """Open a stream for each session; how long that took."""
        began = time.monotonic()
        for start in range(0, len(sessions), AT_ONCE):
            for session in sessions[start : start + AT_ONCE]:
                client = Client(port, session)
                self.clients[client.socket.fileno()] = client
                self.epoll.register(client.socket, select.EPOLLIN)
            self._read_until(lambda: all(c.is_open for c in self.clients.values()), seconds)
        return {"open": len(self.clients), "seconds": time.monotonic() - began}

    def collect(self, events: int, seconds: float) -> dict[str, Any]:
        """Read until each stream has got so many events, or the time is over."""
        wanted = {fd for fd, client in self.clients.items() if client.events < events}
        deadline = time.monotonic() + seconds
        while wanted and (left := deadline - time.monotonic()) > 0:
            for fd, _ in self.epoll.poll(left):
                client = self.clients[fd]
                client.read()
                if client.events >= events:
                    wanted.discard(fd)
        last_at = time.monotonic()
        delivered = sum(client.events for client in self.clients.values())
        for client in self.clients.values():
            client.events = 0
        return {"delivered": delivered, "last_at": last_at, "missing": len(wanted)}

    def close(self, keep: int) -> dict[str, Any]:
        """All but the first ones."""
        for fd in list(self.clients)[keep:]:
            self.epoll.unregister(fd)
            self.clients.pop(fd).socket.close()
        return {"open": len(self.clients)}

    def _read_until(self, done: Any, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError("the streams do not open")
            for fd, _ in self.epoll.poll(1):
                self.clients[fd].read()


if __name__ == "__main__":
    raise_file_limit()
    load = Load()
    serve(open=load.open, collect=load.collect, close=load.close)
