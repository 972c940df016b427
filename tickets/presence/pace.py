"""How often one user may change who is on tickets: each change is an event for all who see the
ticket, and a script could tell hundreds in a second. Counted by each process for itself."""

import time
from collections import Counter
from threading import Lock
from typing import Any

MOST = 120  # changes of one user, within a minute of the clock: tabs opened, left, replied in
MINUTE = 60.0


class Pace:
    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = 0
        self._changes: Counter[Any] = Counter()  # by user, of this minute alone

    def allows(self, user_id: Any) -> bool:
        """Whether the user may make one more change; if so, it is counted."""
        minute = int(time.monotonic() // MINUTE)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._changes.clear()
            if self._changes[user_id] >= MOST:
                return False
            self._changes[user_id] += 1
            return True


pace = Pace()
