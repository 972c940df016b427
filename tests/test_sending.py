"""What Daphne writes is sent at once, and nothing is lost, reordered or left behind for it."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet import main, protocol, tcp

from tests.servers import ROOT
from ticketsystem import sending

PIECE = bytes(range(256)) * 40  # ten thousand bytes, each in its place
PIECES = 2_000  # more than two sockets hold


class Loop:
    """A reactor that only remembers what it was asked to watch."""

    def __init__(self) -> None:
        self.writers: set[Any] = set()

    def addWriter(self, one: Any) -> None:  # noqa: N802
        self.writers.add(one)

    def removeWriter(self, one: Any) -> None:  # noqa: N802
        self.writers.discard(one)

    def addReader(self, one: Any) -> None: ...  # noqa: N802
    def removeReader(self, one: Any) -> None: ...  # noqa: N802
    def callLater(self, delay: float, call: Any, *args: Any) -> None: ...  # noqa: N802


class Producer:
    """Counts how often it is told to wait and to go on."""

    paused = resumed = 0

    def pauseProducing(self) -> None:  # noqa: N802
        self.paused += 1

    def resumeProducing(self) -> None:  # noqa: N802
        self.resumed += 1

    def stopProducing(self) -> None: ...  # noqa: N802


def received(client: socket.socket, size: int) -> bytes:
    """So much of it: a socket with a timeout takes what is there, whatever MSG_WAITALL says."""
    found = bytearray()
    while len(found) < size and (more := client.recv(size - len(found))):
        found += more
    return bytes(found)


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def pair(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, socket.socket]]:
    """Daphne's end, as Twisted makes it for a new connection, and the client's."""
    monkeypatch.setattr(tcp.Port, "transport", tcp.Port.transport)
    sending.at_once()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname(), timeout=10)
        accepted, address = listening.accept()
    with client, accepted:
        make: Any = tcp.Port.transport
        yield make(accepted, protocol.Protocol(), address, None, 0, loop), client


def test_what_is_written_is_out_before_the_event_loop_has_its_turn(
    pair: tuple[Any, socket.socket], loop: Loop
) -> None:
    connection, client = pair
    connection.write(b"event: ")
    connection.writeSequence([b"heart", b"beat\n"])
    assert not loop.writers
    assert client.recv(100) == b"event: heartbeat\n"


def test_what_the_socket_does_not_take_waits_its_turn_and_arrives_in_order(
    pair: tuple[Any, socket.socket], loop: Loop
) -> None:
    connection, client = pair
    for _ in range(PIECES):
        connection.write(PIECE)
    assert loop.writers == {connection}
    arrived = bytearray()
    while len(arrived) < PIECES * len(PIECE):
        arrived += client.recv(1 << 20)
        if loop.writers:
            assert connection.doWrite() is None
    whole = arrived == PIECE * PIECES
    assert whole  # pytest would show twenty megabytes
    assert not loop.writers
    connection.write(b"and goes on")
    assert not loop.writers
    assert client.recv(100) == b"and goes on"


def test_the_rest_of_a_long_write_is_left_to_the_loop(
    pair: tuple[Any, socket.socket], loop: Loop
) -> None:
    connection, client = pair
    connection.write(PIECE * 100)
    assert loop.writers == {connection}
    while loop.writers:
        assert connection.doWrite() is None
    whole = received(client, len(PIECE) * 100) == PIECE * 100
    assert whole  # pytest would show a megabyte


def test_a_producer_that_was_told_to_wait_is_told_to_go_on(
    pair: tuple[Any, socket.socket], loop: Loop
) -> None:
    connection, client = pair
    producer = Producer()
    connection.registerProducer(producer, True)
    connection.write(PIECE * 7)  # more than Twisted likes to hold
    assert (producer.paused, producer.resumed) == (1, 0)
    assert connection.doWrite() is None
    assert (producer.paused, producer.resumed) == (1, 1)
    assert not loop.writers
    whole = received(client, len(PIECE) * 7) == PIECE * 7
    assert whole


def test_a_connection_that_is_to_end_is_left_to_the_loop_and_ends_after_its_last_word(
    pair: tuple[Any, socket.socket], loop: Loop
) -> None:
    connection, client = pair
    connection.write(b"event: goodbye\n")
    connection.loseConnection()
    assert loop.writers == {connection}
    assert connection.doWrite() is main.CONNECTION_DONE
    assert client.recv(100) == b"event: goodbye\n"


def test_whoever_writes_only_when_asked_is_asked_by_the_loop(
    pair: tuple[Any, socket.socket], loop: Loop
) -> None:
    connection, client = pair
    producer = Producer()
    connection.registerProducer(producer, False)
    connection.write(b"one")
    assert (producer.resumed, loop.writers) == (1, {connection})
    assert connection.doWrite() is None
    assert producer.resumed == 2
    assert client.recv(100) == b"one"


def test_what_is_said_after_an_abort_is_not_heard(
    pair: tuple[Any, socket.socket], loop: Loop
) -> None:
    connection, client = pair
    connection.abortConnection()
    connection.write(b"too late")
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(100)


def test_a_client_who_is_gone_is_found_out_by_the_loop(
    pair: tuple[Any, socket.socket], loop: Loop
) -> None:
    connection, client = pair
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset it
    client.close()
    connection.write(b"to nobody")
    assert loop.writers == {connection}
    assert connection.doWrite() is main.CONNECTION_LOST


def test_the_application_brings_it_along_under_daphne() -> None:
    told = "import daphne.cli, ticketsystem.asgi; from twisted.internet import tcp;"
    shown = "print(tcp.Port.transport.__module__)"
    found = subprocess.run(
        [sys.executable, "-c", told + shown], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "ticketsystem.sending"
