"""`streamdoctor URL` as anybody runs it, against our own stream and against servers that are not
ours: what it asks for, what it tells, how it exits."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import PASSWORD
from tests.streamdoctor.certificates import Certificate
from tests.streamdoctor.proxies import nginx

COMMAND = [sys.executable, "-m", "streamdoctor"]
LEAST = ("--seconds", "12")
LONGER = ("--seconds", "18")  # where a busy machine needs seconds for a hand-shake
NOWHERE = "http://127.0.0.1:1/events"


def doctor(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Without any settings of Django, which it must not need."""
    environment = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def session(site_database: str) -> str:
    name = f"anybody{User.objects.count()}"
    return session_of(User.objects.create(username=name, password=PASSWORD))


@pytest.fixture
def stream(server: Daphne) -> str:
    return f"{server.url}/api/user/stream"


def test_a_stream_of_ours_is_watched_with_a_session(
    stream: str, session: str, tmp_path: Path
) -> None:
    (tmp_path / "session").write_text(f"{session}\n")
    run = doctor(stream, "--cookie", f"sessionid=@{tmp_path / 'session'}", "--json", *LEAST)
    assert (run.returncode, run.stderr) == (0, "")
    told = json.loads(run.stdout)
    assert (told["url"], told["healthy"], told["path"]) == (stream, True, ["daphne"])
    assert told["measured"]["watched_s"] > 4
    assert told["measured"]["first_byte_ms"] < 4000
    assert [finding["severity"] for finding in told["findings"]] == ["warning", "info"]
    assert "late by a constant time" in told["untested"][0]


def test_a_fault_on_the_way_exits_with_1_and_the_stream_s_own_address_in_the_fix(
    server: Daphne, stream: str, session: str
) -> None:
    with nginx(server.url, http="gzip on; gzip_types *; gzip_proxied any;") as proxy:
        run = doctor(
            f"{proxy.url}/api/user/stream?heartbeat=1", "--cookie", f"sessionid={session}",
            "--direct", server.url, *LEAST,
        )  # fmt: skip
    assert run.returncode == 1, run.stdout + run.stderr
    assert "error: compressed" in run.stdout
    words = " ".join(run.stdout.split())
    assert "in the location of /api/user/stream write `gzip off;`" in words
    assert "was not compared" not in run.stdout


def test_from_http_to_https_and_http2_and_any_certificate_if_it_is_told_to(
    server: Daphne, session: str
) -> None:
    cookie = ("--cookie", f"sessionid={session}")
    with nginx(server.url, listen="ssl http2", server=Certificate().nginx) as secure:
        away = f"return 301 https://127.0.0.1:{secure.port}$request_uri;"
        with nginx(server.url, server=away) as proxy:
            url = f"{proxy.url}/api/user/stream"
            refused = doctor(url, *cookie, "--json", *LEAST)
            watched = doctor(url, *cookie, "--json", "--insecure", *LONGER)
    assert refused.returncode == 1, refused.stdout + refused.stderr
    first = json.loads(refused.stdout)["findings"][0]
    assert (first["code"], "self-signed" in first["evidence"]) == ("redirected", True)
    told = json.loads(watched.stdout)
    assert watched.returncode == 0, watched.stdout + watched.stderr
    assert told["measured"]["http_version"] == "2"
    assert [finding["code"] for finding in told["findings"]] == ["redirected", "max-duration"]
    assert f"redirects to {secure.url}" in told["findings"][0]["evidence"]


def test_a_stream_that_wants_a_log_in_could_not_be_watched_without_one(stream: str) -> None:
    run = doctor(stream, "--json", *LEAST)
    assert (run.returncode, json.loads(run.stdout)["healthy"]) == (2, False)
    assert run.stderr == "The stream answers 401: give what it asks for by --cookie or --header.\n"


def test_a_session_that_is_not_accepted_is_a_fault(stream: str) -> None:
    run = doctor(stream, "--cookie", "sessionid=abcdefgh", *LEAST)
    assert (run.returncode, run.stderr) == (1, "")
    assert "error: unauthorized" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "required: URL."),
        ([NOWHERE, "--nonsense"], "--nonsense"),
        (["help.example.com"], "give the stream's address"),
        (["ftp://help.example.com/"], "give the stream's address"),
        (["http://me:secret@help.example.com/"], "give the stream's address"),
        (["http://help.example.com/a b"], "%XX"),
        ([NOWHERE, "--direct", "x/y"], "give the stream's address"),
        ([NOWHERE, "--heartbeat", "0"], "it takes 0.1 to 3600"),
        ([NOWHERE, "--heartbeat", "soon"], "it takes 0.1 to 3600"),
        ([NOWHERE, "--seconds", "7.9"], "it takes 8 to 3600"),
        ([NOWHERE, "--cookie", "secret"], "--cookie takes NAME=VALUE or NAME=@FILE."),
        ([NOWHERE, "--cookie", "name=secret; x"], "The value of --cookie name is not allowed"),
        ([NOWHERE, "--cookie", "name=@/nowhere"], "'/nowhere' of --cookie name cannot be read"),
        ([NOWHERE, "--header", "secret"], "--header takes 'NAME: VALUE' or 'NAME: @FILE'."),
        ([NOWHERE, "--header", "X: secret\r\nY: z"], "The value of --header X is not allowed"),
        ([NOWHERE, "--header", "Host: secret"], "the doctor writes this header itself"),
        ([NOWHERE, "--data", "secret"], "--data takes @FILE"),
        ([NOWHERE, "--data", "@/nowhere"], "'/nowhere' of --data cannot be read"),
    ],
)
def test_bad_input_is_one_sentence_without_its_secret_and_2(
    arguments: list[str], sentence: str
) -> None:
    run = doctor(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert sentence in run.stderr
    assert "secret" not in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.parametrize(("no_color", "is_coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_it_wants_none(no_color: str, is_coloured: bool) -> None:
    ours, its = pty.openpty()
    try:
        run = subprocess.run(
            [*COMMAND, NOWHERE], cwd=ROOT, env={**os.environ, "NO_COLOR": no_color},
            stdout=its, timeout=30,
        )  # fmt: skip
        said = os.read(ours, 65536).decode()
    finally:
        os.close(its)
        os.close(ours)
    assert run.returncode == 1
    assert "error: unreachable" in said
    assert ("\x1b[" in said) == is_coloured


def test_what_is_no_terminal_gets_no_colours() -> None:
    assert "\x1b[" not in doctor(NOWHERE).stdout
