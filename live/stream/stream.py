"""One open stream: bytes out, in the order of the log, until it ends.

Once it is open it has no thread and no database connection, and it does not look into what it
sends.

What is new is pushed to it. A stream whose reader does not keep up is behind: it takes no more of
what is new, and goes on from its position as one that resumes does, from memory or from the log,
piece by piece as its reader takes them, until nothing is missing. So neither a slow reader nor a
long backlog costs more memory than a piece.
"""

import asyncio
import logging
import random
import time
from collections.abc import Iterable

from django.db import DatabaseError, InterfaceError

from live import metrics
from live.access.sessions import Identity
from live.conf import conf
from live.log import frames, reading
from live.log.entries import ACCESS_CHANGED, MISSED, Entry
from live.log.reading import PositionLost
from live.process.backlog import PIECE
from live.process.engine import Engine
from live.process.readers import Reader
from live.process.recent import changes_access
from live.stream import eager
from live.stream.asgi import Receive, Send
from live.stream.request import Request
from live.stream.response import RETRY, refuse, reset, start_of_stream
from live.stream.transport import transport_of

logger = logging.getLogger(__name__)

BEHIND = 256_000  # bytes that wait for the reader; what would be more is not pushed
AGAIN = 1.0  # seconds after which a log that could not be read is tried again


