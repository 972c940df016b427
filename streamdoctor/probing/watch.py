"""One stream, watched for a while: what came, when, and how it ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from streamdoctor.site import NO_WORDS, Words
from streamdoctor.wire.client import FAILURES, Client, Exchange
from streamdoctor.wire.coding import Inflater
from streamdoctor.wire.events import Comment, Decoder, Frame
from streamdoctor.wire.message import Head, Headers

# "ended": the end was said (the last chunk, a length that is reached, END_STREAM). "closed": the
# connection ended, and nothing tells whether that was the end. "cut": in the middle of an answer.
End = Literal["open", "ended", "closed", "cut"]
EVENT_STREAM = "text/event-stream"
SLICE = 0.5  # seconds until it is looked whether to go on waiting
AT_ONCE = 0.5  # seconds
MOST_BYTES = 20_000_000  # of a stream that are read as frames
PAGE_LIMIT = 20_000  # bytes that are kept


@dataclass
class Record:
    """All that was seen of one stream. Times are monotonic."""

    words: Words = NO_WORDS
    resumes: bool = False  # it was asked for with Last-Event-ID
    sent_at: float = 0.0
    head: Head | None = None
    head_at: float = 0.0
    first_byte_at: float = 0.0
    frames: list[Frame] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    body: bytes = b""  # the beginning of an answer that is no stream
    last_byte_at: float = 0.0
    pieces: list[float] = field(default_factory=list)  # times, also of what cannot be read
    torn: list[float] = field(default_factory=list)  # times of pieces that ended within a frame
    is_torn: bool = False  # so did the last one
    beside: int = 0  # as many other streams of ours were open when it was asked for
    max_streams: int | None = None  # at once on one connection: what an HTTP/2 server says
    reacts: bool | None = None  # asked at last: whether the other side notices that we are done
    over_at: float = 0.0  # when it ended, or when we looked away
    end: End = "open"
    failure: Exception | None = None

    @property
    def is_stream(self) -> bool:
        return self.head is not None and self.head.status == 200 and self.type == EVENT_STREAM

    @property
    def was_asked(self) -> bool:
        """The request went out. Else there was no time for it, which tells nothing of the site."""
        return self.head is not None or not isinstance(self.failure, TimeoutError)

    @property
    def type(self) -> str:
        sent = self.head.header("content-type") if self.head else None
        return (sent or "").partition(";")[0].strip().lower()

    @property
    def coding(self) -> str:
        sent = self.head.header("content-encoding") if self.head else None
        coding = (sent or "").strip().lower()
        return "" if coding == "identity" else coding

    @property
    def opening(self) -> Frame | None:
        """The frame in which the server says whose stream it is and what arrived of the request."""
        return next(iter(self.named(self.words.opening)), None)

    @property
    def said_goodbye(self) -> bool:
        return bool(self.named(self.words.goodbye))

    @property
    def broke_off(self) -> bool:
        """It ended, and the server did not say that it would. Where the coding cannot be read,
        nobody knows what it said, so such a stream never counts as broken off."""
        return (
            self.is_stream
            and self.end != "open"
            and not self.said_goodbye
            and Decoder(self.coding).readable
        )

    @property
    def seconds(self) -> float:
        return self.over_at - self.sent_at

    @property
    def was_watched_whole(self) -> bool:
        """It ended as a whole answer does; or where nothing says so, right after what came last."""
        quickly = self.end == "closed" and self.over_at - self.last_byte_at < AT_ONCE
        return self.is_stream and (self.end == "ended" or (quickly and not self.is_torn))

    @property
    def has_spoken(self) -> bool:
        return bool(self.frames or self.comments)

    @property
    def last_seen_at(self) -> float:
        return self.last_byte_at or self.head_at or self.sent_at

    @property
    def silence_at_end(self) -> float:
        return self.over_at - self.last_seen_at

    @property
    def heartbeats(self) -> list[Frame]:
        return self.named(self.words.heartbeat)

    def named(self, event: str) -> list[Frame]:
        """The frames of this event; none where the server has no word for it."""
        return [frame for frame in self.frames if event and frame.event == event]

    @property
    def longest_silence(self) -> float:
        """The seconds between two pieces, or after the last one; 0 if no piece has come."""
        times = [*self.pieces, self.over_at]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    @property
    def last_id(self) -> str | None:
        return next((frame.id for frame in reversed(self.frames) if frame.id), None)


class Watch:
    """Opens a stream and reads it: `with Watch(client, target) as watch: watch.until(deadline)`.
    The stream is closed at the end of the block."""

    def __init__(
        self,
        client: Client,
        target: str,
        headers: Headers = (),
        *,
        words: Words = NO_WORDS,
        data: bytes | None = None,
    ) -> None:
        resumes = any(name.lower() == "last-event-id" for name, _ in headers)
        self.record = Record(words, resumes, sent_at=time.monotonic())
        self._bytes = 0
        self._decoder = Decoder("")
        self._page = Inflater("")  # of an answer that is no stream
        self._abandoned = client.abandoned
        self._exchange: Exchange | None = None
        try:
            method, accept = "GET" if data is None else "POST", ("Accept", EVENT_STREAM)
            self._take(client.open(method, target, [accept, *headers], data or b""))
        except FAILURES as error:
            self._is_over("cut", error)

    def _take(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.record.sent_at, self.record.beside = exchange.sent_at, exchange.beside

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None

    def notices_our_end(self, deadline: float) -> None:
        """Notes whether the other side ends the stream, too, once we have said that no more comes
        from us. Where a fresh stream is ended so and an old one is not, somebody in between has
        forgotten the old one."""
        if self._exchange is None or self.record.end != "open":
            return
        self._exchange.send_no_more()
        try:
            while self._exchange.read_body(deadline):
                pass
            self.record.reacts = True
        except TimeoutError:
            self.record.reacts = False
        except FAILURES:
            self.record.reacts = True

    def until(
        self, deadline: float, *, event: str = "", enough: Callable[[Record], bool] | None = None
    ) -> Record:
        """Reads on until the deadline, or until an event of this name comes or enough has come, or
        the stream ends."""
        record = self.record
        seen = len(record.named(event)) if event else 0
        while self._exchange is not None and record.end == "open":
            try:
                self._read(min(deadline, time.monotonic() + SLICE))
            except TimeoutError:
                pass  # silence is what may be wanted; how long it lasts is looked at below
            except FAILURES as error:
                self._is_over("cut", error)
            if event and len(record.named(event)) > seen:
                break
            if enough is not None and enough(record):
                break
            if time.monotonic() >= deadline or self._abandoned.is_set():
                break
        if record.end == "open":
            record.over_at = time.monotonic()
        return record

    def _read(self, deadline: float) -> None:
        assert self._exchange is not None
        record = self.record
        if record.head is None:
            record.head = self._exchange.read_head(deadline)
            record.head_at = time.monotonic()
            record.max_streams = self._exchange.max_streams
            self._decoder, self._page = Decoder(record.coding), Inflater(record.coding)
            return
        piece = self._exchange.read_body(deadline)
        now = time.monotonic()
        if not piece:
            self._is_over("closed" if self._exchange.ends_by_close else "ended")
            return
        record.first_byte_at = record.first_byte_at or now
        record.last_byte_at = now
        record.pieces.append(now)
        if not record.is_stream:
            record.body = (record.body + self._page.feed(piece))[:PAGE_LIMIT]
        self._bytes += len(piece)
        if self._bytes > MOST_BYTES:  # it flows, that is certain; no more of it is kept
            record.is_torn = False
            return
        record.frames += self._decoder.feed(piece, now)
        record.comments = self._decoder.comments
        record.is_torn = self._decoder.is_within_a_frame
        if record.is_torn:
            record.torn.append(now)

    def _is_over(self, end: End, failure: Exception | None = None) -> None:
        self.record.end = end
        self.record.failure = failure
        self.record.over_at = time.monotonic()
