"""Clients that read a stream badly: not at all, or a long way as fast as they can.

Plain sockets in threads of this process, for they look at no event.
"""

import socket
import threading
from types import TracebackType
from typing import Self

from bench.clients import EVENT_STREAM

KEEPS = 4096  # bytes that the reader's side of a connection keeps


def connect(port: int, session: str, last_id: int | None = None) -> socket.socket:
    """A stream that is open, of which nothing has been read."""
    more = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KEEPS)
    client.settimeout(60)
    client.connect(("127.0.0.1", port))
    client.sendall(EVENT_STREAM.format(port=port, session=session, more=more).encode())
    return client


class Unread:
    """`with Unread(port, sessions): …`: a stream for each session, of which nothing is read."""

    def __init__(self, port: int, sessions: list[str]) -> None:
        self._clients = [connect(port, session) for session in sessions]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        for client in self._clients:
            client.close()


class Replay:
    """A stream that resumes after `start`, read in a thread until the event at `head` comes."""

    def __init__(self, port: int, session: str, start: int, head: int) -> None:
        self.got = 0  # bytes
        self.error = ""
        self._last = f"\nid: {head}\n".encode()
        self._client = connect(port, session, start)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def _read(self) -> None:
        tail = b""
        try:
            with self._client:
                while self._last not in tail:
                    received = self._client.recv(1 << 18)
                    if not received:
                        raise ConnectionError("the server ended a replay")
                    self.got += len(received)
                    tail = tail[-64:] + received
        except OSError as error:
            self.error = repr(error)
