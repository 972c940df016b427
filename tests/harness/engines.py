"""Parts of an engine for tests, and streams that only note what they are given."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from live.process.engine import Engine
from live.process.ticker import TickedStream
from tests.harness.sessions import session_of
from tests.harness.sse import Frame, parse


@asynccontextmanager
async def parts() -> AsyncIterator[Engine]:
    """An engine that is not started: of its parts only those work that a test runs."""
    engine = Engine()
    try:
        yield engine
    finally:
        engine.relay_thread.close()
        engine.threads.close()
        engine.timed_thread.close()


@asynccontextmanager
async def working(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """In tasks, which end with the block; an error that one of them raised is raised then."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


class NotedStream(TickedStream):
    """A stream as the parts of a process see it, which notes what it is told."""

    def __init__(
        self,
        user_id: Any,
        *,
        number: int = 1,
        session_key: str = "key",
        auth_hash: str = "hash",
        client: str = "",
        diagnosis: bool = False,
        heartbeat: float = 15,
        lifetime: float = 3600,
    ) -> None:
        self.number = number
        self.user_id = user_id
        self.address = "127.0.0.1"
        self.http_version = "1.1"
        self.opened_at = self.written_at = time.monotonic()
        self.session_key = session_key
        self.auth_hash = auth_hash
        self.client = client
        self.diagnosis = diagnosis
        self.position = 0
        self.behind = False
        self.closed = False
        self.heartbeat = heartbeat
        self.expires_at = self.opened_at + lifetime
        self.frames: list[Frame] = []
        self.ending: str | None = None  # why it was ended
        self.flushes = 0  # how often it was told to write out what it was given
        self._pending = 0

    @property
    def told(self) -> list[str]:
        """The names of the frames."""
        return [frame.event for frame in self.frames]

    def push(self, frame: bytes, position: int) -> bool:
        if position <= self.position:
            return False
        self.position = position
        self._note(frame)
        self._pending += 1
        return self._pending == 1

    def write(self, frame: bytes) -> None:
        self.written_at = time.monotonic()
        self._note(frame)

    def start_over(self, reset: bytes, position: int) -> None:
        self.position, self.behind = position, False
        self.write(reset)

    def flush(self) -> None:
        self.flushes += 1
        self._pending = 0

    def end(self, reason: str | None) -> None:
        if not self.closed:
            self.closed, self.ending = True, reason

    def _note(self, frame: bytes) -> None:
        self.frames.append(parse(frame.decode().removesuffix("\n\n")))


def stream_of(user: Any, **options: Any) -> NotedStream:
    """Of a session that is in the database."""
    auth_hash = user.get_session_auth_hash()
    return NotedStream(user.pk, session_key=session_of(user), auth_hash=auth_hash, **options)
