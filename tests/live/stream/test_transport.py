"""What a server keeps for a reader is known, and a reader who takes nothing is not kept for ever.

On real connections. Whole servers are in tests/live/test_bounds.py.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from importlib.util import find_spec
from typing import Any

import pytest
from twisted.internet import tcp
from twisted.web import http

from live.metrics import registry
from live.stream import transport as module
from live.stream.transport import Asyncio, Transport, Twisted, transport_of
from tests.harness.asgi import run, until
from tests.harness.processes import NotInstalled

LONG = 6_000_000  # bytes: more than sockets take whose reader takes nothing


def body(size: int) -> dict[str, Any]:
    return {"type": "http.response.body", "body": b"x" * size, "more_body": True}


def no_cut() -> None:
    raise AssertionError("nothing is to be cut")


def stuck() -> float:
    return registry.get_sample_value("live_goodbyes_total", {"reason": "stuck"}) or 0


def taken_by(client: socket.socket, most: int = LONG) -> int:
    """How much could be read, without waiting."""
    client.setblocking(False)
    got = 0
    try:
        while got < most and (received := client.recv(min(most - got, 1 << 20))):
            got += len(received)
    except BlockingIOError:
        pass
    return got


# --- Daphne --------------------------------------------------------------------------------------


class Reactor:
    """As much of Twisted's as a connection needs; the test itself says when it may write."""

    def addReader(self, one: Any) -> None: ...  # noqa: N802
    def removeReader(self, one: Any) -> None: ...  # noqa: N802
    def addWriter(self, one: Any) -> None: ...  # noqa: N802
    def removeWriter(self, one: Any) -> None: ...  # noqa: N802
    def callLater(self, delay: float, call: Any, *args: Any) -> None:  # noqa: N802
        asyncio.get_running_loop().call_later(delay, call, *args)


class Connection:
    """Daphne's end of a request, and the client's."""

    def __init__(self, reader_keeps: int = 4096) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.client = socket.socket()
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, reader_keeps)
            self.client.connect(listening.getsockname())
            accepted, address = listening.accept()
        accepted.setblocking(False)
        make_channel: Any = http.HTTPChannel
        self.channel = make_channel()
        self.channel.timeOut = None
        self.twisted: Any = tcp.Server(accepted, self.channel, address, None, 0, Reactor())  # type: ignore[arg-type]
        self.channel.makeConnection(self.twisted)
        self.request = http.Request(self.channel)
        self.send: Any = partial(self._handle_reply, self.request)

    async def _handle_reply(self, request: Any, message: Any) -> None:
        request.channel.write(message["body"])

    def close(self) -> None:
        self.client.close()
        if self.twisted.connected:
            self.twisted.abortConnection()


@pytest.fixture
def connection() -> Iterator[Any]:
    """Made on the loop of the test."""
    made: list[Connection] = []

    def make(reader_keeps: int = 4096) -> Connection:
        made.append(Connection(reader_keeps))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


def test_what_daphne_keeps_is_known(connection: Any) -> None:
    async def main() -> None:
        with closing(connection()) as daphne:
            transport = transport_of(daphne.send, no_cut)
            assert isinstance(transport, Twisted)
            assert transport.held() == 0
            await transport.send(body(LONG))
            daphne.twisted.doWrite()
            held, got = transport.held(), 0
            assert LONG > held > 64_000
            room = asyncio.ensure_future(transport.room())
            while got < LONG:
                assert not room.done() or not transport.held()
                got += taken_by(daphne.client)
                daphne.twisted.doWrite()
                await asyncio.sleep(0)
            await asyncio.wait_for(room, 5)
            assert transport.held() == 0

    run(main())


def test_a_connection_of_daphnes_that_is_lost_keeps_nothing_and_nobody_waiting(
    connection: Any,
) -> None:
    async def main() -> None:
        daphne = connection()
        transport = transport_of(daphne.send, no_cut)
        await transport.send(body(LONG))
        room = asyncio.ensure_future(transport.room())
        await asyncio.sleep(0)
        assert not room.done()
        daphne.twisted.abortConnection()
        await asyncio.wait_for(room, 5)
        assert transport.held() == 0
        transport.leave()

    run(main())


