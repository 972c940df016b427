"""What /metrics tells of mail."""

import math
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import OperationalError

from live.metrics import measures, registry
from tests.harness.servers import Daphne
from tests.harness.site import People
from tickets.database_time import clock
from tickets.mail.models import Mail
from tickets.mail.outgoing import queue
from ticketsystem import measures as of_the_site
from ticketsystem.measures import measure

NAMES = (
    "helpdesk_mail_queued", "helpdesk_mail_oldest_seconds", "helpdesk_mail_untaken_seconds"
)  # fmt: skip


def given() -> list[float]:
    return [registry.get_sample_value(name) or 0.0 for name in NAMES]


def test_it_is_asked_whenever_the_numbers_are_given_out() -> None:
    assert measure in measures


def test_mail_that_waits_is_counted(db: None, settings: Any) -> None:
    Mail.objects.all().delete()  # of tests that run servers
    settings.EMAIL_URL, settings.MAIL_FROM = "smtp://localhost:1", "help@example.com"
    measure(database_answers=True)
    assert given() == [0, 0, 0]
    queue("dave@example.org", "Hello", "A link")
    now = clock.now()
    Mail.objects.update(queued_at=now - timedelta(hours=1), next_at=now - timedelta(minutes=12))
    measure(database_answers=True)
    queued, oldest, untaken = given()
    assert queued == 1
    assert 3600 <= oldest < 3630
    assert 720 <= untaken < 750


def test_each_process_tells_it(server: Daphne, site: People) -> None:
    mail = queue("dave@example.org", "Hello", "A link")
    said = httpx.get(f"{server.url}/metrics", timeout=10).text
    mail.delete()
    numbers = dict(re.findall(r"^(helpdesk_mail_\w+) (\S+)$", said, re.MULTILINE))
    assert sorted(numbers) == sorted(NAMES)
    assert float(numbers["helpdesk_mail_queued"]) >= 1


def test_where_the_database_does_not_answer_it_is_not_asked_and_nothing_is_made_up() -> None:
    """This test may not ask it either."""
    measure(database_answers=False)
    assert all(math.isnan(number) for number in given())


def test_numbers_are_given_out_also_while_the_database_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone() -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(of_the_site, "how_much_waits", gone)
    measure(database_answers=True)
    assert all(math.isnan(number) for number in given())
