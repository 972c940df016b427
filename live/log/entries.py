"""One event of the log as servers hold it, and the rule by which each user gets a frame of it.

Live delivery and the backlog of a resumed stream ask the same rule, so they cannot disagree about
who may see what.
"""

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from live.log.frames import DATA, encode

# Events for the server processes themselves; no browser gets to see these.
ACCESS = "live.access"  # what a user sees has changed
SESSION_ENDED = "live.session-ended"  # one session, by digest
IDENTITY = "live.identity"  # a user's password or activity changed: check the sessions
END_STREAM = "live.end-stream"  # an operator ends one stream of one process
INTERNAL = {ACCESS, SESSION_ENDED, IDENTITY, END_STREAM}

# The audience of all readers, whatever the project's rule says of them.
EVERYBODY = "*"

# Reasons of a reset.
MISSED = "missed"  # what came since cannot be told
ACCESS_CHANGED = "access"  # what the user may see has changed as a whole
RENAMED = "renamed"  # names on the page, or what else no event tells one by one
UNTOLD = "untold"  # rows were written that no event tells one by one
POSITIONS_LOST = "positions-lost"  # the log was replaced under its readers


def key_of(user_id: Any) -> str:
    """A user's key of any type as one word, as the log has it: text is quoted as in a URL."""
    return quote(str(user_id), safe="")


def processes_of(user_id: Any) -> str:
    """The audience of events about this user that only server processes act on; no browser gets
    them."""
    return f"@{key_of(user_id)}"


OVERHEAD = 600  # bytes of an entry without its frames and audiences; by hand
WORD = 60  # bytes of one audience beside its letters
PASSING = 60.0  # seconds after which a passing event is in no backlog any more


@dataclass(slots=True)
class Entry:
    """One event with its position, and the frames it becomes, each encoded once for all users."""

    position: int
    name: str
    frame: bytes
    audience: frozenset[str]
    before: frozenset[str]
    entered: bytes | None  # in place of the frame, for who sees its subject only after
    left: bytes | None  # and for who saw it only before
    written_at: float  # by the database's clock
    passing: str | None = None  # the matter of which only the newest event counts, for a minute
    passes_at: float = 0.0  # monotonic: from then on a passing event is in no backlog
    size: int = 0  # bytes of memory, about

    def __post_init__(self) -> None:
        frames = (self.frame, self.entered or b"", self.left or b"")
        words = [*self.audience, *(() if self.before is self.audience else self.before)]
        self.size = OVERHEAD + sum(map(len, frames)) + sum(WORD + len(word) for word in words)

    @property
    def data(self) -> str:
        """JSON, as it stands in the frame."""
        return self.frame.partition(DATA)[2].decode().removesuffix("\n\n")

    def frame_for(self, audiences: Collection[str]) -> bytes | None:
        """The frame that a user in these audiences gets of this event; None if they get nothing."""
        sees = not self.audience.isdisjoint(audiences) or EVERYBODY in self.audience
        saw = sees if self.before is self.audience else not self.before.isdisjoint(audiences)
        if not (sees or saw) or self.name in INTERNAL:
            return None
        special = None if sees and saw else self.entered if sees else self.left
        return self.frame if special is None else special


COLUMNS = (
    "position", "name", "data", "audience", "before", "entered", "left", "created_at", "passing",
)  # fmt: skip


def entry_of(
    position: int,
    name: str,
    data: str,
    words: str,
    words_before: str | None,
    entered: str | None,
    left: str | None,
    created_at: datetime,
    passing: str | None = None,
    age: float | None = None,
) -> Entry:
    """From the COLUMNS of a row of the log, and the seconds since it was written, if it is the
    newest passing event of its matter."""
    audience = frozenset(words.split())
    before = audience if words_before is None else frozenset(words_before.split())
    return Entry(
        position,
        name,
        encode(name, data, position),
        audience,
        before,
        _special(entered, position),
        _special(left, position),
        created_at.timestamp(),
        passing,
        0.0 if age is None else time.monotonic() + PASSING - age,
    )


def _special(pair: str | None, position: int) -> bytes | None:
    if pair is None:
        return None
    name, data = json.loads(pair)
    return encode(name, data, position)
