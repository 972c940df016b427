"""`manage.py fetch_mail` at a real mailbox: nothing lost or twice, and the next one always."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from imapclient import SEEN, IMAPClient

from tests.harness.dovecot import PASSWORD, USER, Dovecot
from tests.harness.processes import ROOT
from tests.harness.site import People
from tests.harness.temporary import folder
from tests.tickets.inbox.letters import letter
from tickets.inbox import arriving, fetching
from tickets.inbox.arriving import TryAgain
from tickets.inbox.fetching import Fetching
from tickets.inbox.models import KeptMail
from tickets.management.stopping import Interrupted, Stop
from tickets.models import Queue, Ticket
from ticketsystem.environment_of_mail import inbox

PATIENCE = 60.0  # seconds


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with Dovecot(folder) as server:
        yield server


@contextmanager
def mailbox(dovecot: Dovecot) -> Iterator[IMAPClient]:
    with IMAPClient("localhost", dovecot.port, ssl=False, timeout=20) as client:
        client.login(USER, PASSWORD)
        yield client


def put(dovecot: Dovecot, *messages: bytes, flags: tuple[bytes, ...] = ()) -> None:
    with mailbox(dovecot) as client:
        for message in messages:
            client.append("INBOX", message.replace(b"\r\n", b"\n"), flags)


def left_in(dovecot: Dovecot, name: str) -> int:
    with mailbox(dovecot) as client:
        if not client.folder_exists(name):
            return 0
        client.select_folder(name, readonly=True)
        return len(client.search(["UNDELETED"]))


def empty(dovecot: Dovecot) -> None:
    with mailbox(dovecot) as client:
        for name in ("INBOX", "Taken"):
            if client.folder_exists(name):
                client.select_folder(name)
                client.delete_messages(client.search())
                client.expunge()


@pytest.fixture
def fetch(
    dovecot: Dovecot, db: None, desk: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Take all that is there, once, as fetch_mail does."""
    empty(dovecot)
    # It would close the one of this test, which is in a transaction.
    monkeypatch.setattr(fetching, "close_old_connections", lambda: None)

    def once(server: Dovecot = dovecot) -> None:
        monkeypatch.setenv("INBOX_URL", server.url)
        one = Fetching(inbox("INBOX_URL"), Stop())
        with one.connected() as client:
            one.take_all(client)

    return once


# --- Refused -------------------------------------------------------------------------------------


