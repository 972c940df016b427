"""Bytes of an event stream.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import json
from datetime import UTC, datetime
from typing import Any


def encode(name: str, data: str, position: int | None = None, *, first_lines: str = "") -> bytes:
    """One frame. `data` is JSON, which has no line ends of its own to split the frame at.

    `first_lines` go before it, each with its line end: a comment, or `retry`.
    """
    identity = "" if position is None else f"id: {position}\n"
    return f"{first_lines}{identity}event: {name}\ndata: {data}\n\n".encode()


def frame(
    name: str, data: dict[str, Any], position: int | None = None, *, first_lines: str = ""
) -> bytes:
    """The same from a dictionary."""
    return encode(name, json.dumps(data, separators=(",", ":")), position, first_lines=first_lines)


def now() -> str:
    """The server's time as it stands in frames."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
