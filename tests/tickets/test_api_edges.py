"""Whatever lies below /api/ answers in JSON, with and without its last slash."""

import json
import logging
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client

from tests.harness.people import signed_in
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tickets.models import Comment, Queue, Ticket

JSON = "application/json"
KEY = "k" * 32


def refusal(response: Any) -> str:
    """The sentence of a refusal, which must be JSON as the contract has it."""
    assert response.status_code >= 400
    assert response["Content-Type"].startswith(JSON), response.content
    assert int(response["Content-Length"]) == len(response.content)
    answer = response.json()
    assert set(answer) == {"error", "fields"}
    assert answer["error"].endswith(".")
    return str(answer["error"])


# --- The last slash ------------------------------------------------------------------------------


def test_a_ticket_is_created_without_the_last_slash(billing: Queue, alice: User) -> None:
    new = {"subject": "Hello", "queue": billing.pk}
    response = signed_in(alice).post("/api/tickets", new, content_type=JSON)
    assert response.status_code == 201
    assert Ticket.objects.get().pk == response.json()["id"]


def test_each_address_is_served_without_its_last_slash(ticket: Ticket, alice: User) -> None:
    client, path = signed_in(alice), f"/api/tickets/{ticket.pk}"
    assert client.get("/api/tickets?status=new").json()["count"] == 1
    assert client.get("/api/tickets?status=open").json()["count"] == 0
    assert client.get(path).json()["id"] == ticket.pk
    assert client.patch(path, {"status": "open"}, content_type=JSON).status_code == 200
    said = client.post(f"{path}/comments", {"body": "Hi"}, content_type=JSON)
    assert said.status_code == 201
    assert Comment.objects.count() == 1
    assert client.put(path, {}, content_type=JSON).status_code == 405
    assert client.get("/api/docs").status_code == client.get("/api/openapi.json").status_code == 200


def test_pages_for_people_lead_to_their_last_slash_as_before(ticket: Ticket, alice: User) -> None:
    response = signed_in(alice).get(f"/tickets/{ticket.pk}")
    assert (response.status_code, response["Location"]) == (301, f"/tickets/{ticket.pk}/")


# --- Methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "?status=new", "?page=9", "?page=x", "{pk}/", "0/", "{pk}"])
def test_head_answers_as_get_but_without_a_body(path: str, ticket: Ticket, alice: User) -> None:
    client, path = signed_in(alice), f"/api/tickets/{path.format(pk=ticket.pk)}"
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.headers == got.headers
    assert int(head["Content-Length"]) == len(got.content) > 0
    assert head.content == b""


def test_head_is_refused_where_there_is_no_get(ticket: Ticket, alice: User) -> None:
    response = signed_in(alice).head(f"/api/tickets/{ticket.pk}/comments/")
    assert (response.status_code, response["Allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("tickets/", "GET, HEAD, OPTIONS, POST"),
        ("tickets", "GET, HEAD, OPTIONS, POST"),
        ("tickets/1/", "GET, HEAD, OPTIONS, PATCH"),
        ("tickets/1/comments/", "OPTIONS, POST"),
        ("openapi.json", "GET, HEAD, OPTIONS"),
        ("docs", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_names_the_methods_that_there_are(path: str, allowed: str) -> None:
    response = Client().options(f"/api/{path}")
    assert (response.status_code, response["Allow"], response.content) == (204, allowed, b"")
    assert not {"Content-Type", "Content-Length"} & set(response.headers)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "MADE-UP"])
@pytest.mark.parametrize("path", ["tickets/", "tickets", "tickets/1/", "openapi.json"])
def test_a_method_that_there_is_not_is_told_which_are(method: str, path: str, alice: User) -> None:
    response = signed_in(alice).generic(method, f"/api/{path}")
    assert response.status_code == 405
    assert "GET, HEAD, OPTIONS" in response["Allow"]
    assert refusal(response).startswith(f"{method} is not allowed here, only GET, HEAD")


# --- Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nothing", "/nothing/", "/tickets/1/nothing/", "/tickets//", "/docs/x",
     "/user/stream/", "/%00", "/%ff%fe/", "/%zz", "/..", "/tickets/1/comments/2/3/",
     "/" + "x" * 10_000],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("debug", [True, False])
def test_an_unknown_address_is_404(path: str, method: str, debug: bool, settings: Any) -> None:
    settings.DEBUG = debug
    response = Client().generic(method, f"/api{path}")
    assert response.status_code == 404
    assert "There is no such address" in refusal(response)


