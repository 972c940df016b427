"""Frames out of the bytes of an event stream, each with the time at which it was whole.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ZLIB = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


@dataclass
class Frame:
    at: float  # monotonic
    event: str = ""
    id: str | None = None
    retry: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def sent_at(self) -> float | None:
        """When the server says that it sent this, by the server's clock, in Unix time."""
        said = self.data.get("server_time") if self.event == "connected" else self.data.get("at")
        try:
            return datetime.fromisoformat(str(said)).timestamp()
        except ValueError:
            return None


class Decoder:
    """Bytes in, frames out. What is coded with brotli or zstd stays unread."""

    def __init__(self, coding: str) -> None:
        self.readable = coding in ("", "identity", *ZLIB)
        self._coding = coding
        self._inflate = zlib.decompressobj(ZLIB[coding]) if coding in ZLIB else None
        self._raw = b""
        self._frame = Frame(0)

    def feed(self, data: bytes, at: float) -> list[Frame]:
        if not self.readable:
            return []
        self._raw += self._decoded(data)
        *lines, self._raw = self._raw.split(b"\n")
        frames = []
        for line in lines:
            text = line.rstrip(b"\r").decode("utf-8", "replace")
            if text:
                self._take(text)
            elif self._frame.event or self._frame.data or self._frame.retry:
                self._frame.at = at
                frames.append(self._frame)
                self._frame = Frame(0)
        return frames

    def _decoded(self, data: bytes) -> bytes:
        decoded = b""
        while self._inflate is not None:
            try:
                decoded += self._inflate.decompress(data)
            except zlib.error:
                self.readable = False  # raw deflate, or not what its header says
                return decoded
            if not self._inflate.eof:
                return decoded
            # A member has ended: some compress each piece as a member of its own.
            data = self._inflate.unused_data
            self._inflate = zlib.decompressobj(ZLIB[self._coding])
            if not data:
                return decoded
        return data

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._frame.event = value
        elif name == "id":
            self._frame.id = value
        elif name == "retry":
            self._frame.retry = value
        elif name == "data":
            self._frame.data = _object(value)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}  # not from our server: what it means is unknown, that it came is noted
    return value if isinstance(value, dict) else {}
