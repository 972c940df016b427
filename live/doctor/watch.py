"""One stream, watched for a while: what came, when, and how it ended."""

import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from live.doctor.client import FAILURES, Client
from live.doctor.events import Decoder, Frame
from live.doctor.message import Head, Headers

End = Literal["open", "ended", "cut"]
EVENT_STREAM = "text/event-stream"
SLICE = 0.5  # seconds until it is looked whether to go on waiting
PREFIX = 2000  # bytes kept of an answer that is no event stream


@dataclass
class Record:
    """What one stream was like. Times are monotonic."""

    target: str
    sent_at: float = 0.0
    head: Head | None = None
    head_at: float = 0.0
    first_byte_at: float = 0.0
    frames: list[Frame] = field(default_factory=list)
    last_byte_at: float = 0.0
    pieces: list[float] = field(default_factory=list)  # times, also of what cannot be read
    prefix: bytes = b""
    over_at: float = 0.0  # when it ended, or when we looked away
    end: End = "open"
    failure: Exception | None = None

    @property
    def is_stream(self) -> bool:
        return self.head is not None and self.head.status == 200 and self.type == EVENT_STREAM

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
    def connected(self) -> Frame | None:
        return next((one for one in self.frames if one.event == "connected"), None)

    @property
    def said_goodbye(self) -> bool:
        return any(one.event == "goodbye" for one in self.frames)

    @property
    def broke_off(self) -> bool:
        """It ended, and not by the server's own will; of what is unreadable this is not known."""
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
    def heartbeats(self) -> list[Frame]:
        return [one for one in self.frames if one.event == "heartbeat"]

    def named(self, event: str) -> list[Frame]:
        return [one for one in self.frames if one.event == event]

    @property
    def longest_silence(self) -> float:
        """Between two pieces, or after the last one; only once something has come."""
        times = [*self.pieces, self.over_at]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    @property
    def last_id(self) -> str | None:
        return next((one.id for one in reversed(self.frames) if one.id), None)


class Watch:
    """`with Watch(client, target) as watch: watch.until(deadline)`; closed at the end."""

    def __init__(self, client: Client, target: str, headers: Headers = ()) -> None:
        self.record = Record(target, sent_at=time.monotonic())
        self._decoder = Decoder("")
        self._abandoned = client.abandoned
        self._exchange = None
        try:
            self._exchange = client.open("GET", target, [("Accept", EVENT_STREAM), *headers])
            self.record.sent_at = self._exchange.sent_at
        except FAILURES as error:
            self._is_over("cut", error)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None

    def until(self, deadline: float, *, event: str = "") -> Record:
        """Read on until then, or until an event of this name, or the end."""
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
            self._decoder = Decoder(record.coding)
            return
        piece = self._exchange.read_body(deadline)
        now = time.monotonic()
        if not piece:
            self._is_over("ended")
            return
        record.first_byte_at = record.first_byte_at or now
        record.last_byte_at = now
        record.pieces.append(now)
        record.prefix = (record.prefix + piece)[:PREFIX]
        record.frames += self._decoder.feed(piece, now)

    def _is_over(self, end: End, failure: Exception | None = None) -> None:
        self.record.end = end
        self.record.failure = failure
        self.record.over_at = time.monotonic()
