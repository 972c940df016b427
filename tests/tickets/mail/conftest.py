"""alice answers Zoë, whose ticket it is, and a real mail server takes what is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.harness.post import SENDER, PostOffice, post_office
from tickets import editing
from tickets.models import Comment, Queue, Ticket

REQUESTER = "zoe@customers.example"


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    with post_office() as office:
        settings.EMAIL_URL, settings.MAIL_FROM = office.url, SENDER
        yield office


@pytest.fixture
def mailing(settings: Any) -> None:
    """Mail is queued, and nobody sends it."""
    settings.EMAIL_URL, settings.MAIL_FROM = "smtp://127.0.0.1:1", SENDER


@pytest.fixture
def asked(billing: Queue) -> Ticket:
    return Ticket.objects.create(
        subject="Printer on fire", description="It smokes.", queue=billing,
        requester_name="Zoë Brandl", requester_email=REQUESTER,
    )  # fmt: skip


@pytest.fixture
def reply(asked: Ticket, alice: User) -> Any:
    """`reply(body, **how)` is what alice says on the ticket."""

    def said(body: str = "Pull the plug.", **how: Any) -> Comment:
        return editing.comment(alice, asked.pk, body, **how)

    return said
