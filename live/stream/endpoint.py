"""GET /api/user/stream: who is let in.

A plain ASGI application beside Django's, so that no middleware rewrites the stream or holds it
back. It therefore checks the Host, the method and the session itself.
"""

import asyncio
import logging
from collections.abc import Callable

from live.access.sessions import Identity
from live.conf import conf
from live.process.engine import Engine
from live.stream.asgi import Application, Receive, Scope, Send
from live.stream.prefix import path_within, with_prefix
from live.stream.request import Request
from live.stream.response import refuse
from live.stream.stream import Stream

logger = logging.getLogger(__name__)

ENGINE = "live.engine"  # where a request's scope names the engine that serves it
PATIENCE = 10.0  # seconds the database may take to answer before a stream is refused


def beside(django: Application, *, at_start: Callable[[], None] | None = None) -> Application:
    """Serve the stream at its path, and leave everything else to Django.

    One engine per event loop delivers the events. It starts when the server says that it begins to
    serve (ASGI's lifespan), or with the loop's first request where the server does not say so. The
    scope of each request holds the engine, under ENGINE. `at_start` is called once, before the
    first engine starts: for settings that a process needs only when it serves.
    """
    engines: dict[asyncio.AbstractEventLoop, Engine] = {}
    pending = [at_start] if at_start else []

    def engine_here() -> Engine:
        loop = asyncio.get_running_loop()
        engine = engines.get(loop)
        if engine is None or not engine.is_running:
            for ended in [known for known in engines if known.is_closed()]:
                del engines[ended]
            while pending:
                pending.pop()()
            engine = engines[loop] = Engine()
            engine.start()
        return engine

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _live_as_long(engine_here, receive, send)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # the server answers 403
            return None
        scope = with_prefix(scope)
        engine = scope[ENGINE] = engine_here()
        engine.snapshots.port = (scope.get("server") or (None, None))[1]
        if scope["type"] == "http" and path_within(scope) == conf.STREAM_PATH:
            await serve(scope, receive, send)
        else:
            await django(scope, receive, send)

    return application


async def _live_as_long(start: Callable[[], Engine], receive: Receive, send: Send) -> None:
    """The engine's life is the server's: https://asgi.readthedocs.io/en/stable/specs/lifespan.html"""
    await receive()  # lifespan.startup
    engine = start()
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown
    await engine.stop()
    await send({"type": "lifespan.shutdown.complete"})


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse, or open the stream and stay until it ends."""
    engine: Engine = scope[ENGINE]
    request = Request(scope)
    if not request.host_is_allowed():
        return await refuse(send, 400, "This Host is not in ALLOWED_HOSTS.")
    if scope["method"] != "GET":
        return await refuse(send, 405, "Only GET is allowed here.", [(b"allow", b"GET")])
    try:
        identity = await authenticate(engine, request.session_key())
    except Exception:
        logger.exception("a stream could not be authenticated")
        return await refuse(send, 500, "The session could not be checked; try again.")
    if identity is None:
        return await refuse(send, 401, "Sign in first: this session is not, or no longer, valid.")
    if request.heartbeat is None:
        return await refuse(send, 400, "heartbeat must be a whole number from 1 to 60.")
    stream = Stream(engine, request, identity, send)
    del request, identity  # not needed for the hours that the stream stays
    await stream.serve(receive)


async def authenticate(engine: Engine, session_key: str) -> Identity | None:
    """Whose session this is, with rights that are true at the position where the stream starts.

    The look-up reads the database, which may know more than this process has read of the log. So
    the process then reads the log to its end. If an event about the user has come since the
    look-up began, such as a sign-out or other rights, the answer may be older than that event, and
    the look-up is repeated.
    """
    if not session_key or "\0" in session_key:  # PostgreSQL would not even look for a NUL
        return None
    relay, recent = engine.relay, engine.recent
    async with asyncio.timeout(PATIENCE):
        if recent.position < 0:
            await relay.caught_up()
        while True:
            began_at = recent.position
            found = await engine.lookups.find(session_key)
            if found.identity is None:
                return None
            if found.log.unnumbered or found.log.head != recent.position:
                await relay.caught_up()
            if not recent.was_told_of(found.identity.user_id, began_at):
                return found.identity
