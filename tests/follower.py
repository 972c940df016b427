"""A dashboard without a screen: one page to begin with, from there on nothing but events."""

import threading
from collections import Counter
from random import Random
from typing import Any

import httpx

from tests.sse import EventStream, Frame

TICKETS = ("ticket.created", "ticket.updated", "ticket.removed")
EVENTS = (*TICKETS, "comment.created")
FRAMES = ("connected", "reset", "heartbeat", *EVENTS)
SILENCE = 30  # seconds; with a heartbeat each second, longer is a fault
BACK_OFF = 1.0  # seconds before a refused stream is opened again, as our client does


class Follower:
    """Follows in a thread. Cut off at random, it goes on after its last id, wherever it lands."""

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
        """Every page of the list; what it holds is at least as new as its first page's head."""
        with httpx.Client(cookies={"sessionid": self.session}, timeout=30) as browser:
            number = pages = 1
            while number <= pages:
                address = f"{self.urls[0]}/api/tickets/"
                page = browser.get(address, params={"page": number}).raise_for_status().json()
                if number == 1:
                    self.last_id, pages = page["head"], page["pages"]
                for ticket in page["results"]:
                    del ticket["description"]  # the list's own; events do without
                    self.tickets[ticket["id"]] = ticket
                number += 1
        self.began_at, self.began_with = self.last_id, len(self.tickets)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(SILENCE + 5)

    def wait_until_served(self, head: int, seconds: float) -> None:
        """Until the stream says that it has brought everything up to there, or has failed."""
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
        assert frame.id is not None, f"{frame.event} without an id"
        self.told[frame.id] += 1
        ticket = frame.data["ticket"]
        if frame.event == "ticket.removed":
            self.tickets.pop(ticket["id"], None)
        elif frame.event in TICKETS:
            known = self.tickets.get(ticket["id"])
            if known is None or known["version"] <= ticket["version"]:
                self.tickets[ticket["id"]] = ticket
