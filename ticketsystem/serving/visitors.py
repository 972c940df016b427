"""Who a request counts for, before any of it is computed: a signed-in user, or an address.

Whoever sends a session that is none counts as a stranger, by the address: else a new cookie with
each request would be a new visitor each time.
"""

import asyncio
import logging

from live.process.engine import Engine
from live.stream.request import Request
from ticketsystem.logins import known
from ticketsystem.logins.networks import home_of

logger = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds for which the look-up of a session may keep a request waiting
KEPT = 20_000  # sessions whose users are remembered, 150 bytes each


class Visitors:
    """Names visitors. A session is looked up when it is first seen, together with all that come at
    the same moment, as streams are; then its user is remembered."""

    def __init__(self) -> None:
        self._users: dict[str, str] = {}

    async def name(self, request: Request, engine: Engine) -> str:
        key = request.session_key()
        if not key or "\0" in key:
            return stranger(request)
        return self._users.get(key) or await self._look_up(key, request, engine)

    async def _look_up(self, key: str, request: Request, engine: Engine) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                found = await engine.lookups.find(key)
        except Exception as error:  # as in an outage: each session then counts for itself
            logger.debug("a session could not be looked up: %r", error)
            return f"session {key}"
        if found.identity is None:
            return stranger(request)
        while len(self._users) >= KEPT:
            del self._users[next(iter(self._users))]
        name = self._users[key] = f"user {found.identity.user_id}"
        return name


def stranger(request: Request) -> str:
    """The address, without what its owner may choose. A browser that has signed in before counts
    for itself: others at its address shall not keep it from the log-in."""
    mark = known.read(request.cookies()).mark
    return f"browser {mark}" if mark else f"stranger {home_of(request.address) or request.address}"
