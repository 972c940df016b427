"""Bytes of an event stream.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import json
from datetime import UTC, datetime
from typing import Any

# Ends of lines to some readers of lines, Python's own among them, though not to an event stream.
# In JSON they can only stand in strings, so they may be written as JSON writes them.
OTHER_LINE_ENDS = {"\u0085": r"\u0085", "\u2028": r"\u2028", "\u2029": r"\u2029"}


DATA = b"\ndata: "  # before the JSON of a frame


def encode(name: str, data: str, position: int | None = None, *, first_lines: str = "") -> bytes:
    """One frame. `data` is JSON on one line, for a line end would end the frame's data.

    `first_lines` stand before the event's own lines, each with its line end: a comment, or `retry`.
    """
    if not data.isascii():
        for line_end, escaped in OTHER_LINE_ENDS.items():
            data = data.replace(line_end, escaped)
    identity = "" if position is None else f"id: {position}\n"
    return f"{first_lines}{identity}event: {name}\ndata: {data}\n\n".encode()


def frame(
    name: str, data: dict[str, Any], position: int | None = None, *, first_lines: str = ""
) -> bytes:
    """The same from a dictionary. A user's key that JSON does not know, such as a UUID, is text."""
    text = json.dumps(data, separators=(",", ":"), default=str)
    return encode(name, text, position, first_lines=first_lines)


def now() -> str:
    """The server's time as it stands in frames."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
