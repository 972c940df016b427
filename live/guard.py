"""Access ends everywhere: looks again at the sessions behind the open streams.

Signing out, a new password, a deactivation and a changed queue travel the log and act at once;
this finds what went around it (an expired session, `User.objects.update(...)`, SQL by hand),
within one heartbeat, in a few queries for hundreds of streams.
"""

import asyncio
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

PART = 200  # streams looked at together, some ten milliseconds


async def run() -> None:
    """Once round all streams in half a heartbeat, at once for a user of whom the log says more.

    A part after the other: all of 4,000 together take the interpreter for 200 ms and more.
    """
    while True:
        parts = list(slices(readers, PART)) or [[]]
        for part in parts:
            await _look_at_suspects(settings.LIVE_HEARTBEAT_SECONDS / 2 / len(parts))
            if part:
                await look_again([stream for stream in part if not stream.closed])


async def _look_at_suspects(seconds: float) -> None:
    """As soon as they are named, for so long."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(relay.suspicion.wait(), left)
        relay.suspicion.clear()
        suspects, relay.suspects = relay.suspects, set()
        if suspects:
            await look_again([stream for stream in readers if stream.user_id in suspects])


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
        if reader is None or relay.access_changed_since(user_id, began_at):
            continue
        await reader_threads.run(
            log.access_changed,
            user_id,
            gained=audiences - reader.audiences,
            lost=reader.audiences - audiences,
        )
