"""What the machines that look after a process are told."""

import httpx
import pytest

from tests.servers import Daphne


@pytest.fixture(scope="module")
def strict(site_database: str):  # type: ignore[no-untyped-def]
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
