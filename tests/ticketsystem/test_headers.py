"""What every answer tells browsers and caches, whoever made it."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client

from tests.harness.people import signed_in
from tests.harness.processes import ROOT
from tickets.models import Ticket
from ticketsystem.headers import HeadersMiddleware

pytestmark = pytest.mark.django_db

HOLDS_A_TICKET = [
    "/",
    "/?status=all&page=1",
    "/counters/",
    "/tickets/{ticket}/",
    "/tickets/{ticket}/description/",
    "/tickets/new/",
    "/accounts/password_change/",
    "/api/tickets/",
    "/api/tickets/{ticket}/",
    "/admin/",
    "/admin/tickets/ticket/",
    "/admin/tickets/ticket/{ticket}/change/",
    "/admin/tickets/ticket/{ticket}/history/",
    "/admin/tickets/ticket/{ticket}/delete/",
    "/admin/tickets/change/",
    "/admin/live/serverprocess/",
    "/admin/jsi18n/",
]
REFUSED = ["/tickets/999999/", "/api/tickets/999999/", "/nothing/", "/admin/nothing/"]


def policy(answer: Any) -> dict[str, list[str]]:
    lines = answer["Content-Security-Policy"].split("; ")
    return {name: values for name, *values in map(str.split, lines)}


@pytest.mark.parametrize("path", [*HOLDS_A_TICKET, *REFUSED])
def test_no_cache_keeps_what_may_hold_a_ticket_and_no_script_in_it_runs(
    path: str, admin: User, ticket: Ticket
) -> None:
    answer = signed_in(admin).get(path.format(ticket=ticket.pk))
    assert (answer.status_code == 200) == (path in HOLDS_A_TICKET)
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer["Permissions-Policy"]
    allowed = policy(answer)
    assert allowed["default-src"] == allowed["frame-ancestors"] == allowed["base-uri"] == ["'none'"]
    for name in ("script-src", "style-src", "connect-src", "worker-src", "form-action"):
        assert allowed[name] == ["'self'"], name


def test_what_a_stranger_gets_is_not_kept_either(client: Client, ticket: Ticket) -> None:
    for path in ("/", f"/tickets/{ticket.pk}/", "/accounts/login/", "/admin/", "/api/tickets/"):
        answer = client.get(path)
        assert answer["Cache-Control"] == "private, no-store"
        assert policy(answer)["script-src"] == ["'self'"]


def test_a_form_that_is_answered_is_not_kept(alice: User, ticket: Ticket) -> None:
    answer = signed_in(alice).post(f"/tickets/{ticket.pk}/comment/", {"body": ""})
    assert answer["Cache-Control"] == "private, no-store"


def test_a_view_may_say_more_of_its_own_policy_but_not_let_itself_be_kept() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        own = {"Content-Security-Policy": "sandbox", "Cache-Control": "public, max-age=60"}
        return HttpResponse(headers=own)

    answer = HeadersMiddleware(view)(HttpRequest())
    assert answer["Content-Security-Policy"] == "sandbox"
    assert answer["Cache-Control"] == "private, no-store"


def test_static_files_are_kept_as_ever(client: Client) -> None:
    answer = client.get("/static/icon.svg")
    assert answer.status_code == 200
    assert "public" in answer["Cache-Control"]


@pytest.mark.parametrize(("debug", "has_policy"), [(True, False), (False, True)])
def test_only_djangos_pages_for_developers_are_let_off(
    debug: bool, has_policy: bool, settings: Any
) -> None:
    settings.DEBUG = debug
    for status in (404, 500):
        failed = HttpResponse(status=status)
        answer = HeadersMiddleware(lambda request, failed=failed: failed)(HttpRequest())  # type: ignore[misc]
        assert ("Content-Security-Policy" in answer) == has_policy


def test_https_is_insisted_on_for_as_long_as_the_variable_says(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 300
    path = "/accounts/login/"
    assert Client().get(path, secure=True)["Strict-Transport-Security"] == "max-age=300"
    assert "Strict-Transport-Security" not in Client().get(path)
    settings.SECURE_HSTS_SECONDS = 0
    assert "Strict-Transport-Security" not in Client().get(path, secure=True)


class Inline(HTMLParser):
    """What the policy would stop, in a template."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = dict(attributes)
        is_data = (names.get("type") or "").endswith("json")
        if tag == "style" or (tag == "script" and "src" not in names and not is_data):
            self.found.append(f"<{tag}>")
        self.found += [name for name in names if re.fullmatch("style|on[a-z]+", name)]


@pytest.mark.parametrize(
    "template",
    sorted(
        path for place in ("templates", "live/templates") for path in (ROOT / place).rglob("*.html")
    ),
    ids=lambda path: path.name,
)
def test_no_template_of_ours_has_a_script_or_a_style_in_it(template: Path) -> None:
    reader = Inline()
    reader.feed(re.sub(r"{[%#{].*?[%#}]}", "", template.read_text()))
    assert reader.found == []
