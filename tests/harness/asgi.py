"""An ASGI server for tests, without a socket or a process: requests and a lifespan, handed to an
application on a loop of the test's own."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar
from urllib.parse import urlencode

from django.db import connection

from tests.harness.sse import Closed, Frame, parse

P = ParamSpec("P")
T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], seconds: float = 30) -> T:
    """On a loop of its own, which ends with it."""
    return asyncio.run(asyncio.wait_for(main, seconds))


async def aside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns in a thread beside the loop, where it may use the database."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(call)


async def until(true: Callable[[], object], seconds: float = 5) -> None:
    """Return once it is true; a TimeoutError if it does not become so."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


class Visit:
    """`async with Visit(application, session) as visit: await visit.next("connected")`

    One request, as long as the client stays. By default it asks for the stream. `scope` is what
    the application was handed, with what it added.
    """

    def __init__(
        self,
        application: Any,
        session: str | None = None,
        *,
        path: str = "/api/user/stream",
        method: str = "GET",
        headers: dict[str, str] | None = None,
        http: str = "1.1",
        **query: Any,
    ) -> None:
        lines = {"Host": "localhost", **(headers or {})}
        if session is not None:
            lines["Cookie"] = f"sessionid={session}"
        self.scope: dict[str, Any] = {
            "type": "http", "http_version": http, "method": method, "scheme": "http", "path": path,
            "query_string": urlencode(query).encode(),
            "headers": [
                (name.lower().encode(), value.encode("latin1")) for name, value in lines.items()
            ],
            "client": ("127.0.0.1", 50_000), "server": ("localhost", 80),
        }  # fmt: skip
        self.status = 0
        self.headers: dict[str, str] = {}
        self.takes = asyncio.Event()  # cleared by a test whose client stops reading
        self.takes.set()
        self._application = application
        self._asked = False
        self._left = asyncio.Event()
        self._raw = b""
        self._arrived: asyncio.Queue[Frame | None] = asyncio.Queue()  # None: the response ended
        self._head_arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Until the head of the answer has arrived."""
        self._task = asyncio.create_task(self._visit())
        async with asyncio.timeout(10):
            await self._head_arrived.wait()
        if not self.status:
            await self._task  # raises why there is no answer
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        await self.leave()

    async def leave(self) -> None:
        """As a browser that closes the page."""
        self._left.set()
        self.takes.set()
        if self._task is not None:
            await asyncio.wait_for(self._task, 10)

    async def next(self, *wanted: str, seconds: float = 10) -> Frame:
        """The next frame, or with names the next of these; heartbeats only if asked for by name."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self._arrived.get()
                if frame is None:
                    raise Closed
                if frame.event in wanted or (not wanted and frame.event != "heartbeat"):
                    return frame

    async def ends(self, seconds: float = 10) -> list[Frame]:
        """What still comes until the server ends the response."""
        found = []
        async with asyncio.timeout(seconds):
            while (frame := await self._arrived.get()) is not None:
                found.append(frame)
        return found

    async def silent_for(self, seconds: float) -> None:
        """Nothing but heartbeats arrives meanwhile."""
        with suppress(TimeoutError):
            frame = await self.next(seconds=seconds)
            raise AssertionError(f"unexpected {frame}")

    async def json(self, seconds: float = 10) -> Any:
        """The body of an answer that is no stream."""
        assert not await self.ends(seconds)
        return json.loads(self._raw)

    async def _visit(self) -> None:
        try:
            await self._application(self.scope, self._receive, self._send)
        finally:
            self._head_arrived.set()
            self._arrived.put_nowait(None)

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.takes.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            for name, value in message["headers"]:
                assert name.decode() not in self.headers, f"{name!r} twice"
                self.headers[name.decode()] = value.decode("latin1")
            self._head_arrived.set()
            return
        self._raw += message.get("body", b"")
        while b"\n\n" in self._raw:
            text, _, self._raw = self._raw.partition(b"\n\n")
            self._arrived.put_nowait(parse(text.decode()))
        if not message.get("more_body"):
            self._arrived.put_nowait(None)


class Lifespan:
    """`async with Lifespan(application): …` is the life of a server that tells of it."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._to_application: asyncio.Queue[str] = asyncio.Queue()
        self._to_server: asyncio.Queue[str] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(
            self._application({"type": "lifespan"}, self._receive, self._send)
        )
        await self._tell("startup")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        await self._tell("shutdown")
        await asyncio.wait_for(self._task, 10)

    async def _tell(self, event: str) -> None:
        self._to_application.put_nowait(f"lifespan.{event}")
        answer = await asyncio.wait_for(self._to_server.get(), 10)
        assert answer == f"lifespan.{event}.complete", answer

    async def _receive(self) -> dict[str, Any]:
        return {"type": await self._to_application.get()}

    async def _send(self, message: dict[str, Any]) -> None:
        self._to_server.put_nowait(message["type"])


async def no_django(scope: Any, receive: Any, send: Any) -> None:
    """What stands in Django's place where a test is about the stream: it answers 204."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
