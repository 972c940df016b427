"""The least that a server can do: it keeps responses open, and writes the same to each of them.

There is no Django, no session and no database: GET opens a stream, and POST writes its own body to
all streams.
"""

from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

_streams: set[Send] = set()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await (publish if scope["method"] == "POST" else stream)(receive, send)


async def stream(receive: Receive, send: Send) -> None:
    await _start(send, 200, b"text/event-stream")
    await send(_body(b"event: connected\ndata:\n\n", more=True))
    _streams.add(send)
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    finally:
        _streams.discard(send)


async def publish(receive: Receive, send: Send) -> None:
    frame = (await receive())["body"]
    for stream in list(_streams):
        await stream(_body(frame, more=True))
    await _start(send, 201, b"application/json")
    await send(_body(b"{}", more=False))


async def _start(send: Send, status: int, content_type: bytes) -> None:
    headers = [(b"content-type", content_type)]
    await send({"type": "http.response.start", "status": status, "headers": headers})


def _body(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
