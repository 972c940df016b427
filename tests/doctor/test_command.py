"""The command as operators and scripts run it: what it prints, how it exits, what it leaves."""

import json
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session

from tests.doctor.proxies import nginx
from tests.servers import ROOT, Daphne
from tests.site import PASSWORD, session_of

LEAST = ("--seconds", "9")


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
    assert list(told) == ["url", "healthy", "path", "measured", "findings"]
    assert (told["url"], told["healthy"], told["path"]) == (server.url, True, ["daphne"])
    measured = told["measured"]
    assert measured["first_byte_ms"] < 2000
    assert measured["event_delay_ms"] < 500
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
    assert "The stream is sound." in run.stdout
    assert "\x1b[" not in run.stdout  # not a terminal
    held = [one.get_decoded().get("_auth_user_id") for one in Session.objects.all()]
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


def test_without_a_log_in_it_says_what_can_be_seen_from_outside(server: Daphne) -> None:
    run = doctor(server.url)
    assert run.returncode == 0
    assert "Only with a log-in" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["help.example.com"], "give the site's root"),
        (["http://127.0.0.1:1", "--seconds", "soon"], "it takes 8 to 3600"),
        (["http://127.0.0.1:1", "--seconds", "nan"], "it takes 8 to 3600"),
        (["http://127.0.0.1:1", "--direct", "nowhere"], "give the site's root"),
        (["http://127.0.0.1:1", "--session", "a; b"], "--session takes the value"),
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
