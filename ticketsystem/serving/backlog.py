"""Room for a crowd that connects at once.

Daphne listens with Twisted's backlog: 50 connects may wait to be accepted. When 4,000 browsers came
back after a restart, 1,700 of them had no stream yet after 90 seconds, for each waits longer before
its next try. With room for 4,096 all are back after 2.8 seconds (bench/figures/storm.py). A socket
that already listens takes a new backlog when listen() is called again.

Daphne has no option for it but a whole endpoint string in place of `--bind` and `--port`
(`--endpoint tcp:8000:interface=127.0.0.1:backlog=4096`). It is done here instead, so that the plain
`daphne ticketsystem.asgi:application` has room for a crowd too, wherever it is told to listen."""

import socket
import sys
from typing import Any

LONGEST = 4096  # connects that wait to be accepted; Linux cuts it to net.core.somaxconn


def lengthen() -> None:
    """Set the longer backlog as soon as Daphne listens. Under other servers, which run no reactor
    of Twisted's, this does nothing."""
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is not None:
        reactor.callWhenRunning(_lengthen_all, reactor)


def _lengthen_all(reactor: Any) -> None:
    for reader in reactor.getReaders():
        listening = getattr(reader, "socket", None)
        if listening and listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            listening.listen(LONGEST)
