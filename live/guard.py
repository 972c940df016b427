"""Access ends everywhere: looks again at the sessions behind the open streams.

Signing out, a new password, a deactivation and a changed queue travel the log and act at once;
this finds what went around it (an expired session, `User.objects.update(...)`, SQL by hand),
within one heartbeat, in a few queries for hundreds of streams.
"""

import asyncio
import logging
import time
from collections.abc import Collection
from contextlib import suppress

from django.conf import settings

from live import log
from live.readers import OpenStream, readers
from live.relay import relay
from live.sessions import Verdict, revalidate
from live.slices import slices
from live.threads import reader_threads

logger = logging.getLogger(__name__)

PART = 200  # streams looked at together, some ten milliseconds


async def run() -> None:
    """Once round all streams in half a heartbeat, at once for a user of whom the log says more.

    A part after the other: all of 4,000 together take the interpreter for 200 ms and more.
    """
    while True:
        began = time.monotonic()
        parts = list(slices(readers, PART)) or [[]]
        for number, part in enumerate(parts, 1):
            share = settings.LIVE_HEARTBEAT_SECONDS / 2 * number / len(parts)
            await _look_at_suspects(until=began + share)
            await _looked_at([stream for stream in part if not stream.closed])


async def _look_at_suspects(until: float) -> None:
    """As soon as they are named, at least once, until that time."""
    while True:
        relay.suspicion.clear()
        suspects, relay.suspects = relay.suspects, set()
        if not await _looked_at(readers.streams_of(suspects)):
            relay.suspects |= suspects
        left = until - time.monotonic()
        if left <= 0:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(relay.suspicion.wait(), left)


async def _looked_at(streams: Collection[OpenStream]) -> bool:
    """Whether they could be looked at; else they are next time, and the other parts now."""
    try:
        if streams:
            await look_again(streams)
    except Exception as error:
        logger.warning("sessions cannot be looked at, trying again: %r", error)
        return False
    return True


async def look_again(streams: Collection[OpenStream]) -> None:
    """End the streams whose sessions no longer hold; publish rights that changed unannounced."""
    began_at = relay.position
    held = {(one.user_id, one.session_key, one.auth_hash) for one in streams}
    verdict = await reader_threads.run(revalidate, held)
    for stream in streams:
        if (stream.session_key, stream.auth_hash) not in verdict.sessions:
            stream.end("session-ended")
    # What the database said may be ahead of the log as this process knows it: catch up first.
    await relay.caught_up()
    await _publish_unannounced(verdict, began_at)


async def _publish_unannounced(verdict: Verdict, began_at: int) -> None:
    for user_id, audiences in verdict.audiences.items():
        reader = readers.by_user.get(user_id)
        if reader is None or audiences == reader.audiences:
            continue
        if relay.access_changed_since(user_id, began_at):
            continue
        await reader_threads.run(
            log.access_changed,
            user_id,
            gained=audiences - reader.audiences,
            lost=reader.audiences - audiences,
        )
