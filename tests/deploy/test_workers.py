"""A worker as its unit starts and stops it, and the lines of docs/operations.md that set mail up,
against a real mail server."""

import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.fronts import DEPLOY
from tests.deploy.production import Installation, read
from tests.deploy.typed import DOCUMENT, here, lines, manage
from tests.harness.post import SENDER, PostOffice, Taken, post_office
from tests.harness.processes import ServerProcess
from tests.harness.temporary import folder
from tickets.mail.models import Mail, State
from tickets.mail.sending import TURN
from tickets.mail.smtp import WHOLE

UNITS = DEPLOY / "systemd"
SLOW = 1.5  # seconds that the mail server takes for a message


@pytest.fixture
def office(site_database: str) -> Iterator[PostOffice]:
    """It gets nothing that tests before this one have left in the queue."""
    Mail.objects.filter(state=State.QUEUED).delete()
    with post_office() as office:
        yield office


class Worker(ServerProcess):
    """Started by the command of helpdesk-worker@.service."""

    def __init__(self, installation: Installation) -> None:
        super().__init__("worker", folder, installation.environment)
        self.folder = installation.folder

    def command(self) -> list[str]:
        unit = (UNITS / "helpdesk-worker@.service").read_text()
        (started,) = re.findall(r"^ExecStart=\S+/python (.+)$", unit, re.MULTILINE)
        return [sys.executable, *shlex.split(started)]

    def is_ready(self) -> bool:
        return "Starting worker" in self.said()


SEND = "from tickets.mail.outgoing import queue; queue('you@example.com', 'One', 'It does.')"
LOOK = (
    "from tickets.models import Mail; print(*Mail.objects.order_by('pk').values_list('state',"
    " flat=True), sep='|')"
)


def test_a_worker_that_is_stopped_finishes_the_message_in_hand(
    installation: Installation, office: PostOffice
) -> None:
    comes = threading.Event()

    def slowly(taken: Taken) -> str:
        comes.set()
        time.sleep(SLOW)
        return ""

    office.content = slowly
    site = installation.with_environment(EMAIL_URL=office.url, MAIL_FROM=SENDER)
    with Worker(site) as worker:
        site.manage("shell", "-v", "0", "--command", SEND)
        assert comes.wait(20)
        worker.terminate(SLOW + 10)
        assert worker.process.returncode == 0
    assert office.next().message["Subject"] == "One"
    states = site.manage("shell", "-v", "0", "--command", LOOK).strip().split("|")
    assert states[-1] == "sent"


def seconds_of(text: str, pattern: str) -> int:
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return int(found)


def test_it_is_given_the_time_that_a_message_may_take() -> None:
    """By systemd and by compose."""
    unit = (UNITS / "helpdesk-worker@.service").read_text()
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    stops_within = seconds_of(unit, r"^TimeoutStopSec=(\d+)$")
    assert stops_within >= TURN + WHOLE
    assert compose["services"]["worker"]["stop_grace_period"] == f"{stops_within}s"


def documented() -> dict[str, str]:
    section = DOCUMENT.read_text().partition("\n## Mail\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^    ([A-Z_]+)='(.*)'$", section, re.MULTILINE))


def test_the_lines_that_set_mail_up_start_and_what_they_send_arrives(
    installation: Installation, office: PostOffice, tmp_path: Path
) -> None:
    variables = documented()
    assert list(variables) == ["EMAIL_URL", "MAIL_FROM", "INBOX_URL", "MAIL_QUEUE"]
    assert set(variables) <= set(read(DEPLOY / "env.example"))
    # As they stand there they start; the check knows that example.com is nobody's.
    said = installation.with_environment(**variables).manage("check", "--deploy")
    assert "ticketsystem.W011" in said
    site = installation.with_environment(**{**variables, "EMAIL_URL": office.url})
    typed = lines("the last two lines send a message", "`INBOX_URL` empty")
    commands = [line for line in typed.splitlines() if "manage shell" in line]
    assert len(commands) == 2
    worker = "manage db_worker --batch --no-startup-delay --queue-name=*"
    send, look = commands[0], commands[1].replace("sleep 5", worker)
    script = here(f"{manage()}{send}\n{look}\n", site, tmp_path)
    done = run(script)
    assert done.rstrip().endswith("sent")
    assert office.next().message["Subject"] == "Does it arrive?"


def run(script: str) -> str:
    done = subprocess.run(
        ["sh", "-c", script], timeout=60, check=True, text=True, capture_output=True
    )
    return done.stdout
