"""What the database cannot do now is 503 and a sentence, and a mistake stays a mistake."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, OperationalError, ProgrammingError
from django.test import Client, RequestFactory

from tests.harness.people import signed_in
from tickets.models import Ticket
from ticketsystem import database_errors, failures, read_only
from ticketsystem.serving.work import Work


def error_of(driver: Exception, kind: type[DatabaseError] = OperationalError) -> DatabaseError:
    """As Django raises it, around the driver's."""
    error = kind("words that change with any release")
    error.__cause__ = driver
    return error


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("driver", "sentence"),
    [
        (psycopg.errors.QueryCanceled(), database_errors.TOO_LONG),
        (psycopg.errors.LockNotAvailable(), database_errors.LOCKED),
        (psycopg.errors.DeadlockDetected(), database_errors.GAVE_WAY),
        (psycopg.errors.ReadOnlySqlTransaction(), database_errors.READ_ONLY),
        (psycopg.errors.DiskFull(), database_errors.FULL),
        (psycopg.errors.AdminShutdown(), database_errors.AWAY),
        (psycopg.OperationalError(), database_errors.AWAY),  # no connection
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), database_errors.LOCKED),
        (of_sqlite(sqlite3.SQLITE_READONLY_DBMOVED), database_errors.READ_ONLY),
        (of_sqlite(sqlite3.SQLITE_FULL), database_errors.FULL),
        (of_sqlite(sqlite3.SQLITE_ERROR), None),  # a table that is missing
    ],
)
def test_errors_are_known_by_their_codes(driver: Exception, sentence: str | None) -> None:
    assert database_errors.sentence_for(error_of(driver)) == sentence


def test_a_mistake_is_no_outage() -> None:
    missing = error_of(psycopg.errors.UndefinedTable(), ProgrammingError)
    assert database_errors.sentence_for(missing) is None
    assert database_errors.sentence_for(ZeroDivisionError()) is None


@pytest.fixture(autouse=True)
def known_again_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a write was refused stays known to the process."""
    monkeypatch.setattr(read_only._Answer, "is_read_only", False)


@pytest.fixture
def broken(ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def too_late(*_: Any, **__: Any) -> None:
        raise error_of(psycopg.errors.LockNotAvailable())

    monkeypatch.setattr(Ticket, "save", too_late)
    monkeypatch.setattr("tickets.lists.sidebar.navigation", too_late)
    yield


def test_it_is_json_below_the_api_and_a_page_elsewhere(
    broken: None, alice: User, ticket: Ticket
) -> None:
    client = signed_in(alice, raise_request_exception=False)
    write = client.patch(f"/api/tickets/{ticket.pk}/", "{}", content_type="application/json")
    page = client.get("/")
    assert (write.status_code, page.status_code) == (503, 503)
    assert write.json()["error"].startswith(database_errors.LOCKED)
    assert write.json()["fields"] == {}
    assert database_errors.LOCKED in page.content.decode()
    assert "saved" not in page.content.decode()  # whoever only reads is not told of that
    assert int(write["Retry-After"]) == int(page["Retry-After"]) > 0


def test_a_session_that_cannot_be_saved_is_503_too(
    monkeypatch: pytest.MonkeyPatch, alice: User, settings: Any
) -> None:
    """That happens in a middleware, where no middleware looks for errors."""
    settings.DEBUG = False
    alice.set_password("demo")
    alice.save()

    def refuse(*_: Any, **__: Any) -> None:
        raise error_of(psycopg.errors.ReadOnlySqlTransaction(), DatabaseError)

    monkeypatch.setattr(SessionStore, "save", refuse)
    client = Client(raise_request_exception=False)
    form = client.post("/accounts/login/", {"username": alice.username, "password": "demo"})
    assert form.status_code == 503
    assert database_errors.READ_ONLY in form.content.decode()


def test_it_says_what_was_saved(rf: RequestFactory) -> None:
    refused, lost = (
        error_of(psycopg.errors.LockNotAvailable()),
        error_of(psycopg.OperationalError()),
    )

    def said(error: DatabaseError) -> str:
        answer: Any = failures.unavailable(rf.post("/api/tickets/"), error)
        return str(answer.content)

    with Work() as work:
        assert failures.NOTHING_SAVED in said(refused)
        assert failures.NOTHING_SAVED in said(lost)  # for nothing was sent that saves
        work.has_tried_to_write = True
        assert failures.NOTHING_SAVED in said(refused)
        assert failures.PERHAPS_SAVED in said(lost)  # perhaps at the commit
        work.has_written = True
        assert failures.PERHAPS_SAVED in said(refused)
    assert failures.PERHAPS_SAVED in said(refused)  # nobody has watched