def test_without_a_mailbox_or_a_queue_it_does_not_start(
    settings: Any, billing: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INBOX, settings.MAIL_QUEUE = None, billing.name
    with pytest.raises(CommandError, match="INBOX_URL is not set: it must be a URL such as"):
        call_command("fetch_mail")
    monkeypatch.setenv("INBOX_URL", "imaps://desk:s3cret@localhost:1/INBOX")
    settings.INBOX = inbox("INBOX_URL")
    for name in ("", "Gone"):
        settings.MAIL_QUEUE = name
        with pytest.raises(CommandError, match="MAIL_QUEUE") as refused:
            call_command("fetch_mail")
        assert "s3cret" not in f"{refused.value}"
    assert "s3cret" not in repr(settings.INBOX)


# --- Of one mailbox -------------------------------------------------------------------------------


def test_each_is_taken_once_and_moved_also_what_somebody_has_looked_at(
    dovecot: Dovecot, fetch: Callable[..., None]
) -> None:
    put(dovecot, letter("One."), letter("Two."))
    put(dovecot, letter("Seen."), flags=(SEEN,))
    fetch()
    fetch()
    assert sorted(Ticket.objects.values_list("description", flat=True)) == ["One.", "Seen.", "Two."]
    assert (left_in(dovecot, "INBOX"), left_in(dovecot, "Taken")) == (0, 3)


def test_what_cannot_be_read_does_not_hold_up_the_next(
    dovecot: Dovecot, fetch: Callable[..., None]
) -> None:
    put(dovecot, b"\xff gibberish", letter("Next."))
    fetch()
    assert KeptMail.objects.count() == 1
    assert Ticket.objects.get().description == "Next."
    assert left_in(dovecot, "INBOX") == 0


def test_one_that_was_taken_and_not_moved_is_moved_the_next_time_and_done_once(
    dovecot: Dovecot, fetch: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise OSError("the connection broke")

    put(dovecot, letter("Once."))
    with monkeypatch.context() as patched:
        patched.setattr(fetching, "_move", broken)
        with pytest.raises(OSError, match="the connection broke"):
            fetch()
    assert left_in(dovecot, "INBOX") == 1
    fetch()
    assert Ticket.objects.get().description == "Once."
    assert (left_in(dovecot, "INBOX"), left_in(dovecot, "Taken")) == (0, 1)


def test_one_that_cannot_be_taken_yet_stays_and_the_others_go_on(
    dovecot: Dovecot, fetch: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:

    def picky(raw: bytes) -> Any:
        if b"Not yet." in raw:
            raise TryAgain("There is no room.")
        return arriving.receive(raw)

    put(dovecot, letter("Not yet."), letter("Now."))
    with monkeypatch.context() as patched:
        patched.setattr(fetching, "receive", picky)
        fetch()
    assert Ticket.objects.get().description == "Now."
    assert left_in(dovecot, "INBOX") == 1
    fetch()
    assert Ticket.objects.count() == 2


def test_one_on_which_the_process_died_comes_last_the_next_time(
    dovecot: Dovecot, fetch: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[bytes] = []

    def deadly(raw: bytes) -> Any:
        order.append(raw.split()[-1])
        if raw.rstrip().endswith(b"Deadly."):
            raise SystemExit
        raise TryAgain("Later.")

    put(dovecot, letter("Deadly."), letter("Harmless."))
    monkeypatch.setattr(fetching, "receive", deadly)
    for _ in range(2):
        with pytest.raises(SystemExit):
            fetch()
    assert order == [b"Deadly.", b"Harmless.", b"Deadly."]


def test_while_the_database_is_away_no_message_is_fetched_in_vain(
    dovecot: Dovecot, fetch: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bytes] = []

    def gone(raw: bytes) -> Any:
        tried.append(raw)
        raise TryAgain("Something is not there now.") from OperationalError("gone")

    put(dovecot, letter("One."), letter("Two."))
    with monkeypatch.context() as patched:
        patched.setattr(fetching, "receive", gone)
        with pytest.raises(OSError):
            fetch()
    assert len(tried) == 1
    assert left_in(dovecot, "INBOX") == 2


def test_one_that_is_too_large_is_kept_by_its_beginning_and_stays_whole_in_the_mailbox(
    dovecot: Dovecot, fetch: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 2_000)
    monkeypatch.setattr(fetching, "BEGINNING", 500)
    put(dovecot, letter("x" * 70 + "\n" + "y" * 3_000), letter("Next."))
    fetch()
    kept = KeptMail.objects.get()
    assert len(kept.read()) == 500
    assert "at most 2,000 are read" in kept.reason
    assert "in the folder Taken" in kept.reason
    assert left_in(dovecot, "Taken") == 2


def test_a_server_that_can_do_little_will_do(fetch: Callable[..., None]) -> None:
    """Without MOVE, UIDPLUS, NAMESPACE and IDLE."""
    with Dovecot(folder, capability="IMAP4rev1") as plain:
        put(plain, letter("One."))
        fetch(plain)
        fetch(plain)
        assert Ticket.objects.get().description == "One."
        assert (left_in(plain, "INBOX"), left_in(plain, "Taken")) == (0, 1)


def test_a_server_of_tls_is_believed_only_with_a_certificate_that_is_trusted(
    fetch: Callable[..., None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Dovecot(folder, tls=True) as secure:
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            fetch(secure)
        monkeypatch.setenv("SSL_CERT_FILE", str(secure.certificate))
        fetch(secure)


# --- As a process ---------------------------------------------------------------------------------


@contextmanager
def fetch_mail(dovecot: Dovecot, site: People, database: str, log: Path) -> Iterator[Any]:
    environment = {
        **os.environ, "DATABASE_URL": database, "INBOX_URL": dovecot.url,
        "MAIL_QUEUE": site.billing.name, "MEDIA_ROOT": str(log.parent),
    }  # fmt: skip
    command = [sys.executable, "manage.py", "fetch_mail"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def wait_for(what: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_it_takes_what_comes_survives_an_outage_and_stops_at_once(
    site: People, site_database: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"

    def has_come(subject: str) -> bool:
        return site.billing.tickets.filter(subject=subject).exists()

    with Dovecot(folder) as own, fetch_mail(own, site, site_database, log) as process:
        put(own, letter(subject="Before it waits"))
        wait_for(lambda: left_in(own, "Taken") == 1, log)
        put(own, letter(subject="While it waits"))
        begun = time.monotonic()
        wait_for(lambda: has_come("While it waits"), log)
        assert time.monotonic() - begun < 45  # by IDLE, not by the next look, after 240
        own.kill()
        wait_for(lambda: "not fetched now" in log.read_text(), log)
        own.start()
        put(own, letter(subject="After the outage"))
        wait_for(lambda: has_come("After the outage"), log)
        wait_for(lambda: "fetched again" in log.read_text(), log)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - begun < 15  # and not once the server says something
    said = log.read_text()
    assert said.count("not fetched now") == said.count("fetched again") == 1
    assert "s3cret" not in said
    assert said.rstrip().endswith("Stopped. What is in the mailbox is taken next time.")


def test_while_it_is_refused_it_says_so_once_and_stops_at_once(
    dovecot: Dovecot, site: People, site_database: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"

    class Wrong:
        url = dovecot.url.replace("s3cret", "wr0ng")

    with fetch_mail(Wrong(), site, site_database, log) as process:  # type: ignore[arg-type]
        wait_for(lambda: "refuses the log-in" in log.read_text(), log)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert "wr0ng" not in log.read_text()
    assert log.read_text().count("refuses the log-in") == 1


def test_told_to_stop_it_waits_for_nothing_and_breaks_off_no_work() -> None:
    stop = Stop()
    with pytest.raises(Interrupted), stop.at_once():
        stop.tell()
    with pytest.raises(Interrupted), stop.at_once():
        pytest.fail("it was told before")
    working = Stop()
    working.tell()
    assert working.is_set()
