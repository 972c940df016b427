"""A desk that takes mail in: tickets that mail opens come into Billing."""

from pathlib import Path
from typing import Any

import pytest

from tests.tickets.inbox.letters import SERVER
from tickets.mail import threads
from tickets.models import Queue, Ticket


@pytest.fixture
def desk(settings: Any, billing: Queue, tmp_path: Path) -> None:
    settings.MAIL_FROM = "Help desk <help@desk.example>"
    settings.MAIL_QUEUE = billing.name
    settings.MAIL_AUTHENTICATION_SERVER = SERVER
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def jonas(desk: None, billing: Queue) -> Ticket:
    """A ticket of Jonas, which is resolved."""
    return Ticket.objects.create(
        subject="Printer on fire", queue=billing, requester_name="Jonas Weber",
        requester_email="jonas@weber.example", status="resolved",
    )  # fmt: skip


@pytest.fixture
def token(jonas: Ticket) -> str:
    """The address that proves to know of Jonas' ticket."""
    return threads.reply_address(threads.token_of(jonas))
