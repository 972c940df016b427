"""The environment: what starts the site, and what stops it with one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

COMMAND = ["manage.py", "check"]
SERVER = ["-c", "import ticketsystem.asgi"]

BAD = [
    ("DEBUG", "maybe", "1, true, yes or on"),
    ("DEBUG", "2", "1, true, yes or on"),
    ("SESSION_COOKIE_SECURE", "secure", "1, true, yes or on"),
    ("CSRF_COOKIE_SECURE", "oui", "1, true, yes or on"),
    ("SECURE_SSL_REDIRECT", "https", "1, true, yes or on"),
    ("TRUST_PROXY_HEADERS", "127.0.0.1", "1, true, yes or on"),
    ("ALLOWED_HOSTS", "", "host names"),
    ("ALLOWED_HOSTS", "https://help.example.com", "no scheme"),
    ("ALLOWED_HOSTS", "help.example.com:8000", "no port"),
    ("ALLOWED_HOSTS", "help.example.com other.example.com", "with commas"),
    ("CSRF_TRUSTED_ORIGINS", "help.example.com", "such as https://"),
    ("CSRF_TRUSTED_ORIGINS", "https://help.example.com/", "such as https://"),
    ("CSRF_TRUSTED_ORIGINS", "https://[help", "such as https://"),
    ("DATABASE_URL", "", "sqlite:///path"),
    ("DATABASE_URL", "mysql://localhost/helpdesk", "sqlite:///path"),
    ("DATABASE_URL", "postgres://localhost", "/name"),
    ("DATABASE_URL", "postgres://localhost:port/helpdesk", "host:port/name"),
    ("DATABASE_URL", "sqlite://:memory:", "sqlite:///path"),
    ("REDIS_URL", "localhost:6379", "redis://host:6379/0"),
    ("REDIS_URL", "redis://localhost:port", "redis://host:6379/0"),
    ("REDIS_URL", "redis://", "redis://host:6379/0"),
    ("METRICS_TOKEN", "two words", "without spaces"),
    ("METRICS_TOKEN", "schlüssel", "ASCII"),
    ("LIVE_HEARTBEAT_SECONDS", "0", "a number from 1 to 60"),
    ("LIVE_HEARTBEAT_SECONDS", "nan", "a number from 1 to 60"),
    ("LIVE_POLL_SECONDS", "often", "a number from 0.05 to 60"),
    ("LIVE_POLL_SECONDS", "-1", "a number from 0.05 to 60"),
    ("LIVE_RETENTION_HOURS", "inf", "a number from 0.01 to 8784"),
    ("LIVE_MAX_STREAM_SECONDS", "1e3", "a number from 1 to 604800"),
    ("LIVE_MAX_STREAMS_PER_USER", "2.5", "a whole number from 1 to 10000"),
    ("LIVE_MAX_STREAMS_PER_USER", "0", "a whole number from 1 to 10000"),
]
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "$tarts with a dollar, which names no other variable",
    "ALLOWED_HOSTS": "help.example.com, .example.org,[::1],192.0.2.1,*",
    "CSRF_TRUSTED_ORIGINS": "https://help.example.com,https://*.example.org,http://[::1]:8000",
    "SESSION_COOKIE_SECURE": "true",
    "CSRF_COOKIE_SECURE": "Yes",
    "SECURE_SSL_REDIRECT": "on",
    "TRUST_PROXY_HEADERS": "1",
    "METRICS_TOKEN": "$ecret/+=",
    "DATABASE_URL": "postgres://helpdesk:p%40ss@db.example.com:5432/helpdesk",
    "REDIS_URL": "redis://:secret@cache.example.com:6379/1",
    "LIVE_HEARTBEAT_SECONDS": "60",
    "LIVE_POLL_SECONDS": "0.05",
    "LIVE_RETENTION_HOURS": "8784",
    "LIVE_MAX_STREAM_SECONDS": "604800.0",
    "LIVE_MAX_STREAMS_PER_USER": "10000",
}


@pytest.mark.parametrize(("name", "value", "allowed"), BAD)
def test_a_bad_value_stops_the_start_with_one_sentence(
    name: str, value: str, allowed: str, tmp_path: Path
) -> None:
    started = start(COMMAND, tmp_path, {name: value})
    assert started.returncode == 1
    assert_one_sentence(started.stderr)
    # A list is refused by the item that is bad.
    assert started.stderr.startswith(f"{name}={value!r} is not allowed: it must be ")
    assert allowed in started.stderr


@pytest.mark.parametrize(("name", "value"), [("DEBUG", "maybe"), ("DATABASE_URL", "mysql://x/y")])
def test_the_server_is_stopped_by_the_same_sentence(name: str, value: str, tmp_path: Path) -> None:
    bad = {name: value}
    daphne = ["-m", "daphne", "-p", "0", "ticketsystem.asgi:application"]
    sentences = {start(how, tmp_path, bad).stderr for how in (COMMAND, SERVER, daphne)}
    assert len(sentences) == 1
    assert_one_sentence(sentences.pop())
    assert start(daphne, tmp_path, bad).returncode == 1


@pytest.mark.parametrize("how", [COMMAND, SERVER])
@pytest.mark.parametrize("key", [{}, {"SECRET_KEY": ""}, {"SECRET_KEY": " "}])
def test_production_without_a_secret_key_does_not_start(
    how: list[str], key: dict[str, str], tmp_path: Path
) -> None:
    started = start(how, tmp_path, {"DEBUG": "0", **key})
    assert started.returncode == 1
    assert_one_sentence(started.stderr)
    assert started.stderr.startswith("SECRET_KEY='' is not allowed with DEBUG=0: it must be ")


def test_a_refused_url_does_not_show_its_password(tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        started = start(COMMAND, tmp_path, {name: "mysql://helpdesk:s3cret@localhost/helpdesk"})
        assert f"{name}='mysql://helpdesk:…@localhost/helpdesk'" in started.stderr
        assert "s3cret" not in started.stderr


@pytest.mark.parametrize("how", [COMMAND, SERVER])
def test_nothing_set_starts(how: list[str], tmp_path: Path) -> None:
    started = start(how, tmp_path, {})
    assert (started.returncode, started.stderr) == (0, "")


def test_good_values_start_and_arrive_as_they_were_given(tmp_path: Path) -> None:
    arrived = """
