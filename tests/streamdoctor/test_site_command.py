"""`manage.py streamdoctor` as operators and scripts run it: what it prints, how it exits, what it
leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import PASSWORD
from tests.streamdoctor.proxies import haproxy, nginx

LEAST = ("--seconds", "12")


def doctor(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Without a database: the doctor may run far from the site."""
    environment = {"DATABASE_URL": "sqlite:////nowhere/db.sqlite3", **environment}
    return subprocess.run(
        [sys.executable, "manage.py", "streamdoctor", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def agent(site_database: str) -> User:
    number = User.objects.count()
    return User.objects.create(username=f"examined{number}", password=PASSWORD)


def test_json_stands_alone_on_standard_output(server: Daphne, agent: User) -> None:
    run = doctor(server.url, "--session", session_of(agent), "--json", *LEAST)
    told: dict[str, Any] = json.loads(run.stdout)
    assert (run.returncode, run.stderr) == (0, "")
    assert list(told) == ["url", "healthy", "path", "measured", "findings", "untested"]
    assert (told["url"], told["healthy"], told["path"]) == (server.url, True, ["daphne"])
    measured = told["measured"]
    assert measured["first_byte_ms"] < 4000
    assert measured["event_delay_ms"] < 1000
    assert (measured["idle_cut_s"], measured["http_version"]) == (None, "1.1")
    for finding in told["findings"]:
        assert list(finding) == ["code", "severity", "evidence", "fix"]
        assert finding["severity"] in ("warning", "info")
        assert all(finding.values())
    assert "longer not tested" in told["findings"][-1]["evidence"]


def test_it_signs_in_and_out_and_leaves_neither_session_nor_stream(
    server: Daphne, agent: User
) -> None:
    run = doctor(server.url, "--username", agent.username, *LEAST, STREAMDOCTOR_PASSWORD="demo")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "No fault was found in what was tested (watched for" in run.stdout
    assert "whether the server notices that a client has left" in " ".join(run.stdout.split())
    assert "\x1b[" not in run.stdout  # not a terminal
    held = [session.get_decoded().get("_auth_user_id") for session in Session.objects.all()]
    assert str(agent.pk) not in held
    cookies = {"sessionid": session_of(agent)}
    url = f"{server.url}/api/user/stream?heartbeat=60"
    with httpx.stream("GET", url, cookies=cookies, timeout=5) as stream:
        lines = stream.iter_lines()
        data = next(line for line in lines if line.startswith("data: "))
    assert json.loads(data[6:])["streams"] == 1


def test_a_fault_exits_with_1_and_says_what_to_write(server: Daphne, agent: User) -> None:
    gzip = "gzip on; gzip_types *; gzip_proxied any;"
    with nginx(server.url, http=gzip) as proxy:
        run = doctor(proxy.url, "--session", session_of(agent), "--direct", server.url, *LEAST)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "error: compressed" in run.stdout
    assert "gzip off;" in run.stdout
    assert "In the way: you → nginx/1." in run.stdout


def test_why_the_direct_way_was_not_compared_is_told(server: Daphne, agent: User) -> None:
    nowhere = "http://127.0.0.1:1"
    run = doctor(
        server.url, "--session", session_of(agent), "--direct", nowhere, "--json", *LEAST
    )  # fmt: skip
    sentence = json.loads(run.stdout)["untested"][-1]
    assert run.returncode == 0
    assert sentence.startswith(f"The direct way, {nowhere}, was not compared")
    assert "Connection refused" in sentence


def test_the_direct_way_is_asked_by_the_site_s_name(site_database: str, agent: User) -> None:
    with (
        Daphne(site_database, ALLOWED_HOSTS="localhost") as daphne,
        nginx(daphne.url) as proxy,
    ):
        url = proxy.url.replace("127.0.0.1", "localhost")
        run = doctor(url, "--session", session_of(agent), "--direct", daphne.url, "--json", *LEAST)
    told = json.loads(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
    assert not any("was not compared" in sentence for sentence in told["untested"]), told
    assert told["measured"]["direct"]["event_delay_ms"] is not None


def test_why_nobody_could_sign_in_on_the_direct_way_is_told(server: Daphne, agent: User) -> None:
    with haproxy(server.url, frontend="http-request del-header Cookie") as proxy:
        run = doctor(
            proxy.url, "--username", agent.username, "--direct", "http://127.0.0.1:1",
            STREAMDOCTOR_PASSWORD="demo",
        )  # fmt: skip
    assert run.returncode == 1
    assert "error: unauthorized" in run.stdout
    words = " ".join(run.stdout.split())
    assert "The direct way, http://127.0.0.1:1, was not compared: signing in fails there" in words
    assert "Connection refused" in words


def test_a_session_may_stand_in_a_file(server: Daphne, tmp_path: Path) -> None:
    (tmp_path / "session").write_text("abcdefgh\n")
    run = doctor(server.url, "--session", f"@{tmp_path / 'session'}", "--json")
    assert "does not know this session" in run.stderr


def test_without_a_log_in_the_stream_itself_was_not_seen(server: Daphne) -> None:
    run = doctor(server.url)
    assert run.returncode == 2
    assert "was not examined: that needs a log-in" in run.stderr
    assert "sound" not in run.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Give the site's root"),
        (["help.example.com"], "give the site's root"),
        (["--direct", "nowhere"], "give the site's root"),
        (["http://127.0.0.1:1", "--seconds", "soon"], "it takes 8 to 3600"),
        (["http://127.0.0.1:1", "--seconds", "nan"], "it takes 8 to 3600"),
        (["http://127.0.0.1:1", "--direct", "nowhere"], "give the site's root"),
        (["http://127.0.0.1:1", "--session", "a; b"], "--session takes the value"),
        (
            ["http://127.0.0.1:1", "--session", "@/nowhere"],
            "'/nowhere' of --session cannot be read",
        ),
        (["http://127.0.0.1:1", "--username", "bob"], "STREAMDOCTOR_PASSWORD"),
    ],
)
def test_what_cannot_run_exits_with_2_and_one_sentence(arguments: list[str], sentence: str) -> None:
    run = doctor(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert sentence in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_a_wrong_password_exits_with_2(server: Daphne, agent: User) -> None:
    run = doctor(server.url, "--username", agent.username, "--json", STREAMDOCTOR_PASSWORD="no")
    assert (run.returncode, run.stdout) == (2, "")
    assert "wrong name or password" in run.stderr


def test_a_session_that_the_site_does_not_know_exits_with_2(server: Daphne) -> None:
    run = doctor(server.url, "--session", "abcdefgh", "--json")
    assert (run.returncode, run.stdout) == (2, "")
    assert "does not know this session" in run.stderr
