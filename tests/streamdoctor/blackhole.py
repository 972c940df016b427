"""A box between two networks that forgets a connection which was silent for a while: it drops what
comes after that, and tells nobody."""

import asyncio
import threading
import time
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class BlackHole:
    """`with BlackHole(upstream, 3) as box: box.url …`"""

    def __init__(self, upstream: str, idle: float) -> None:
        self.upstream = urlsplit(upstream)
        self.idle = idle  # seconds of silence after which it forgets
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _leave(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self.upstream.hostname, self.upstream.port)
        connection = _Connection(self.idle)
        await asyncio.gather(connection.pump(reader, there[1]), connection.pump(there[0], writer))


class _Connection:
    def __init__(self, idle: float) -> None:
        self._idle = idle
        self._last_at = time.monotonic()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if self._forgets():
                    return
                writer.write(data)
                await writer.drain()
        if not self._forgets():
            writer.close()

    def _forgets(self) -> bool:
        now = time.monotonic()
        forgotten = now - self._last_at > self._idle
        if not forgotten:
            self._last_at = now
        return forgotten
