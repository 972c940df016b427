"""Ids in addresses are decimal digits, as the site itself writes them, and nothing else that Python
takes for a number."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.harness.people import signed_in
from tickets.api import api
from tickets.ids import IdConverter
from tickets.models import Comment, Ticket

pytestmark = pytest.mark.django_db

# How else the number 5 may be written, or one that no row has.
OTHERWISE = [
    "+{}", "-{}", "0{}", " {}", "{} ", "{}.0", "{}_0", "%EF%BC%95", "%D9%A5", "{}e0", "0x{}",
]  # fmt: skip
NOBODYS = ["0", "00", f"{2**63}", "9" * 40, "junk"]


def paths_of(ticket: Ticket) -> list[str]:
    """Of the API and of the pages, with "ID" in the place of the id."""
    at = f"tickets/{ticket.pk}"
    return [
        "/api/tickets/ID/", f"/api/{at}/comments/ID/", "/api/canned/ID/",
        "/tickets/ID/", f"/{at}/comments/ID/", f"/{at}/attachments/ID/a.txt", "/canned/ID/",
        "/queues/ID/", "/webhooks/ID/", "/webhooks/deliveries/ID/",
    ]  # fmt: skip


@pytest.mark.parametrize("written", OTHERWISE)
def test_a_number_that_is_written_in_another_way_is_no_address(
    written: str, ticket: Ticket, admin: User
) -> None:
    Comment.objects.create(ticket=ticket, body="Hello")
    client = signed_in(admin)
    for path in paths_of(ticket):
        answer = client.get(path.replace("ID", written.format(ticket.pk)))
        assert (path, answer.status_code) == (path, 404)


@pytest.mark.parametrize("nobodys", NOBODYS)
def test_what_cannot_be_an_id_is_no_address(nobodys: str, ticket: Ticket, admin: User) -> None:
    client = signed_in(admin)
    for path in paths_of(ticket):
        answer = client.get(path.replace("ID", nobodys))
        assert (path, answer.status_code) == (path, 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("patch", "/api/tickets/ID/"),
        ("post", "/api/tickets/ID/comments/"),
        ("post", "/api/tickets/ID/presence/"),
        ("post", "/api/tickets/ID/merge/"),
        ("post", "/api/tickets/ID/attachments/"),
        ("delete", "/api/tickets/ID/attachments/1/"),
        ("post", "/api/tickets/ID/comments/1/mail/"),
        ("post", "/api/tickets/1/comments/ID/mail/"),
        ("post", "/tickets/ID/edit/"),
        ("post", "/tickets/ID/take/"),
        ("post", "/tickets/ID/comment/"),
        ("post", "/tickets/ID/seen/"),
    ],
)
def test_a_write_to_such_an_address_is_refused_too(
    method: str, path: str, ticket: Ticket, alice: User
) -> None:
    written = path.replace("ID", f"+{ticket.pk}")
    answer = getattr(signed_in(alice), method)(written, "{}", content_type="application/json")
    assert answer.status_code == 404
    assert ticket.comments.count() == 0


def test_the_refusal_of_the_api_is_a_sentence(ticket: Ticket, alice: User) -> None:
    answer = signed_in(alice).get(f"/api/tickets/+{ticket.pk}/")
    assert answer.json() == {
        "error": "There is no such address: the documentation of the API lists those that there"
        " are.",
        "fields": {},
    }


@pytest.mark.parametrize("written", ["%2B{}", "0{}", "{}_0", "%20{}", "%EF%BC%95"])
def test_an_id_in_the_query_is_in_digits_too(written: str, ticket: Ticket, alice: User) -> None:
    answer = signed_in(alice).get(f"/api/canned/?ticket={written.format(ticket.pk)}")
    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"ticket"})


def test_as_the_site_writes_it_an_id_is_served(ticket: Ticket, alice: User) -> None:
    client = signed_in(alice)
    assert client.get(f"/api/tickets/{ticket.pk}/").json()["id"] == ticket.pk
    assert client.get(f"/api/canned/?ticket={ticket.pk}").status_code == 200
    assert client.get(f"/tickets/{ticket.pk}/").status_code == 200


def test_who_is_signed_out_learns_nothing_of_it(client: Client) -> None:
    assert client.get("/api/tickets/+5/").status_code == 401


def converters(pattern: URLPattern | URLResolver, path: str = "") -> list[tuple[str, Any]]:
    here = f"{path}{pattern.pattern}"
    if isinstance(pattern, URLResolver):
        return [found for part in pattern.url_patterns for found in converters(part, here)]
    return [(here, kind) for kind in pattern.pattern.converters.values()]


def test_each_number_in_an_address_of_ours_is_read_by_the_same_rule() -> None:
    by_django = [path for path, kind in converters(get_resolver()) if "int:" in path]
    assert by_django == []
    assert any(isinstance(kind, IdConverter) for _, kind in converters(get_resolver()))


def test_the_documentation_still_names_the_bounds_of_an_id() -> None:
    schema: Any = api.get_openapi_schema()
    (named,) = [
        parameter["schema"]
        for parameter in schema["paths"]["/api/tickets/{ticket_id}/"]["get"]["parameters"]
        if parameter["name"] == "ticket_id"
    ]
    assert (named["type"], named["minimum"], named["maximum"]) == ("integer", 1, 2**63 - 1)
