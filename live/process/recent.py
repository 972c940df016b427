"""The newest events of the log, which each process keeps in memory: a storm of reconnects then asks
the database for no backlog."""

import time
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any

from live.log.entries import ACCESS, Entry, processes_of

KEPT = 5_000  # entries; each stream that resumes passes over those before its own
KEPT_BYTES = 64_000_000  # of them together: entries are as long as what people write


class Recent:
    """The newest events, up to the position that this process has read to."""

    def __init__(self) -> None:
        self.position = -1  # of the newest event taken from the log; -1 before the first look
        self.bytes = 0  # of memory, about
        self._entries: deque[Entry] = deque()
        self._newest: dict[str, int] = {}  # of each passing matter that is kept, the position

    def begin(self, entries: Iterable[Entry], head: int) -> None:
        """Keep these and no others; they end at the head."""
        self._entries.clear()
        self._newest.clear()
        self.bytes = 0
        for entry in entries:
            self._keep(entry)
        self.position = head

    def add(self, entry: Entry) -> None:
        """Keep one more; the oldest make room."""
        self._keep(entry)
        self.position = entry.position

    def after(self, position: int) -> list[Entry] | None:
        """The events after the position, oldest first; None where memory does not reach back."""
        if position == self.position:
            return []
        if not self._entries or position < self._entries[0].position - 1:
            return None
        return list(islice(self._entries, position - self._entries[0].position + 1, None))

    def _keep(self, entry: Entry) -> None:
        self._entries.append(entry)
        self.bytes += entry.size
        if entry.passing is not None:
            self._newest[entry.passing] = entry.position
        while len(self._entries) > KEPT or self.bytes > KEPT_BYTES:
            self._forget(self._entries.popleft())

    def _forget(self, entry: Entry) -> None:
        self.bytes -= entry.size
        if entry.passing is not None and self._newest[entry.passing] == entry.position:
            del self._newest[entry.passing]

    def has_passed(self, entry: Entry) -> bool:
        """Whether no backlog holds the event any more: a passing one that is older than a minute,
        or not the newest of its matter."""
        if entry.passing is None:
            return False
        newest = self._newest.get(entry.passing, 0)
        return entry.position < newest or entry.passes_at < time.monotonic()

    def access_changed_since(self, user_id: Any, position: int) -> bool:
        """Whether the log tells that the user's rights have changed after the position. True also
        where memory does not reach back that far."""
        entries = self.after(position)
        return entries is None or changes_access(entries, user_id)

    def was_told_of(self, user_id: Any, position: int) -> bool:
        """Whether the log tells the processes anything of the user after the position: other
        rights, a session that ended, another password. True also where memory does not reach."""
        entries = self.after(position)
        word = processes_of(user_id)
        return entries is None or any(word in entry.audience for entry in entries)


def changes_access(entries: Iterable[Entry], user_id: Any) -> bool:
    """Whether the user's rights change anywhere in these entries."""
    word = processes_of(user_id)
    return any(entry.name == ACCESS and word in entry.audience for entry in entries)
