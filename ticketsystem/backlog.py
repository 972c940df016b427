"""Room for a crowd that connects at once.

Daphne listens with Twisted's backlog of 50: when 4,000 browsers came back after a restart, 1,700
of them were still out after 90 seconds, each waiting longer for its next try. Asked to listen
once more, a socket takes the longer backlog.
"""

import socket
import sys

LONGEST = 4096  # connects that wait to be accepted; Linux cuts it to net.core.somaxconn


def lengthen() -> None:
    """Once Daphne listens. Other servers, which have no Twisted, are left as they are."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is not None:
        reactor.callWhenRunning(_lengthen_all, reactor)


def _lengthen_all(reactor: object) -> None:
    for reader in reactor.getReaders():  # type: ignore[attr-defined]
        listening = getattr(reader, "socket", None)
        if listening and listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            listening.listen(LONGEST)
