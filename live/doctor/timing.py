"""What the times of frames say: how long events are held back, and whether they come in clumps.

The two machines' clocks differ. What a frame says of the server's clock bounds the difference:
`connected` was written after the request was sent and before it arrived.
"""

import time
from collections.abc import Iterable
from statistics import median

from live.doctor.facts import Way
from live.doctor.watch import Record

HELD = 2.0  # seconds that a frame comes later than others of its stream: never jitter
TOGETHER = 0.05  # seconds
SPREAD = 1.8  # seconds apart when sent


def wall(monotonic: float) -> float:
    """This machine's Unix time at a monotonic time."""
    return monotonic + _EPOCH


_EPOCH = time.time() - time.monotonic()


def clock_difference(records: Iterable[Record], round_trip: float) -> float:
    """Seconds that the server's clock is ahead of this one's."""
    bounds = [
        (frame.sent_at - wall(frame.at), frame.sent_at - wall(record.sent_at))
        for record in records
        if (frame := record.connected) is not None and frame.sent_at is not None
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
    found = [one.first_byte_at - one.sent_at for one in way.streams if one.first_byte_at]
    return median(found) if found else None


def clumps(record: Record) -> int:
    """How often heartbeats that were written seconds apart arrived as one."""
    count, together = 0, list(record.heartbeats[:1])
    for frame in record.heartbeats[1:]:
        if frame.at - together[-1].at <= TOGETHER:
            together.append(frame)
            continue
        count += _is_clump([one.sent_at for one in together])
        together = [frame]
    return count + _is_clump([one.sent_at for one in together])


def _is_clump(sent: list[float | None]) -> bool:
    times = [one for one in sent if one is not None]
    return len(times) >= 3 and max(times) - min(times) >= SPREAD


def arrived_late(record: Record) -> float:
    """Seconds that the latest of its frames was held back longer than the promptest."""
    delays = [
        wall(frame.at) - frame.sent_at
        for frame in record.frames
        if frame.sent_at is not None and frame.event in ("connected", "heartbeat")
    ]
    return max(delays) - min(delays) if len(delays) >= 2 else 0.0
