"""One HTTP/1.1 request on a connection of its own. Header names stay as they were sent, in capitals
or not, for some proxies are recognised by that."""

import re

from streamdoctor.wire.connection import Connection
from streamdoctor.wire.message import Cut, Head, Headers, Malformed

HEAD_LIMIT = 256 * 1024
CHUNK = re.compile(rb"([0-9a-fA-F]+)[^\r\n]*\r?\n")


class Http1:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._raw = b""
        self._left: int | None = 0  # bytes of the body, or of this chunk; None: until the close
        self._chunked = False
        self._ended = False

    def send(self, method: str, target: str, authority: str, headers: Headers, body: bytes) -> None:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {authority}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin1")
        self._connection.send(head + body)

    def read_head(self, deadline: float) -> Head:
        while True:
            head = self._parse_head(deadline)
            if not 100 <= head.status < 200:  # an interim answer goes before the answer
                break
        coding = (head.header("transfer-encoding") or "").lower()
        length = head.header("content-length")
        if head.status in (204, 304):
            self._ended = True
        elif "chunked" in coding:
            self._chunked = True
        elif length is not None and length.isdigit():
            self._left = int(length)
            self._ended = self._left == 0
        else:
            self._left = None
        return head

    @property
    def ends_by_close(self) -> bool:
        """The body has neither a length nor chunks: nobody can tell its end from a cut."""
        return self._left is None and not self._chunked

    def read_body(self, deadline: float) -> bytes:
        """The next piece; empty at the end."""
        while not self._ended:
            piece = self._next_chunk_piece() if self._chunked else self._next_plain_piece()
            if piece:
                return piece
            if not self._ended:
                self._fill(deadline)
        return b""

    def _parse_head(self, deadline: float) -> Head:
        while (end := re.search(rb"\r?\n\r?\n", self._raw)) is None:
            if len(self._raw) > HEAD_LIMIT:
                raise Malformed("the headers have no end")
            self._fill(deadline)
        text, self._raw = self._raw[: end.start()].decode("latin1"), self._raw[end.end() :]
        start, *lines = re.split(r"\r?\n", text)
        match = re.match(r"HTTP/(\d\.\d) (\d{3})", start)
        if match is None:
            raise Malformed(f"not HTTP: {start[:60]!r}")
        headers = []
        for line in lines:
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        return Head(int(match[2]), headers, match[1])

    def _next_plain_piece(self) -> bytes:
        piece, self._raw = self._raw[: self._left], b""
        if self._left is not None:
            self._left -= len(piece)
            self._ended = self._left == 0
        return piece

    def _next_chunk_piece(self) -> bytes:
        if self._left == 0:
            match = CHUNK.match(self._raw.lstrip(b"\r\n"))
            if match is None:
                return b""
            self._raw = self._raw.lstrip(b"\r\n")[match.end() :]
            self._left = int(match[1], 16)
            self._ended = self._left == 0
        assert self._left is not None
        piece, self._raw = self._raw[: self._left], self._raw[self._left :]
        self._left -= len(piece)
        return piece

    def _fill(self, deadline: float) -> None:
        received = self._connection.receive(deadline)
        if received:
            self._raw += received
        elif self._left is None:
            self._ended = True  # without a length the close is the end
        else:
            raise Cut("the connection ended in the middle of the answer")
