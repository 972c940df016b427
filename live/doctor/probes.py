"""What is tried on one way to the server: a few streams side by side, none left open."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from secrets import token_hex
from threading import Event

from live.doctor.client import Client
from live.doctor.facts import Leaving, Resume, Way
from live.doctor.watch import Record, Watch

STREAM = "/api/user/stream"
# One address for all that may be compared: what one client got must never come to another.
PACED = f"{STREAM}?heartbeat=1"
SILENT = f"{STREAM}?heartbeat=60"
PLAIN = f"{STREAM}?client=streamdoctor"
STAGGER = 3.0  # seconds: what is cut by its age is cut apart, what is cut by an event together
LEAVING = 4  # streams
LOOK_SECONDS = 2.4  # what only notices at its second write, as Apache does, has noticed by then
LOOKS = 2
SHORT_SECONDS = 4.5
REPEATS = 12  # of one probe, should all be cut at once

Say = Callable[[str], None]


class Observation:
    """Streams on one way, until `until`; each keeps being read until `deadline`, for its end."""

    def __init__(self, client: Client, until: float, deadline: float, over: Event) -> None:
        self.way = Way(client.origin)
        self._client = client
        self._until = until
        self._deadline = deadline
        self._over = over  # nothing new is opened from then on
        self._began_at = time.monotonic()

    def start(self, pool: ThreadPoolExecutor, say: Say, *, direct: bool) -> list[Future[None]]:
        way = self.way
        probes: list[Callable[[], None]] = [
            lambda: self._keep_open(PACED, way.paced, 0),
            lambda: self._keep_open(PACED, way.paced, STAGGER),
            lambda: self._keep_open(SILENT, way.silent, 0),
            lambda: self._resume(say),
        ]
        if not direct:
            probes += [
                lambda: self._keep_open(PLAIN, way.plain, 0),
                self._ask_uncoded,
                lambda: self._leave(say),
            ]
        return [pool.submit(probe) for probe in probes]

    def _keep_open(self, target: str, records: list[Record], start: float) -> None:
        """One stream, opened again whenever it ends, until the end of the observation."""
        self._over.wait(start)
        for _ in range(REPEATS):
            if self._over.is_set() or time.monotonic() > self._until - 0.5:
                return
            with Watch(self._client, target) as watch:
                records.append(watch.record)
                record = watch.until(self._deadline)
            if len(records) > 1 and record.head is not None and not record.is_stream:
                return  # refused, twice
            self._over.wait(1)

    def _resume(self, say: Say) -> None:
        """Break a stream after its first heartbeat, and go on with its last id."""
        until = min(self._began_at + SHORT_SECONDS, self._until)
        with Watch(self._client, PACED) as watch:
            broken = watch.until(until, event="heartbeat")
        if broken.last_id is None:
            return
        with Watch(self._client, PACED, [("Last-Event-ID", broken.last_id)]) as watch:
            record = watch.until(until + 2, event="connected")
        if record.connected is not None:
            self.way.resume = Resume(broken.last_id, record)
            say("broken off and resumed with the last id")

    def _ask_uncoded(self) -> None:
        """Without any content coding, and at an address that nobody has asked for before."""
        target = f"{PACED}&once={token_hex(8)}"
        with Watch(self._client, target, [("Accept-Encoding", "identity")]) as watch:
            self.way.uncoded = watch.record
            watch.until(min(self._began_at + SHORT_SECONDS, self._until))

    def _leave(self, say: Say) -> None:
        """Close silent streams and look whether the server still counts them; if so, close
        others that are written to each second, for many only notice when they write."""
        self._over.wait(SHORT_SECONDS - 1)  # the short probes have left by then
        self.way.left_silent = self._left(SILENT)
        if self.way.left_silent is not None:
            say("left some streams and asked whether the server noticed")
            if self.way.left_silent.was_unnoticed:
                self.way.left_written = self._left(PACED)

    def _left(self, target: str) -> Leaving | None:
        before = self._count_streams()
        if before is None or time.monotonic() > self._until - LOOK_SECONDS - 1:
            return None
        watches = [Watch(self._client, f"{target}&left={token_hex(4)}") for _ in range(LEAVING)]
        opened = [one.until(time.monotonic() + 2, event="connected") for one in watches]
        for watch in watches:
            watch.close()
        leaving = Leaving(before, LEAVING)
        all_opened = all(record.connected is not None for record in opened)
        return leaving if all_opened and self._look_after(leaving) else None

    def _look_after(self, leaving: Leaving) -> bool:
        """Looking leaves a stream behind as well: seldom enough that it is gone by the next."""
        closed_at = time.monotonic()
        for _ in range(LOOKS):
            if self._over.wait(min(LOOK_SECONDS, max(self._until - time.monotonic(), 0))):
                break
            count = self._count_streams()
            if count is None:
                return False
            leaving.after = count
            leaving.waited = time.monotonic() - closed_at
            if not leaving.was_unnoticed:
                break
        return leaving.waited >= LOOK_SECONDS

    def _count_streams(self) -> int | None:
        """How many this user has open for diagnosis, besides the one that asks."""
        with Watch(self._client, f"{PACED}&count={token_hex(4)}") as watch:
            connected = watch.until(time.monotonic() + 2, event="connected").connected
        streams = connected.data.get("streams") if connected else None
        return streams - 1 if isinstance(streams, int) else None
