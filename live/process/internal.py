"""Events that the log tells the server processes themselves: no browser gets to see them."""

import json
from collections.abc import Iterable

from live import metrics
from live.access.sessions import digest
from live.log.entries import ACCESS, ACCESS_CHANGED, END_STREAM, IDENTITY, SESSION_ENDED, Entry
from live.log.frames import frame
from live.process.readers import Reader, Readers
from live.process.suspects import Suspects


class InternalEvents:
    """Acts on events about sessions, rights and single streams, for the streams that are open
    here."""

    def __init__(self, process: str, readers: Readers, suspects: Suspects) -> None:
        self._process = process  # the engine's name
        self._readers = readers
        self._suspects = suspects

    def act_on(self, entry: Entry) -> None:
        """Do what the event says to the streams that are open here."""
        data = json.loads(entry.data)
        if entry.name == END_STREAM:
            if data["process"] == self._process:
                self._end_stream(data["stream"])
            return
        reader = self._readers.of(data["user"])
        if reader is None:
            return
        if entry.name == ACCESS:
            self._change_access(reader, data["gained"], data["lost"], entry.position)
        elif entry.name == SESSION_ENDED:
            self._end_session(reader, data["session"])
        elif entry.name == IDENTITY:
            self._suspects.add(reader.user_id)

    def suspect_everybody(self) -> None:
        """Rows were written that no event tells, and memberships may be among them."""
        for reader in self._readers:
            self._suspects.add(reader.user_id)

    def _change_access(
        self, reader: Reader, gained: Iterable[str], lost: Iterable[str], position: int
    ) -> None:
        """The user sees other things from here on: their pages load their data afresh."""
        audiences = reader.audiences.union(gained).difference(lost)
        if audiences == reader.audiences:
            return
        self._readers.set_audiences(reader, audiences)
        reader.access_changed_at = position  # a stream that is behind sees by this that it is reset
        content = frame("reset", {"reason": ACCESS_CHANGED}, position)
        for stream in reader.take(content, position):
            stream.flush()
        metrics.resets.labels(ACCESS_CHANGED).inc(len(reader.streams))

    def _end_session(self, reader: Reader, session: str) -> None:
        for stream in list(reader.streams):
            if digest(stream.session_key) == session:
                stream.end("session-ended")

    def _end_stream(self, number: int) -> None:
        for stream in self._readers.streams():
            if stream.number == number:
                stream.end("shutdown")