def test_who_takes_nothing_from_daphne_is_ended_and_all_is_given_back(
    connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They let go of one another, or it would be kept until the next full garbage collection, which
    is rare in a server."""
    monkeypatch.setattr(module, "LOOK", 0.05)
    before = stuck()

    async def main() -> None:
        daphne = connection()
        transport = transport_of(daphne.send, no_cut)
        await transport.send(body(LONG))
        await until(lambda: not daphne.twisted.connected)
        assert stuck() == before + 1
        assert isinstance(transport, Twisted)
        assert daphne.request.producer is transport._connection is transport._request is None

    run(main())


def test_who_takes_nothing_after_the_last_part_is_ended_too(
    connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else streams that are replaced while nobody reads them would pile up."""
    monkeypatch.setattr(module, "LOOK", 0.05)

    async def main() -> None:
        daphne = connection()
        transport = transport_of(daphne.send, no_cut)
        await transport.send(body(LONG))
        transport.leave()
        await until(lambda: not daphne.twisted.connected)

    run(main())


def test_a_reader_is_not_stuck_while_the_kernel_gets_rid_of_anything(
    connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold megabytes, and takes more from Twisted only when much of that is gone."""
    monkeypatch.setattr(module, "LOOK", 0.1)
    before = stuck()

    async def main() -> None:
        with closing(connection(32_768)) as daphne:
            transport = transport_of(daphne.send, no_cut)
            await transport.send(body(LONG))
            held, before_write = LONG, LONG + 1
            while held < before_write:  # until the kernel takes no more
                daphne.twisted.doWrite()
                held, before_write = transport.held(), held
            got = 0
            for _ in range(24):  # twice as long as one may take nothing
                await asyncio.sleep(0.05)
                got += taken_by(daphne.client, 16_384)
            assert got > 100_000
            assert transport.held() == held
            assert daphne.twisted.connected and stuck() == before

    run(main())


# --- uvicorn -------------------------------------------------------------------------------------


@asynccontextmanager
async def asked_of_uvicorn() -> AsyncIterator[tuple[Any, Transport]]:
    """A client, and the transport of the response to its request."""
    if not find_spec("uvicorn"):
        raise NotInstalled("uvicorn (bench/requirements.txt)")
    from uvicorn import Config
    from uvicorn.server import ServerState

    transports: list[Transport] = []
    ended = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        transports.append(transport_of(send, no_cut))
        await transports[0].send({"type": "http.response.start", "status": 200, "headers": []})
        await ended.wait()

    config = Config(application, lifespan="off", log_config=None, access_log=False)
    config.load()
    loop, protocol = asyncio.get_running_loop(), config.http_protocol_class
    state: Any = {"config": config, "server_state": ServerState(), "app_state": {}}
    server = await loop.create_server(lambda: protocol(**state), "127.0.0.1", 0)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(server.sockets[0].getsockname())
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await until(lambda: transports)
        yield client, transports[0]
        ended.set()
        server.close()
        await asyncio.sleep(0.05)


def test_what_uvicorn_keeps_is_known() -> None:
    async def main() -> None:
        async with asked_of_uvicorn() as (client, transport):
            assert isinstance(transport, Asyncio)
            await transport.send(body(LONG))
            assert LONG > transport.held() > 64_000
            more = asyncio.ensure_future(transport.send(body(10)))  # waits for the reader
            await asyncio.sleep(0.05)
            assert not more.done()
            got = 0
            while got < LONG:
                got += taken_by(client)
                await asyncio.sleep(0.01)
            await asyncio.wait_for(more, 5)
            await until(lambda: transport.held() == 0)

    run(main())


def test_who_takes_nothing_from_uvicorn_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK", 0.05)
    before = stuck()

    async def main() -> None:
        async with asked_of_uvicorn() as (client, transport):
            await transport.send(body(LONG))
            waiting = asyncio.ensure_future(transport.send(body(10)))
            await asyncio.wait_for(waiting, 5)  # the connection is gone, so nobody waits for it
            assert stuck() == before + 1
            client.setblocking(True)
            client.settimeout(5)
            with suppress(ConnectionResetError):
                while client.recv(1 << 20):
                    pass

    run(main())


# --- Any other -----------------------------------------------------------------------------------


def test_under_a_server_that_is_not_known_a_send_that_waits_too_long_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "LOOK", 0.05)
    module._say_once.cache_clear()
    cut: list[bool] = []

    async def main() -> None:
        takes = asyncio.Event()

        async def send(message: Any) -> None:
            await takes.wait()

        with caplog.at_level(logging.INFO, "live"):
            transport = transport_of(send, lambda: cut.append(True))
            transport_of(send, no_cut)
        assert type(transport) is Transport
        sending = asyncio.ensure_future(transport.send(body(100)))
        await asyncio.sleep(0)
        assert transport.held() == 100
        await until(lambda: cut)
        takes.set()
        await sending
        assert transport.held() == 0

    run(main())
    said = [record.getMessage() for record in caplog.records if "slow readers" in record.message]
    assert len(said) == 1
