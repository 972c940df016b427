"""Facts: all that the probes have seen, and nothing that is concluded from it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from streamdoctor.probing.signin import SignedIn
from streamdoctor.probing.together import Together
from streamdoctor.probing.watch import EVENT_STREAM, Record
from streamdoctor.site import NO_WORDS, Site, Words
from streamdoctor.wire.client import Answer
from streamdoctor.wire.origin import Origin


@dataclass
class Resume:
    """A stream was broken off on purpose, and another one resumed with its last id."""

    sent_id: str
    resumed: Record
    missed: list[str] = field(default_factory=list)  # ids after it, which should come again


@dataclass
class Leaving:
    """How many streams the server counted before some were opened and closed, and after.

    Where several processes stand behind one address, each counts its own, and all that we held
    open meanwhile may be in the process that is asked afterwards. They are no sign of anything."""

    before: int
    held: int
    closed: int
    after: int = 0
    waited: float = 0.0  # seconds since they were closed

    @property
    def still_counted(self) -> int:
        return self.after - max(self.before, self.held)

    @property
    def was_unnoticed(self) -> bool:
        """Most are still counted. Not all need be, for some may be counted in another process."""
        return self.still_counted > self.closed / 2


@dataclass
class Way:
    """One way to the server: through everything that stands in between, or direct."""

    origin: Origin
    paced: list[Record] = field(default_factory=list)  # a heartbeat each second
    silent: list[Record] = field(default_factory=list)  # a heartbeat each minute
    plain: list[Record] = field(default_factory=list)  # as the pages open it, or as it was told
    uncoded: Record | None = None  # asked for without any content coding, at an address of its own
    resume: Resume | None = None
    trials: list[Record] = field(default_factory=list)  # should a resume be refused: see trials.py
    together: Together | None = None  # two streams on one connection
    late: Record | None = None  # opened when all others were silent
    left_silent: Leaving | None = None
    left_written: Leaving | None = None  # only if those that were silent went unnoticed
    ended_at: float = math.inf  # monotonic: from then on we had the streams ended ourselves

    @property
    def records(self) -> list[Record]:
        extra = [record for record in (self.uncoded, self.late) if record]
        extra += [self.resume.resumed] if self.resume else []
        return [*self.paced, *self.plain, *self.silent, *extra, *self.trials]

    def held(self) -> int:
        """How many streams for diagnosis we hold open now; the server does not count the plain
        ones among them."""
        return sum(record.end == "open" for record in [*self.paced, *self.silent])

    def broken(self, records: Iterable[Record]) -> list[Record]:
        """The records of streams that neither we nor the server wanted to end."""
        return [record for record in records if record.broke_off and record.over_at < self.ended_at]

    @property
    def has_heard_nothing(self) -> bool:
        """Streams are open, but no more than the beginning of each has come."""
        waiting = [record for record in self.paced if record.end == "open"]
        return bool(waiting) and all(len(record.pieces) < 3 for record in self.paced)

    @property
    def http_version(self) -> str | None:
        return next((record.head.http_version for record in self.records if record.head), None)

    @property
    def main(self) -> list[Record]:
        """The streams by which the way is judged: the paced ones, or else the plain ones."""
        return self.paced or self.plain

    @property
    def streams(self) -> list[Record]:
        return [record for record in self.records if record.is_stream]


@dataclass
class Facts:
    asked: Origin
    way: Way
    site: Site | None = None  # None: the doctor knows no more than the stream's address
    # Of a stream that is known by its address alone: path and query, and whether it was asked for
    # with cookies or headers that may say who asks.
    target: str = ""
    with_credentials: bool = False
    is_post: bool = False
    promised: float | None = None  # seconds between two heartbeats, as somebody has told us
    seconds: float = 26.0  # that the examination was given
    failure: Exception | None = None  # nothing could be asked at all
    redirects: list[tuple[str, str]] = field(default_factory=list)
    page: Answer | None = None  # the first answer: of the site's root, or of the stream's address
    root: Answer | None = None  # of the host, asked if the stream gave not even its headers
    tries: list[Answer] = field(default_factory=list)  # the first answers that were a gateway's
    strangers: list[Answer] = field(default_factory=list)  # the stream without a session
    refusal: bytes = b""  # what the first server says to a request that it cannot read
    signed_in: SignedIn | None = None
    signed_out_at: float = math.inf  # monotonic: the server has said so
    sign_in_seconds: float | None = None
    lost_login: str = ""  # why signing in failed, though not by a wrong password
    direct: Way | None = None
    direct_asked: Origin | None = None
    direct_failure: str = ""  # why there was no log-in on the direct way either
    readiness: Answer | None = None

    @property
    def ways(self) -> list[Way]:
        return [self.way, self.direct] if self.direct else [self.way]

    def held(self) -> int:
        """How many streams for diagnosis we hold open now, on all ways."""
        return sum(way.held() for way in self.ways)

    @property
    def stream(self) -> str:
        """The path of the stream."""
        return self.site.stream if self.site else self.target.partition("?")[0]

    @property
    def words(self) -> Words:
        return self.site.words if self.site else NO_WORDS

    @property
    def heads(self) -> list[Answer]:
        first = [answer for answer in (self.page, self.root) if answer is not None]
        return [*first, *self.tries, *self.strangers]

    @property
    def stranger(self) -> Answer:
        return self.strangers[0]

    @property
    def round_trip(self) -> float:
        """Seconds of the quickest request that is answered at once."""
        answers = (answer.seconds for answer in self.strangers if answer.status == 401)
        return min(answers, default=0.0)

    @property
    def network_latency(self) -> float:
        """Seconds to the first server in the way, from the quickest TCP handshake."""
        return min((answer.connect_seconds for answer in self.heads), default=0.0) / 2

    @property
    def heartbeat(self) -> float:
        """Seconds between the server's heartbeats on the streams of the site's own pages."""
        for record in self.way.plain:
            said = record.opening.data.get("heartbeat") if record.opening else None
            if isinstance(said, int | float):
                return float(said)
        return self.site.heartbeat_seconds if self.site else math.inf

    def holds_events(self, answer: Answer) -> bool:
        """Whether an answer is the stream with somebody's events. The answer that a proxy gives
        itself while the server is away is a stream too, but an empty one."""
        is_stream = (answer.head.header("content-type") or "").startswith(EVENT_STREAM)
        opening = f"event: {self.words.opening}".encode()
        return (
            self.site is not None and answer.status == 200 and is_stream and opening in answer.body
        )
