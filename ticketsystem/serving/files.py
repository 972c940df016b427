"""Large files go out in pieces, at the pace of who takes them.

Django would read a whole file into memory before it sends the first byte, and Daphne's `send`
returns at once, however much of it nobody has taken. So a piece is read in a thread when the
connection has room for it, and whoever takes nothing for half a minute is let go.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.http import FileResponse

from live.stream.asgi import Message, Receive, Send
from live.stream.transport import Transport, transport_of

LARGE = 256 * 1024  # bytes; what is smaller is sent at once

_threads = ThreadPoolExecutor(4, thread_name_prefix="file-pieces")


def is_large(response: Any) -> bool:
    length = response.headers.get("Content-Length", "0")
    return isinstance(response, FileResponse) and length.isdecimal() and int(length) > LARGE


class InPieces:
    """One file on its way: `send` is to be used in place of the server's."""

    def __init__(self, response: Any, receive: Receive, send: Send) -> None:
        self._gone = asyncio.ensure_future(_disconnected(receive))
        self._send = send
        self._transport: Transport | None = transport_of(send, self._gone.cancel)
        self._pieces = iter(response.streaming_content)
        response.streaming_content = self._read()

    async def _read(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        while not self._gone.done():
            piece: bytes | None = await loop.run_in_executor(_threads, next, self._pieces, None)
            if piece is None:
                return
            yield piece
            if self._transport is not None:
                await self._transport.room()

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


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
