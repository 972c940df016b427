"""Daphne's sockets are written to at once, where Twisted asks the event loop for a turn first.

Twisted keeps what is written until the loop says that the socket is writable, which it nearly
always is. For each write it registers the socket with the loop, waits for the loop's next pass, and
takes the socket out again. That is a third of what an event to one stream costs
(bench/figures/deliveries.py). asyncio sends at once, and waits only with what the socket does not
take; this does the same.
https://github.com/twisted/twisted/issues/5303

The head of a response and the first piece of its body are sent as one.

It uses attributes that Twisted does not document. A Twisted that has other ones would fail at every
write, so a connection is tried out first; where that fails, sockets stay as Twisted has them.
"""

import logging
import socket
import sys
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

logger = logging.getLogger(__name__)

# What is used of a connection of Twisted's. docs/decisions.md has the reason for each.
NEEDED = (
    "dataBuffer", "offset", "disconnecting", "producer", "producerPaused", "streamingProducer",
    "startWriting", "writeSomeData",
    "_aborting", "_tempDataBuffer", "_tempDataLen", "_writeDisconnecting",
)  # fmt: skip
PROBE = b"sent at once"


def at_once() -> None:
    """Have Daphne's sockets send at once as soon as it serves. A process that only imports this
    keeps its sockets as they are, and so do other servers, which run no reactor of Twisted's.
    """
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is not None:
        reactor.callWhenRunning(use_in, sys.modules["twisted.internet.tcp"])
        reactor.callWhenRunning(heads_with_bodies, sys.modules["twisted.web.http"])


def use_in(tcp: Any) -> None:
    """Have `twisted.internet.tcp` make such connections from now on, if they can be made."""
    try:
        _try_out(tcp)
    except Exception as error:
        logger.warning("sockets are left as Twisted has them, which costs more CPU: %r", error)
    else:
        tcp.Port.transport = _connection(tcp.Server)


def heads_with_bodies(http: Any) -> None:
    """Have `twisted.web.http` send the head of a response together with the first piece of its
    body: one call of the kernel for each stream that opens, and for each page, in place of two."""
    request = http.Request
    if not hasattr(request, "startedWriting"):
        logger.warning("heads are sent before their bodies: a request of Twisted's has no mark")
        return
    write = request.write

    def write_together(self: Any, data: bytes) -> None:
        connection: Any = None if self.startedWriting else getattr(self.channel, "transport", None)
        if not hasattr(connection, "waits_for_more"):
            write(self, data)
            return
        connection.waits_for_more = True
        try:
            write(self, data)
        finally:
            connection.send_now()

    request.write = write_together


def _try_out(tcp: Any) -> None:
    """Look for each name on a connection, and send something through one of ours."""
    if tcp.Port.transport is not tcp.Server:
        raise LookupError("twisted.internet.tcp.Port makes other connections")
    watched: list[Any] = []
    loop = SimpleNamespace(addReader=lambda reader: None, addWriter=watched.append)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        # Some names are set only when a connection is made, so the class alone cannot tell.
        as_it_is = tcp.Server(ours, None, ("", 0), None, 0, loop)
        missing = [name for name in NEEDED if not hasattr(as_it_is, name)]
        if missing:
            raise LookupError(f"a connection of Twisted's has no {', '.join(missing)}")
        _connection(tcp.Server)(ours, None, ("", 0), None, 0, loop).write(PROBE)
        theirs.setblocking(False)
        if watched or theirs.recv(len(PROBE) + 1) != PROBE:
            raise LookupError("a connection of Twisted's no longer sends by the names that it has")


def _connection(server: Any) -> Any:
    class Connection(server):
        waits_for_more = False  # what is written is kept until send_now()

        def writeSequence(self: Any, pieces: Iterable[bytes]) -> None:  # noqa: N802  Twisted's name
            # Joined once, where Twisted looks at each piece three times: a head has thirty.
            server.write(self, b"".join(pieces))

        def startWriting(self) -> None:  # noqa: N802  Twisted's name
            if not self.waits_for_more and not self._sent_at_once():
                super().startWriting()

        def send_now(self: Any) -> None:
            self.waits_for_more = False
            if self._tempDataBuffer:
                self.startWriting()

        def _sent_at_once(self: Any) -> bool:
            """Send what was just written; True if nothing waited before, and nothing does now."""
            if self.dataBuffer or not self._tempDataBuffer or self._is_special():
                return False
            data = b"".join(self._tempDataBuffer)
            sent = self.writeSomeData(data)
            if not isinstance(sent, int):
                return False  # the loop will find the same, and end the connection
            self._tempDataBuffer.clear()
            self._tempDataLen = 0
            if sent < len(data):
                self.dataBuffer, self.offset = data, sent
            return sent == len(data)

        def _is_special(self: Any) -> bool:
            """Whether Twisted has more to do after the data: to end, or to have somebody go on."""
            ending = self.disconnecting or self._writeDisconnecting or self._aborting
            pulls = self.producer is not None and not self.streamingProducer
            return bool(ending or pulls or self.producerPaused)

    return Connection
