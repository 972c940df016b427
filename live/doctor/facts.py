"""What the probes have seen."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from live.doctor.client import Answer
from live.doctor.origin import Origin
from live.doctor.signin import SignedIn
from live.doctor.watch import EVENT_STREAM, Record


@dataclass
class Resume:
    """A stream broken on purpose, and the one that went on with its last id."""

    sent_id: str
    resumed: Record


@dataclass
class Leaving:
    """How many streams the server counted before some were opened and closed, and after."""

    before: int
    closed: int
    after: int = 0
    waited: float = 0.0  # seconds since they were closed

    @property
    def was_unnoticed(self) -> bool:
        """Most are still counted: the others may be in another process."""
        return self.after - self.before > self.closed / 2


@dataclass
class Way:
    """One way to the server: through what stands in between, or direct."""

    origin: Origin
    paced: list[Record] = field(default_factory=list)  # a heartbeat each second
    silent: list[Record] = field(default_factory=list)  # a heartbeat each minute
    plain: list[Record] = field(default_factory=list)  # as the pages open it
    uncoded: Record | None = None  # asked for without any content coding, at an address of its own
    resume: Resume | None = None
    left_silent: Leaving | None = None
    left_written: Leaving | None = None  # only if those that were silent went unnoticed
    ended_at: float = math.inf  # monotonic: from then on we had the streams ended ourselves

    @property
    def records(self) -> list[Record]:
        extra = [self.uncoded] if self.uncoded else []
        extra += [self.resume.resumed] if self.resume else []
        return [*self.paced, *self.plain, *self.silent, *extra]

    def broken(self, records: Iterable[Record]) -> list[Record]:
        """Those that ended against our will and the server's."""
        return [one for one in records if one.broke_off and one.over_at < self.ended_at]

    @property
    def has_heard_nothing(self) -> bool:
        """Streams are open, but no more than their beginning has come."""
        waiting = [one for one in self.paced if one.end == "open"]
        return bool(waiting) and all(len(one.pieces) < 3 for one in self.paced)

    @property
    def streams(self) -> list[Record]:
        return [one for one in self.records if one.is_stream]


@dataclass
class Facts:
    asked: Origin
    way: Way
    failure: Exception | None = None  # nothing could be asked at all
    redirects: list[tuple[str, str]] = field(default_factory=list)
    page: Answer | None = None  # the site's root
    strangers: list[Answer] = field(default_factory=list)  # the stream without a session
    refusal: bytes = b""  # what the first server says to a request that it cannot read
    signed_in: SignedIn | None = None
    lost_login: str = ""  # why signing in failed, though not by a wrong password
    direct: Way | None = None
    direct_failure: str = ""
    readiness: Answer | None = None

    @property
    def heads(self) -> list[Answer]:
        return [*([self.page] if self.page else []), *self.strangers]

    @property
    def stranger(self) -> Answer:
        return self.strangers[0]

    @property
    def round_trip(self) -> float:
        """Seconds of the quickest request that is answered at once."""
        return min((one.seconds for one in self.strangers if one.status == 401), default=0.0)

    @property
    def network_latency(self) -> float:
        """Seconds to the first server in the way, from the quickest TCP handshake."""
        return min((one.connect_seconds for one in self.heads), default=0.0) / 2

    @property
    def heartbeat(self) -> float:
        """The pace of the server's heartbeats on the pages' own streams; 15 s by default."""
        for record in self.way.plain:
            if record.connected and isinstance(record.connected.data.get("heartbeat"), int | float):
                return float(record.connected.data["heartbeat"])
        return 15.0


GATEWAY = (502, 503, 504)


def is_recorded_stream(answer: Answer) -> bool:
    """A stream with somebody's events; not the stand-in that a proxy gives while Daphne is away."""
    is_stream = (answer.head.header("content-type") or "").startswith(EVENT_STREAM)
    return answer.status == 200 and is_stream and b"event: connected" in answer.body
