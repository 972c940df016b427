"""The clients of a server, in one process with epoll and raw sockets.

Their own work must not be what is measured: one event to a thousand streams costs them some ten
milliseconds.
"""

import select
import time
from typing import Any

from bench.clients import Client, WebSocket
from bench.machine import raise_file_limit
from bench.worker import serve

UNDER_WAY = 50  # connects at once
KINDS = {"http": Client, "ws": WebSocket}


class Load:
    def __init__(self) -> None:
        self.clients: dict[int, Client] = {}
        self.epoll = select.epoll()

    def open(
        self, port: int, sessions: list[str], seconds: float, last_ids: list[str] | None = None,
        scheme: str = "http", marker: str = "event: ticket.created", opened: str = "event:",
    ) -> dict[str, Any]:  # fmt: skip
        """Open a stream for each session, and tell how long that took."""
        began = time.monotonic()
        deadline = began + seconds
        wanted = list(zip(sessions, last_ids or [""] * len(sessions), strict=True))
        wanted.reverse()
        opening: set[int] = set()
        while wanted or opening:
            while wanted and len(opening) < UNDER_WAY:
                session, last_id = wanted.pop()
                client = KINDS[scheme].connect(port, session, marker, opened, last_id)
                opening.add(client.socket.fileno())
                self.clients[client.socket.fileno()] = client
                self.epoll.register(client.socket, select.EPOLLIN)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(wanted) + len(opening)} streams do not open")
            for fd, _ in self.epoll.poll(1):
                self.clients[fd].read()
            opening -= {fd for fd in opening if self.clients[fd].is_open}
        return {"open": len(self.clients), "seconds": time.monotonic() - began}

    def collect(self, events: int, seconds: float, stamped: bool = False) -> dict[str, Any]:
        """Read until each stream has got so many events, or the time is over.

        If it is asked for stamps, it also tells when each event was read, by the clock that all
        processes share.
        """
        wanted = {fd for fd, client in self.clients.items() if client.events < events}
        deadline = time.monotonic() + seconds
        stamps: list[float] = []
        while wanted and (left := deadline - time.monotonic()) > 0:
            for fd, _ in self.epoll.poll(left):
                client = self.clients[fd]
                found = client.read()
                if stamped:
                    stamps += [round(time.monotonic(), 5)] * found
                if client.events >= events:
                    wanted.discard(fd)
        last_at = time.monotonic()
        counts = [client.events for client in self.clients.values()]
        for client in self.clients.values():
            client.events = 0
        return {
            "delivered": sum(counts),
            "most": max(counts),
            "missing": sum(max(0, events - count) for count in counts),
            "last_at": last_at,
            "stamps": stamps,
        }

    def last_ids(self) -> list[str]:
        """The last id of each stream, in the order in which the streams were opened."""
        return [client.last_id for client in self.clients.values()]

    def close(self, keep: int = 0) -> dict[str, Any]:
        """Close all streams but the first ones."""
        for fd in list(self.clients)[keep:]:
            self.epoll.unregister(fd)
            self.clients.pop(fd).socket.close()
        return {"open": len(self.clients)}


if __name__ == "__main__":
    raise_file_limit()
    load = Load()
    serve(open=load.open, collect=load.collect, last_ids=load.last_ids, close=load.close)
