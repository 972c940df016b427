"""The lines of docs/mail-in.md in a real mail server: what is written to the desk opens a ticket,
and what cannot be taken now waits in the mail server."""

import re
import shlex
import shutil
import smtplib
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.fronts import filled
from tests.harness.postfix import Postfix, is_root
from tests.harness.processes import ROOT, installed
from tests.harness.site import People
from tests.tickets.inbox.letters import letter

PAGE = (ROOT / "docs" / "mail-in.md").read_text()
PIPE_USER = "nobody"  # in place of helpdesk, who is on no test machine
PATIENCE = 120.0  # seconds: each message is a Python that starts
AWAY = "postgres://desk:s3cret@127.0.0.1:1/desk"


def lines_after(words: str) -> str:
    """The lines that the page tells to write, after these words."""
    found = re.search(rf"{re.escape(words)}[\s\S]*?\n\n((?:    .*\n|\n(?=    ))+)", PAGE)
    assert found, words
    return re.sub("^    ", "", found[1], flags=re.MULTILINE)


class Desk:
    """A site that mail can be handed to: a copy of the tests' database, which the pipe's user may
    write to, and its settings."""

    def __init__(self, folder: Path, queue: str, database: str) -> None:
        self.folder, self.queue = folder, queue
        self.database = folder / "desk.sqlite3"
        of_the_tests = sqlite3.connect(database.removeprefix("sqlite:///"))
        with closing(of_the_tests), closing(sqlite3.connect(self.database)) as copy:
            of_the_tests.backup(copy)
        self.settings = folder / "env"
        (folder / "manage.py").symlink_to(ROOT / "manage.py")
        self.python = folder / ".venv/bin/python"
        self.python.parent.mkdir(parents=True)
        self.works()
        for path in (folder, self.database):
            shutil.chown(path, PIPE_USER)
        self._find_python()

    def _find_python(self) -> None:
        """The tests' own may lie where the pipe's user may not go: then Debian's, with the same
        packages."""
        packages = sysconfig.get_path("purelib")
        runuser = [installed("runuser", "util-linux"), "-u", PIPE_USER, "--"]
        for program in (sys.executable, "/usr/bin/python3"):
            self.python.write_text(f'#!/bin/sh\nPYTHONPATH={packages} exec {program} "$@"\n')
            self.python.chmod(0o755)
            command = [*runuser, str(self.python), "manage.py", "receive_mail", "--help"]
            done = subprocess.run(
                command, cwd=self.folder, timeout=60, capture_output=True, check=False
            )
            if done.returncode == 0:
                return
        pytest.skip(f"no Python is found that {PIPE_USER} may run, with what the site needs")

    def works(self) -> None:
        self._set(f"sqlite:///{self.database}")

    def breaks(self) -> None:
        """Its database is away."""
        self._set(AWAY)

    def _set(self, database: str) -> None:
        values = {
            "DATABASE_URL": database, "MAIL_QUEUE": self.queue, "REDIS_URL": "",
            "MAIL_FROM": "Help desk <help@example.com>", "MEDIA_ROOT": f"{self.folder}/media",
        }  # fmt: skip
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in values.items()]
        self.settings.write_text("".join(lines))

    def tickets(self) -> list[tuple[str, str]]:
        """Subject and requester of what mail has opened."""
        asked = "select subject, requester_email from tickets_ticket where requester_email != ''"
        with closing(sqlite3.connect(self.database)) as database:
            return database.execute(asked).fetchall()


@pytest.fixture
def place() -> Iterator[Path]:
    """Not below pytest's own folder, where other users may not go."""
    if not is_root():
        pytest.skip("needs root, as a mail server changes to other users")
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-mail-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def desk(place: Path, site: People, site_database: str) -> Desk:
    folder = place / "desk"
    folder.mkdir()
    return Desk(folder, site.billing.name, site_database)


@pytest.fixture
def postfix(place: Path, desk: Desk) -> Iterator[Postfix]:
    transport = place / "transport"
    entry = re.search(r"`(help@example\.com helpdesk:)`", PAGE)
    assert entry
    transport.write_text(f"{entry[1]}\n")
    subprocess.run([installed("postmap", "postfix"), str(transport)], timeout=30, check=True)
    master = filled(
        lines_after("Postfix, in `/etc/postfix/master.cf`"),
        {"/srv/helpdesk/": f"{ROOT}/", "user=helpdesk": f"user={PIPE_USER}"},
    )
    main = filled(
        lines_after("and in `/etc/postfix/main.cf`"),
        {"/etc/postfix/transport": str(transport)},
    )
    where = f"export_environment = HELPDESK={desk.folder} HELPDESK_ENV={desk.settings}\n"
    with Postfix(place, master, main + where) as postfix:
        yield postfix


def send(postfix: Postfix, raw: bytes, *to: str) -> dict[str, Any]:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as smtp:
        return smtp.sendmail("zoe@customers.example", to, raw)


def eventually(postfix: Postfix, read: Callable[[], Any], accept: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not accept(found := read()):
        assert time.monotonic() < deadline, f"still {found!r}\n{postfix.said()}"
        time.sleep(0.2)
    return found


def test_mail_to_the_desk_opens_tickets_by_postfix(postfix: Postfix, desk: Desk) -> None:
    send(postfix, letter("It burns.", subject="Fire", sender="zoe@customers.example"),
         "help@example.com")  # fmt: skip
    send(postfix, letter("It floods.", subject="Water", sender="ida@customers.example"),
         "help+token@example.com")  # fmt: skip
    opened = eventually(postfix, desk.tickets, lambda found: len(found) == 2)
    assert sorted(opened) == [
        ("Fire", "zoe@customers.example"), ("Water", "ida@customers.example")
    ]  # fmt: skip
    eventually(postfix, postfix.waiting, lambda left: not left)


def test_while_the_database_is_away_postfix_keeps_it_and_comes_again(
    postfix: Postfix, desk: Desk
) -> None:
    desk.breaks()
    send(postfix, letter("It burns.", subject="Fire"), "help@example.com")

    def reasons() -> list[str]:
        recipients = [one for message in postfix.waiting() for one in message["recipients"]]
        return [one["delay_reason"] for one in recipients if "delay_reason" in one]

    (reason,) = eventually(postfix, reasons, lambda found: found)
    assert "temporary failure" in reason
    assert "s3cret" not in reason + postfix.said()
    assert desk.tickets() == []
    desk.works()
    postfix.flush()
    assert len(eventually(postfix, desk.tickets, lambda found: found)) == 1
    eventually(postfix, postfix.waiting, lambda left: not left)


def test_what_is_too_large_or_to_nobody_is_refused_at_once_by_postfix(
    postfix: Postfix, desk: Desk
) -> None:
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as smtp:
        smtp.ehlo()
        assert smtp.esmtp_features["size"] == "60000000"
        code, words = smtp.mail("zoe@customers.example", ["SIZE=60000001"])
        assert code == 552, words
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(postfix, letter("Hello"), "somebody@example.com")
    assert refused.value.recipients["somebody@example.com"][0] == 550
    assert postfix.waiting() == []
