"""The environment: what starts the site, and what stops it with one sentence."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.harness.processes import ROOT, listens
from tests.harness.servers import Daphne

COMMAND = ["manage.py", "check"]
SERVER = ["-c", "import ticketsystem.asgi"]

BAD = [
    ("DEBUG", "maybe", "1, true, yes or on"),
    ("DEBUG", "2", "1, true, yes or on"),
    ("SESSION_COOKIE_SECURE", "secure", "1, true, yes or on"),
    ("CSRF_COOKIE_SECURE", "oui", "1, true, yes or on"),
    ("SECURE_SSL_REDIRECT", "https", "1, true, yes or on"),
    ("SECURE_HSTS_SECONDS", "-1", "a whole number from 0 to"),
    ("SECURE_HSTS_SECONDS", "a year", "a whole number from 0 to"),
    ("TRUST_PROXY_HEADERS", "127.0.0.1", "1, true, yes or on"),
    ("ALLOWED_HOSTS", "", "host names"),
    ("ALLOWED_HOSTS", "https://help.example.com", "no scheme"),
    ("ALLOWED_HOSTS", "help.example.com:8000", "no port"),
    ("ALLOWED_HOSTS", "help.example.com other.example.com", "with commas"),
    ("CSRF_TRUSTED_ORIGINS", "help.example.com", "such as https://"),
    ("CSRF_TRUSTED_ORIGINS", "https://help.example.com/", "such as https://"),
    ("CSRF_TRUSTED_ORIGINS", "https://[help", "such as https://"),
    ("TIME_ZONE", "Mars/Olympus", "such as Europe/Berlin"),
    ("TIME_ZONE", "Europe", "such as Europe/Berlin"),
    ("TIME_ZONE", "../../etc/passwd", "such as Europe/Berlin"),
    ("WEBHOOK_ALLOWED_NETWORKS", "10.20.0.1/16", "whose last bits are 0"),
    ("WEBHOOK_ALLOWED_NETWORKS", "10.20.0.0/16 fd00::/8", "with commas"),
    ("WEBHOOK_ALLOWED_NETWORKS", "intranet", "networks such as 10.20.0.0/16"),
    ("FORCE_SCRIPT_NAME", "desk", "a path such as /desk"),
    ("FORCE_SCRIPT_NAME", "/", "a path such as /desk"),
    ("FORCE_SCRIPT_NAME", "/desk/", "does not end with one"),
    ("FORCE_SCRIPT_NAME", "/a/../b", "a path such as /desk"),
    ("FORCE_SCRIPT_NAME", "/my desk", "letters, digits"),
    ("FORCE_SCRIPT_NAME", "https://help.example.com/desk", "a path such as /desk"),
    ("MAIL_FROM", "help", "an address such as help@example.com"),
    ("MAIL_FROM", "help@example.com, desk@example.com", "in one line"),
    ("MAIL_FROM", "Help\nBcc: eve@example.com <help@example.com>", "in one line"),
    ("MAIL_FROM", 'Help "desk" <help@example.com>', "an address such as"),
    ("MAIL_FROM", "Help <help@example.com> <eve@example.com>", "an address such as"),
    ("MAIL_FROM", f"{'h' * 41}@example.com", "at most 40 characters before the @"),
    ("MAIL_FROM", "help@[192.0.2.1]", "an address such as"),
    ("MEDIA_ROOT", "media", "the full path of a folder"),
    ("MEDIA_ROOT", "/etc/hostname", "the full path of a folder"),
    ("LIVE_HEARTBEAT_SECONDS", "0", "a number from 1 to 60"),
    ("LIVE_HEARTBEAT_SECONDS", "nan", "a number from 1 to 60"),
    ("LIVE_POLL_SECONDS", "often", "a number from 0.05 to 60"),
    ("LIVE_POLL_SECONDS", "-1", "a number from 0.05 to 60"),
    ("LIVE_RETENTION_HOURS", "inf", "a number from 0.01 to 8784"),
    ("LIVE_MAX_STREAM_SECONDS", "1e3", "a number from 1 to 604800"),
    ("LIVE_MAX_STREAMS_PER_USER", "2.5", "a whole number from 1 to 10000"),
    ("LIVE_MAX_STREAMS_PER_USER", "0", "a whole number from 1 to 10000"),
    ("LIVE_MAX_PENDING_BYTES", "1MB", "a whole number from 128000 to 1000000000"),
    ("LIVE_MAX_PENDING_BYTES", "1000", "a whole number from 128000 to 1000000000"),
    ("MAIL_QUEUE", "q" * 101, "in one line of at most 100 characters"),
    ("MAIL_QUEUE", "Billing\nNetwork", "in one line of at most 100 characters"),
    ("MAIL_AUTHENTICATION_SERVER", "mx.example.com; dkim=pass", "such as mx.example.com"),
]
# What may hold a secret, and must not be shown, with a part of each value that would give it away.
SECRET = [
    ("DATABASE_URL", "mysql://helpdesk:s3cret@localhost/helpdesk", "s3cret"),
    ("DATABASE_URL", "postgres://helpdesk:s3/w0rd@localhost/helpdesk", "w0rd"),
    ("DATABASE_URL", "postgres://helpdesk:5/3cret@localhost/helpdesk", "3cret"),
    ("DATABASE_URL", "postgres://helpdesk:5#3cret@localhost/helpdesk", "3cret"),
    ("DATABASE_URL", "postgres://helpdesk:5?3cret@localhost/helpdesk", "3cret"),
    ("DATABASE_URL", "postgres://helpdesk:5/name?3cret@localhost/helpdesk", "3cret"),
    ("DATABASE_URL", "postgres://helpdesk:s3cret@[localhost/helpdesk", "s3cret"),
    ("DATABASE_URL", "postgres://helpdesk:s3cret@localhost", "s3cret"),
    ("DATABASE_URL", "postgres://helpdesk:s3cret@localhost:port/helpdesk", "s3cret"),
    ("DATABASE_URL", "postgres://helpdesk:s3cret@localhost/help/desk", "s3cret"),
    ("DATABASE_URL", "postgres://helpdesk:s3cret@localhost/helpdesk?sslmod=require", "s3cret"),
    ("DATABASE_URL", "postgres:helpdesk:s3cret@localhost/helpdesk", "s3cret"),
    ("DATABASE_URL", "host=localhost password=s3cret", "s3cret"),
    ("DATABASE_URL", "s3cret", "s3cret"),
    ("DATABASE_URL", "sqlite://helpdesk:s3cret@localhost/helpdesk", "s3cret"),
    ("DATABASE_URL", "sqlite://:memory:", ":memory:"),
    ("DATABASE_URL", "sqlite:///:memory:", ":memory:"),
    ("REDIS_URL", "localhost:6377", "6377"),
    ("REDIS_URL", "redis://:s3cret@localhost:port", "s3cret"),
    ("REDIS_URL", "redis://:s3/w0rd@localhost:6379/0", "w0rd"),
    ("REDIS_URL", "redis://redis:5/3cret@localhost:6379/0", "3cret"),
    ("REDIS_URL", "redis://:s3cret@localhost/nought", "s3cret"),
    ("REDIS_URL", "http://:s3cret@localhost", "s3cret"),
    ("EMAIL_URL", "mail.example.com", "mail"),
    ("EMAIL_URL", "http://user:s3cret@mail.example.com", "s3cret"),
    ("EMAIL_URL", "smtp://user:s3/w0rd@mail.example.com", "w0rd"),
    ("EMAIL_URL", "smtp://user:s3cret@mail.example.com:port", "s3cret"),
    ("EMAIL_URL", "smtp://user:s3cret@mail.example.com/inbox", "s3cret"),
    ("EMAIL_URL", "smtp://user:s3cret@mail.example.com/?tls=maybe", "s3cret"),
    ("EMAIL_URL", "smtp://user:s3cret@mail.example.com/?tls=1&tls=0", "s3cret"),
    ("EMAIL_URL", "smtp://user:s3cret@mail.example.com/?tls=1&ssl=1", "s3cret"),
    ("EMAIL_URL", "smtps://user:s3cret@mail.example.com/?tls=1", "s3cret"),
    ("EMAIL_URL", "smtp://user:s3cret@mail.example.com/?timeout=5", "s3cret"),
    ("EMAIL_URL", "smtp://:s3cret@mail.example.com", "s3cret"),
    ("EMAIL_URL", "smtp://user:s3cr%C3%A9t@mail.example.com", "s3cr"),
    ("EMAIL_URL", "smtp://s3cret@mail.example.com", "s3cret"),
    *(
        ("INBOX_URL", value, "s3cret")
        for value in (
            "imaps://desk:s3cret@",
            "imaps://s3cret@mail.example.com",
            "imaps://:s3cret@host",
            "imaps://desk:s3cret@host:port/INBOX",
            "imaps://desk:s3cret@host/INBOX?tls=1",
            "imap://desk:s3cret@mail.example.com/INBOX",
            "pop3://desk:s3cret@host/INBOX",
            "imaps://desk:s3cret/w0rd@host/INBOX",
            "imaps://desk:s3cret@host/IN%0d%0aBOX",
            "s3cret",
        )
    ),
    ("METRICS_TOKEN", "s3cret of two words", "s3cret"),
    ("METRICS_TOKEN", "s3crét", "s3cr"),
    ("SECRET_KEY", "s3cret", "s3cret"),
    ("SECRET_KEY", "s3cret, of thirty-one letters..", "s3cret"),
    ("SECRET_KEY_FALLBACKS", f"{'s3cret' * 6},s3cret", "s3cret"),
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
    "EMAIL_URL": "smtp://help%40example.com:p%40ss%2F@mail.example.com:587/?tls=true",
    "MAIL_FROM": "Häuptling der Hilfe <help@bücher.example>",
    "SECRET_KEY_FALLBACKS": "the key before this one; of 32 characters or more,"
    " the key before that one; of 32 characters or more",
    "SECURE_HSTS_SECONDS": "31536000",
    "FORCE_SCRIPT_NAME": "/help/desk-1",
    "MEDIA_ROOT": "/srv/not-there-yet",
    "TIME_ZONE": "America/Argentina/Buenos_Aires",
    "DATABASE_URL": "postgres://helpdesk:p%40ss@db.example.com:5432/helpdesk"
    "?sslmode=verify-full&assume_role=desk",
    "REDIS_URL": "redis://:secret@cache.example.com:6379/1",
    "LIVE_BELL_URL": "postgresql://helpdesk:p%40ss@10.0.0.5:5433/helpdesk?sslmode=require",
    "INBOX_URL": "imaps://desk%40example.com:p%40ss@mail.example.com:1993/Help%20desk",
    "MAIL_QUEUE": "First line",
    "MAIL_AUTHENTICATION_SERVER": "mx.example.com",
    "LIVE_HEARTBEAT_SECONDS": "60",
    "LIVE_POLL_SECONDS": "0.05",
    "LIVE_RETENTION_HOURS": "8784",
    "LIVE_MAX_STREAM_SECONDS": "604800.0",
    "LIVE_MAX_STREAMS_PER_USER": "10000",
    "LIVE_MAX_PENDING_BYTES": "128000",
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
    assert started.stderr.startswith("SECRET_KEY='' is not allowed: it must be ")


@pytest.mark.parametrize(("name", "value", "secret"), SECRET)
def test_no_part_of_what_may_be_secret_is_shown(
    name: str, value: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, given in {**PRODUCTION, name: value}.items():
        monkeypatch.setenv(variable, given)
    with pytest.raises(ImproperlyConfigured) as refused:
        runpy.run_path(str(ROOT / "ticketsystem" / "settings.py"))
    said = str(refused.value)
    assert_one_sentence(f"{said}\n")
    assert said.startswith(f"{name} is not allowed as it is (it is not shown here): it must be ")
    assert secret not in said


@pytest.mark.parametrize("how", [COMMAND, SERVER])
@pytest.mark.parametrize(("name", "value", "secret"), [SECRET[1], ("SECRET_KEY", "abc", "abc")])
def test_nor_does_the_start_show_it(
    name: str, value: str, secret: str, how: list[str], tmp_path: Path
) -> None:
    started = start(how, tmp_path, {**PRODUCTION, name: value})
    assert started.returncode == 1
    assert_one_sentence(started.stderr)
    assert secret not in started.stdout + started.stderr


def test_mail_that_comes_from_nobody_is_refused(tmp_path: Path) -> None:
    started = start(COMMAND, tmp_path, {**PRODUCTION, "MAIL_FROM": ""})
    assert_one_sentence(started.stderr)
    assert started.stderr.startswith("MAIL_FROM='' is not allowed: it must be an address such as ")
    assert "EMAIL_URL needs it" in started.stderr


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY"])
def test_what_is_empty_is_said_to_be_empty(name: str, tmp_path: Path) -> None:
    started = start(COMMAND, tmp_path, {**PRODUCTION, name: ""})
    assert_one_sentence(started.stderr)
    assert started.stderr.startswith(f"{name}='' is not allowed: it must be ")


@pytest.mark.parametrize(
    "value",
    [
        "robert:s3cret@db.example.com/helpdesk",
        "mysql://robert:s3cret@db.example.com/helpdesk",
        "postgres://robert:s3cret@/helpdesk",
        "postgres://robert:s3cret@db.example.com:port/helpdesk",
        "postgres://robert:s3/cret@db.example.com/helpdesk",
        "postgres://robert:s3?cret@db.example.com/helpdesk",
        "postgres://robert:s3#cret@db.example.com/helpdesk",
        "postgres://robert:s3%zzcret@db.example.com/helpdesk",
        "postgres://robert:s3cret@db.example.com/helpdesk?robert=s3cret",
    ],
)
def test_of_a_refused_address_of_the_bell_nothing_is_shown(value: str, tmp_path: Path) -> None:
    started = start(COMMAND, tmp_path, {"LIVE_BELL_URL": value})
    assert started.returncode == 1
    assert_one_sentence(started.stderr)
    assert started.stderr.startswith("LIVE_BELL_URL is not allowed as it is (it is not shown here)")
    assert "postgres://user:password@host:port/name" in started.stderr
    for part in ("robert", "s3", "cret", "db.example", "mysql"):
        assert part not in started.stderr.replace("secret", "")


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
assert s.LIVE_METRICS_TOKEN == "$ecret/+="
assert s.SECRET_KEY_FALLBACKS == ["the key before this one; of 32 characters or more",
                                  "the key before that one; of 32 characters or more"]
assert s.SECURE_HSTS_SECONDS == 31536000
database = s.DATABASES["default"]
assert database["ENGINE"].endswith("postgresql") and database["PASSWORD"] == "p@ss", database
assert database["OPTIONS"]["sslmode"] == "verify-full", database
assert database["OPTIONS"]["assume_role"] == "desk", database
assert s.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"].endswith("/1")
assert (s.LIVE_HEARTBEAT_SECONDS, s.LIVE_POLL_SECONDS, s.LIVE_RETENTION_HOURS,
        s.LIVE_MAX_STREAM_SECONDS, s.LIVE_MAX_STREAMS_PER_USER) == (60, 0.05, 8784, 604800, 10000)
assert s.LIVE_MAX_PENDING_BYTES == 128_000
assert s.EMAIL_URL.endswith("@mail.example.com:587/?tls=true")
assert "mail" not in repr(s.EMAIL_URL) and "mail" not in repr({1: s.EMAIL_URL})
assert s.MAIL_FROM == "Häuptling der Hilfe <help@bücher.example>"
assert s.TIME_ZONE == "America/Argentina/Buenos_Aires"
"""
    # Nothing is collected here, of which WhiteNoise warns.
    started = start(["-W", "ignore:No directory at", "-c", arrived], tmp_path, PRODUCTION)
    assert (started.returncode, started.stderr) == (0, "")


