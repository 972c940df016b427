"""What Daphne writes is sent at once, and nothing is lost, reordered or left behind for it."""

import ast
import inspect
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from twisted import internet
from twisted.internet import main, protocol, tcp
from twisted.web import http

from tests.harness.processes import ROOT
from tests.ticketsystem.serving.processes import Watched
from ticketsystem.serving import sending

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
    monkeypatch.setattr(tcp.Port, "transport", tcp.Server)
    sending.use_in(tcp)
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


@pytest.fixture
def answer(
    pair: tuple[Any, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> tuple[Any, list[bytes], socket.socket]:
    """A response that has not begun, what is sent of it each time, and its client."""
    connection, client = pair
    monkeypatch.setattr(http.Request, "write", http.Request.write)
    sending.heads_with_bodies(http)
    sent: list[bytes] = []
    send = connection.writeSomeData

    def noted(data: bytes) -> Any:
        sent.append(bytes(data))
        return send(data)

    connection.writeSomeData = noted
    make: Any = http.HTTPChannel
    channel = make()
    channel.makeConnection(connection)
    request = http.Request(channel, False)
    request.method, request.clientproto = b"GET", b"HTTP/1.1"
    return request, sent, client


def test_a_head_and_the_first_piece_of_its_body_are_sent_as_one(
    answer: tuple[Any, list[bytes], socket.socket],
) -> None:
    request, sent, client = answer
    request.write(b"event: connected\n")
    request.write(b"event: heartbeat\n")
    [first, second] = sent
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert first.endswith(b"\r\n\r\n11\r\nevent: connected\n\r\n")
    assert second == b"11\r\nevent: heartbeat\n\r\n"
    assert received(client, len(first + second)) == first + second


@pytest.mark.parametrize(("method", "body"), [(b"GET", b""), (b"HEAD", b"left out")])
def test_a_head_that_no_body_follows_is_sent_at_once(
    method: bytes, body: bytes, answer: tuple[Any, list[bytes], socket.socket], loop: Loop
) -> None:
    request, sent, _ = answer
    request.method = method
    request.write(body)
    [head] = sent
    assert head.endswith(b"\r\n\r\n")
    assert not loop.writers


def test_of_a_head_and_body_that_the_socket_does_not_take_nothing_is_lost(
    answer: tuple[Any, list[bytes], socket.socket], loop: Loop
) -> None:
    request, _, client = answer
    body = PIECE * 500
    request.responseHeaders.setRawHeaders(b"Content-Length", [b"%d" % len(body)])
    request.write(body)
    connection = request.channel.transport
    assert loop.writers == {connection}
    arrived = bytearray()
    while len(arrived.partition(b"\r\n\r\n")[2]) < len(body):
        if loop.writers:
            assert connection.doWrite() is None
        arrived += client.recv(1 << 20)
    whole = arrived.partition(b"\r\n\r\n")[2] == body
    assert whole  # pytest would show megabytes


def test_a_twisted_without_the_mark_sends_heads_first_and_that_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Other:
        class Request:
            write = "as before"

    sending.heads_with_bodies(Other)
    assert Other.Request.write == "as before"
    assert "a request of Twisted's has no mark" in caplog.text


def test_the_application_brings_it_along_under_daphne(site_database: str) -> None:
    with Watched(site_database) as server:
        assert server.state()["connections"] == "ticketsystem.serving.sending"


def test_whoever_does_not_serve_keeps_twisteds_sockets() -> None:
    told = "import daphne.cli, ticketsystem.asgi; from twisted.internet import tcp;"
    shown = "print(tcp.Port.transport is tcp.Server)"
    found = subprocess.run(
        [sys.executable, "-c", told + shown], cwd=ROOT, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "True"


@pytest.mark.parametrize("name", sending.NEEDED)
def test_a_twisted_that_renames_something_keeps_its_own_sockets_and_that_is_logged(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    renamed = twisted_with(rf"\b{name}\b", f"{name}_of_later", monkeypatch)
    sending.use_in(renamed)
    assert renamed.Port.transport is renamed.Server
    assert [record.message for record in caplog.records] == [
        "sockets are left as Twisted has them, which costs more CPU:"
        f' LookupError("a connection of Twisted\'s has no {name}")'
    ]
    assert sent_by(renamed) == b"as before"


@pytest.mark.parametrize(
    ("pattern", "instead", "reason"),
    [
        (r"\btransport = Server\b", "transport_class = Server", "has no attribute 'transport'"),
        (r"(def __init__\(\s*self,\s*)sock\b", r"\1tls, sock", "argument"),
        # All names are there, but what is written is kept under another one.
        (r"self\._tempDataBuffer\.append\(data\)", "self._pieces = [data]", "no longer sends"),
    ],
    ids=["no Port.transport", "another signature", "another buffer"],
)
def test_a_twisted_that_works_otherwise_keeps_its_own_sockets(
    pattern: str, instead: str, reason: str, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    other = twisted_with(pattern, instead, monkeypatch)
    before = getattr(other.Port, "transport", None)
    sending.use_in(other)
    assert getattr(other.Port, "transport", None) is before
    [record] = caplog.records
    assert reason in record.message


def test_every_name_of_twisteds_that_is_used_is_looked_for() -> None:
    tree = ast.parse(inspect.getsource(sending))
    [connection] = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    own = {node.name for node in ast.walk(connection) if isinstance(node, ast.FunctionDef)}
    own |= {
        node.targets[0].id
        for node in connection.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    used = {
        node.attr
        for node in ast.walk(connection)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("self", "super()")
    }
    assert used - own | {"startWriting"} == set(sending.NEEDED)


def twisted_with(pattern: str, instead: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`twisted.internet.tcp` and what it stands on, with other words in its source."""
    for name in ("abstract", "_newtls", "tcp"):
        module = ModuleType(f"twisted.internet.{name}")
        source = inspect.getsource(import_module(module.__name__))
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(internet, name, module, raising=False)
        exec(compile(re.sub(pattern, instead, source), f"{name}.py", "exec"), vars(module))
    return module


def sent_by(tcp: Any) -> bytes:
    """What arrives of a write to a connection of this Twisted, once the loop gives it its turn."""
    ours, theirs = socket.socketpair()
    loop = Loop()
    with ours, theirs:
        connection = tcp.Port.transport(ours, protocol.Protocol(), ("", 0), None, 0, loop)
        connection.write(b"as before")
        assert loop.writers == {connection}
        connection.doWrite()
        return theirs.recv(100)
