"""How a stream's events and comments arrive, where nothing is known of its server: when, how many
together, how regularly, and which of them came on another stream as well, and when."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any

from streamdoctor.probing.watch import Record
from streamdoctor.wire.events import Comment, Frame

Word = Frame | Comment

TOGETHER = 0.08  # seconds: what is written at once arrives at once, also over two segments
APART = 1.0  # seconds: a silence that is no jitter
HEARTBEAT = re.compile(r"ping|heart-?_?beat|keep-?_?alive", re.IGNORECASE)
REGULAR = 0.3  # of the usual gap: by so much gaps may differ and are still regular
RHYTHM_GAPS = 4


@dataclass
class Arrival:
    """What arrived together, after a silence."""

    at: float
    words: list[Word]
    silence: float  # seconds before it; before the first one since the request

    @property
    def is_of_one_heartbeat(self) -> bool:
        """The same heartbeat several times, which no server writes at once."""
        same = len(self.words) >= 2 and len({word.words for word in self.words}) == 1
        return same and _is_heartbeat(self.words[0])

    @property
    def written_over(self) -> float:
        """Seconds between the times that its events carry; 0 if they carry none."""
        times = [time for word in self.words if (time := written_at(word)) is not None]
        return max(times) - min(times) if len(times) >= 2 else 0.0


def words_of(record: Record) -> list[Word]:
    """Events and comments in the order in which they came."""
    return sorted([*record.frames, *record.comments], key=lambda word: word.at)


def arrivals(record: Record) -> list[Arrival]:
    found: list[Arrival] = []
    for word in words_of(record):
        if found and word.at - found[-1].words[-1].at <= TOGETHER:
            found[-1].words.append(word)
        else:
            before = found[-1].words[-1].at if found else record.sent_at
            found.append(Arrival(word.at, [word], word.at - before))
    return found


def rhythm(records: Iterable[Record]) -> float | None:
    """Seconds between arrivals, where these are regular: then something is due each time."""
    for record in records:
        gaps = [later.at - earlier.at for earlier, later in pairwise(arrivals(record))]
        if len(gaps) >= RHYTHM_GAPS and max(gaps) - min(gaps) <= REGULAR * median(gaps) + 0.2:
            return median(gaps)
    return None


def lags(later: Record, earlier: Record) -> list[tuple[Word, Word, float]]:
    """What came on both streams, and by how many seconds it came later on the first. Both were
    opened at about the same time. A server may tell all at once, or each from when it came; so of
    the two ways to compare the milder counts."""
    begun = later.sent_at - earlier.sent_at
    waiting: dict[Any, list[Word]] = {}
    for word in words_of(earlier):
        waiting.setdefault(word.words, []).append(word)
    found = []
    for word in words_of(later):
        if same := waiting.get(word.words):
            twin = same.pop(0)
            at_once = word.at - twin.at
            found.append((word, twin, min(at_once, at_once - begun, key=abs)))
    return found


def _is_heartbeat(word: Word) -> bool:
    return isinstance(word, Comment) or bool(HEARTBEAT.search(f"{word.event} {word.text}"))


def written_at(word: Word) -> float | None:
    """The Unix time that an event carries, in whatever field."""
    if isinstance(word, Comment):
        return None
    for value in word.data.values():
        if (time := _time(value)) is not None:
            return time
    return _time(word.text) if not word.data else None


def _time(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        for scale in (1, 1000):
            if 1_000_000_000 * scale < value < 5_000_000_000 * scale:
                return value / scale
        return None
    text = value.strip() if isinstance(value, str) else ""
    if len(text) < 16 or not text[:4].isdigit():
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):  # the year 1 has no such number
        return None
