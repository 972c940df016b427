"""Tries any stream on one way to its server. All that is known of it is how to ask for it, so it is
asked for just so, a few times side by side, and what comes is noted."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from streamdoctor.probing.facts import Resume, Way
from streamdoctor.probing.order import StreamOrder
from streamdoctor.probing.probes import SHORT_SECONDS, UNCODED, Say
from streamdoctor.probing.together import open_together
from streamdoctor.probing.trials import is_answered, try_again
from streamdoctor.probing.watch import Record, Watch
from streamdoctor.wire.client import Client
from streamdoctor.wire.message import Headers

STAGGER = 2.3  # seconds: what is cut by its age is cut apart, what is cut by an event together
REACTION = 1.6  # seconds in which a stream that we end should be ended by the other side, too
QUIET = 2.5  # seconds without a byte after which it is asked whether a stream still lives
REPEATS = 6  # of one probe, should the stream be cut or end again and again
ENDINGS = 3  # of a stream that ends by itself
MISSED = 2  # events that a resume is to bring back


class StreamObservation:
    def __init__(self, client: Client, order: StreamOrder, target: str, until: float) -> None:
        self.way = Way(client.origin)
        self._client = client
        self._data = order.data
        self._target = target
        self._until = until
        self._over = Event()  # set when nothing new is to be opened
        self._chains = 1  # of streams that are opened again and again
        self._ended: list[float] = []
        self._began_at = time.monotonic()

    def start(self, pool: ThreadPoolExecutor, say: Say, *, direct: bool) -> list[Future[None]]:
        """A POST may cost, so it is sent once as browsers ask, and once without any coding."""
        probes: list[Callable[[], None]] = [lambda: self._keep_open(0)]
        self._chains = 2 if self._data is None and not direct else 1
        if self._data is None:
            probes.append(lambda: self._resume(say))
        if not direct:
            probes.append(self._ask_uncoded)
        if not direct and self._data is None:
            probes += [lambda: self._keep_open(STAGGER), self._open_together, self._open_late]
        return [pool.submit(probe) for probe in probes]

    def _keep_open(self, start: float) -> None:
        """Opens the stream, and again when it ends, as a browser does. Once that is over, nothing
        new is opened."""
        self._wait(start)
        try:
            self._open_again_and_again()
        finally:
            self._ended.append(start)
            if len(self._ended) == self._chains:
                self._over.set()

    def _open_again_and_again(self) -> None:
        endings = 0
        for _ in range(REPEATS if self._data is None else 1):
            with self._stream() as watch:
                self.way.plain.append(watch.record)
                record = watch.until(self._until)
                if record.silence_at_end > QUIET:
                    watch.notices_our_end(time.monotonic() + REACTION)
            endings += record.end == "ended"
            if endings == ENDINGS or _is_refused_again(self.way.plain) or not self._wait(1):
                return

    def _ask_uncoded(self) -> None:
        with self._stream([UNCODED]) as watch:
            self.way.uncoded = watch.record
            enough_at = time.monotonic() + SHORT_SECONDS
            watch.until(
                self._until,
                enough=lambda record: time.monotonic() > enough_at and record.has_spoken,
            )

    def _resume(self, say: Say) -> None:
        """Asks for what came after the oldest id that has come, as if it had been missed. Should
        that be refused, it is tried again, for once may be chance."""
        latest = self._began_at + (self._until - self._began_at) * 0.6
        while len(ids := self._ids()) <= MISSED and time.monotonic() < latest:
            if not self._wait(0.2):
                break
        if not ids:
            return
        header = [("Last-Event-ID", ids[0])]
        until = min(time.monotonic() + SHORT_SECONDS, self._until + 1)
        with self._stream(header) as watch:
            record = watch.until(until, enough=lambda record: len(record.frames) > MISSED)
        if record.is_stream:
            say("broken off and resumed with an id")
            self.way.resume = Resume(ids[0], record, missed=ids[1 : MISSED + 1])
        elif record.head is not None:
            self.way.trials = try_again(record, lambda resumes: self._try(header, resumes, until))

    def _try(self, header: Headers, resumes: bool, until: float) -> Record:
        with self._stream(header if resumes else []) as watch:
            return watch.until(until, enough=is_answered)

    def _open_together(self) -> None:
        self._wait(SHORT_SECONDS)
        if self.way.http_version == "2":
            self.way.together = open_together(self._client, self._target, self._until)

    def _open_late(self) -> None:
        """If the streams are silent near the end, opens a fresh one: whatever it hears, and how it
        ends, is what an old stream that is well would show, too."""
        if not self._wait(self._until - REACTION - time.monotonic()):
            return
        now = time.monotonic()
        waiting = [record for record in self.way.plain if record.is_stream and not record.over_at]
        if not waiting or any(now - record.last_seen_at < QUIET for record in waiting):
            return
        with self._stream() as watch:
            self.way.late = watch.record
            watch.until(self._until, enough=lambda record: record.is_stream)
            watch.until(time.monotonic() + 0.3)
            watch.notices_our_end(time.monotonic() + REACTION)

    def _ids(self) -> list[str]:
        """Those that the stream which has brought the most has brought, in their order."""
        return max(
            (list(dict.fromkeys(frame.id for frame in list(record.frames) if frame.id))
             for record in self.way.plain),
            key=len, default=[],
        )  # fmt: skip

    def _wait(self, seconds: float) -> bool:
        """Whether there is time left after these seconds."""
        left = self._until - 0.5 - time.monotonic()
        self._over.wait(max(min(seconds, left), 0))
        return left > seconds and not self._over.is_set() and not self._client.abandoned.is_set()

    def _stream(self, headers: Headers = ()) -> Watch:
        return Watch(self._client, self._target, headers, data=self._data)


def _is_refused_again(records: list[Record]) -> bool:
    answered = [record for record in records if record.head is not None]
    return len(answered) > 2 and not any(record.is_stream for record in answered)
