"""Many requests that carry one key, at once, in front of a real server."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tickets.models import Comment, Ticket

TIMES = 8


def at_once(server: Daphne, site: People, method: str, path: str, **options: Any) -> list[Any]:
    """The answers to one request of alice, sent over eight connections."""
    with ExitStack() as stack:
        browsers = [stack.enter_context(Browser(server.url, site.alice)) for _ in range(TIMES)]
        with ThreadPoolExecutor(TIMES) as threads:
            sent = [threads.submit(each.request, method, path, **options) for each in browsers]
            return [request.result(60) for request in sent]


def test_a_comment_of_a_script_is_made_once(server: Daphne, site: People) -> None:
    ticket = site.ticket()
    answers = at_once(
        server, site, "POST", f"/api/tickets/{ticket.pk}/comments/",
        json={"body": "Hello"}, headers={"Idempotency-Key": "one"},
    )  # fmt: skip
    comment = Comment.objects.get(ticket=ticket)
    assert {(answer.status_code, answer.json()["id"]) for answer in answers} == {(201, comment.pk)}


def test_a_change_of_an_old_version_is_answered_as_the_first(server: Daphne, site: People) -> None:
    ticket = site.ticket()
    answers = at_once(
        server, site, "PATCH", f"/api/tickets/{ticket.pk}/",
        json={"status": "open", "version": 1}, headers={"Idempotency-Key": "two"},
    )  # fmt: skip
    assert {(answer.status_code, answer.json()["version"]) for answer in answers} == {(200, 2)}


def test_a_new_ticket_of_a_form_is_opened_once(server: Daphne, site: People) -> None:
    with Browser(server.url, site.alice) as browser:
        page = browser.get("/tickets/new/").text
    (key,) = re.findall(r'name="idempotency_key" value="([^"]+)"', page)
    subject = f"Paper of {site.alice.username}"
    form = {
        "subject": subject, "queue": site.billing.pk, "priority": "normal", "idempotency_key": key,
    }  # fmt: skip
    answers = at_once(server, site, "POST", "/tickets/new/", data=form)
    ticket = Ticket.objects.get(subject=subject)
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (302, f"/tickets/{ticket.pk}/")
    }
