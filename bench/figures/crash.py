"""The server is killed again and again while writers write; then each follower is asked what it was
told."""

import random
import threading
import time
from collections import Counter

from bench.peers import OURS
from bench.results import Figure, at_most
from bench.servers import Server
from bench.suite import Bench
from tests.harness.sse import Closed, EventStream, Frame

FOLLOWERS = 12
WRITERS = 2
PAUSE = 0.01  # seconds between two writes of one writer, on average
UP = (0.5, 2.0)  # seconds a server lives
PATIENCE = 60  # seconds for the last event to arrive after the last start
AFTERWARDS = 2  # seconds in which nothing more may come
KILLS, QUICK_KILLS = 6, 1

FIGURES = (
    Figure(
        "crashes: commits",
        "What two writers committed through the ORM while the server was killed again and again.",
    ),
    Figure("crashes: streams opened", "By twelve followers, each cut off by every kill."),
    Figure("crashes: events lost", "Committed, and never told to a follower.", at_most(0)),
    Figure("crashes: events doubled", "Told to a follower more than once.", at_most(0)),
    Figure("crashes: events out of order", "Told after a later one.", at_most(0)),
    Figure("crashes: never committed, yet told", "Rolled back, and told all the same.", at_most(0)),
    Figure("crashes: resets", "A follower was told to load its page afresh.", at_most(0)),
    Figure("crashes: followers that failed", "For whatever reason but the kill.", at_most(0)),
)


def measure(bench: Bench) -> None:
    """There is one run only, for it takes its time."""
    if OURS in bench.peers:
        CrashRun(bench).run(kills=QUICK_KILLS if bench.quick else KILLS)


class Follower:
    """A browser that goes on after the last id it has, whatever ended the stream."""

    def __init__(self, server: Server, session: str) -> None:
        self.url = f"http://127.0.0.1:{server.port}"
        self.session = session
        self.last_id: int | None = None
        self.told: Counter[tuple[int, int]] = Counter()  # (ticket, version)
        self.newest: dict[int, int] = {}  # version of each ticket
        self.disorder = self.resets = self.connects = 0
        self.error = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(20)

    def _follow(self) -> None:
        try:
            while not self._stopped.is_set():
                self._read_one_stream()
        except Exception as error:
            self.error = repr(error)

    def _read_one_stream(self) -> None:
        """Read until the server dies; it may also not listen at all."""
        resume = {} if self.last_id is None else {"Last-Event-ID": str(self.last_id)}
        try:
            stream = EventStream(self.url, self.session, headers=resume)
        except (ConnectionError, Closed):
            self._stopped.wait(0.05)
            return
        try:
            if stream.status != 200:
                raise RuntimeError(f"the stream answered {stream.status}")
            self.connects += 1
            while not self._stopped.is_set():
                self._take(stream)
        except (ConnectionError, Closed):
            pass  # that is what this run is about
        finally:
            stream.close()

    def _take(self, stream: EventStream) -> None:
        try:
            frame = stream.next("connected", "ticket.created", "ticket.updated", "reset", seconds=1)
        except TimeoutError:
            return  # quiet; look whether to stop
        if "ticket" in frame.data:
            self._note(frame)
        self.resets += frame.event == "reset"
        self.last_id = frame.id if frame.id is not None else self.last_id

    def _note(self, frame: Frame) -> None:
        ticket = frame.data["ticket"]
        number, version = ticket["id"], ticket["version"]
        late = self.last_id is not None and frame.id is not None and frame.id <= self.last_id
        self.disorder += late or version <= self.newest.get(number, 0)
        self.newest[number] = version
        self.told[number, version] += 1


class CrashRun:
    def __init__(self, bench: Bench) -> None:
        self.site = bench.site(OURS, FOLLOWERS)
        self.results = bench.results
        self.say = bench.say

    def run(self, kills: int) -> None:
        with Server(self.site) as server:
            followers = [Follower(server, session) for session in self.site.sessions]
            committed = self._write_while_it_crashes(server, kills)
            self._wait_for(followers, committed)
        self._count(followers, committed)

    def _write_while_it_crashes(self, server: Server, kills: int) -> set[tuple[int, int]]:
        writers = [self.site.worker("bench.writer") for _ in range(WRITERS)]
        try:
            for seed, writer in enumerate(writers):
                writer.ask("start", queue=self.site.wide, seed=seed, pause=PAUSE)
            for number in range(1, kills + 1):
                time.sleep(random.uniform(*UP))
                server.kill()
                server.start()
                self.say(f"crash run: killed and started again, {number} of {kills}")
            time.sleep(UP[1])
            answers = [writer.ask("stop", 70) for writer in writers]
        finally:
            for writer in writers:
                writer.end()
        for answer in answers:
            if answer["error"]:
                raise RuntimeError(f"a writer failed: {answer['error']}")
        return {(ticket, version) for answer in answers for ticket, version in answer["committed"]}

    def _wait_for(self, followers: list[Follower], committed: set[tuple[int, int]]) -> None:
        deadline = time.monotonic() + PATIENCE
        while any(committed - follower.told.keys() for follower in followers):
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        time.sleep(AFTERWARDS)
        for follower in followers:
            follower.stop()

    def _count(self, followers: list[Follower], committed: set[tuple[int, int]]) -> None:
        told = [follower.told for follower in followers]
        counted = {
            "crashes: commits": len(committed),
            "crashes: streams opened": sum(follower.connects for follower in followers),
            "crashes: events lost": sum(len(committed - events.keys()) for events in told),
            "crashes: events doubled": sum(events.total() - len(events) for events in told),
            "crashes: events out of order": sum(follower.disorder for follower in followers),
            "crashes: never committed, yet told": sum(
                len(events.keys() - committed) for events in told
            ),
            "crashes: resets": sum(follower.resets for follower in followers),
            "crashes: followers that failed": sum(bool(follower.error) for follower in followers),
        }
        for figure, value in counted.items():
            self.results.add(figure, OURS.name, value)
        for follower in followers:
            if follower.error:
                self.say(f"a follower failed: {follower.error}")
