"""Who is connected to this process, and what each may see. Touched on the event loop only."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from live import channels


class OpenStream(Protocol):
    """What the rest of the process needs to know of a stream."""

    number: int  # within this process
    user_id: int
    address: str
    http_version: str
    opened_at: float  # monotonic, like written_at
    written_at: float
    session_key: str
    auth_hash: str
    client: str
    diagnosis: bool
    position: int
    closed: bool

    def push(self, frame: bytes, position: int) -> bool: ...
    def write(self, frame: bytes) -> None: ...
    def flush(self) -> None: ...
    def end(self, reason: str | None) -> None: ...


class Reader:
    """One user, with the streams they have open here and what they may see."""

    __slots__ = ("audiences", "listener", "readers", "streams", "user_id")

    def __init__(self, readers: "Readers", user_id: int) -> None:
        self.readers = readers
        self.user_id = user_id
        self.audiences: frozenset[str] = frozenset()
        self.streams: list[OpenStream] = []  # oldest first
        self.listener = channels.open_channel(user_id, self.receive)

    def receive(self, frame: bytes, position: int) -> None:
        """From the user's channel: to each of their streams, written out at the next flush."""
        for stream in self.streams:
            if stream.push(frame, position):
                self.readers.waiting.append(stream)


class Readers:
    def __init__(self) -> None:
        self.by_user: dict[int, Reader] = {}
        self.waiting: list[OpenStream] = []  # streams with frames to write
        self._by_audience: dict[str, set[Reader]] = {}

    def __iter__(self) -> Iterator[OpenStream]:
        for reader in list(self.by_user.values()):
            yield from list(reader.streams)

    def join(self, stream: OpenStream, audiences: frozenset[str]) -> Reader:
        """Add a stream; the audiences count only if it is the user's first one here."""
        reader = self.by_user.get(stream.user_id)
        if reader is None:
            reader = self.by_user[stream.user_id] = Reader(self, stream.user_id)
            self.set_audiences(reader, audiences)
        reader.streams.append(stream)
        return reader

    def leave(self, stream: OpenStream) -> None:
        reader = self.by_user.get(stream.user_id)
        if reader is None or stream not in reader.streams:
            return
        reader.streams.remove(stream)
        if not reader.streams:
            self.set_audiences(reader, frozenset())
            channels.close_channel(reader.listener)
            del self.by_user[stream.user_id]

    def set_audiences(self, reader: Reader, audiences: frozenset[str]) -> None:
        for audience in reader.audiences - audiences:
            self._by_audience[audience].discard(reader)
            if not self._by_audience[audience]:
                del self._by_audience[audience]
        for audience in audiences - reader.audiences:
            self._by_audience.setdefault(audience, set()).add(reader)
        reader.audiences = audiences

    def concerned(self, audiences: Iterable[str]) -> list[Reader]:
        """The users connected here who are in any of the audiences."""
        found: set[Reader] = set()
        for audience in audiences:
            found |= self._by_audience.get(audience, set())
        return list(found)

    def streams_of(self, user_ids: Iterable[int]) -> list[OpenStream]:
        found = [self.by_user[one] for one in user_ids if one in self.by_user]
        return [stream for reader in found for stream in reader.streams]

    def make_room(self, newcomer: OpenStream, limit: int) -> None:
        """End streams of the newcomer's user until it fits: its own client's, else the oldest.

        Streams for diagnosis count apart and never displace an agent's.
        """
        reader = self.by_user.get(newcomer.user_id)
        if reader is None:
            return
        others = [one for one in reader.streams if one.diagnosis == newcomer.diagnosis]
        while len(others) >= limit:
            same = [one for one in others if newcomer.client and one.client == newcomer.client]
            replaced = (same or others)[0]
            others.remove(replaced)
            self.leave(replaced)
            replaced.end("replaced")


readers = Readers()
