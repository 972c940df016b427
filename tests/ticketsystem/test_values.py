"""Values that no database takes are a mistake of whoever sends them, not of the server."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from tests.harness.people import signed_in
from tickets.board import Filters
from tickets.models import Queue, Ticket

OCTAL_NUL = '"\\000bcdefghijklmnop"'
PAGES = ("/", "/tickets/1/", "/admin/", "/accounts/login/", "/accounts/password_change/",
         "/api/tickets/", "/api/tickets/1/", "/healthz", "/readyz", "/metrics",
         "/nothing/")  # fmt: skip
HUGE = "9" * 30


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken", "known_sessionid", "messages", "x"])
def test_a_cookie_with_a_nul_counts_as_not_sent(path: str, cookie: str, alice: User) -> None:
    """As a client without cookies is answered; where another cookie is strange, as alice is."""
    plain, strange = Client(), Client()
    if cookie != "sessionid":
        plain, strange = signed_in(alice), signed_in(alice)
    sent = "; ".join(f"{name}={cookie.value}" for name, cookie in strange.cookies.items())
    with_nul = {"Cookie": f"{sent}; {cookie}={OCTAL_NUL}"}
    without, answer = plain.get(path), strange.get(path, headers=with_nul)
    assert answer.status_code == without.status_code
    assert answer.get("Location") == without.get("Location")


@pytest.mark.django_db
def test_a_log_in_with_such_a_cookie_works(alice: User) -> None:
    client = Client(headers={"Cookie": f"sessionid={OCTAL_NUL}"})
    answer = client.post("/accounts/login/", {"username": "alice", "password": "wrong"})
    assert answer.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/tickets/{HUGE}/", 404),
        (f"/api/tickets/{HUGE}/", 404),
        (f"/admin/tickets/ticket/{HUGE}/change/", 302),
        (f"/admin/auth/user/{HUGE}/password/", 404),
        ("/admin/auth/user/%00/change/", 302),
    ],
)
def test_a_key_in_a_path_that_is_none_leads_nowhere(path: str, status: int, admin: User) -> None:
    assert signed_in(admin).get(path).status_code == status


def a_number_of_no_use() -> None:
    Ticket.objects.filter(pk="no number").exists()


def a_number_too_large() -> None:
    LogEntry.objects.create(user_id=2**63, action_flag=1)


def a_nul() -> None:
    """Which SQLite takes."""
    if Queue.objects.filter(name="\0").exists() or connection.vendor == "sqlite":
        raise OverflowError


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/api/tickets/"])
@pytest.mark.parametrize("mistake", [a_number_of_no_use, a_number_too_large, a_nul])
def test_whatever_gets_past_the_forms_is_a_bad_request_and_logged(
    path: str, mistake: Callable[[], None], alice: User, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(Filters, "parse", lambda *args, **options: mistake())
    answer = signed_in(alice, raise_request_exception=False).get(path)
    assert answer.status_code == 400
    assert any("is answered with 400" in record.getMessage() for record in caplog.records)
    if path.startswith("/api/"):
        assert set(answer.json()) == {"error", "fields"}


@pytest.mark.django_db
@pytest.mark.parametrize("error", [ValueError("ours"), RuntimeError("ours"), KeyError("ours")])
def test_a_mistake_of_our_own_stays_an_error_of_the_server(
    error: Exception, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(Filters, "parse", fail)
    assert signed_in(alice, raise_request_exception=False).get("/").status_code == 500
