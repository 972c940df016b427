"""What single runs of `streamdoctor URL` ask for, and how they end. All are started at once, for
each takes the whole of its time."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.streamdoctor.small_servers import Server, Write, each_half_second, serving
from tests.streamdoctor.test_command import LEAST, doctor


def only_comments(write: Write) -> None:
    for _ in range(60):
        write(b": still here\n\n")
        time.sleep(0.5)


def with_times(write: Write) -> None:
    """As a queue in between would pass on: three at a time, each with the time it was written."""
    for _ in range(10):
        now = time.time()
        for earlier in (2, 1, 0):
            write(b'data: {"at": %d}\n\n' % int((now - earlier) * 1000))
        time.sleep(2)


def torn(write: Write) -> None:
    """A buffer that passes on what fills it, in the middle of an event."""
    for number in range(20):
        write(b"data: the first half of %d" % number)
        time.sleep(1)
        write(b", and the second\n\n")


@dataclass
class Run:
    server: Server
    done: "Future[CompletedProcess[str]]"

    @property
    def code(self) -> int:
        return self.done.result(100).returncode

    @property
    def said(self) -> str:
        done = self.done.result(100)
        return " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "token").write_text("Bearer of good news\n")
    (folder / "body").write_bytes(b'{"stream": true}')
    return folder


@pytest.fixture(scope="module")
def runs(files: Path) -> Iterator[dict[str, Run]]:
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(8))

        def run(server: Server, path: str, *arguments: str) -> Run:
            stack.enter_context(serving(server))
            return Run(server, pool.submit(doctor, f"{server.url}{path}", *arguments, *LEAST))

        steady = Server(each_half_second)
        yield {
            "told": run(
                steady, "/v1/answers?model=a%20b", "--cookie", "a=1", "--cookie", "b=x=y",
                "--header", f"Authorization: @{files / 'token'}",
                "--header", "Content-Type: application/json", "--data", f"@{files / 'body'}",
            ),
            "measured": run(
                Server(each_half_second), "/events?token=secret", "--json",
                "--direct", f"{steady.url}/elsewhere", "--prometheus", str(files / "sound.prom"),
            ),
            "comments": run(Server(only_comments), "/events"),
            "heartbeats": run(Server(only_comments), "/events", "--heartbeat", "1"),
            "whole": run(Server(lambda write: write(b"data: all of it\n\n")), "/events"),
            "cut": run(Server(lambda write: write(b"data: a part of it\n\n"), length="5000"),
                       "/events", "--prometheus", str(files / "cut.prom")),
            "times": run(Server(with_times), "/events"),
            "torn": run(Server(torn), "/events"),
        }  # fmt: skip


def test_it_asks_as_it_was_told_to_and_a_post_three_times(runs: dict[str, Run]) -> None:
    run = runs["told"]
    assert run.code == 0, run.said
    assert "No fault was found in what was tested (watched for" in run.said
    asked = [request for request in run.server.asked if request[1].startswith("/v1/answers")]
    assert len(asked) == 3
    for method, target, headers, body in asked:
        assert (method, target) == ("POST", "/v1/answers?model=a%20b")
        assert (headers["Cookie"], headers["Content-Type"]) == ("a=1; b=x=y", "application/json")
        assert headers["Authorization"] == "Bearer of good news"
        assert headers["Accept"] == "text/event-stream"
        assert body == b'{"stream": true}'


def test_a_server_sees_no_crowd(runs: dict[str, Run]) -> None:
    """Six at a time, and those that have left and that the server, which writes now and then, has
    not yet noticed."""
    for run in runs.values():
        assert run.code in (0, 1, 2)
        assert run.server.most_at_once <= 6 + 3


def test_what_is_measured_is_told_apart(runs: dict[str, Run]) -> None:
    run = runs["measured"]
    told = json.loads(run.done.result(100).stdout)
    assert (run.code, told["healthy"]) == (0, True), run.said
    measured = told["measured"]
    assert measured["watched_s"] > 4
    assert 0 <= measured["handshake_ms"] < measured["watched_s"] * 1000
    assert measured["first_byte_ms"] < 4000
    assert measured["direct"]["first_byte_ms"] < 4000
    assert any("/elsewhere" in request[1] for request in runs["told"].server.asked)


def test_a_line_for_prometheus_tells_the_result_without_the_query(
    runs: dict[str, Run], files: Path
) -> None:
    run = runs["measured"]
    assert run.code == 0, run.said
    lines = (files / "sound.prom").read_text().splitlines()
    url = f"{run.server.url}/events"
    assert f'streamdoctor_exit_status{{url="{url}"}} 0' in lines
    assert not any("secret" in line for line in lines)
    assert runs["cut"].code == 2
    assert '"} 2' in (files / "cut.prom").read_text()
    assert [file.name for file in files.glob(".*")] == []


def test_only_comments_are_no_events_unless_they_were_promised(runs: dict[str, Run]) -> None:
    assert runs["comments"].code == 2
    assert "not one event came in" in runs["comments"].said
    assert "give --heartbeat N" in runs["comments"].said
    assert runs["heartbeats"].code == 0, runs["heartbeats"].said


def test_a_stream_that_ends_properly_was_watched_whole(runs: dict[str, Run]) -> None:
    assert runs["whole"].code == 0, runs["whole"].said


def test_a_stream_that_is_cut_was_not_watched_long_enough(runs: dict[str, Run]) -> None:
    assert runs["cut"].code == 2, runs["cut"].said
    assert "it was cut after 0." in runs["cut"].said
    assert "sound" not in runs["cut"].said


def test_events_whose_own_times_are_apart_were_held_back(runs: dict[str, Run]) -> None:
    assert runs["times"].code == 1, runs["times"].said
    assert "error: buffered Events came together whose own times" in runs["times"].said


def test_events_in_two_parts_were_cut_by_a_buffer(runs: dict[str, Run]) -> None:
    assert runs["torn"].code == 1, runs["torn"].said
    assert "error: buffered" in runs["torn"].said
    assert "an event came in two parts" in runs["torn"].said
