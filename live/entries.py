"""An entry of the log, and what each user gets of it: the one rule, live and replayed."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from live.frames import encode

# Events for the server processes themselves; no browser gets to see these.
ACCESS = "live.access"  # what a user sees has changed
SESSION_ENDED = "live.session-ended"  # one session, by digest
IDENTITY = "live.identity"  # a user's password or activity changed: check the sessions
END_STREAM = "live.end-stream"  # an operator ends one stream of one process
INTERNAL = {ACCESS, SESSION_ENDED, IDENTITY, END_STREAM}

# Reasons of a reset.
MISSED = "missed"  # what came since cannot be told
ACCESS_CHANGED = "access"  # what the user may see has changed as a whole
POSITIONS_LOST = "positions-lost"  # the log was replaced under its readers


@dataclass(slots=True)
class Entry:
    """One numbered event, with the frames it becomes, encoded once for all receivers."""

    position: int
    name: str
    data: str
    audience: frozenset[str]
    before: frozenset[str]
    entered: str | None
    left: str | None
    written_at: float  # by the clock of whoever wrote it
    _frames: dict[str, bytes]

    def frame_for(self, audiences: Collection[str]) -> bytes | None:
        """What a user in these audiences gets of this event: the one rule, live and replayed."""
        sees = not self.audience.isdisjoint(audiences)
        saw = sees if self.before is self.audience else not self.before.isdisjoint(audiences)
        if not (sees or saw) or self.name in INTERNAL:
            return None
        return self._frame("both" if sees and saw else "entered" if sees else "left")

    def _frame(self, variant: str) -> bytes:
        frame = self._frames.get(variant)
        if frame is None:
            name, data = self.name, self.data
            special = self.entered if variant == "entered" else self.left
            if variant != "both" and special is not None:
                name, data = json.loads(special)
            frame = self._frames[variant] = encode(name, data, self.position)
        return frame


COLUMNS = ("position", "name", "data", "audience", "before", "entered", "left", "created_at")


def entry_of(
    position: int,
    name: str,
    data: str,
    words: str,
    words_before: str | None,
    entered: str | None,
    left: str | None,
    created_at: datetime,
) -> Entry:
    """From a row's COLUMNS."""
    audience = frozenset(words.split())
    before = audience if words_before is None else frozenset(words_before.split())
    return Entry(
        position, name, data, audience, before, entered, left, created_at.timestamp(), _frames={}
    )
