"""Each server process says once per heartbeat how it is, for the operators' page.

It writes one row per process and heartbeat and not one per connection, so that a storm of
reconnects writes nothing here.

The times of these rows are compared between hosts, so they are the database's: a host whose clock
is ahead would take the others for gone, and one that is behind would look gone.
"""

import asyncio
import time
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Now

from live.conf import conf
from live.log.bell import Bell
from live.log.entries import END_STREAM
from live.log.threads import DatabaseThreads
from live.log.writing import publish
from live.models import ServerProcess
from live.process.outage import Outage
from live.process.readers import OpenStream, Readers
from live.process.recent import Recent
from live.process.relay import Relay

SHOWN = 1_000  # streams listed of one process; the others are counted
AGAIN = 1.0  # seconds after which a row that could not be written is tried again
STALE = 3  # heartbeats without a word, then a process counts as gone
FORGOTTEN = timedelta(hours=1)  # without a word, then its row is deleted


class Snapshots:
    """Writes the row of this process, once per heartbeat."""

    def __init__(
        self,
        process: str,
        relay: Relay,
        recent: Recent,
        readers: Readers,
        bell: Bell,
        threads: DatabaseThreads,
    ) -> None:
        self._process = process  # the engine's name
        self._relay = relay
        self._recent = recent
        self._readers = readers
        self._bell = bell
        self._threads = threads
        self.port: int | None = None  # where requests come in; None on a socket of Unix
        self._outage = Outage(
            "this process cannot be shown among the live connections, trying again",
            "this process is shown among the live connections again",
        )

    async def run(self) -> None:
        """Say how this process is, each heartbeat, until cancelled."""
        while True:
            try:
                await self._threads.run(_write, self._process, self.state())
            except DatabaseError as error:
                self._outage.failed(error)
                await asyncio.sleep(min(AGAIN, conf.HEARTBEAT_SECONDS))
            else:
                self._outage.succeeded()
                await asyncio.sleep(conf.HEARTBEAT_SECONDS)

    def state(self) -> dict[str, Any]:
        """Streams (times in seconds ago), relay and bell, as of now."""
        streams = list(self._readers.streams())
        return {
            "port": self.port,
            "streams": [self._describe(stream) for stream in streams[:SHOWN]],
            "count": len(streams),
            "position": self._relay.delivered,
            "relay_age": round(time.monotonic() - self._relay.read_at, 3),
            "trouble": self._relay.trouble(),
            "bell": self._bell.describe(),
            "bell_silent_for": self._bell.silent_for(),
        }

    def _describe(self, stream: OpenStream) -> dict[str, Any]:
        now = time.monotonic()
        position = stream.position
        if not stream.behind:  # it has been given all that was delivered and is for its user
            position = max(position, self._relay.delivered)
        return {
            "number": stream.number,
            "user": stream.user_id,
            "address": stream.address,
            "http": stream.http_version,
            "diagnosis": stream.diagnosis,
            "opened": round(now - stream.opened_at),
            "written": round(now - stream.written_at, 1),
            "position": position,
            "behind": max(0, self._recent.position - position),  # events read, not yet delivered
        }


def _write(process: str, said: dict[str, Any]) -> None:
    word = {"at": Now(), "state": said}
    ServerProcess.objects.update_or_create(
        name=process, defaults=word, create_defaults={"started_at": Now(), **word}
    )
    ServerProcess.objects.exclude(_spoke_within(FORGOTTEN)).delete()


def running() -> list[ServerProcess]:
    """The processes that have spoken within the last heartbeats; `asked_at` is when this was asked,
    by the clock of their other times."""
    patience = timedelta(seconds=STALE * conf.HEARTBEAT_SECONDS)
    return list(ServerProcess.objects.filter(_spoke_within(patience)).annotate(asked_at=Now()))


def _spoke_within(time: timedelta) -> Q:
    """A time that lies further in the future was written before the database's clock was put back.
    Who runs has spoken again since."""
    return Q(at__range=(Now() - time, Now() + time))


def end_stream(process: str, number: int) -> None:
    """Have the process end one of its streams; its browser comes back by itself."""
    publish(END_STREAM, {"process": process, "stream": number}, [])
