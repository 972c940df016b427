"""What a process keeps for its readers is bounded in bytes, whatever they do, under either server.

Each limit of memory is the promise, and each of time five times the promise, so that a busy machine
fails no test. What is really reached is measured by bench/figures/bounds.py.
"""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.db import connection

import live
from live.log import numbering, retention
from tests.harness.servers import Daphne, Uvicorn
from tests.harness.sessions import session_of
from tests.harness.site import People, make_people
from tests.harness.sse import EventStream, Frame

LONG = 100_000  # characters of each event
COUNT = 2_000  # such events in the log: 200 MB
FRESH = 300  # MB that a process may hold, whatever the log
REPLAYING = 150  # MB more while four streams replay
OTHERS_WAIT = 5 * 2  # seconds until others have an event meanwhile
HEALTH_WAITS = 5 * 1
LONG_EVENT = re.compile(rb"id: (\d+)\nevent: live\.long\n")

# In one statement, for each database: (events, half of their characters, audience).
FILL = {
    "sqlite": """
WITH RECURSIVE numbers(number) AS (
    SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < %s
)
INSERT INTO live_event (name, data, audience)
SELECT 'live.long', '{"text":"' || hex(zeroblob(%s)) || '"}', %s FROM numbers
""",
    "postgresql": """
WITH numbers(number) AS (SELECT generate_series(1, %s))
INSERT INTO live_event (name, data, audience)
SELECT 'live.long', '{"text":"' || repeat('00', %s) || '"}', %s FROM numbers
""",
}


class ImpatientDaphne(Daphne):
    application = "tests.live.impatient:application"


class ImpatientUvicorn(Uvicorn):
    application = "tests.live.impatient:application"


