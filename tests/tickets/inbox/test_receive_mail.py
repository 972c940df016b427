"""`manage.py receive_mail`, as a mail server runs it: 0, or 75 and nothing was done."""

import os
import re
import subprocess
import sys
import time
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.site import People
from tests.tickets.inbox.letters import DESK, letter
from tickets.inbox.limits import TICKETS_OF_ONE
from tickets.inbox.models import KeptMail, Letter
from tickets.mail import threads
from tickets.management.commands import receive_mail as command

MEMORY = 500_000_000  # bytes, for a message of 50 MB

COMMAND = [sys.executable, "manage.py", "receive_mail"]


@pytest.fixture
def environment(site: People, site_database: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ, "DATABASE_URL": site_database, "MAIL_FROM": f"Help desk <{DESK}>",
        "MAIL_QUEUE": site.billing.name, "MEDIA_ROOT": str(tmp_path),
    }  # fmt: skip


def run(raw: bytes, environment: dict[str, str]) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        COMMAND, input=raw, cwd=ROOT, env=environment, timeout=60, capture_output=True, check=False
    )


def run_together(raws: list[bytes], environment: dict[str, str]) -> list[int]:
    """In a process each, at the same time."""
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(COMMAND, stdin=pipe, stderr=pipe, cwd=ROOT, env=environment) for _ in raws
    ]
    for process, raw in zip(processes, raws, strict=True):
        assert process.stdin is not None
        process.stdin.write(raw)
        process.stdin.flush()
    for process in processes:  # all of them wait for the end of their message
        assert process.stdin is not None
        process.stdin.close()
    return [process.wait(60) for process in processes]


# --- Try again ------------------------------------------------------------------------------------


def test_where_the_database_or_a_setting_is_wrong_the_mail_server_tries_again(
    environment: dict[str, str],
) -> None:
    away = {"DATABASE_URL": "postgres://desk:s3cret@127.0.0.1:1/desk"}
    for wrong in (away, {"DEBUG": "maybe"}, {"MAIL_QUEUE": "Gone"}):
        done = run(letter(), {**environment, **wrong})
        assert done.returncode == 75, done.stderr
        assert b"s3cret" not in done.stderr
        assert b"Traceback" not in done.stderr


def test_what_is_larger_than_can_be_read_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "LARGEST", 1_000)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"x" * 1_001)))
    with pytest.raises(SystemExit) as ended:
        call_command("receive_mail")
    assert ended.value.code == 75
    assert "The message has more than 1,000 bytes" in capsys.readouterr().err


def test_whatever_fails_the_mail_server_tries_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(raw: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(command, "receive", broken)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"x")))
    with pytest.raises(SystemExit) as ended:
        call_command("receive_mail")
    assert ended.value.code == 75
    assert "It failed (ZeroDivisionError). Try again later." in capsys.readouterr().err


# --- Two at once ----------------------------------------------------------------------------------


def test_the_same_message_in_three_processes_at_once_is_once(
    site: People, environment: dict[str, str]
) -> None:
    raw = letter("Once.", subject="Once")
    assert run_together([raw] * 3, environment) == [0, 0, 0]
    assert site.billing.tickets.filter(subject="Once").count() == 1
    assert not KeptMail.objects.exists()


def test_two_processes_count_together_to_the_twentieth(
    site: People, environment: dict[str, str]
) -> None:
    address = f"{site.alice.username}@many.example"
    Letter.objects.bulk_create(
        Letter(digest=f"{address} {number}", address=address, outcome="opened")
        for number in range(TICKETS_OF_ONE - 1)
    )
    raws = [letter(f"{number}", sender=address) for number in range(3)]
    assert run_together(raws, environment) == [0, 0, 0]
    assert site.billing.tickets.filter(requester_email=address).count() == 1
    assert KeptMail.objects.filter(sender=f"<{address}>").count() == 2
    KeptMail.objects.all().delete()


# --- Large, and live ------------------------------------------------------------------------------


def held_by(process: subprocess.Popen[bytes]) -> int:
    """The most memory in bytes that it has held so far; 0 once it has ended. What wait4() tells
    begins with what this process holds."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def test_fifty_megabytes_take_no_five_hundred(
    site: People, environment: dict[str, str], tmp_path: Path
) -> None:
    raw = letter("See the film.", subject="A film", files={"film.mkv": os.urandom(36_000_000)})
    assert len(raw) > 48_000_000
    path = tmp_path / "message"
    path.write_bytes(raw)
    most = 0
    with path.open("rb") as message:
        process = subprocess.Popen(COMMAND, stdin=message, cwd=ROOT, env=environment)
    while process.poll() is None:
        most = max(most, held_by(process))
        time.sleep(0.01)
    assert process.returncode == 0
    assert 50_000_000 < most < MEMORY
    assert "film.mkv" in site.billing.tickets.get(subject="A film").description


def test_an_answer_on_a_resolved_ticket_reopens_it_live_on_the_board_and_tells_the_assignee(
    server: Daphne, site: People, environment: dict[str, str], follow: Any, settings: Any
) -> None:
    """From the pipe of a mail server to an agent's open stream, through another process."""
    settings.MAIL_FROM = environment["MAIL_FROM"]
    ticket = site.ticket(
        requester_name="Jonas", requester_email="jonas@weber.example", status="resolved",
        assignee=site.alice,
    )  # fmt: skip
    to = threads.reply_address(threads.token_of(ticket))
    stream, other = follow(server, site.alice), follow(server, site.bob)
    assert run(letter("It burns again.", to=to), environment).returncode == 0
    changed = stream.next("ticket.updated")
    assert changed.data["changes"] == {"status": ["resolved", "open"]}
    said = stream.next("comment.created")
    assert said.data["comment"]["body"] == "It burns again."
    assert said.data["comment"]["requester"] is True
    assert said.data["ticket"]["last_activity_by"] == "requester"
    assert stream.next("notice.created").data["notice"]["kind"] == "replied"
    assert [frame.event for frame in other.frames if frame.event != "heartbeat"] == ["connected"]
