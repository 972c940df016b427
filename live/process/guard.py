"""Looks again at the sessions behind the open streams, so that access ends everywhere.

Signing out, a new password, a deactivation and a changed queue are published as events, and each
process acts on them at once. The guard finds changes that were made without an event, such as an
expired session, `User.objects.update(...)` or SQL by hand. It finds them within one heartbeat, in a
few queries for hundreds of streams.
"""

import time
from collections.abc import Collection

from live.access.sessions import Verdict, revalidate
from live.conf import conf
from live.log.slices import slices
from live.log.threads import DatabaseThreads
from live.log.writing import access_changed
from live.process.outage import Outage
from live.process.readers import OpenStream, Readers
from live.process.recent import Recent
from live.process.relay import Relay
from live.process.suspects import Suspects

PART = 200  # streams looked at together, some ten milliseconds


class Guard:
    """Goes round all open streams, again and again."""

    def __init__(
        self,
        relay: Relay,
        recent: Recent,
        readers: Readers,
        suspects: Suspects,
        threads: DatabaseThreads,
    ) -> None:
        self._relay = relay
        self._recent = recent
        self._readers = readers
        self._suspects = suspects
        self._threads = threads
        self._outage = Outage(
            "sessions cannot be looked at, trying again", "sessions are looked at again"
        )

    async def run(self) -> None:
        """Go once round all streams in half a heartbeat, part by part, until cancelled. Suspects
        are looked at as soon as they are named.

        All streams at once would take the interpreter for 200 ms and more where there are 4,000.
        """
        while True:
            began = time.monotonic()
            parts = list(slices(self._readers.streams(), PART)) or [[]]
            for number, part in enumerate(parts, 1):
                share = conf.HEARTBEAT_SECONDS / 2 * number / len(parts)
                await self._look_at_suspects(until=began + share)
                await self._try_to_look([stream for stream in part if not stream.closed])

    async def look_again(self, streams: Collection[OpenStream]) -> None:
        """End the streams whose sessions no longer hold, and publish rights that changed without
        being announced."""
        began_at = self._recent.position
        held = {(stream.user_id, stream.session_key, stream.auth_hash) for stream in streams}
        verdict = await self._threads.run(revalidate, held)
        for stream in streams:
            if (stream.session_key, stream.auth_hash) not in verdict.sessions:
                stream.end("session-ended")
        # The database may be ahead of the log as this process knows it, so it catches up first.
        await self._relay.caught_up()
        await self._publish_unannounced(verdict, began_at)

    async def _look_at_suspects(self, until: float) -> None:
        """Look at them whenever some are named, and at least once, until that time."""
        while True:
            user_ids = self._suspects.take()
            for part in slices(self._readers.streams_of(user_ids), PART):
                if not await self._try_to_look(part):
                    self._suspects.add_again(stream.user_id for stream in part)
            left = until - time.monotonic()
            if left <= 0:
                return
            await self._suspects.wait(left)

    async def _try_to_look(self, streams: Collection[OpenStream]) -> bool:
        """Whether it succeeded. Where it fails, the next part gets its turn all the same."""
        try:
            if streams:
                await self.look_again(streams)
                self._outage.succeeded()
        except Exception as error:
            self._outage.failed(error)
            return False
        return True

    async def _publish_unannounced(self, verdict: Verdict, began_at: int) -> None:
        for user_id, audiences in verdict.audiences.items():
            reader = self._readers.of(user_id)
            if reader is None or audiences == reader.audiences:
                continue
            if self._recent.access_changed_since(user_id, began_at):
                continue  # it was announced meanwhile
            await self._threads.run(
                access_changed,
                user_id,
                gained=audiences - reader.audiences,
                lost=reader.audiences - audiences,
            )