from django.conf import settings as s
import ticketsystem.asgi
assert s.DEBUG is False and s.SECRET_KEY.startswith("$tarts with a dollar"), s.SECRET_KEY
assert s.ALLOWED_HOSTS == ["help.example.com", ".example.org", "[::1]", "192.0.2.1", "*"]
assert s.CSRF_TRUSTED_ORIGINS[1:] == ["https://*.example.org", "http://[::1]:8000"]
assert s.SESSION_COOKIE_SECURE is s.CSRF_COOKIE_SECURE is s.SECURE_SSL_REDIRECT is True
assert s.SECURE_PROXY_SSL_HEADER == ("HTTP_X_FORWARDED_PROTO", "https")
assert s.METRICS_TOKEN == "$ecret/+="
database = s.DATABASES["default"]
assert database["ENGINE"].endswith("postgresql") and database["PASSWORD"] == "p@ss", database
assert s.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"].endswith("/1")
assert (s.LIVE_HEARTBEAT_SECONDS, s.LIVE_POLL_SECONDS, s.LIVE_RETENTION_HOURS,
        s.LIVE_MAX_STREAM_SECONDS, s.LIVE_MAX_STREAMS_PER_USER) == (60, 0.05, 8784, 604800, 10000)
"""
    # Nothing is collected here, of which WhiteNoise warns.
    started = start(["-W", "ignore:No directory at", "-c", arrived], tmp_path, PRODUCTION)
    assert (started.returncode, started.stderr) == (0, "")


def start(
    how: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Python, with nothing of our own environment but where programs are."""
    return subprocess.run(
        [sys.executable, *how], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **environment},
    )  # fmt: skip


def assert_one_sentence(said: str) -> None:
    assert said.endswith(".\n"), said
    assert said.count("\n") == 1, said
