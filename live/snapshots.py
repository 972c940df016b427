"""What each server process says of itself, once per heartbeat, for the operators' page.

One row per process and heartbeat, not one per connection: a reconnect storm writes nothing here.
"""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from live.bell import bell
from live.entries import END_STREAM
from live.log import publish
from live.models import ServerProcess
from live.names import PROCESS
from live.readers import OpenStream, readers
from live.relay import relay
from live.threads import reader_threads

SHOWN = 1_000  # streams listed of one process; the others are counted
STALE = 3  # heartbeats without a word, then a process counts as gone


async def run() -> None:
    """Say how this process is, each heartbeat, until it ends."""
    started_at = timezone.now()
    while True:
        await reader_threads.run(_write, started_at, state())
        await asyncio.sleep(settings.LIVE_HEARTBEAT_SECONDS)


def state() -> dict[str, Any]:
    """Streams (times in seconds ago), relay and bell, as of now."""
    streams = list(readers)
    return {
        "streams": [_describe(stream) for stream in streams[:SHOWN]],
        "count": len(streams),
        "position": relay.delivered,
        "relay_age": round(time.monotonic() - relay.read_at, 3),
        "trouble": relay.trouble(),
        "bell": bell.describe(),
    }


def _describe(stream: OpenStream) -> dict[str, Any]:
    now = time.monotonic()
    position = max(stream.position, relay.delivered)
    return {
        "number": stream.number,
        "user": stream.user_id,
        "address": stream.address,
        "http": stream.http_version,
        "diagnosis": stream.diagnosis,
        "opened": round(now - stream.opened_at),
        "written": round(now - stream.written_at, 1),
        "position": position,
        "behind": max(0, relay.position - position),  # entries read here, not yet delivered
    }


def _write(started_at: datetime, said: dict[str, Any]) -> None:
    now = timezone.now()
    ServerProcess.objects.update_or_create(
        name=PROCESS, defaults={"started_at": started_at, "at": now, "state": said}
    )
    ServerProcess.objects.filter(at__lt=now - timedelta(hours=1)).delete()


def running() -> list[ServerProcess]:
    """The processes that have spoken within the last heartbeats."""
    since = timezone.now() - timedelta(seconds=STALE * settings.LIVE_HEARTBEAT_SECONDS)
    return list(ServerProcess.objects.filter(at__gte=since))


def end_stream(process: str, number: int) -> None:
    """Have the process end one of its streams; its browser comes back by itself."""
    publish(END_STREAM, {"process": process, "stream": number}, [])
