"""Thousands of browsers in one process, each of which goes on after the last id that it has.

load.py only counts; this knows what each browser was told, in which order, and how late a heartbeat
came. When they are cut off they all come back at once, without the jitter of real ones: that is the
harder case.
"""

import errno
import json
import select
import socket
import time
from collections import Counter
from typing import Any

from bench.machine import raise_file_limit
from bench.wire import Answer, Frame
from bench.worker import serve

AT_ONCE = 50  # connects under way together while the crowd is first opened
KNOCK = 0.005  # seconds between two looks whether the server listens again
BACK_OFF = 0.5  # seconds until a browser whose answer was not 200 tries again
HEARTBEAT, CONNECTED = b"heartbeat", b"connected"
EVENTS = (b"ticket.created", b"ticket.updated")
NOBODY_LISTENS = (errno.ECONNREFUSED, errno.ECONNRESET)
REQUEST = (
    "GET /api/user/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    "Accept: text/event-stream\r\nCookie: sessionid={session}\r\n{resume}\r\n"
)


class Browser:
    """One stream, over however many connections it takes."""

    __slots__ = (
        "answer", "events", "has_asked", "is_open", "last_id", "port", "quiet_since", "session",
        "socket", "told", "witness",
    )  # fmt: skip

    def __init__(self, port: int, session: str, *, witness: bool) -> None:
        self.port = port
        self.session = session
        self.witness = witness  # keeps what it was told; the others count
        self.last_id = -1  # none yet
        self.events = 0
        self.told: list[tuple[int, int, float]] = []  # ticket, version, when
        self.connect()

    def connect(self) -> None:
        """Begin to connect; the socket is writable once that has succeeded or failed."""
        self.answer = Answer()
        self.has_asked = self.is_open = False
        self.quiet_since = 0.0  # not known: see Crowd._note
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", self.port))

    def ask(self) -> None:
        resume = "" if self.last_id < 0 else f"Last-Event-ID: {self.last_id}\r\n"
        request = REQUEST.format(port=self.port, session=self.session, resume=resume)
        self.socket.sendall(request.encode())
        self.has_asked = True


