"""A crowd that comes back at once finds the door open, even while the server is busy."""

import os
import signal
import socket
from contextlib import ExitStack

from tests.servers import Daphne

CROWD = 300  # Twisted alone lets some fifty wait


def test_hundreds_may_connect_while_the_server_does_something_else(server: Daphne) -> None:
    with ExitStack() as crowd:
        os.kill(server.pid, signal.SIGSTOP)
        try:
            for _ in range(CROWD):
                crowd.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=2))
        finally:
            os.kill(server.pid, signal.SIGCONT)
