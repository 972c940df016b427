"""What /metrics tells of mail."""

import math
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from live.metrics import measures, registry
from tests.harness.servers import Daphne
from tests.harness.site import People
from tickets.attachments import Attachment, stored
from tickets.attachments.stored import Stored
from tickets.database_time import clock
from tickets.mail.models import Mail
from tickets.mail.outgoing import queue
from tickets.models import Ticket
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


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Stored:
    """As in a process that nobody has asked yet."""
    settings.MEDIA_ROOT = tmp_path
    stored = Stored()
    monkeypatch.setattr(of_the_site, "stored", stored)
    return stored


def test_what_files_take_up_is_added_up_now_and_then(
    ticket: Ticket, fresh: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (5, 7_000_000_000):
        Attachment.objects.create(ticket=ticket, name="a", size=size, type="b", file="c")
    measure(database_answers=True)
    assert registry.get_sample_value("helpdesk_attachments_bytes") == 7_000_000_005
    free = registry.get_sample_value("helpdesk_media_free_bytes")
    assert free is not None
    assert 0 < free <= shutil.disk_usage("/").total * 100
    Attachment.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        measure(database_answers=True)
    assert not [query for query in queries if "attachment" in query["sql"]]
    assert registry.get_sample_value("helpdesk_attachments_bytes") == 7_000_000_005
    monkeypatch.setattr(stored, "EVERY", 0.0)
    fresh._next = 0.0
    measure(database_answers=True)
    assert registry.get_sample_value("helpdesk_attachments_bytes") == 0


def test_a_folder_that_is_not_there_has_no_room_that_anybody_knows(
    db: None, fresh: Stored, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "gone"
    measure(database_answers=True)
    free = registry.get_sample_value("helpdesk_media_free_bytes")
    assert free is not None
    assert math.isnan(free)
    assert registry.get_sample_value("helpdesk_attachments_bytes") == fresh.size


def test_a_file_system_that_does_not_answer_holds_up_one_thread_alone(
    db: None, fresh: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, let_go = Event(), Event()

    def hang(folder: Any) -> Any:
        begun.set()
        assert let_go.wait(30)
        raise OSError("it has gone")

    def look() -> None:
        try:
            fresh.look()
        finally:
            connection.close()

    monkeypatch.setattr(shutil, "disk_usage", hang)
    monkeypatch.setattr(Attachment.objects, "aggregate", lambda **_: {"all": 3})
    with ThreadPoolExecutor(1) as thread:
        hangs = thread.submit(look)
        assert begun.wait(30)
        fresh._next = 0.0
        fresh.look()  # and comes back
        let_go.set()
        hangs.result(30)
    assert fresh.size == 3


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
