"""The way from a stream to its reader: how much waits on it, and whether the reader takes anything.

What the socket does not take, a server keeps, for as long as the connection stays. Daphne's `send`
returns at once however much that is: forty readers that took nothing held 1.1 GB after 195 long
comments. So a stream asks here for room before it sends more, and a connection whose reader takes
nothing for STUCK seconds is ended, with all that is kept for it.

Only this module knows what a server has behind its `send`: Twisted's connection under Daphne,
asyncio's transport under uvicorn. Under any other, and where something stands between that hides
it, `send` itself has to wait for the reader, as servers that know of back-pressure let it.
"""

import asyncio
import logging
import sys
import termios
from collections.abc import Callable
from fcntl import ioctl
from functools import cache
from typing import Any

from live import metrics
from live.stream.asgi import Message, Send

logger = logging.getLogger(__name__)

LOOK = 5.0  # seconds between two looks at a connection that has something to take
STUCK = 6  # looks in a row at which nothing was taken, then the connection is ended


class Transport:
    """Of one response, under a server that is not known.

    Looks are counted and not seconds, for a process that was stopped has not given its readers any
    time.
    """

    __slots__ = ("_cut", "_given", "_idle", "_loop", "_send", "_taken", "_timer", "_under_way")

    def __init__(self, send: Send, cut: Callable[[], None] | None) -> None:
        self._send = send
        self._cut = cut  # ends the stream; None once it has ended
        self._loop = asyncio.get_running_loop()
        self._given = 0  # bytes of bodies that the server was given
        self._under_way = 0  # of a body that the server has not accepted yet
        self._taken = 0  # of those given, at the last look
        self._idle = 0  # looks since something was taken
        self._timer: asyncio.TimerHandle | None = None

    def held(self) -> int:
        """Bytes that are kept in this process until the reader takes them."""
        return self._under_way

    @property
    def is_full(self) -> bool:
        """Whether to wait for room() before more is sent. Here `send` waits itself."""
        return False

    async def room(self) -> None:
        """Return when more may be sent."""

    async def send(self, message: Message) -> int:
        """Send a part of the response; while the server makes it wait, the reader is watched.
        Returns the bytes that are then held()."""
        self._under_way = len(message.get("body", b""))
        self._watch()
        try:
            await self._send(message)
        finally:
            self._given += self._under_way
            self._under_way = 0
        return 0

    def leave(self) -> None:
        """The last part of the response follows, if any. What is kept of it is watched all the
        same."""
        self._cut = None

    def end(self) -> None:
        """End the connection, and give up what is kept for it."""
        metrics.goodbyes.labels("stuck").inc()
        logger.info("a reader took nothing: its stream is ended, and resumes when it comes back")
        self._drop()

    def _drop(self) -> None:
        if self._cut is not None:
            self._cut()

    def _watch(self) -> None:
        """Look at the reader from now on, until nothing is kept any more."""
        if self._timer is None:
            self._taken, self._idle = self._now_taken(), 0
            self._timer = self._loop.call_later(LOOK, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self.held():
            return None
        taken = self._now_taken()
        self._idle = 0 if taken > self._taken else self._idle + 1
        self._taken = max(taken, self._taken)
        if self._idle >= STUCK:
            return self.end()
        self._timer = self._loop.call_later(LOOK, self._look)

    def _now_taken(self) -> int:
        return self._given


class Measured(Transport):
    """Under a server whose connection tells how much it keeps."""

    __slots__ = ("_connection",)

    def __init__(self, send: Send) -> None:
        super().__init__(send, None)
        self._connection = self._found(send)
        self.held()

    def _found(self, send: Any) -> Any:
        raise NotImplementedError

    async def send(self, message: Message) -> int:
        await self._send(message)
        self._given += len(message.get("body", b""))
        held = self.held()
        if held and self._timer is None:
            self._watch()
        return held

    def _now_taken(self) -> int:
        """Without what waits in the kernel: of megabytes there, a slow reader takes some all the
        time, long before the kernel takes more from here."""
        return self._given - self.held() - _in_kernel(self._socket())

    def _socket(self) -> Any:
        raise NotImplementedError


class Asyncio(Measured):
    """uvicorn's, on asyncio or uvloop. Its `send` waits while more than 64 kB are kept."""

    __slots__ = ()

    def _found(self, send: Any) -> Any:
        return send.__self__.transport

    def held(self) -> int:
        return int(self._connection.get_write_buffer_size())

    def _drop(self) -> None:
        self._connection.abort()

    def _socket(self) -> Any:
        return self._connection.get_extra_info("socket")


class Twisted(Measured):
    """Daphne's. Its `send` never waits, so this asks to be told when 64 kB are kept, and when all
    of it has been taken: it is the producer of the response, as Twisted calls it.
    https://docs.twisted.org/en/stable/core/howto/producers.html
    """

    __slots__ = ("_full", "_request")

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._full: asyncio.Event | None = None  # set once it is no longer
        self._request.registerProducer(self, True)

    def _found(self, send: Any) -> Any:
        self._request = send.args[0]
        return self._request.channel.transport

    def held(self) -> int:
        connection = self._connection
        if connection is None or connection.disconnected:
            return 0
        held: int = len(connection.dataBuffer) - connection.offset + connection._tempDataLen
        return held

    @property
    def is_full(self) -> bool:
        return self._full is not None

    async def room(self) -> None:
        while self._full is not None:
            await self._full.wait()

    def leave(self) -> None:
        if self._request is not None:
            self._request.unregisterProducer()
            self._request = None
        self.resumeProducing()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abortConnection()

    def _socket(self) -> Any:
        return getattr(self._connection, "socket", None)

    def pauseProducing(self) -> None:  # noqa: N802  Twisted's name, as the next ones
        if self._full is None:
            self._full = asyncio.Event()

    def resumeProducing(self) -> None:  # noqa: N802
        full, self._full = self._full, None
        if full is not None:
            full.set()

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is gone, and what it kept goes with it."""
        if self._request is not None:
            self._request.producer = None
        self._connection = self._request = None
        self.resumeProducing()


def transport_of(send: Send, cut: Callable[[], None]) -> Transport:
    """The transport of the response that `send` sends. `cut` ends the stream where the connection
    cannot be reached."""
    missing = []
    for kind in (Twisted, Asyncio):
        try:
            return kind(send)
        except (AttributeError, IndexError, TypeError) as error:
            missing.append(f"{kind.__name__}: {error}")
    _say_once("; ".join(missing))
    return Transport(send, cut)


@cache
def _say_once(missing: str) -> None:
    logger.info("what waits for slow readers is not seen here, `send` has to wait: %s", missing)


def _in_kernel(connection: Any) -> int:
    """Bytes that the kernel keeps until the reader's side has them; 0 where it does not tell."""
    try:
        return int.from_bytes(ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except (OSError, TypeError, ValueError):
        return 0
