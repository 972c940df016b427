"""One open stream: bytes out, in the order of the log, until it ends.

Once it is open it has no thread and no database connection; what the bytes mean is the log's
affair.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Iterable
from itertools import count

from django.conf import settings

from live import eager, frames, log, metrics
from live.asgi import Message, Receive, Send
from live.entries import ACCESS_CHANGED, MISSED, Entry
from live.heartbeat import ticker
from live.log import PositionLost
from live.readers import Reader, readers
from live.relay import BATCH, changes_access, relay
from live.request import Request
from live.sessions import Identity
from live.threads import reader_threads

logger = logging.getLogger(__name__)

_numbers = count(1)

PENDING = 10_000  # frames; a reader that far behind is cut off and resumes from the log
RETRY = (1_000, 3_000)  # milliseconds, jittered per stream so that a deploy's clients spread


class Stream:
    __slots__ = (
        "_audiences", "_live", "_pending", "_request", "_send", "_started", "_task", "_writing",
        "address", "auth_hash", "client", "closed", "diagnosis", "ending", "expires_at",
        "heartbeat", "http_version", "number", "opened_at", "position", "session_key", "user_id",
        "written_at",
    )  # fmt: skip

    def __init__(self, request: Request, identity: Identity, send: Send) -> None:
        self.number = next(_numbers)
        self.user_id = identity.user_id
        self.address = request.address
        self.http_version = request.http_version
        self.session_key = identity.session_key
        self.auth_hash = identity.auth_hash
        self.client = request.client
        self.diagnosis = request.diagnosis
        self.heartbeat = request.heartbeat or settings.LIVE_HEARTBEAT_SECONDS
        self.position = relay.position
        self.opened_at = self.written_at = time.monotonic()
        lifetime = settings.LIVE_MAX_STREAM_SECONDS * random.uniform(0.8, 1)
        self.expires_at = self.opened_at + lifetime
        self.ending = "shutdown"  # what a cancellation means that is not ours: the server stops
        self.closed = False
        self._request: Request | None = request
        self._audiences = identity.audiences
        self._send = send
        self._started = False
        self._live = False  # whether what is pending may go out: not before the replay has
        self._pending: list[bytes] = []
        self._writing: asyncio.Task[None] | None = None
        self._task = asyncio.current_task()

    async def serve(self, receive: Receive) -> None:
        """Open, then stay until the client leaves or somebody ends the stream."""
        # Nothing may wait between the identity and this: its rights hold now.
        readers.make_room(self, settings.LIVE_MAX_STREAMS_PER_USER)
        reader = readers.join(self, self._audiences)
        try:
            await self._open(reader)
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            await self._finish()
        except Exception:
            logger.exception("a stream failed; its client comes back and resumes")
            self.ending = ""
            await self._finish()
        finally:
            self.closed = True
            readers.leave(self)

    def push(self, frame: bytes, position: int) -> bool:
        """Take one event of the log, once; whether a flush is now wanted."""
        if self.closed or position <= self.position:
            return False
        self.position = position
        self._pending.append(frame)
        if len(self._pending) > PENDING:
            self._pending.clear()
            self.end(None)
        return len(self._pending) == 1

    def write(self, frame: bytes) -> None:
        """Send a frame that is not an event of the log, after what is pending."""
        self._pending.append(frame)
        self.flush()

    def flush(self) -> None:
        if self._live and self._pending and self._writing is None and not self.closed:
            self._writing = eager.start(self._write_pending())

    def end(self, reason: str | None) -> None:
        """Say goodbye with the reason, or None to cut off, and end the response."""
        if not self.closed and self._task is not None:
            self.closed = True
            self.ending = reason or ""
            self._task.cancel()

    async def _open(self, reader: Reader) -> None:
        """`connected`, then what was missed, or `reset`; afterwards the stream is live."""
        request, self._request = self._request, None
        assert request is not None
        audiences, head = reader.audiences, relay.position
        resume = request.resume_point()
        start = head if resume is None else resume
        missed = relay.entries_after(start) if 0 <= start <= head else None
        hindrance = await self._hindrance(start, head, missed)

        await self._send(_start(request))
        self._started = True
        opening = self._connected(request, reader, head, None if hindrance else start)
        metrics.answers.labels("200").inc()
        if hindrance:
            opening += _reset(head, hindrance)
        elif missed is not None:
            opening += _frames_of(missed, audiences)
        await self._send_body(opening)
        if missed is None and not hindrance:
            await self._replay(start, head, audiences)
        if resume is not None and not hindrance:
            metrics.resumes.labels("log" if missed is None else "ring").inc()
        self._live = True
        self.flush()
        ticker.add(self)

    async def _hindrance(self, start: int, head: int, missed: list[Entry] | None) -> str:
        """Why what came since the start cannot be told, as the reason of a reset; "" if it can."""
        if not 0 <= start <= head:
            return MISSED
        if missed is None:
            return await reader_threads.run(log.hindrance, self.user_id, start, head)
        return ACCESS_CHANGED if changes_access(missed, self.user_id) else ""

    async def _replay(self, start: int, head: int, audiences: frozenset[str]) -> None:
        """What the ring no longer holds, from the log; `reset` if it is pruned meanwhile."""
        while start < head:
            try:
                entries = await reader_threads.run(log.read, start, min(BATCH, head - start))
            except PositionLost:
                return await self._send_body(_reset(head, MISSED))
            await self._send_body(_frames_of(entries, audiences))
            start = entries[-1].position

    def _connected(self, request: Request, reader: Reader, head: int, start: int | None) -> bytes:
        alike = [one for one in reader.streams if one.diagnosis == self.diagnosis]
        data = {
            "user": self.user_id,
            "streams": len(alike),
            "head": head,
            "heartbeat": self.heartbeat,
            "server_time": frames.now(),
            "received": request.received(),
        }
        retry = f"retry: {random.randint(*RETRY)}\n"
        return frames.frame("connected", data, start, first_lines=retry)

    async def _write_pending(self) -> None:
        """One write for all that is pending; more may come while a server makes us wait."""
        try:
            while self._pending:
                body = b"".join(self._pending)
                self._pending.clear()
                self.written_at = time.monotonic()
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        except Exception:
            logger.exception("a stream could not be written to; its client comes back")
            self.end(None)
        finally:
            self._writing = None

    async def _finish(self) -> None:
        """Goodbye with the reason, if there is one to give, and the end of the response."""
        if not self._started:
            return await refuse(self._send, 503, "The stream could not be opened; try again.")
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=1)
        metrics.goodbyes.labels(self.ending or "cut").inc()
        if self.ending:
            self._pending.append(frames.frame("goodbye", {"reason": self.ending}))
        await self._send_body(b"".join(self._pending), more=False)

    async def _send_body(self, body: bytes, *, more: bool = True) -> None:
        if body or not more:
            self.written_at = time.monotonic()
            await self._send({"type": "http.response.body", "body": body, "more_body": more})


async def refuse(
    send: Send, status: int, sentence: str, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """A JSON answer before any stream, never cached."""
    metrics.answers.labels(str(status)).inc()
    body = json.dumps({"error": sentence}).encode()
    start = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


def _start(request: Request) -> Message:
    headers = [
        (b"content-type", b"text/event-stream"),
        (b"cache-control", b"no-cache, no-transform"),
        (b"x-accel-buffering", b"no"),
    ]
    if request.http_version.startswith("1"):  # forbidden in HTTP/2, RFC 9113 8.2.2
        headers.append((b"connection", b"keep-alive"))
    return {"type": "http.response.start", "status": 200, "headers": headers}


def _reset(head: int, reason: str) -> bytes:
    metrics.resets.labels(reason).inc()
    return frames.frame("reset", {"reason": reason}, head)


def _frames_of(entries: Iterable[Entry], audiences: frozenset[str]) -> bytes:
    return b"".join(frame for entry in entries if (frame := entry.frame_for(audiences)) is not None)
