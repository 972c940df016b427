"""An answer of the stream as it comes off the wire: its status, then frame after frame.

The tests read a stream with tests/harness/sse.py, which takes any field that the product does not
send for an error. This reads thousands of streams in one process and must not be what is measured,
so it looks at no more of a frame than its id, its name and its data.
"""

import re

FRAME = re.compile(rb"^(?:id: (\d+)\n)?event: (\S+)\ndata: (.*)$", re.MULTILINE)

Frame = tuple[bytes | None, bytes, bytes]  # id, name, data


class Answer:
    """`for frame in answer.take(socket.recv(…))`"""

    __slots__ = ("_body", "_raw", "ended", "status")

    def __init__(self) -> None:
        self.status = 0  # not known yet
        self.ended = False  # by its last chunk
        self._raw = b""
        self._body = b""

    def take(self, received: bytes) -> list[Frame]:
        """The frames that these bytes complete; a refusal has none."""
        self._raw += received
        if not self.status:
            self._read_head()
        if self.status != 200:
            return []
        self._unchunk()
        frames, end, self._body = self._body.rpartition(b"\n\n")
        return FRAME.findall(frames) if end else []

    def _read_head(self) -> None:
        head, end, rest = self._raw.partition(b"\r\n\r\n")
        if end:
            self.status, self._raw = int(head.split(b" ", 2)[1]), rest
            if self.status == 200 and b"chunked" not in head.lower():
                raise ValueError(f"a stream that is not chunked: {head!r}")

    def _unchunk(self) -> None:
        raw, start = self._raw, 0
        bodies = [self._body]
        while (line := raw.find(b"\r\n", start)) > 0:
            body, size = line + 2, int(raw[start:line], 16)
            if len(raw) < body + size + 2:
                break
            bodies.append(raw[body : body + size])
            start = body + size + 2
            self.ended = self.ended or size == 0
        self._raw, self._body = raw[start:], b"".join(bodies)
