"""The servers of tests and bench: each has its port for itself, and is gone when it is ended."""

import socket
import sys
import time
from pathlib import Path

import pytest

from tests.harness.processes import ServerProcess, free_port, listens


class Files(ServerProcess):
    """Python's own server of files, which starts a helper first."""

    def command(self) -> list[str]:
        serve = f"exec {sys.executable} -m http.server --bind 127.0.0.1 {self.port}"
        return ["sh", "-c", f"sleep 300 & echo $!; {serve}"]

    @property
    def helper(self) -> int:
        return int(self.log.read_text().split()[0])


class Broken(ServerProcess):
    def command(self) -> list[str]:
        return ["sh", "-c", "echo no such database; exit 3"]


def test_a_port_is_given_to_nobody_else_before_its_server_has_it(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    assert not listens(port)
    with Files("files", tmp_path) as server:
        assert listens(server.port)


def test_a_server_is_killed_with_what_it_started_and_may_be_started_again(tmp_path: Path) -> None:
    with Files("files", tmp_path) as server:
        server.kill()
        assert not listens(server.port)
        wait_until_gone(server.helper)
        server.start()
        assert listens(server.port)
    assert not listens(server.port)


def test_a_server_that_does_not_start_is_named_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="broken does not start:\nno such database"):
        Broken("broken", tmp_path).start()


def wait_until_gone(pid: int, seconds: float = 10) -> None:
    """Ended is enough: who reaps it is the system's business."""
    deadline = time.monotonic() + seconds
    stat = Path(f"/proc/{pid}/stat")
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)
