"""Development: runserver serves the stream, reloads at once with streams open, stops on Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.harness.processes import ROOT, free_port
from tests.harness.sessions import session_of
from tests.harness.site import People
from tests.harness.sse import EventStream
from tests.harness.temporary import folder

PROJECT = ("live", "streamdoctor", "tickets", "ticketsystem", "templates", "static", "manage.py")


@pytest.fixture
def project(site_database: str) -> Iterator[Path]:
    """A copy of the project, to touch its files."""
    copy = folder / "project"
    copy.mkdir()
    for name in PROJECT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    yield copy
    shutil.rmtree(copy)


def wait_for(url: str, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(url + "/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "runserver does not answer"
        time.sleep(0.05)


def heed_ctrl_c() -> None:
    """In the child, before it starts: what runs in a script's background is told to ignore
    Ctrl-C, and hands that on to all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_runserver_streams_reloads_and_stops(project: Path, site: People) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "manage.py", "runserver", str(port)]
    log = (folder / "runserver.log").open("wb")
    server = subprocess.Popen(
        command, cwd=project, stdout=log, stderr=log, env=os.environ, preexec_fn=heed_ctrl_c
    )
    try:
        wait_for(url)
        assert httpx.get(url + "/static/live/live.js", timeout=10).status_code == 200
        stream = EventStream(url, session_of(site.alice))
        position = stream.next("connected").id

        began = time.monotonic()
        (project / "tickets" / "models.py").touch()
        stream.ends(seconds=10)  # the old process is gone, streams or not
        wait_for(url)
        assert time.monotonic() - began < 20
        again = EventStream(url, session_of(site.alice), lastEventId=position)
        assert again.next().id == position

        began = time.monotonic()
        server.send_signal(signal.SIGINT)
        server.wait(20)
        assert time.monotonic() - began < 9
    finally:
        server.kill()
        server.wait(10)
        log.close()
