"""The API answers as its own schema says, whatever the schema allows or forbids to send.

schemathesis invents the requests: values at the limits and beyond them, other types, fields too few
and too many. They are the same in each run. A real server answers them, as it would a script.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.harness.post import SENDER
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tickets.attachments.storing import store
from tickets.canned.models import CannedReply
from tickets.mail.models import Mail, State
from tickets.models import Comment, Ticket

EXAMPLES = 10  # of each call by each person, and as many again of what is forbidden

# What a schema cannot say: which addresses of mail Django takes, that only what is mailed has
# copies, and which times still have a year
# when they are moved to UTC; that versions are of the tickets that are named beside them; and which
# characters of a tag are seen.
BEYOND_THE_SCHEMA = {
    "requester_email", "cc", "due_at", "Idempotency-Key", "versions",
    "tags", "tag", "add_tags", "remove_tags",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(site_database: str) -> Iterator[Daphne]:
    """It queues mail, which nobody sends."""
    mail = {"EMAIL_URL": "smtp://127.0.0.1:1", "MAIL_FROM": SENDER}
    with Daphne(site_database, **mail) as daphne:
        yield daphne
    Mail.objects.filter(state=State.QUEUED).delete()


# In a form one file is a list of one, and its bytes are no string of the schema's.
FORMS = {"POST /api/tickets/{ticket_id}/attachments/"}
# Of these few of the calls come through, so each call of them is for a ticket that can have it.
MERGE = "POST /api/tickets/{ticket_id}/merge/"
SEND_AGAIN = "POST /api/tickets/{ticket_id}/comments/{comment_id}/mail/"
DROP = "DELETE /api/tickets/{ticket_id}/attachments/{attachment_id}/"


class Calls:
    """Somebody's calls of all operations, as the schema that they read describes them."""

    def __init__(self, server: Daphne, browser: Browser, site: People, user: User) -> None:
        self.url = server.url
        self.cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        self.token = browser.headers["X-CSRFToken"]
        self.schema = schemathesis.openapi.from_dict(browser.get("/api/openapi.json").json())
        self.schema.config.generation.update(with_security_parameters=False, allow_x00=False)
        two = [site.ticket(requester_email="ida@example.com").pk for _ in range(2)]
        self.known = {"queue": site.billing.pk, "assignee": site.alice.pk, "into": two[1]}
        self.user = user
        mailed = site.ticket(requester_email="zoe@example.com").pk
        self.tickets_of = {MERGE: [two[0]] * 2, SEND_AGAIN: [mailed] * 2, DROP: [mailed] * 2}
        self.tickets = [
            site.ticket(requester_email="zoe@example.com").pk,
            site.ticket(queue=site.network, requester_email="zoe@example.com").pk,
        ]
        self.comments = {
            ticket: Comment.objects.create(ticket_id=ticket, body="Hello").pk
            for ticket in [*self.tickets, mailed]
        }
        self.reply = CannedReply.objects.create(owner=None, name="Hello", text="Hi", shared=True).pk
        # Mail that has failed, so that it can be sent again.
        Mail.objects.bulk_create(
            Mail(comment_id=comment, to="zoe@example.com", state=State.FAILED)
            for comment in self.comments.values()
        )
        self.answers: dict[str, set[int]] = {}

    def operations(self) -> list[Any]:
        results: list[Any] = list(self.schema.get_all_operations())
        return [result.ok() for result in results]

    def answer(self, case: Any, mode: GenerationMode) -> None:
        """Send the request, and have each check of schemathesis look at the answer: its status, its
        type, its headers and its shape; and whether what the schema forbids was refused."""
        self._make_real(case)
        answer = case.call_and_validate(
            base_url=self.url,
            headers={"Cookie": self.cookies},
            excluded_checks=[
                positive_data_acceptance,
                *([negative_data_rejection] if case.operation.label in FORMS else []),
            ],
        )
        self.answers.setdefault(case.operation.label, set()).add(answer.status_code)
        assert answer.headers["cache-control"] == ["private, no-store"]
        if mode is GenerationMode.POSITIVE:
            assert answer.status_code != 400, answer.text
            if answer.status_code == 422:
                assert set(answer.json()["fields"]) <= BEYOND_THE_SCHEMA, answer.text

    def _make_real(self, case: Any) -> None:
        """Put ids and a token that are there in the place of invented ones of the right form, or
        no request would come further than to the first look-up."""
        headers: dict[str, Any] = dict(case.headers or {})
        path: dict[str, Any] = dict(case.path_parameters or {})
        if re.fullmatch("[0-9a-zA-Z]{32,64}", str(headers.get("X-CSRFToken", ""))):
            case.headers = {**headers, "X-CSRFToken": self.token}
        number: Any = path.get("ticket_id")
        if is_id(number) and number % 3 < 2:
            tickets = self.tickets_of.get(case.operation.label, self.tickets)
            path["ticket_id"] = tickets[int(number % 3)]
            if is_id(path.get("comment_id")):
                path["comment_id"] = self.comments[path["ticket_id"]]
            if is_id(path.get("attachment_id")):
                path["attachment_id"] = self._uploaded(path["ticket_id"])
            case.path_parameters = path
        if is_id(path.get("reply_id")):
            case.path_parameters = {**path, "reply_id": self.reply}
        if isinstance(case.body, dict):
            case.body = self._with_known(case.body)
            if isinstance(changes := case.body.get("changes"), dict):
                case.body["changes"] = self._with_known(changes)

    def _uploaded(self, ticket_id: int) -> int:
        ticket = Ticket.objects.get(pk=ticket_id)
        return store(ticket, "page.txt", BytesIO(b"Page 1"), uploader=self.user).pk

    def _with_known(self, fields: dict[str, Any]) -> dict[str, Any]:
        known = {name: type(fields[name])(key) for name, key in self.known.items()
                 if is_id(fields.get(name))}  # fmt: skip
        return {**fields, **known}


def is_id(value: Any) -> bool:
    """Also as 5.0, which is a whole number to JSON."""
    return type(value) in (int, float) and 0 < value < 2**63 and value == int(value)


@pytest.mark.parametrize("name", ["alice", "admin"])
def test_each_call_answers_as_the_schema_says(name: str, server: Daphne, site: People) -> None:
    user = getattr(site, name)
    with Browser(server.url, user) as browser:
        calls = Calls(server, browser, site, user)

    def check(operation: Any, mode: GenerationMode) -> None:
        @settings(
            max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(mode))
        def answers(case: Any) -> None:
            calls.answer(case, mode)

        answers()

    for operation in calls.operations():
        for mode in GenerationMode:
            check(operation, mode)

    # What was asked reached the data, so that the answers of success were looked at as well.
    assert set(calls.answers) == {operation.label for operation in calls.operations()}
    for label, statuses in calls.answers.items():
        assert statuses & {200, 201, 204}, label
        assert any(status >= 400 for status in statuses), label
    assert Comment.objects.filter(author=user).exists()
    assert Ticket.objects.filter(queue=site.billing).count() > 2
