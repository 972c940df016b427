"""Which lane a request takes, seen from its address."""

from typing import Any

import pytest

from live.stream.request import Request
from ticketsystem.serving.kinds import lane_of, ticket_of


def scope_of(address: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    path, _, query = address.partition("?")
    return {"method": method, "path": path, "query_string": query.encode(), "headers": [], **more}


def lane(address: str, method: str = "GET") -> str:
    scope = scope_of(address, method)
    return lane_of(scope, Request(scope))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/", "read"),
        ("/?status=open&q=", "read"),
        ("/?q=printer", "search"),
        ("/api/tickets?q=a&page=2", "search"),
        ("/admin/tickets/ticket/?q=fire", "search"),
        ("/admin/autocomplete/?term=al", "search"),
        ("/accounts/login/", "read"),
        ("/static/tickets/board.js", "file"),
    ],
)
def test_what_is_asked_for_is_read_searched_or_a_file(address: str, expected: str) -> None:
    assert lane(address) == lane(address, "HEAD") == expected


def test_what_is_sent_is_written() -> None:
    assert lane("/api/tickets/7/", "POST") == lane("/tickets/new/?q=no search", "POST") == "write"


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/login/", "/admin/login/", "/accounts/password_change/",
        "/accounts/password_reset/", "/accounts/reset/MQ/set-password/",
        "/admin/auth/user/7/password/", "/admin/auth/user/add/", "/queues/people/add/",
    ],
)  # fmt: skip
def test_what_computes_the_hash_of_a_password_waits_for_two_threads_of_its_own(
    address: str,
) -> None:
    assert lane(address, "POST") == lane(f"/desk{address}", "POST") == "log-in"
    assert lane(address) == "read"


def test_what_a_page_says_of_itself_takes_no_thread_from_what_people_write() -> None:
    assert lane("/api/tickets/7/presence/", "POST") == "presence"
    assert lane("/api/tickets/7/presence", "POST") == "presence"
    assert lane("/desk/api/tickets/7/presence/", "POST") == "presence"
    assert lane("/api/tickets/7/comments/", "POST") == "write"


def test_a_write_names_its_ticket_whatever_door_it_takes() -> None:
    doors = ("/api/tickets/7", "/tickets/7/comments/", "/admin/tickets/ticket/007/change/")
    assert {ticket_of(scope_of(door)) for door in doors} == {"ticket 7"}
    assert ticket_of(scope_of("/desk/tickets/7/", root_path="/desk")) == "ticket 7"
    assert ticket_of(scope_of("/api/tickets/")) == ticket_of(scope_of("/tickets/new/")) == ""


def test_writes_of_many_tickets_count_together_whoever_sends_them() -> None:
    """Each takes a thread for up to ten seconds."""
    doors = ("/api/tickets/bulk", "/api/tickets/undo/", "/admin/tickets/ticket/bulk/7/")
    assert {ticket_of(scope_of(door)) for door in doors} == {"many tickets"}
    assert ticket_of(scope_of("/tickets/7/undo/")) == "ticket 7"
    assert lane("/api/tickets/bulk/", "POST") == "write"
