"""GET /api/user/stream: who is let in.

A plain ASGI application beside Django's: no middleware rewrites or holds the stream back, so it
checks the Host, the method and the session itself.
"""

import asyncio
import logging
from typing import Any

from channels.sessions import SessionMiddlewareStack

from live.asgi import Application, Receive, Scope, Send
from live.process import ensure_running
from live.relay import relay
from live.request import Request
from live.sessions import Identity, identify
from live.stream import Stream, refuse
from live.threads import reader_threads

logger = logging.getLogger(__name__)

PATH = "/api/user/stream"
PATIENCE = 10.0  # seconds the log may take to answer before a stream is refused


def beside(django: Application) -> Application:
    """The stream at its path, everything else to Django; either starts the relay."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        ensure_running()
        if scope["type"] == "http" and scope["path"] == PATH:
            await serve(scope, receive, send)
        else:
            await django(scope, receive, send)

    return application


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse, or open the stream and stay until it ends."""
    request = Request(scope)
    if not request.host_is_allowed():
        return await refuse(send, 400, "This Host is not in ALLOWED_HOSTS.")
    if scope["method"] != "GET":
        return await refuse(send, 405, "Only GET is allowed here.", [(b"allow", b"GET")])
    try:
        identity = await authenticate(scope)
    except Exception:
        logger.exception("a stream could not be authenticated")
        return await refuse(send, 500, "The session could not be checked; try again.")
    if identity is None:
        return await refuse(send, 401, "Sign in first: this session is not, or no longer, valid.")
    if request.heartbeat is None:
        return await refuse(send, 400, "heartbeat must be a whole number from 1 to 60.")
    stream = Stream(request, identity, send)
    del request, identity  # not needed for the hours that the stream stays
    await stream.serve(receive)


async def authenticate(scope: Scope) -> Identity | None:
    """Whose session it is, and rights that hold from the log position this process is at on.

    The rights are read from the database, which may be ahead of the log as this process knows it.
    They hold from a position on if the log, read again afterwards, tells of no change since.
    """
    session = await _session_of(scope)
    if relay.position < 0:
        await asyncio.wait_for(relay.caught_up(), PATIENCE)
    while True:
        began_at = relay.position
        identity = await reader_threads.run(identify, session)
        if identity is None:
            return None
        await asyncio.wait_for(relay.caught_up(), PATIENCE)
        if not relay.access_changed_since(identity.user_id, began_at):
            return identity


async def _session_of(scope: Scope) -> Any:
    """The session as Channels' middleware finds it; its frames do not stay on the stack."""
    found: list[Any] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope["session"])

    await SessionMiddlewareStack(keep)(scope, None, None)
    return found[0]
