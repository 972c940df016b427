"""The way out for large sites: the same application, every promise kept, under another server."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from live import log
from tests.backends import missing
from tests.servers import ROOT, Daphne
from tests.site import Browser, People, session_of
from tests.sse import EventStream


class Uvicorn(Daphne):
    """As docs/operations.md has it."""

    def start(self) -> None:
        if not _is_installed():
            missing("uvicorn (bench/requirements.txt)")
        command = [
            sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(self.port),
            "--http", "httptools", "--loop", "uvloop", "--lifespan", "off",
            "--timeout-graceful-shutdown", "1", "ticketsystem.asgi:application",
        ]  # fmt: skip
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output
            )
        self.wait_until_ready()


def _is_installed() -> bool:
    asked = [sys.executable, "-c", "import uvicorn, httptools"]
    return subprocess.run(asked, timeout=30, capture_output=True, check=False).returncode == 0


@pytest.fixture
def uvicorn(site_database: str) -> Iterator[Daphne]:
    with Uvicorn(site_database) as server:
        yield server


def test_a_change_arrives_and_a_break_is_made_good(uvicorn: Daphne, site: People) -> None:
    stream = EventStream(uvicorn.url, session_of(site.alice))
    assert stream.next("connected").data["user"] == site.alice.pk
    with Browser(uvicorn.url, site.carol) as carol:
        new = {"subject": "Over the API", "queue": site.billing.pk}
        assert carol.post("/api/tickets/", json=new).status_code == 201
    first = stream.next()
    assert first.data["ticket"]["subject"] == "Over the API"
    assert stream.next("heartbeat").comments == ["ping"]
    stream.close()
    missed = site.ticket("Meanwhile")
    log.number()
    again = EventStream(uvicorn.url, session_of(site.alice), lastEventId=first.id)
    assert again.next("connected").id == first.id
    assert again.next().data["ticket"]["id"] == missed.pk


def test_who_is_not_signed_in_is_refused(uvicorn: Daphne, site: People) -> None:
    assert EventStream(uvicorn.url, "junk").status == 401
    assert EventStream(uvicorn.url, session_of(site.alice), method="POST").status == 405


def test_a_stop_says_goodbye(uvicorn: Daphne, site: People) -> None:
    stream: Any = EventStream(uvicorn.url, session_of(site.alice))
    stream.next("connected")
    assert uvicorn.process is not None
    # A SIGTERM it raises again, against itself, before the streams have ended.
    uvicorn.process.send_signal(signal.SIGINT)
    last = stream.ends(10)[-1]
    assert (last.event, last.data) == ("goodbye", {"reason": "shutdown"})
    assert uvicorn.process.wait(20) is not None
