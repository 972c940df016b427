"""Logs as JSON: one object per line, whatever the message holds."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.harness.databases import Postgres
from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.temporary import folder
from ticketsystem.logs import JsonFormatter


def record(message: str, *arguments: object, **more: object) -> logging.LogRecord:
    place = ("live.relay", logging.ERROR, __file__, 1)
    return logging.LogRecord(*place, message, arguments, more.get("exc_info"))  # type: ignore[arg-type]


def test_a_line_is_one_object() -> None:
    line = JsonFormatter().format(record("two\nlines of %s", 'a "quote"'))

    assert "\n" not in line
    assert json.loads(line).items() >= {
        "level": "ERROR", "logger": "live.relay", "message": 'two\nlines of a "quote"',
    }.items()  # fmt: skip


def test_an_exception_is_told() -> None:
    try:
        raise ValueError("why")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    told = json.loads(JsonFormatter().format(record("failed", exc_info=info)))

    assert "ValueError: why" in told["exception"]


def lines(server: Daphne) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def test_every_line_of_a_server_is_one_object(site_database: str) -> None:
    with Daphne(site_database, LOG_FORMAT="json") as server:
        httpx.get(f"{server.url}/nothing/")
        server.terminate()
        said = lines(server)
    messages = [line["message"] for line in said]
    assert '127.0.0.1 "GET /nothing/" 404' in [message.rpartition(" ")[0] for message in messages]
    assert any(message.startswith("Listening on TCP address") for message in messages)


def test_a_server_that_starts_logs_no_error_because_it_is_asked_whether_it_is_ready(
    site_database: str,
) -> None:
    with Daphne(site_database, LOG_FORMAT="json") as server:
        until(lambda: httpx.get(f"{server.url}/readyz").status_code == 200)
        assert [line for line in lines(server) if line["level"] not in ("INFO", "DEBUG")] == []


class BehindAProxy(Daphne):
    def command(self) -> list[str]:
        *daphne, application = super().command()
        return [*daphne, "--proxy-headers", application]


def test_a_client_behind_a_proxy_has_no_port(site_database: str) -> None:
    addresses = ("203.0.113.9", "2001:db8::9")
    with BehindAProxy(site_database) as server:
        for address in addresses:
            httpx.get(f"{server.url}/healthz", headers={"X-Forwarded-For": address})
        expected = [f'access: {address} "GET /healthz" 200 ' for address in addresses]
        # Daphne writes the line once the client has its answer.
        until(lambda: all(line in server.log.read_text() for line in expected))


def test_an_outage_of_the_database_is_one_line_of_each_part_and_one_when_it_is_over() -> None:
    with Postgres(folder / "outage") as postgres:
        environment = {**os.environ, "DATABASE_URL": postgres.url}
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, timeout=60, check=True)
        with Daphne(postgres.url, LOG_FORMAT="json") as server:
            postgres.stop()
            until(lambda: len(told(server)) == 4)
            time.sleep(4)  # eight polls, four heartbeats
            during = told(server)
            postgres.start()
            until(lambda: len(told(server)) == 8)
            until(lambda: httpx.get(f"{server.url}/readyz").status_code == 200)
            over = told(server)[4:]
    assert sorted(message.partition(":")[0] for message in during) == [
        "PostgreSQL does not carry the bell, others' changes wait for the poll",
        "the log cannot be read, trying again",
        "this process cannot be shown among the live connections, trying again",
        "timed work cannot be looked at, trying again",
    ]
    assert all("Error" in message for message in during), "the reason"
    assert sorted(message.partition(", after")[0] for message in over) == [
        "PostgreSQL carries the bell again", "the log is read again",
        "this process is shown among the live connections again",
        "timed work is looked at again",
    ]  # fmt: skip


def told(server: Daphne) -> list[str]:
    """What the log says, but for who came and how the server started."""
    return [
        line["message"] for line in lines(server)
        if line["logger"].startswith(("live", "django"))
    ]  # fmt: skip


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)
