"""A crowd that comes back at once finds the door open, even while the server is busy."""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.harness.servers import Daphne
from tests.ticketsystem.serving.processes import DaphneWith

CROWD = 300  # Twisted alone lets some fifty wait

Connect = Callable[[], socket.socket]


def come_all_at_once(server: Daphne, connect: Connect) -> None:
    """While the server stands still; raises where somebody has to wait."""
    with ExitStack() as crowd:
        os.kill(server.pid, signal.SIGSTOP)
        try:
            for _ in range(CROWD):
                crowd.enter_context(connect())
        finally:
            os.kill(server.pid, signal.SIGCONT)


@pytest.mark.parametrize(
    "options",
    [
        ("--bind", "127.0.0.1", "--port", "{port}"),
        ("--endpoint", "tcp:port={port}:interface=127.0.0.1"),
    ],
    ids=["port", "endpoint"],
)
def test_hundreds_may_connect_while_the_server_does_something_else(
    options: tuple[str, ...], site_database: str
) -> None:
    with DaphneWith(site_database, *options) as server:
        come_all_at_once(
            server, lambda: socket.create_connection(("127.0.0.1", server.port), timeout=2)
        )


def test_the_same_where_it_listens_on_a_unix_socket(site_database: str, tmp_path: Path) -> None:
    path = str(tmp_path / "daphne.sock")

    def connect() -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(2)
        client.connect(path)
        return client

    options = ("--unix-socket", path, "--port", "{port}")  # the port tells that it is ready
    with DaphneWith(site_database, *options) as server:
        with httpx.Client(transport=httpx.HTTPTransport(uds=path)) as client:
            assert client.get("http://localhost/healthz").status_code == 200
        come_all_at_once(server, connect)
