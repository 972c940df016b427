"""What the machines that look after a process are told."""

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.test import Client

import live
from live.log import numbering
from tests.harness.servers import Daphne
from tests.harness.sessions import session_of
from tests.harness.site import People
from tests.harness.sse import EventStream


@pytest.fixture(scope="module")
def strict(site_database: str) -> Iterator[Daphne]:
    with Daphne(site_database, ALLOWED_HOSTS="help.example.com", SECURE_SSL_REDIRECT="1") as server:
        yield server


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_answer_whatever_the_host_and_without_redirect(strict: Daphne, path: str) -> None:
    for host in ("10.0.0.7", "evil.example", "_"):
        answer = httpx.get(strict.url + path, headers={"Host": host}, timeout=10)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_everything_else_checks_the_host_and_redirects(strict: Daphne) -> None:
    def status(host: str) -> int:
        return httpx.get(strict.url + "/", headers={"Host": host}, timeout=10).status_code

    assert status("evil.example") == 400
    assert status("help.example.com") == 301


def test_probes_are_only_asked(strict: Daphne) -> None:
    assert httpx.post(strict.url + "/healthz", timeout=10).status_code == 405


# --- Metrics -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured(site_database: str) -> Iterator[Daphne]:
    with Daphne(site_database, METRICS_TOKEN="hush") as server:
        yield server


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"X-Forwarded-For": "1.2.3.4", "Authorization": "Bearer junk"},
        {"X-Forwarded-For": "1.2.3.4", "Authorization": "Bearer"},
        {"Via": "1.1 proxy", "Authorization": "hush"},
    ],
)
def test_metrics_are_not_open_to_the_world(measured: Daphne, headers: dict[str, str]) -> None:
    answer = httpx.get(measured.url + "/metrics", headers=headers, timeout=10)

    assert answer.status_code == 403
    assert "METRICS_TOKEN" in answer.json()["error"]


def test_without_a_token_nobody_can_send_an_empty_one(strict: Daphne) -> None:
    for given in ("Bearer None", "Bearer", ""):
        headers = {"X-Forwarded-For": "1.2.3.4", "Authorization": given}
        assert httpx.get(strict.url + "/metrics", headers=headers, timeout=10).status_code == 403


def test_metrics_with_the_token_through_a_proxy_and_from_the_same_host(measured: Daphne) -> None:
    through_proxy = {"X-Forwarded-For": "1.2.3.4", "Authorization": "Bearer hush"}
    for headers in (through_proxy, {}):
        answer = httpx.get(measured.url + "/metrics", headers=headers, timeout=10)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")


def value_of(server: Daphne, series: str) -> float:
    text = httpx.get(server.url + "/metrics", timeout=10).text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return float(lines.get(series, 0))


def test_metrics_count_what_happens(measured: Daphne, site: People, follow: Any) -> None:
    refused = value_of(measured, 'live_stream_answers_total{status="401"}')
    delivered = value_of(measured, "live_deliveries_total")
    EventStream(measured.url).close()
    stream = follow(measured, site.alice, lastEventId=numbering.number())
    EventStream(measured.url, session_of(site.bob), lastEventId="junk").next("reset")
    site.ticket()
    stream.next("ticket.created")

    assert value_of(measured, 'live_stream_answers_total{status="401"}') == refused + 1
    assert value_of(measured, "live_deliveries_total") == delivered + 1
    assert value_of(measured, 'live_streams{kind="agent"}') >= 1
    assert value_of(measured, 'live_resumes_total{source="recent"}') >= 1
    assert value_of(measured, 'live_resets_total{reason="missed"}') >= 1
    assert value_of(measured, "live_lag_seconds_count") >= 1
    assert value_of(measured, "live_relay_age_seconds") < 2
    assert value_of(measured, "live_position") >= live.head()


@pytest.mark.django_db
def test_a_server_that_is_not_ready_yet_logs_no_error(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Without an engine, as under WSGI, it never is. Django would log each 503 as an error."""
    logger = logging.getLogger("django.request")
    logger.addHandler(caplog.handler)
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.records == []
