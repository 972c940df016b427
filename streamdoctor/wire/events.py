"""Reads the bytes of an event stream as frames, and notes for each when it was whole.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from streamdoctor.wire.coding import Inflater

BOM = b"\xef\xbb\xbf"


@dataclass
class Frame:
    at: float  # monotonic
    event: str = ""
    id: str | None = None
    retry: str | None = None
    has_data: bool = False
    data: dict[str, Any] = field(default_factory=dict)  # empty too if it is no JSON object
    text: str = ""  # the data as it came

    @property
    def sent_at(self) -> float | None:
        """When the server says that it sent this, by the server's clock, in Unix time."""
        said = self.data.get("server_time") or self.data.get("at")
        try:
            return datetime.fromisoformat(str(said)).timestamp()
        except (ValueError, OverflowError):  # the year 1 has no such number
            return None

    @property
    def words(self) -> tuple[str, str | None, str]:
        """By what it is known again on another stream."""
        return self.event, self.id, self.text


@dataclass
class Comment:
    """A line that browsers do not show to scripts. Many servers send one as their heartbeat."""

    at: float
    text: str

    @property
    def words(self) -> tuple[str, str | None, str]:
        return ":", None, self.text


class Decoder:
    """Takes bytes and gives frames. It does not read what is coded with brotli or zstd."""

    def __init__(self, coding: str) -> None:
        self.comments: list[Comment] = []
        self._inflater = Inflater(coding)
        self._raw = b""
        self._begun = False  # past the place where a byte order mark may stand
        self._after_cr = False  # a line has ended with CR: an LF that follows belongs to it
        self._frame = Frame(0)
        self._lines: list[str] = []  # of the frame's data

    @property
    def readable(self) -> bool:
        return self._inflater.readable

    @property
    def is_within_a_frame(self) -> bool:
        """What came last is a part of a frame, whose rest has not come."""
        frame = self._frame
        return bool(self._raw or frame.event or frame.has_data or frame.id is not None)

    def feed(self, data: bytes, at: float) -> list[Frame]:
        frames = []
        for line in self._whole_lines(self._inflater.feed(data)):
            text = line.decode("utf-8", "replace")
            if text.startswith(":"):
                self.comments.append(Comment(at, text[1:].strip()))
            elif text:
                self._take(text)
            else:
                frames += self._ended(at)
        return frames

    def _whole_lines(self, data: bytes) -> list[bytes]:
        """A line ends with LF, CRLF, or CR alone."""
        if data and self._after_cr:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        self._raw += data
        if not self._begun:
            if BOM.startswith(self._raw):  # it may have come in part only
                return []
            self._raw = self._raw.removeprefix(BOM)
            self._begun = True
        self._after_cr = self._after_cr or self._raw.endswith(b"\r")
        text = self._raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._raw = text.split(b"\n")
        return lines

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
            self._frame.has_data = True
            self._lines.append(value)

    def _ended(self, at: float) -> list[Frame]:
        """The frame that an empty line ends; none if it has nothing but an id."""
        frame, self._frame = self._frame, Frame(0)
        frame.text, self._lines = "\n".join(self._lines), []
        if not (frame.event or frame.has_data or frame.retry):
            return []
        frame.at, frame.data = at, _object(frame.text)
        return [frame]


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}  # of a server that the doctor does not know: only that it came is noted
    return value if isinstance(value, dict) else {}
