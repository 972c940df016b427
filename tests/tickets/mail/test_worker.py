"""`manage.py db_worker` as it runs, also one that is killed at the worst moment."""

import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.harness.post import SENDER, PostOffice, Taken, post_office
from tests.harness.processes import ServerProcess
from tests.harness.site import People
from tests.harness.temporary import folder
from tickets import editing
from tickets.mail.models import Mail, State
from tickets.mail.sweeping import sweep
from tickets.models import Comment, Ticket

PATIENCE = 60  # seconds


class Worker(ServerProcess):
    def __init__(self, database_url: str, office: PostOffice) -> None:
        environment = {"DATABASE_URL": database_url, "EMAIL_URL": office.url, "MAIL_FROM": SENDER}
        super().__init__("db_worker", folder, environment)

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "db_worker", "--no-reload", "--no-startup-delay",
                "--interval", "0.05"]  # fmt: skip

    def is_ready(self) -> bool:
        return "Starting worker" in self.said()


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    with post_office() as office:
        settings.EMAIL_URL, settings.MAIL_FROM = office.url, SENDER
        yield office


@pytest.fixture
def asked(site: People) -> Iterator[Ticket]:
    """A ticket whose mail no other test of the run waits for."""
    Mail.objects.filter(state=State.QUEUED).delete()
    yield site.ticket(requester_email="zoe@customers.example")
    Mail.objects.filter(state=State.QUEUED).delete()


def reply(site: People, ticket: Ticket, body: str = "Pull the plug.") -> Comment:
    return editing.comment(site.alice, ticket.pk, body)


def wait_until_sent(comment: Comment) -> Mail:
    deadline = timezone.now() + timedelta(seconds=PATIENCE)
    while (mail := Mail.objects.get(comment=comment)).state != State.SENT:
        assert timezone.now() < deadline, f"{mail.state}: {mail.reason}"
    return mail


def test_a_reply_is_sent_as_soon_as_it_is_said(
    site_database: str, site: People, asked: Ticket, office: PostOffice
) -> None:
    with Worker(site_database, office):
        comment = reply(site, asked)
        assert office.next().text().startswith("Pull the plug.")
        assert wait_until_sent(comment).tries == 1


def test_two_workers_send_each_reply_once(
    site_database: str, site: People, asked: Ticket, office: PostOffice
) -> None:
    with Worker(site_database, office) as one, Worker(site_database, office) as two:
        said = [reply(site, asked, f"{number}.") for number in range(20)]
        taken = [office.next() for _ in said]
        assert {mail.text().partition(".")[0] for mail in taken} == {f"{n}" for n in range(20)}
        for comment in said:
            assert wait_until_sent(comment).tries == 1
        for worker in (one, two):
            worker.terminate()
    assert office.taken.empty()


class Hold:
    """Keeps everybody from writing what became of a message: on PostgreSQL the ticket is held, and
    on SQLite the whole database. In a thread of its own, for the mail server has an event loop."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._held, self._released = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def take(self) -> None:
        self._thread.start()
        assert self._held.wait(PATIENCE)

    def release(self) -> None:
        self._released.set()
        self._thread.join(PATIENCE)

    def _hold(self) -> None:
        with transaction.atomic():
            Ticket.locked([self._ticket.pk])
            self._held.set()
            self._released.wait(PATIENCE)
        connection.close()


def test_a_worker_that_is_killed_between_sending_and_writing_doubles_one_message_at_most(
    site_database: str, site: People, asked: Ticket, office: PostOffice
) -> None:
    hold = Hold(asked)

    def take(taken: Taken) -> str:
        """The server has the message, and says so only once nobody can write."""
        hold.take()
        return ""

    office.content = take
    with Worker(site_database, office) as worker:
        comment = reply(site, asked)
        first = office.next()
        worker.kill()
    hold.release()
    office.content = lambda taken: ""
    mail = Mail.objects.get(comment=comment)
    assert (mail.state, mail.tries) == (State.QUEUED, 1)
    assert mail.claimed_until is not None
    with Worker(site_database, office) as another:
        sweep()
        assert Mail.objects.get(pk=mail.pk).tries == 1  # the first may be at work still
        late = timezone.now() - timedelta(minutes=1)
        Mail.objects.filter(pk=mail.pk).update(claimed_until=late, next_at=late)
        sweep()
        second = office.next()
        assert wait_until_sent(comment).tries == 2
        another.terminate()
    assert office.taken.empty()
    assert second.message["Message-ID"] == first.message["Message-ID"]
    assert second.text() == first.text()


def test_what_was_queued_while_no_worker_ran_is_sent_once_one_does(
    site_database: str, site: People, asked: Ticket, office: PostOffice
) -> None:
    comment = reply(site, asked)
    with Worker(site_database, office):
        office.next()
        wait_until_sent(comment)