@pytest.mark.parametrize("path", ["tickets/", "tickets", "nothing", "openapi.json"])
@pytest.mark.parametrize("debug", [True, False])
def test_a_foreign_host_is_400(path: str, debug: bool, settings: Any) -> None:
    settings.DEBUG = debug
    response = Client(headers={"Host": "evil.example"}).get(f"/api/{path}")
    assert response.status_code == 400
    assert refusal(response) == "This Host is not in ALLOWED_HOSTS."


def fail(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError("a secret of the server")


def forbid(*_: Any, **__: Any) -> None:
    raise PermissionDenied


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("where", [
    "tickets.api.visible_tickets",
    "django.middleware.common.CommonMiddleware.process_request",
    "django.contrib.sessions.middleware.SessionMiddleware.process_request",
])  # fmt: skip
def test_a_failure_is_500_in_json_and_logged(
    debug: bool, where: str, settings: Any, alice: User, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    settings.DEBUG = debug
    logging.getLogger("django.request").addHandler(caplog.handler)
    client = signed_in(alice, raise_request_exception=False)
    monkeypatch.setattr(where, fail)
    response = client.get("/api/tickets/")
    assert response.status_code == 500
    assert refusal(response) == "The server failed at this request, and has logged why."
    assert b"secret" not in response.content
    logging.getLogger("django.request").removeHandler(caplog.handler)
    assert "a secret of the server" in caplog.text


def test_what_a_middleware_forbids_is_403(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", forbid)
    response = signed_in(alice).get("/api/tickets/")
    assert response.status_code == 403
    refusal(response)


@pytest.mark.parametrize("status", [400, 403, 413, 418, 429, 500, 503])
def test_a_page_that_a_middleware_answers_with_becomes_json(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, request: HttpRequest, *_: Any) -> HttpResponse:
        return HttpResponse("<h1>No</h1>", status=status, headers={"Retry-After": "7"})

    monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_request", refuse)
    response = Client().get("/api/tickets/")
    assert (response.status_code, response["Retry-After"]) == (status, "7")
    refusal(response)
    assert Client().get("/api/docs").content == b"<h1>No</h1>"


@pytest.mark.parametrize("kind", [
    "text/plain", "text/html", "application/xml", "nonsense", "", "application/json; charset=no",
    "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=", "multipart/form-data; boundary=x",
])  # fmt: skip
@pytest.mark.parametrize(
    "body", [b"", b"subject=x", b"--x\r\n", b"\xff", b"&".join([b"a=1"] * 2000)],
    ids=["nothing", "form", "part", "bytes", "many"],
)  # fmt: skip
@pytest.mark.parametrize("debug", [True, False])
def test_a_body_of_another_kind_is_400(
    kind: str, body: bytes, debug: bool, alice: User, settings: Any
) -> None:
    settings.DEBUG = debug
    client = signed_in(alice, enforce_csrf_checks=True, headers={"X-CSRFToken": KEY})
    client.cookies["csrftoken"] = KEY
    response = client.generic("POST", "/api/tickets/", body, content_type=kind)
    assert response.status_code == 400
    refusal(response)


def test_a_form_that_carries_the_token_is_no_json_either(alice: User) -> None:
    client = signed_in(alice, enforce_csrf_checks=True)
    client.cookies["csrftoken"] = KEY
    response = client.post("/api/tickets/", {"subject": "x", "csrfmiddlewaretoken": KEY})
    assert response.status_code == 400
    assert "one object of JSON" in refusal(response)


@pytest.mark.parametrize("query", ["a=1&" * 2000, "q=%ff", "page=%00", "q=" + "x" * 5000])
def test_a_query_that_cannot_be_read_is_refused_in_json(query: str, alice: User) -> None:
    response = signed_in(alice).get(f"/api/tickets/?{query}")
    assert response.status_code in {200, 400, 422}
    assert response["Content-Type"].startswith(JSON)


def test_no_cache_keeps_an_answer(ticket: Ticket, alice: User) -> None:
    client = signed_in(alice)
    for path in ("/api/tickets/", f"/api/tickets/{ticket.pk}/", "/api/tickets/0/", "/api/nothing"):
        assert client.get(path)["Cache-Control"] == "private, no-store"


# --- Over a socket: what no client of Python sends ------------------------------------------------


def raw(server: Daphne, request: str) -> tuple[int, dict[str, str], bytes]:
    """Send the first lines of a request as they are; the status, the headers and the body."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head = f"{request}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode("latin1"))
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    start, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = start.decode("latin1").split("\r\n")
    headers = dict(re.split(": *", line.lower(), maxsplit=1) for line in lines)
    return int(status.split()[1]), headers, body


@pytest.fixture(scope="module", params=["0", "1"], ids=["production", "development"])
def either(request: pytest.FixtureRequest, site_database: str) -> Iterator[Daphne]:
    with Daphne(site_database, DEBUG=request.param, SECRET_KEY="s" * 50) as daphne:
        yield daphne


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /api/nothing HTTP/1.1\r\nHost: localhost", 404),
        ("GET /api/%00%ff%zz% HTTP/1.1\r\nHost: localhost", 404),
        (f"GET /api/{'x' * 12_000} HTTP/1.1\r\nHost: localhost", 404),
        (f"GET /api/tickets?q={'%ff' * 4_000} HTTP/1.1\r\nHost: localhost", 401),
        ("TRACE /api/tickets HTTP/1.1\r\nHost: localhost", 405),
        ("CONNECT /api/tickets HTTP/1.1\r\nHost: localhost", 405),
        ("MADEUP /api/tickets/1/comments HTTP/1.1\r\nHost: localhost", 405),
        ("GET /api/tickets HTTP/1.1\r\nHost: evil.example", 400),
        ("GET /api/tickets HTTP/1.1\r\nHost: a b", 400),
        ("POST /api/user/stream HTTP/1.1\r\nHost: localhost", 405),
        ("GET /api/user/stream HTTP/1.1\r\nHost: localhost", 401),
        ("GET /api/user/stream HTTP/1.1\r\nHost: evil.example", 400),
        ("GET /api/user/stream/ HTTP/1.1\r\nHost: localhost", 404),
    ],
)
def test_over_a_socket_each_refusal_is_json(request_line: str, status: int, either: Daphne) -> None:
    answer, headers, body = raw(either, request_line)
    assert answer == status
    assert headers["content-type"] == JSON
    assert int(headers["content-length"]) == len(body)
    assert set(json.loads(body)) == {"error", "fields"}


def test_over_a_socket_head_sends_no_body(server: Daphne) -> None:
    got, of_get, body = raw(server, "GET /api/tickets HTTP/1.1\r\nHost: localhost")
    head, of_head, nothing = raw(server, "HEAD /api/tickets HTTP/1.1\r\nHost: localhost")
    assert (head, of_head, nothing) == (got, of_get, b"")
    assert int(of_head["content-length"]) == len(body)
    stream, of_stream, nothing = raw(server, "HEAD /api/user/stream HTTP/1.1\r\nHost: localhost")
    assert (stream, of_stream["allow"], nothing) == (405, "get", b"")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_that_is_too_large_is_413(announced: bool, server: Daphne, site: People) -> None:
    piece = b" " * 1_000_000
    with Browser(server.url, site.alice) as alice:
        body = piece * 3 if announced else iter([piece] * 3)
        answer = alice.post("/api/tickets", content=body)
    assert (answer.status_code, answer.json()["fields"]) == (413, {})


# --- The documentation ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alice", "admin"])
def test_agents_read_the_documentation(name: str, request: pytest.FixtureRequest) -> None:
    client = signed_in(request.getfixturevalue(name))
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert "openapi.json" in page.content.decode()
    assert '"validatorUrl": null' in page.content.decode()
    assert client.get("/api/openapi.json").status_code == 200


def test_strangers_log_in_first() -> None:
    page = Client().get("/api/docs")
    assert (page.status_code, page["Location"]) == (302, "/accounts/login/?next=/api/docs/")
    schema = Client().get("/api/openapi.json")
    assert schema.status_code == 401
    refusal(schema)


def test_who_serves_no_queue_reads_no_documentation(dave: User) -> None:
    client = signed_in(dave)
    assert client.get("/api/docs").status_code == 403
    schema = client.get("/api/openapi.json")
    assert schema.status_code == 403
    refusal(schema)


def test_the_page_loads_nothing_from_elsewhere(alice: User) -> None:
    page = signed_in(alice).get("/api/docs").content.decode()
    loaded = re.findall(r"(?:src|href)=\"([^\"]*)\"", page)
    assert len(loaded) > 3
    assert [address for address in loaded if not address.startswith("/static/ninja/")] == []
