"""What goes out around the events: refusals, the head of a response, and `reset`."""

import json
from collections.abc import Iterable

from live import metrics
from live.log import frames
from live.stream.asgi import Message, Send

RETRY = (1_000, 3_000)  # milliseconds, jittered per stream so that a deploy's clients spread


async def refuse(
    send: Send, status: int, sentence: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """A JSON answer before any stream, never cached."""
    metrics.answers.labels(str(status)).inc()
    body = json.dumps({"error": sentence, "fields": {}}).encode()
    start = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


def start_of_stream(http_version: str) -> Message:
    """The head of a response that is an event stream."""
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-cache, no-transform"),
        (b"x-accel-buffering", b"no"),
    ]
    if http_version.startswith("1"):  # forbidden in HTTP/2, RFC 9113 8.2.2
        headers.append((b"connection", b"keep-alive"))
    return {"type": "http.response.start", "status": 200, "headers": headers}


def reset(head: int, reason: str) -> bytes:
    """The frame that has the page load its data afresh."""
    metrics.resets.labels(reason).inc()
    return frames.frame("reset", {"reason": reason}, head)
