"""Compares the times of frames: how long events are held back, and whether they come in clumps.

The two machines' clocks differ. The server's time in a stream's first frame bounds the difference:
that frame was written after the request was sent and before the frame arrived.
"""

import time
from collections.abc import Iterable
from statistics import median

from streamdoctor.probing.facts import Way
from streamdoctor.probing.watch import Record
from streamdoctor.wire.events import Frame

HELD = 2.0  # seconds that a frame comes later than others of its stream: never jitter
TOGETHER = 0.05  # seconds
SPREAD = 1.8  # seconds apart when sent


def wall(monotonic: float) -> float:
    """Turns a monotonic time into this machine's Unix time."""
    return monotonic + _EPOCH


_EPOCH = time.time() - time.monotonic()


def clock_difference(records: Iterable[Record], round_trip: float) -> float:
    """Seconds that the server's clock is ahead of this one's."""
    bounds = [
        (frame.sent_at - wall(frame.at), frame.sent_at - wall(record.sent_at))
        for record in records
        if (frame := record.opening) is not None and frame.sent_at is not None
    ]
    if not bounds:
        return 0.0
    least, most = max(low for low, _ in bounds), min(high for _, high in bounds)
    if least <= 0 <= most:
        return 0.0  # both keep the right time
    return max(least, most - round_trip) if least <= most else least


def event_delays(way: Way, round_trip: float) -> list[float]:
    """Seconds from the writing of each heartbeat to its arrival, the promptest first."""
    difference = clock_difference(way.streams, round_trip)
    return sorted(
        wall(frame.at) + difference - frame.sent_at
        for record in way.paced
        for frame in record.heartbeats
        if frame.sent_at is not None
    )


def first_byte(way: Way) -> float | None:
    """Seconds from a stream's request to the first byte of its body."""
    begun = [record for record in way.streams if record.first_byte_at]
    return median(record.first_byte_at - record.sent_at for record in begun) if begun else None


def clumps(records: Iterable[Record]) -> list[float]:
    """The moments at which heartbeats arrived together that were written seconds apart. A moment
    counts once: if several streams saw the same, it was this machine that stood still."""
    moments: list[float] = []
    for record in records:
        for together in _arriving_as_one(record):
            at = together[0].at
            if _is_clump(together) and all(abs(moment - at) > 1 for moment in moments):
                moments.append(at)
    return moments


def _arriving_as_one(record: Record) -> list[list[Frame]]:
    groups: list[list[Frame]] = []
    for frame in record.heartbeats:
        if groups and frame.at - groups[-1][-1].at <= TOGETHER:
            groups[-1].append(frame)
        else:
            groups.append([frame])
    return groups


def _is_clump(frames: list[Frame]) -> bool:
    sent = [frame.sent_at for frame in frames if frame.sent_at is not None]
    return len(sent) >= 3 and max(sent) - min(sent) >= SPREAD


def arrived_late(record: Record) -> float:
    """Seconds by which the latest of its frames was held back longer than the promptest."""
    delays = [
        wall(frame.at) - frame.sent_at
        for frame in [*record.named(record.words.opening), *record.heartbeats]
        if frame.sent_at is not None
    ]
    return max(delays) - min(delays) if len(delays) >= 2 else 0.0