class Stream:
    __slots__ = (
        "_audiences", "_engine", "_held", "_live", "_most", "_own", "_pending", "_request",
        "_started", "_task", "_transport", "_writing", "address", "auth_hash", "behind", "client",
        "closed", "diagnosis", "ending", "expires_at", "heartbeat", "http_version", "number",
        "opened_at", "position", "session_key", "user_id", "written_at",
    )  # fmt: skip

    def __init__(self, engine: Engine, request: Request, identity: Identity, send: Send) -> None:
        self._engine = engine
        self.number = engine.readers.new_number()
        self.user_id = identity.user_id
        self.address = request.address
        self.http_version = request.http_version
        self.session_key = identity.session_key
        self.auth_hash = identity.auth_hash
        self.client = request.client
        self.diagnosis = request.diagnosis
        self.heartbeat = request.heartbeat or conf.HEARTBEAT_SECONDS
        self.position = engine.recent.position
        self.behind = False
        self.opened_at = self.written_at = time.monotonic()
        lifetime = conf.MAX_STREAM_SECONDS * random.uniform(0.8, 1)
        self.expires_at = self.opened_at + lifetime
        # Why the stream ends. A server that stops cancels the task without calling end().
        self.ending = "shutdown"
        self.closed = False
        self._request: Request | None = request
        self._audiences = identity.audiences
        self._transport = transport_of(send, self._cut)
        self._started = False
        self._live = False  # whether pending frames may go out: not before `connected`
        self._pending: list[bytes] = []
        self._own = 0  # bytes that are pending, or that the transport has not accepted yet
        self._held = 0  # bytes that the transport held after the last write, fewer by now
        self._most = min(BEHIND, conf.MAX_PENDING_BYTES // 2)
        self._writing: asyncio.Task[None] | None = None
        self._task = asyncio.current_task()

    async def serve(self, receive: Receive) -> None:
        """Open the stream, then stay until the client leaves or somebody ends it."""
        # Nothing may be awaited between the look-up and this, for the rights are true now.
        readers = self._engine.readers
        readers.make_room(self, conf.MAX_STREAMS_PER_USER)
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
            self._transport.leave()
            readers.leave(self)

    def push(self, frame: bytes, position: int) -> bool:
        """Take one event of the log, unless it is known already, or so much waits for the reader
        that the stream is behind from now on. Returns whether it now has to be flushed."""
        if self.behind or self.closed or position <= self.position:
            return False
        if self._own + self._held + len(frame) > self._most and self._is_full(len(frame)):
            self.behind = True
            return True
        self.position = position
        self._pending.append(frame)
        self._own += len(frame)
        return len(self._pending) == 1

    def write(self, frame: bytes) -> None:
        """Send a frame that is not an event of the log, after the frames that are pending."""
        self._add(frame)
        if self._own + self._held > conf.MAX_PENDING_BYTES:
            self._transport.end()
        self.flush()

    def start_over(self, reset: bytes, position: int) -> None:
        """Send a `reset` to the position, and go on from there: what came before is void."""
        self.position, self.behind = position, False
        self.write(reset)

    def flush(self) -> None:
        waits = self._pending or self.behind
        if self._live and waits and self._writing is None and not self.closed:
            self._writing = eager.start(self._write_pending())

    def end(self, reason: str | None) -> None:
        """End the response, with a goodbye that gives the reason; with None, without a word."""
        if not self.closed and self._task is not None:
            self.closed = True
            self.ending = reason or ""
            self._task.cancel()

    def _cut(self) -> None:
        self.end(None)

    def _add(self, frame: bytes) -> None:
        self._pending.append(frame)
        self._own += len(frame)

    def _is_full(self, more: int) -> bool:
        """Whether that many bytes more would be too many. A frame goes out alone however long it
        is."""
        self._held = self._transport.held()
        waiting = self._own + self._held
        return waiting > 0 and waiting + more > self._most

    async def _open(self, reader: Reader) -> None:
        """Send `connected`, and `reset` if what was missed cannot be told. Then the stream is live,
        and behind if it has missed anything."""
        request, self._request = self._request, None
        assert request is not None
        recent = self._engine.recent
        head = recent.position
        resume = request.resume_point()
        start = head if resume is None else resume
        missed = recent.after(start) if 0 <= start <= head else None
        if 0 <= start < head:
            self.position, self.behind = start, True
        hindrance = await self._hindrance(start, head, missed)

        await self._transport.send(start_of_stream(request.http_version))
        self._started = True
        metrics.answers.labels("200").inc()
        if hindrance:
            head = self.position = recent.position  # what was pushed meanwhile is in fresh data
            self.behind = False
            self._pending = [reset(head, hindrance)]
        elif resume is not None:
            metrics.resumes.labels("log" if missed is None else "recent").inc()
        connected = self._connected(request, reader, head, None if hindrance else start)
        self._pending.insert(0, connected)
        self._own = sum(map(len, self._pending))
        self._live = True
        self.flush()
        self._engine.ticker.add(self)

    async def _hindrance(self, start: int, head: int, missed: list[Entry] | None) -> str:
        """The reason of a reset, if the events since the start cannot be told; "" if they can."""
        if not 0 <= start <= head:
            return MISSED
        if missed is None:
            threads = self._engine.threads
            return await threads.run(reading.hindrance, self.user_id, start, head)
        return ACCESS_CHANGED if changes_access(missed, self.user_id) else ""

    def _connected(self, request: Request, reader: Reader, head: int, start: int | None) -> bytes:
        alike = [stream for stream in reader.streams if stream.diagnosis == self.diagnosis]
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
        """Write all pending frames at once, those that come while the reader makes us wait, and
        while the stream is behind, what it has missed."""
        try:
            while (self._pending or self.behind) and not self.closed:
                if self._transport.is_full:
                    await self._transport.room()
                if self.behind:
                    await self._go_on()
                if self._pending:
                    body = b"".join(self._pending)
                    self._pending.clear()
                    self.written_at = time.monotonic()
                    part = {"type": "http.response.body", "body": body, "more_body": True}
                    self._held = await self._transport.send(part)
                    self._own -= len(body)
                if self.behind:
                    await self._engine.courtesy.give_way()
        except Exception:
            logger.exception("a stream could not be written to; its client comes back")
            self.end(None)
        finally:
            self._writing = None

    async def _go_on(self) -> None:
        """Make the next piece pending of what the stream has missed."""
        recent, start = self._engine.recent, self.position
        try:
            entries = await self._engine.backlog.after(start)
        except PositionLost:
            if recent.position < start:  # the log was replaced, and the relay will tell
                return await asyncio.sleep(AGAIN)
            return self._reset(MISSED)
        except (DatabaseError, InterfaceError):  # the relay meets it too, and says so
            return await asyncio.sleep(AGAIN)
        reader = self._engine.readers.of(self.user_id)
        if reader is None or self.position != start:
            return None  # the stream has been closed or started over meanwhile
        if reader.access_changed_at > start:  # old events are never judged by new rights
            return self._reset(ACCESS_CHANGED)
        self._take(entries, reader.audiences)
        self.behind = self.position < recent.position

    def _take(self, entries: Iterable[Entry], audiences: frozenset[str]) -> None:
        """What a user in these audiences gets of the events: a piece, or one frame. Passing events
        that are over are left out."""
        for entry in entries:
            over = self._engine.recent.has_passed(entry)
            frame = None if over else entry.frame_for(audiences)
            if frame is not None:
                if self._own and self._own + len(frame) > min(PIECE, self._most):
                    return
                self._add(frame)
            self.position = entry.position

    def _reset(self, reason: str) -> None:
        head = self._engine.recent.position
        self.position, self.behind = head, False
        self._add(reset(head, reason))

    async def _finish(self) -> None:
        """Say goodbye, if there is a reason to give, and end the response."""
        if self._writing is not None:
            await asyncio.wait([self._writing], timeout=1)
        self._transport.leave()
        if not self._started:
            sentence = "The stream could not be opened; try again."
            return await refuse(self._transport.send, 503, sentence)
        metrics.goodbyes.labels(self.ending or "cut").inc()
        if self.ending:
            self._pending.append(frames.frame("goodbye", {"reason": self.ending}))
        self.written_at = time.monotonic()
        body = b"".join(self._pending)
        await self._transport.send({"type": "http.response.body", "body": body, "more_body": False})
