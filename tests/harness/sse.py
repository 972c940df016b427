"""A strict client of one stream: a real socket, frames one by one, no wait without an end.

bench/wire.py and bench/clients.py read thousands of streams at once, and look at less of each.
"""

import json
import re
import socket
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass
class Frame:
    event: str = ""
    id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    retry: int | None = None
    at: float = 0.0  # monotonic, when it was read


class Closed(Exception):
    """The server has ended the response."""


class EventStream:
    """`stream = EventStream(url, session_key); stream.next("connected")`"""

    def __init__(
        self,
        url: str,
        session: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        method: str = "GET",
        http: str = "1.1",
        seconds: float = 10,
        **query: Any,
    ) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=seconds)
        target = "/api/user/stream" + (f"?{urlencode(query)}" if query else "")
        lines = {"Host": parts.netloc, "Accept": "text/event-stream", **(headers or {})}
        if session:
            lines["Cookie"] = f"sessionid={session}"
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.socket.sendall(f"{method} {target} HTTP/{http}\r\n{head}\r\n".encode("latin1"))
        self._raw = b""
        self._body = b""
        self._ended = False
        self.frames: list[Frame] = []  # every frame given out so far
        self.status, self.headers = self._read_head(seconds)
        self.chunked = self.headers.get("transfer-encoding") == "chunked"

    def next(self, *wanted: str, seconds: float = 10) -> Frame:
        """The next frame, or with names the next of these; heartbeats only if asked for by name."""
        deadline = time.monotonic() + seconds
        while True:
            frame = self._next_frame(deadline)
            self.frames.append(frame)
            if frame.event in wanted or (not wanted and frame.event != "heartbeat"):
                return frame

    def until(self, event: str, seconds: float = 10) -> list[Frame]:
        """All frames up to the one of that name, which is the last of them."""
        deadline = time.monotonic() + seconds
        found: list[Frame] = []
        while not found or found[-1].event != event:
            found.append(self._next_frame(deadline))
        self.frames += found
        return found

    def silent_for(self, seconds: float) -> None:
        """Assert that nothing but heartbeats arrives for so long."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                frame = self._next_frame(deadline)
                assert frame.event == "heartbeat", f"unexpected {frame}"
        except TimeoutError:
            return

    def ends(self, seconds: float = 10) -> list[Frame]:
        """All frames that still come until the server ends the response."""
        found: list[Frame] = []
        deadline = time.monotonic() + seconds
        try:
            while True:
                found.append(self._next_frame(deadline))
        except Closed:
            return found

    def json(self, seconds: float = 10) -> Any:
        """The body of a refusal."""
        length = int(self.headers["content-length"])
        deadline = time.monotonic() + seconds
        while len(self._raw) < length:
            self._receive(deadline)
        return json.loads(self._raw[:length])

    def close(self) -> None:
        self.socket.close()

    def _read_head(self, seconds: float) -> tuple[int, dict[str, str]]:
        deadline = time.monotonic() + seconds
        while b"\r\n\r\n" not in self._raw:
            self._receive(deadline)
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value.strip()
        return int(status.split()[1]), headers

    def _next_frame(self, deadline: float) -> Frame:
        self._unchunk()  # the first chunk may have come with the head
        while b"\n\n" not in self._body:
            if self._ended:
                raise Closed
            self._receive(deadline)
            self._unchunk()
        text, _, self._body = self._body.partition(b"\n\n")
        return parse(text.decode())

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("nothing arrived")
        self.socket.settimeout(left)
        received = self.socket.recv(65536)
        if not received:
            if self._ended:
                raise Closed
            self._ended = True
        self._raw += received

    def _unchunk(self) -> None:
        if not self.chunked:
            self._body, self._raw = self._body + self._raw, b""
            return
        while match := re.match(rb"([0-9a-fA-F]+)\r\n", self._raw):
            size, start = int(match[1], 16), match.end()
            if len(self._raw) < start + size + 2:
                return
            self._body += self._raw[start : start + size]
            self._raw = self._raw[start + size + 2 :]
            if size == 0:
                self._ended = True


def parse(text: str) -> Frame:
    """Read one frame strictly: a field that we do not send is an error."""
    frame = Frame(at=time.monotonic())
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "":
            frame.comments.append(value)
        elif name == "event":
            frame.event = value
        elif name == "id":
            frame.id = int(value)
        elif name == "retry":
            frame.retry = int(value)
        elif name == "data":
            assert not frame.data, "two data lines"
            frame.data = json.loads(value)
        else:
            raise AssertionError(f"unknown line {line!r}")
    return frame