UNREACHABLE = [
    ("postgres://helpdesk:s3cret@127.0.0.1:1/desk", "PostgreSQL database 'desk' at 127.0.0.1:1"),
    ("postgres://helpdesk:s3cret@nowhere.invalid/desk", "'desk' at nowhere.invalid"),
    ("postgres:////nowhere/desk", "'desk' at /nowhere"),
    ("sqlite:////nowhere/desk.sqlite3", "SQLite file /nowhere/desk.sqlite3"),
]


@pytest.mark.parametrize(
    ("command", "url", "wanted"),
    [
        *(("migrate", url, wanted) for url, wanted in UNREACHABLE),
        *((command, *UNREACHABLE[0]) for command in ("runserver", "createsuperuser", "demo")),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_sentence_without_its_password(
    command: str, url: str, wanted: str, tmp_path: Path
) -> None:
    started = start(["manage.py", command], tmp_path, {"DATABASE_URL": url})
    assert started.returncode == 1
    assert_one_sentence(started.stderr)
    assert wanted in started.stderr
    assert " cannot be reached, which DATABASE_URL names: " in started.stderr
    assert "s3cret" not in started.stdout + started.stderr


class Listening(Daphne):
    """Taken as it is: it is not ready, and never will be."""

    def is_ready(self) -> bool:
        return listens(self.port)


def test_a_server_whose_database_is_away_says_so_in_sentences_and_waits_for_it() -> None:
    """It would be there again before anybody has restarted the server."""
    url, _ = UNREACHABLE[0]
    with Listening(url) as server:
        assert httpx.get(f"{server.url}/readyz", timeout=20).status_code == 503
        assert "the log cannot be read, trying again: OperationalError: connection failed" in (
            server.said()
        )
        assert "Traceback" not in server.said()
        assert "s3cret" not in server.said()


def test_another_error_of_the_database_keeps_its_traceback(tmp_path: Path) -> None:
    """It tells where the command was; only a database that was never reached says nothing more."""
    url = {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}
    failing = "from tickets.models import Ticket; Ticket.objects.count()"
    started = start(["manage.py", "shell", "-v", "0", "-c", failing], tmp_path, url)
    assert started.returncode == 1
    assert "no such table" in started.stderr
    assert started.stderr.startswith("Traceback")


def start(
    how: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Python, with nothing of our own environment but where programs are, and what `make coverage`
    hands on."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    bare = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **measured}
    return subprocess.run(
        [sys.executable, *how], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**bare, **environment},
    )  # fmt: skip


def assert_one_sentence(said: str) -> None:
    assert said.endswith(".\n"), said
    assert said.count("\n") == 1, said
