"""Tries a site's stream on one way to its server: a few streams side by side, none left open.

Streams that are to be compared are asked for at the same address, because a cache finds its copies
by the address: if one client then gets the bytes of another, there is a cache."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from secrets import token_hex
from threading import Event

from streamdoctor.probing.facts import Leaving, Resume, Way
from streamdoctor.probing.together import open_together
from streamdoctor.probing.trials import is_answered, try_again
from streamdoctor.probing.watch import Record, Watch
from streamdoctor.site import Site
from streamdoctor.wire.client import Client
from streamdoctor.wire.message import Headers

STAGGER = 3.0  # seconds: what is cut by its age is cut apart, what is cut by an event together
LEAVING = 2  # streams at once: with the four that stay open, as many as a browser opens
ROUNDS = 3  # times that so many are opened and left
LOOK_SECONDS = 2.4  # what only notices at its second write, as Apache does, has noticed by then
LOOKS = 2
LINGERING = 2.4  # seconds: of streams that are written to each second it is noticed by then
SHORT_SECONDS = 4.5
REPEATS = 12  # of one probe, should all be cut at once
UNCODED = ("Accept-Encoding", "identity")

Say = Callable[[str], None]


class Observation:
    """Opens streams on one way until `until`. Those that are open then are read on until
    `deadline`, to see how they end."""

    def __init__(
        self,
        client: Client,
        site: Site,
        until: float,
        deadline: float,
        over: Event,
        held: Callable[[], int],
    ) -> None:
        self.way = Way(client.origin)
        self._held = held
        self._client = client
        self._site = site
        self._until = until
        self._deadline = deadline
        self._over = over  # nothing new is opened from then on
        self._began_at = time.monotonic()
        # Set when the resume, the uncoded one and the two on one connection have left.
        self._short_ones = [Event(), Event(), Event()]

    def start(self, pool: ThreadPoolExecutor, say: Say, *, direct: bool) -> list[Future[None]]:
        way, site = self.way, self._site
        probes: list[Callable[[], None]] = [
            lambda: self._keep_open(site.silent, way.silent, 0),
            lambda: self._keep_open(site.paced, way.paced, 0),
            lambda: self._resume(say),
        ]
        if not direct:
            probes += [
                lambda: self._keep_open(site.plain, way.plain, 0),
                lambda: self._keep_open(site.paced, way.paced, STAGGER),
                self._ask_uncoded,
                self._open_together,
                lambda: self._leave(say),
            ]
        return [pool.submit(probe) for probe in probes]

    def _keep_open(self, target: str, records: list[Record], start: float) -> None:
        """Opens one stream, again and again when it ends, as long as the observation lasts."""
        self._over.wait(start)
        for _ in range(REPEATS):
            if self._over.is_set() or time.monotonic() > self._until - 0.5:
                return
            with self._stream(target) as watch:
                records.append(watch.record)
                record = watch.until(self._deadline)
            if len(records) > 1 and record.head is not None and not record.is_stream:
                return  # refused, twice
            self._over.wait(1)

    def _resume(self, say: Say) -> None:
        """Breaks a stream off after its first heartbeat, and resumes with its last id. On a slow
        way it waits for them as long as there is time."""
        heartbeat, opening = self._site.words.heartbeat, self._site.words.opening
        try:
            with self._stream(self._site.paced) as watch:
                broken = watch.until(self._until - 2, event=heartbeat)
            if broken.last_id is None or broken.end != "open":
                return
            header = [("Last-Event-ID", broken.last_id)]
            with self._stream(self._site.paced, header) as watch:
                record = watch.until(self._until, event=opening, enough=_is_refused)
            if record.opening is not None:
                self.way.resume = Resume(broken.last_id, record)
                say("broken off and resumed with the last id")
            elif _is_refused(record):
                self.way.trials = try_again(record, lambda resumes: self._try(header, resumes))
        finally:
            self._short_ones[0].set()

    def _try(self, header: Headers, resumes: bool) -> Record:
        with self._stream(self._site.paced, header if resumes else []) as watch:
            return watch.until(self._until, enough=is_answered)

    def _ask_uncoded(self) -> None:
        """Asks for a stream without any coding, at an address that nobody has asked for before."""
        target = f"{self._site.paced}&once={token_hex(8)}"
        try:
            with self._stream(target, [UNCODED]) as watch:
                self.way.uncoded = watch.record
                watch.until(min(self._began_at + SHORT_SECONDS, self._until))
        finally:
            self._short_ones[1].set()

    def _open_together(self) -> None:
        self._short_ones[0].wait(max(self._until - time.monotonic(), 0))
        try:
            if self.way.http_version == "2" and not self._over.is_set():
                self.way.together = open_together(self._client, self._site.silent, self._until)
        finally:
            self._short_ones[2].set()

    def _leave(self, say: Say) -> None:
        """Closes silent streams and looks whether the server still counts them. If it does, closes
        others that are written to each second, for many proxies notice only when they write."""
        for left in self._short_ones:
            left.wait(max(self._until - time.monotonic(), 0))
        self._over.wait(LINGERING)
        self.way.left_silent = self._left(self._site.silent)
        if self.way.left_silent is not None:
            say("left some streams and asked whether the server noticed")
            if self.way.left_silent.was_unnoticed:
                self.way.left_written = self._left(self._site.paced)

    def _left(self, target: str) -> Leaving | None:
        before = self._count_streams()
        if before is None or time.monotonic() > self._until - LOOK_SECONDS - 1:
            return None
        for _ in range(ROUNDS):
            if not self._open_and_leave(target):
                return None
        leaving = Leaving(before, self._held(), LEAVING * ROUNDS)
        return leaving if self._look_after(leaving) else None

    def _open_and_leave(self, target: str) -> bool:
        """Whether all of them opened, and there is time to look what became of them."""
        opening = self._site.words.opening
        watches = [self._stream(f"{target}&left={token_hex(4)}") for _ in range(LEAVING)]
        opened = [watch.until(time.monotonic() + 2, event=opening) for watch in watches]
        for watch in watches:
            watch.close()
        is_in_time = time.monotonic() < self._until - LOOK_SECONDS - 1
        return is_in_time and all(record.opening is not None for record in opened)

    def _look_after(self, leaving: Leaving) -> bool:
        """Counts again after a while, and once more if they are still counted. To count is to open
        a stream and to leave it, so there is time for that one to go before the next look."""
        closed_at = time.monotonic()
        for _ in range(LOOKS):
            if self._over.wait(min(LOOK_SECONDS, max(self._until - time.monotonic(), 0))):
                break
            count = self._count_streams()
            if count is None:
                return False
            leaving.after = count
            leaving.waited = time.monotonic() - closed_at
            if not leaving.was_unnoticed:
                break
        return leaving.waited >= LOOK_SECONDS

    def _count_streams(self) -> int | None:
        """How many streams this user has open for diagnosis, besides the one that asks."""
        with self._stream(f"{self._site.paced}&count={token_hex(4)}") as watch:
            record = watch.until(time.monotonic() + 2, event=self._site.words.opening)
        streams = record.opening.data.get("streams") if record.opening else None
        return streams - 1 if isinstance(streams, int) else None

    def _stream(self, target: str, headers: Headers = ()) -> Watch:
        return Watch(self._client, target, headers, words=self._site.words)


def _is_refused(record: Record) -> bool:
    return record.head is not None and not record.is_stream
