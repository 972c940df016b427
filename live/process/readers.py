"""Who is connected to this engine, and what each of them may see. Touched on its loop only."""

from collections.abc import Collection, Iterable, Iterator
from itertools import count
from typing import Any, Protocol

from live.log.entries import EVERYBODY
from live.process.channels import Channels, channel_of


class OpenStream(Protocol):
    """What the rest of the process needs to know of a stream."""

    number: int  # within this process
    user_id: Any
    address: str
    http_version: str
    opened_at: float  # monotonic, like written_at
    written_at: float
    session_key: str
    auth_hash: str
    client: str
    diagnosis: bool
    position: int  # of the newest event that it was given
    behind: bool  # whether it goes on from there by itself, and takes no event that is new
    closed: bool

    def push(self, frame: bytes, position: int) -> bool: ...
    def write(self, frame: bytes) -> None: ...
    def start_over(self, reset: bytes, position: int) -> None: ...
    def flush(self) -> None: ...
    def end(self, reason: str | None) -> None: ...


class Reader:
    """One user, with the streams they have open here and the audiences they are in."""

    __slots__ = ("access_changed_at", "audiences", "channels", "streams", "user_id")

    def __init__(self, user_id: Any) -> None:
        self.user_id = user_id
        self.channels = {channel_of(user_id)}  # for the register of channels
        self.audiences: frozenset[str] = frozenset()
        self.access_changed_at = 0  # the position at which the audiences last became others
        self.streams: list[OpenStream] = []  # oldest first

    def take(self, frame: bytes, position: int) -> list[OpenStream]:
        """Give one event to each stream. Returns the streams that now have to be flushed."""
        return [stream for stream in self.streams if stream.push(frame, position)]


class Readers:
    """All readers of one engine, found by user and by audience."""

    def __init__(self) -> None:
        self._channels: Channels[Reader] = Channels()
        self._by_audience: dict[str, set[Reader]] = {}
        self._numbers = count(1)

    def __len__(self) -> int:
        """How many users are connected."""
        return len(self._channels)

    def of(self, user_id: Any) -> Reader | None:
        """The user's reader, if they are connected. The key may be text, as events have it."""
        return self._channels.listener(user_id)

    def __iter__(self) -> Iterator[Reader]:
        return iter(list(self._channels))

    def streams(self) -> Iterator[OpenStream]:
        """Every open stream."""
        for reader in self:
            yield from list(reader.streams)

    def streams_of(self, user_ids: Iterable[Any]) -> list[OpenStream]:
        readers = [self.of(user_id) for user_id in user_ids]
        return [stream for reader in readers if reader is not None for stream in reader.streams]

    def concerned(self, audiences: Collection[str]) -> list[Reader]:
        """The users connected here who are in any of the audiences."""
        if EVERYBODY in audiences:
            return list(self)
        found: set[Reader] = set()
        for audience in audiences:
            found |= self._by_audience.get(audience, set())
        return list(found)

    def new_number(self) -> int:
        """A number for a stream, given to no other stream of this engine."""
        return next(self._numbers)

    def join(self, stream: OpenStream, audiences: frozenset[str]) -> Reader:
        """Add a stream; the audiences count only if it is the user's first one here."""
        reader = self.of(stream.user_id)
        if reader is None:
            reader = Reader(stream.user_id)
            self._channels.open(reader)
            self.set_audiences(reader, audiences)
        reader.streams.append(stream)
        return reader

    def leave(self, stream: OpenStream) -> None:
        """Take a stream out; the user's last one takes the user along."""
        reader = self.of(stream.user_id)
        if reader is None or stream not in reader.streams:
            return
        reader.streams.remove(stream)
        if not reader.streams:
            self.set_audiences(reader, frozenset())
            self._channels.close(reader)

    def set_audiences(self, reader: Reader, audiences: frozenset[str]) -> None:
        for audience in reader.audiences - audiences:
            self._by_audience[audience].discard(reader)
            if not self._by_audience[audience]:
                del self._by_audience[audience]
        for audience in audiences - reader.audiences:
            self._by_audience.setdefault(audience, set()).add(reader)
        reader.audiences = audiences

    def make_room(self, newcomer: OpenStream, limit: int) -> None:
        """End streams of this user until the new one is within the limit: first those that the
        same browser opened before (`?client=`), then the oldest.

        Streams for diagnosis have a limit of their own, so they never end a stream of a page.
        """
        reader = self.of(newcomer.user_id)
        if reader is None:
            return
        others = [stream for stream in reader.streams if stream.diagnosis == newcomer.diagnosis]
        while len(others) >= limit:
            own = [stream for stream in others if stream.client == newcomer.client]
            replaced = (own if newcomer.client and own else others)[0]
            others.remove(replaced)
            self.leave(replaced)
            replaced.end("replaced")