class Slow:
    """A stream whose reader takes nothing until it is told to, over a connection whose reader's
    side keeps little."""

    def __init__(self, server: Daphne, user: User, last_id: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", server.port))
        after = "" if last_id is None else f"Last-Event-ID: {last_id}\r\n"
        self.socket.sendall(
            f"GET /api/user/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n{after}"
            f"Cookie: sessionid={session_of(user)}\r\n\r\n".encode()
        )
        self.got = 0
        self._end = b""
        while b"event: connected" not in self._end:
            self._end += self.take()
        self._end = self._end.partition(b"event: connected")[2]

    def take(self, most: int = 65_536) -> bytes:
        received = self.socket.recv(most)
        if not received:
            raise ConnectionError("the stream was ended")
        self.got += len(received)
        return received

    def until(self, position: int, pause: float = 0, most: int = 65_536) -> list[int]:
        """Take what comes up to the long event at that position; the ids of all long ones.
        Heartbeats come in between, with the position at which they stand."""
        ids: list[int] = []
        while not ids or ids[-1] < position:
            *whole, self._end = (self._end + self.take(most)).split(b"\n\n")
            ids += [int(found[1]) for frame in whole if (found := LONG_EVENT.search(frame))]
            time.sleep(pause)
        return ids

    def is_ended(self) -> bool:
        """Whether the connection is ended, once all that was on its way has been taken."""
        with suppress(ConnectionError):
            while True:
                self.take(1_000_000)
        return True


def memory(server: Daphne, what: str) -> int:
    """In MB, as Linux counts what is resident (VmRSS), or was at most (VmHWM)."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(rf"{what}:\s+(\d+) kB", status)
    assert found
    return int(found[1]) // 1000


def forget_the_most(server: Daphne) -> int:
    """Begin anew to count what is held at most; what is held now."""
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")
    return memory(server, "VmRSS")


def ended_as_stuck(server: Daphne) -> int:
    counted = httpx.get(f"{server.url}/metrics").text
    found = re.search(r'live_goodbyes_total{reason="stuck"} (\d+)', counted)
    return int(found[1]) if found else 0


def tell_long(user: User, count: int = COUNT, size: int = LONG) -> int:
    """Fill the log with that many long events for the user; the head."""
    with connection.cursor() as cursor:
        cursor.execute(FILL[connection.vendor], [count, size // 2, f"user:{user.pk}"])
    return numbering.number()


@pytest.fixture(scope="module")
def long_log(site_database: str) -> Iterator[tuple[People, int]]:
    """People, and the position after which the log has 200 MB for alice. Later tests get a log
    without them."""
    people = make_people()
    start = numbering.number()
    tell_long(people.alice)
    yield people, start
    retention.prune(hours=0)


@pytest.fixture(
    scope="module", params=[ImpatientDaphne, ImpatientUvicorn], ids=["daphne", "uvicorn"]
)
def server(request: Any, site_database: str, long_log: tuple[People, int]) -> Iterator[Daphne]:
    with request.param(site_database) as server:
        yield server


@pytest.fixture
def people(long_log: tuple[People, int]) -> People:
    return long_log[0]


@pytest.fixture
def start(long_log: tuple[People, int]) -> int:
    return long_log[1]


def test_a_fresh_process_holds_little_of_a_log_of_long_events(server: Daphne) -> None:
    assert memory(server, "VmHWM") <= FRESH


def test_four_that_replay_a_long_log_cost_a_process_pieces_and_others_do_not_wait(
    server: Daphne, people: People, start: int, follow: Any
) -> None:
    other = follow(server, people.carol)
    before = forget_the_most(server)
    streams = [Slow(server, people.alice, start) for _ in range(4)]
    stopped = threading.Event()

    def replay(stream: Slow) -> None:
        while not stopped.is_set():
            stream.take(1_000_000)

    threads = [threading.Thread(target=replay, args=[stream]) for stream in streams]
    for thread in threads:
        thread.start()
    try:
        for number in range(3):
            began = time.monotonic()
            assert httpx.get(f"{server.url}/healthz", timeout=HEALTH_WAITS).status_code == 200
            ticket = people.ticket(f"Meanwhile {number}")
            frame = other.next("ticket.created", seconds=OTHERS_WAIT)
            assert frame.data["ticket"]["id"] == ticket.pk
            assert time.monotonic() - began < OTHERS_WAIT
            time.sleep(0.5)  # they go on meanwhile
    finally:
        stopped.set()
        for thread in threads:
            thread.join(20)
        for stream in streams:
            stream.socket.close()
    assert min(stream.got for stream in streams) > 1_000_000
    assert memory(server, "VmHWM") - before <= REPLAYING


def test_streams_that_nobody_reads_cost_little_are_ended_and_lose_nothing(
    server: Daphne, people: People, follow: Any
) -> None:
    """Each would have taken 20 MB."""
    healthy: EventStream = follow(server, people.bob)
    before = forget_the_most(server)
    stuck = ended_as_stuck(server)
    unread = [Slow(server, people.bob) for _ in range(10)]
    start = numbering.number()
    head = tell_long(people.bob, 200)
    assert [healthy.next("live.long").id for _ in range(200)] == list(range(start + 1, head + 1))
    assert memory(server, "VmHWM") - before <= 40
    deadline = time.monotonic() + 30
    while ended_as_stuck(server) < stuck + 10:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert all(stream.is_ended() for stream in unread)
    got = [stream.got for stream in unread]
    assert max(got) < 5_000_000, got  # what the kernel had taken
    again = Slow(server, people.bob, start)
    assert again.until(head) == list(range(start + 1, head + 1))
    healthy.silent_for(0.1)


def test_a_reader_that_takes_little_at_a_time_gets_all_on_the_same_response(
    server: Daphne, people: People
) -> None:
    """Far longer than a reader may take nothing."""
    stream = Slow(server, people.bob)
    start = numbering.number()
    head = tell_long(people.bob, 40)
    began = time.monotonic()
    ids = stream.until(head, pause=0.005, most=16_384)
    assert ids == list(range(start + 1, head + 1))
    assert time.monotonic() - began > 3.5


def test_six_long_events_at_once_end_no_healthy_reader(
    server: Daphne, people: People, follow: Any
) -> None:
    """Among them one that is longer than all that may wait for a reader."""
    healthy: list[EventStream] = [follow(server, people.bob) for _ in range(3)]
    sizes = (300_000, 300_000, 1_500_000, 300_000, 300_000, 300_000)
    for size in sizes:
        live.publish("live.long", {"text": "x" * size}, [f"user:{people.bob.pk}"])
    for stream in healthy:
        frames: list[Frame] = [stream.next() for _ in sizes]
        assert [len(frame.data["text"]) for frame in frames] == list(sizes)
        assert [frame.event for frame in frames] == ["live.long"] * 6
