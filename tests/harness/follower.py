"""A follower is a dashboard without a screen: it loads one page, then lives on events."""

import json
import threading
from collections import Counter
from random import Random
from typing import Any
from urllib.request import Request, urlopen

from tests.harness.sse import EventStream, Frame

TICKETS = ("ticket.created", "ticket.updated", "ticket.removed")
EVENTS = (*TICKETS, "comment.created")
ASIDE = (
    "notice.created",
    "notice.read",
    "ticket.seen",
    "queues.changed",
    "canned.changed",
)  # of no ticket's state
FRAMES = ("connected", "reset", "heartbeat", *EVENTS, *ASIDE)
SILENCE = 30  # seconds; with a heartbeat each second, longer is a fault
BACK_OFF = 1.0  # seconds before a refused stream is opened again, as our client does


class Follower:
    """It follows in a thread. Cut off at random, it goes on after its last id, on either server."""

    def __init__(self, urls: list[str], session: str, *, breaks_every: int, seed: str) -> None:
        self.urls = urls
        self.session = session
        self.breaks_every = breaks_every  # frames, on average
        self.tickets: dict[int, dict[str, Any]] = {}
        self.began_at = self.last_id = -1
        self.began_with = 0  # tickets
        self.told: Counter[int] = Counter()  # how often each position of the log
        self.late: list[int] = []  # ids that came after a higher one
        self.resets = self.breaks = self.refused = 0
        self.error = ""
        self._dice = Random(seed)
        self._moved = threading.Condition()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def load_page(self) -> None:
        """Load every page of the list, which is at least as new as the head of its first page."""
        number = pages = 1
        while number <= pages:
            page = self._page(number)
            if number == 1:
                self.last_id, pages = page["head"], page["pages"]
            for ticket in page["results"]:
                del ticket["unread"]  # the reader's own, in no event
                self.tickets[ticket["id"]] = ticket
            number += 1
        self.began_at, self.began_with = self.last_id, len(self.tickets)

    def _page(self, number: int) -> Any:
        address = f"{self.urls[0]}/api/tickets/?page={number}"
        request = Request(address, headers={"Cookie": f"sessionid={self.session}"})
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(SILENCE + 5)

    def wait_until_served(self, head: int, seconds: float) -> None:
        """Wait until the stream has brought everything up to that head, or has failed."""
        with self._moved:
            self._moved.wait_for(lambda: self.error or self.last_id >= head, seconds)
            if self.last_id < head and not self.error:
                self.error = f"served up to {self.last_id} of {head} only, after {seconds:.0f} s"

    def _follow(self) -> None:
        try:
            while not self._stopped.is_set():
                self._read_one_stream()
        except Exception as error:
            with self._moved:
                self.error = repr(error)
                self._moved.notify_all()

    def _read_one_stream(self) -> None:
        url, last_id = self._dice.choice(self.urls), str(self.last_id)
        # As EventSource comes back by itself, and as a page opens it.
        resume: dict[str, Any] = self._dice.choice(
            [{"headers": {"Last-Event-ID": last_id}}, {"lastEventId": last_id}]
        )
        stream = EventStream(url, self.session, seconds=SILENCE, **resume)
        try:
            if stream.status != 200:
                self.refused += 1
                self._stopped.wait(BACK_OFF)
                return
            for _ in range(self._dice.randint(1, 2 * self.breaks_every)):
                self._take(stream.next(*FRAMES, seconds=SILENCE))
                if self._stopped.is_set():
                    return
        finally:
            stream.close()
        self.breaks += 1

    def _take(self, frame: Frame) -> None:
        if frame.event in (*EVENTS, *ASIDE):
            assert frame.id is not None, f"{frame.event} without an id"
            self.told[frame.id] += 1
        if frame.event in EVENTS:
            self._apply(frame)
        self.resets += frame.event == "reset"
        if frame.id is not None:
            if frame.id < self.last_id:
                self.late.append(frame.id)
            with self._moved:
                self.last_id = frame.id
                self._moved.notify_all()

    def _apply(self, frame: Frame) -> None:
        ticket = frame.data["ticket"]
        if frame.event == "ticket.removed":
            self.tickets.pop(ticket["id"], None)
        elif frame.event in TICKETS:
            known = self.tickets.get(ticket["id"])
            if known is None or known["version"] <= ticket["version"]:
                self.tickets[ticket["id"]] = ticket
        elif ticket["id"] in self.tickets:
            self.tickets[ticket["id"]].update(ticket, **_answered(frame.data["comment"]))


def _answered(comment: dict[str, Any]) -> dict[str, bool]:
    """Whether the ticket waits for an answer now; an internal note says nothing of that."""
    return {} if comment["internal"] else {"awaits_answer": comment["requester"]}
