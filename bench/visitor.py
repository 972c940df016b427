"""People look at pages while something else goes on, one page after the other without a pause.

Each has one connection, kept as a browser keeps it, and opens it again when the server goes away.
"""

import http.client
import threading
import time
from typing import Any

from bench.worker import serve

PATIENCE = 30  # seconds for a page
AWAY = 0.02  # seconds until it is asked again, when nobody listens

Visit = tuple[str, float, float, int]  # page, when it was asked for, seconds, status (0: none)


class Visitor:
    def __init__(self, port: int, session: str, pages: list[str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.headers = {"Cookie": f"sessionid={session}"}
        self.pages = pages
        self.visits: list[Visit] = []
        self.thread = threading.Thread(target=self._visit_all, daemon=True)
        self.thread.start()

    def _visit_all(self) -> None:
        while not stopped.is_set():
            for page in self.pages:
                began = time.monotonic()
                status = self._visit(page)
                self.visits.append((page, began, time.monotonic() - began, status))
                if not status:
                    stopped.wait(AWAY)

    def _visit(self, page: str) -> int:
        try:
            self.connection.request("GET", page, headers=self.headers)
            response = self.connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0
        return response.status


def start(port: int, sessions: list[str], pages: list[str]) -> None:
    """Start a visitor for each session."""
    stopped.clear()
    visitors[:] = [Visitor(port, session, pages) for session in sessions]


def stop() -> list[Visit]:
    stopped.set()
    for visitor in visitors:
        visitor.thread.join(PATIENCE + 5)
    return [visit for visitor in visitors for visit in visitor.visits]


visitors: list[Any] = []
stopped = threading.Event()


if __name__ == "__main__":
    serve(start=start, stop=stop)