class Crowd:
    def __init__(self) -> None:
        self.epoll = select.epoll()
        self.browsers: dict[int, Browser] = {}  # by the file of their socket
        self.away: list[Browser] = []  # cut off, and nobody listens
        self.turned_away: list[tuple[float, Browser]] = []  # when each tries again
        self.comes_back = False
        self._forget()

    def open(self, streams: list[tuple[int, str]], witnesses: int, seconds: float) -> Any:
        """Open a stream for each port and session; the first ones are the witnesses."""
        self._forget()
        deadline = time.monotonic() + seconds
        for start in range(0, len(streams), AT_ONCE):
            for number, (port, session) in enumerate(streams[start : start + AT_ONCE], start):
                self._watch(Browser(port, session, witness=number < witnesses))
            while self.behind:
                if time.monotonic() > deadline:
                    raise TimeoutError("the streams do not open")
                self._turn(1)
        return self._said()

    def follow(self, events: int, seconds: float, afterwards: float, comes_back: bool) -> Any:
        """Read until each stream has so many events more, and then look whether still more come."""
        self._forget(events)
        self.comes_back = comes_back
        deadline = time.monotonic() + seconds
        while self.behind and time.monotonic() < deadline:
            self._turn(1)
        done_at = time.monotonic()
        self._read_for(afterwards)
        everyone = self._everyone()
        stories = Counter(
            json.dumps([event[:2] for event in browser.told])
            for browser in everyone
            if browser.witness
        )
        return {
            **self._said(),
            "done_at": done_at,
            "listens_since": self.listens_since,
            "events": Counter(browser.events for browser in everyone).most_common(),
            "last_ids": Counter(browser.last_id for browser in everyone).most_common(),
            "told": [[count, json.loads(story)] for story, count in stories.most_common(3)],
            "arrivals": next((browser.told for browser in everyone if browser.witness), []),
        }

    def stay(self, seconds: float, comes_back: bool = False) -> Any:
        """Read whatever comes, and tell how many seconds of silence came before each heartbeat."""
        self._forget()
        self.comes_back = comes_back
        self._read_for(seconds)
        return {**self._said(), "silences": self.silences}

    def _read_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._turn(left)

    def _said(self) -> dict[str, Any]:
        return {
            "open": sum(browser.is_open for browser in self.browsers.values()),
            "answers": self.answers,
            "frames": self.frames,
            "disorder": self.disorder,
            "ended": self.ended,
        }

    def _forget(self, events: int = 0) -> None:
        """Drop what was counted, and wait for so many events; each browser keeps its place."""
        self.wanted = events
        self.answers: Counter[int] = Counter()  # by status
        self.frames: Counter[str] = Counter()  # by name
        self.silences: list[float] = []
        self.disorder = 0  # ids that do not go up
        self.ended = 0  # streams, by the server
        self.listens_since = 0.0  # again
        for browser in self._everyone():
            browser.events, browser.told = 0, []
        self.behind = {browser for browser in self._everyone() if not self._has_all(browser)}

    def _everyone(self) -> list[Browser]:
        turned_away = [browser for _, browser in self.turned_away]
        return [*self.browsers.values(), *self.away, *turned_away]

    def _has_all(self, browser: Browser) -> bool:
        return browser.is_open and browser.events >= self.wanted

    def _turn(self, seconds: float) -> None:
        """Wait for something to happen, at most so long, and serve it."""
        if self.away:
            self._knock()
        while self.turned_away and self.turned_away[0][0] <= time.monotonic():
            self._reconnect(self.turned_away.pop(0)[1])
        busy = self.away or self.turned_away
        for file, _ in self.epoll.poll(min(seconds, KNOCK) if busy else seconds):
            browser = self.browsers[file]
            if browser.has_asked:
                self._read(browser)
            else:
                self._ask(browser)

    def _knock(self) -> None:
        """All browsers come back at the moment at which one of them could connect."""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.away[0].port)):
                return
        self.listens_since = self.listens_since or time.monotonic()
        away, self.away = self.away, []
        for browser in away:
            self._reconnect(browser)

    def _watch(self, browser: Browser) -> None:
        self.browsers[browser.socket.fileno()] = browser
        self.behind.add(browser)
        self.epoll.register(browser.socket, select.EPOLLOUT)

    def _reconnect(self, browser: Browser) -> None:
        browser.connect()
        self._watch(browser)

    def _leave(self, browser: Browser) -> None:
        self.epoll.unregister(browser.socket)
        del self.browsers[browser.socket.fileno()]
        browser.socket.close()
        browser.is_open = False
        self.behind.add(browser)

    def _ask(self, browser: Browser) -> None:
        error = browser.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error in NOBODY_LISTENS:
            self._leave(browser)
            self.away.append(browser)
        elif error:
            raise OSError(error, "a browser cannot connect")
        else:
            browser.ask()
            self.epoll.modify(browser.socket, select.EPOLLIN)

    def _read(self, browser: Browser) -> None:
        try:
            received = browser.socket.recv(1 << 18)
        except ConnectionResetError:
            received = b""
        knew_status, at = browser.answer.status, time.monotonic()
        for frame in browser.answer.take(received):
            self._note(browser, frame, at)
        if self._has_all(browser):
            self.behind.discard(browser)
        if not knew_status and browser.answer.status:
            self.answers[browser.answer.status] += 1
        if not received or browser.answer.ended or browser.answer.status not in (0, 200):
            self._was_ended(browser)

    def _was_ended(self, browser: Browser) -> None:
        status = browser.answer.status
        self._leave(browser)
        if not self.comes_back:
            raise ConnectionError(f"the server ended a stream, status {status}")
        if status in (0, 200):
            self.ended += 1
            self.away.append(browser)
        else:
            self.turned_away.append((time.monotonic() + BACK_OFF, browser))

    def _note(self, browser: Browser, frame: Frame, at: float) -> None:
        position, name, data = frame
        self.frames[name.decode()] += 1
        if name in EVENTS:
            self.disorder += int(position or -1) <= browser.last_id
            browser.events += 1
            if browser.witness:
                ticket = json.loads(data)["ticket"]
                browser.told.append((ticket["id"], ticket["version"], at))
        elif name == HEARTBEAT and browser.quiet_since:
            self.silences.append(at - browser.quiet_since)
        if position:
            browser.last_id = int(position)
        if name == CONNECTED:
            browser.is_open = (
                True  # the first heartbeat comes early, so that they spread: no silence
            )
        else:
            browser.quiet_since = at


if __name__ == "__main__":
    raise_file_limit()
    crowd = Crowd()
    serve(open=crowd.open, follow=crowd.follow, stay=crowd.stay)
