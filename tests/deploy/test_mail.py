"""What a mail server pipes its mail into: whatever goes wrong, it is told to try again."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.harness.processes import ROOT

SCRIPT = ROOT / "deploy" / "mail" / "receive"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder like that of the site, whose Python only says what it was given."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / "env").write_text("MAIL_QUEUE='First line'\n")
    python = tmp_path / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho "$@, $MAIL_QUEUE, $(cat), $PWD"\neval "$EXIT_BY"\n')
    python.chmod(0o755)
    return tmp_path


def run(place: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = {"HELPDESK": str(place), "HELPDESK_ENV": str(place / "env"), "EXIT_BY": "exit 0"}
    return subprocess.run(
        [SCRIPT], input="a message", capture_output=True, text=True, timeout=20, check=False,
        env={**os.environ, **given, **environment},
    )  # fmt: skip


def test_the_message_and_the_environment_arrive_at_the_command(place: Path) -> None:
    done = run(place)
    assert done.stdout == f"manage.py receive_mail, First line, a message, {place}\n"
    assert done.returncode == 0


@pytest.mark.parametrize("by", ["exit 75", "exit 1", "exit 127", "kill -KILL $$"])
def test_whatever_the_command_ends_with_but_0_is_75(by: str, place: Path) -> None:
    assert run(place, EXIT_BY=by).returncode == 75


def test_while_it_is_being_installed_or_set_up_it_is_75(place: Path) -> None:
    assert run(place, HELPDESK="/nowhere").returncode == 75
    assert run(place, HELPDESK_ENV=str(place / "none")).returncode == 75
    (place / "env").write_text("MAIL_QUEUE='First line\n")
    assert run(place).returncode == 75
    (place / "env").write_text("")
    (place / ".venv/bin/python").unlink()
    assert run(place).returncode == 75
