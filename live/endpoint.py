"""GET /api/user/stream: who is let in.

A plain ASGI application beside Django's: no middleware rewrites or holds the stream back, so it
checks the Host, the method and the session itself.
"""

import asyncio
import logging

from channels.sessions import CookieMiddleware
from django.conf import settings

from live.arrivals import arrivals
from live.asgi import Application, Receive, Scope, Send
from live.process import ensure_running
from live.relay import relay
from live.request import Request
from live.sessions import Identity
from live.stream import Stream, refuse

logger = logging.getLogger(__name__)

PATH = "/api/user/stream"
PATIENCE = 10.0  # seconds the database may take to answer before a stream is refused


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

    Both are read from the database, which may be ahead of the log as this process knows it. They
    hold from a position on if the log, as it is afterwards, tells nothing of the user since.
    """
    session_key = await _session_key_of(scope)
    if not session_key or "\0" in session_key:  # PostgreSQL would not even look for a NUL
        return None
    async with asyncio.timeout(PATIENCE):
        if relay.position < 0:
            await relay.caught_up()
        while True:
            began_at = relay.position
            arrival = await arrivals.look_up(session_key)
            if arrival.identity is None:
                return None
            if arrival.log.unnumbered or arrival.log.head != relay.position:
                await relay.caught_up()
            if not relay.was_told_of(arrival.identity.user_id, began_at):
                return arrival.identity


async def _session_key_of(scope: Scope) -> str | None:
    """By Channels, which knows how cookies are read; its frames do not stay on the stack."""
    found: list[str | None] = []

    async def keep(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope["cookies"].get(settings.SESSION_COOKIE_NAME))

    await CookieMiddleware(keep)(scope, None, None)
    return found[0]
