"""Large bodies: how many are received, and that none of them is held in memory.

Twisted writes a body of more than 100 kB to the disk while it comes, without a thread, however slow
its sender is. What it and Daphne do not do:

* there was no largest body, so one request could fill the disk: what is too large is dropped as it
  comes, and refused once it is over, so that the sender can read why;
* only so many large bodies are received at once, and each for so long; where there are so many, one
  that hardly comes makes room, or whoever keeps all of them open would keep out everybody else;
* Daphne read the whole body into memory for the application, which wrote it to the disk again. So
  the application gets the file that Twisted has written.

Other servers wait for the application to take each piece; Django then writes the file.
"""

import sys
import time
from http import HTTPStatus
from io import BytesIO
from typing import Any

from tickets.attachments.limits import LARGEST, MEGABYTE, in_words

BODY = "ticketsystem.body"  # where the scope of a request has the file of its body
LARGEST_BODY = LARGEST + MEGABYTE  # the files of a form, its text, and what stands between
LARGE = 100_000  # bytes: what Twisted writes to the disk
MOST_AT_ONCE = 40  # large bodies that are received: a gigabyte
LONGEST = 900.0  # seconds: 25 MB on a line of 28 kB a second
SLOW = LARGEST_BODY / LONGEST  # bytes a second
GRACE = 5.0  # seconds, before a body is called slow

TOO_LARGE = f"The request is too large: at most {in_words(LARGEST_BODY)} are taken."
TOO_MANY = "So many files are on their way to this server that it takes no more. Try again soon."
SENTENCES = {TOO_LARGE, TOO_MANY}  # door.py says them in JSON where that is expected


def guard() -> None:
    """To be called before Daphne makes its server. Under other servers this does nothing."""
    daphne: Any = sys.modules.get("daphne.http_protocol")
    if daphne is not None:
        _guard_requests(daphne.WebRequest, _Received())
        _hand_over(sys.modules["daphne.server"])


class _Received:
    """The large bodies that are being received now."""

    def __init__(self) -> None:
        self.since: dict[Any, float] = {}

    def takes(self, request: Any, size: int) -> str:
        """Why no more of this request's body is taken, which has so many bytes by now; "" if it
        is."""
        if size > LARGEST_BODY:
            return TOO_LARGE
        if size > LARGE and request not in self.since:
            if len(self.since) >= MOST_AT_ONCE and not self._make_room():
                return TOO_MANY
            self.since[request] = time.monotonic()
        return ""

    def _make_room(self) -> bool:
        """End the slowest one, if it is slower than the largest body may be."""
        now = time.monotonic()
        paces = {
            request: request.body_size / (now - since)
            for request, since in self.since.items()
            if now - since > GRACE
        }
        slowest = min(paces, key=paces.__getitem__, default=None)
        if slowest is None or paces[slowest] >= SLOW:
            return False
        slowest.body_refusal = TOO_MANY
        self.done(slowest)
        slowest.channel.loseConnection()
        return True

    def is_late(self, request: Any) -> bool:
        return time.monotonic() - self.since.get(request, time.monotonic()) > LONGEST

    def done(self, request: Any) -> None:
        self.since.pop(request, None)


def _guard_requests(request: Any, received: _Received) -> None:
    handle, process, lost = request.handleContentChunk, request.process, request.connectionLost

    def guarded_handle(self: Any, data: bytes) -> None:
        self.body_size = getattr(self, "body_size", 0) + len(data)
        refusal = getattr(self, "body_refusal", "") or received.takes(self, self.body_size)
        self.body_refusal = refusal
        if received.is_late(self) or self.body_size > 4 * LARGEST_BODY:
            self.body_refusal = refusal or TOO_MANY
            received.done(self)
            self.channel.loseConnection()
        elif refusal:
            self.content.truncate(0)  # nothing of it is needed
            self.content.seek(0)
        else:
            handle(self, data)

    def guarded_process(self: Any) -> Any:
        received.done(self)
        refusal = getattr(self, "body_refusal", "")
        if refusal == TOO_LARGE:
            status, name = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"Payload Too Large"
            return self.basic_error(status.value, name, refusal)
        if refusal:
            status, name = HTTPStatus.SERVICE_UNAVAILABLE, b"Service Unavailable"
            return self.basic_error(status.value, name, refusal)
        if not isinstance(self.content, BytesIO):
            self.body_file, self.content = self.content, BytesIO()
        return process(self)

    def guarded_lost(self: Any, reason: Any) -> None:
        received.done(self)
        lost(self, reason)

    request.handleContentChunk, request.process = guarded_handle, guarded_process
    request.connectionLost = guarded_lost


def _hand_over(server: Any) -> None:
    create = server.Server.create_application

    def create_with_body(self: Any, protocol: Any, scope: dict[str, Any]) -> Any:
        file = getattr(protocol, "body_file", None)
        if file is not None:
            scope[BODY] = file
            protocol.body_file = None
        size = getattr(protocol, "body_size", 0)
        if size and not any(name == b"content-length" for name, _ in scope["headers"]):
            # Django reads no form of which it does not know the size.
            scope["headers"] = [*scope["headers"], (b"content-length", b"%d" % size)]
        return create(self, protocol, scope)

    server.Server.create_application = create_with_body
