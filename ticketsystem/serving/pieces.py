"""Large files, and answers that are made while they are sent, go out in pieces, at the pace of who
takes them.

Django would read a whole file into memory before it sends the first byte, and Daphne's `send`
returns at once, however much of it nobody has taken. So there is a next piece only when the
connection has room for it, and whoever takes nothing for half a minute is let go. A file's pieces
are read in a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

from django.http import FileResponse

from live.stream.asgi import Message, Receive, Send
from live.stream.transport import Transport, transport_of

LARGE = 256 * 1024  # bytes; what is smaller is sent at once

_threads = ThreadPoolExecutor(4, thread_name_prefix="file-pieces")


def comes_in_pieces(response: Any) -> bool:
    return getattr(response, "is_async", False) or _is_large_file(response)


def _is_large_file(response: Any) -> bool:
    length = response.headers.get("Content-Length", "0")
    return isinstance(response, FileResponse) and length.isdecimal() and int(length) > LARGE


class InPieces:
    """One answer on its way: `send` is to be used in place of the server's."""

    def __init__(self, response: Any, receive: Receive, send: Send) -> None:
        self._gone = asyncio.ensure_future(_disconnected(receive))
        self._send = send
        self._transport: Transport | None = transport_of(send, self._give_up)
        pieces = response.streaming_content
        response.streaming_content = self._read(pieces if response.is_async else _in_thread(pieces))

    def _give_up(self) -> None:
        self._gone.cancel()

    async def _read(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async with aclosing(pieces):  # type: ignore[type-var]
            async for piece in pieces:
                yield piece
                if self._transport is not None:
                    await self._transport.room()
                if self._gone.done():
                    return

    async def send(self, message: Message) -> None:
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if is_last:
            self.leave()
        if self._transport is None:
            await self._send(message)
        else:
            await self._transport.send(message)

    def leave(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.leave()
        self._gone.cancel()


async def _in_thread(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    loop, rest = asyncio.get_running_loop(), iter(pieces)
    while (piece := await loop.run_in_executor(_threads, next, rest, None)) is not None:
        yield piece


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
