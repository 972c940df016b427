"""The units, by systemd's own checks, and the restart of one process after the other."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.deploy.fronts import DEPLOY, filled
from tests.deploy.typed import DOCUMENT
from tests.harness.processes import installed

UNITS = DEPLOY / "systemd"
MOST_EXPOSED = 2.0  # of 10, as systemd-analyze counts; "OK" begins below 5
SITE = ("helpdesk@.service", "helpdesk-worker@.service", "helpdesk-fetch-mail.service")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with programs that exist on this machine."""
    installed("systemd-analyze", "systemd")
    true = shutil.which("true") or ""
    for name in SITE:
        service = filled((UNITS / name).read_text(), {"/srv/helpdesk/.venv": "/usr"})
        (tmp_path / name).write_text(re.sub(r"/usr/bin/(python|daphne|curl)", true, service))
    script = {"ExecStart=/srv/helpdesk/deploy/systemd/backup": f"ExecStart={true}"}
    backup = filled((UNITS / "helpdesk-backup.service").read_text(), script)
    (tmp_path / "helpdesk-backup.service").write_text(backup)
    for name in ("helpdesk.target", "helpdesk-backup.timer"):
        shutil.copy(UNITS / name, tmp_path)
    return tmp_path


def analyze(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], timeout=60, capture_output=True, text=True, check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"},
    )  # fmt: skip


def test_systemd_understands_every_line(units: Path) -> None:
    names = ("helpdesk@8001.service", "helpdesk-worker@1.service", "helpdesk-fetch-mail.service",
             "helpdesk.target", "helpdesk-backup.service", "helpdesk-backup.timer")  # fmt: skip
    done = analyze("verify", *names, folder=units)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "helpdesk" in line]
    assert complaints == []
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", SITE)
def test_each_is_confined_as_the_others_starts_and_stops_with_them_and_comes_back(
    name: str,
) -> None:
    unit, first = (UNITS / name).read_text(), (UNITS / SITE[0]).read_text()
    confined = first.partition("NoNewPrivileges=")[2].partition("[Install]")[0]
    assert confined.count("\n") > 20
    assert f"NoNewPrivileges={confined}" in unit
    for line in ("PartOf=helpdesk.target", "WantedBy=helpdesk.target", "Restart=always",
                 "StartLimitIntervalSec=0", "User=helpdesk"):  # fmt: skip
        assert f"\n{line}\n" in unit, line


def test_a_unit_runs_only_commands_that_there_are() -> None:
    named = {command for unit in UNITS.glob("*.service") for command in
             COMMAND.findall(unit.read_text())}  # fmt: skip
    assert {"db_worker", "fetch_mail", "migrate", "check"} <= named
    assert named - set(get_commands()) == set()


@pytest.mark.parametrize(("inbox", "is_met"), [("imaps://u:p@h/INBOX", True), ("", False)])
def test_mail_is_fetched_only_where_it_is_said_from_where(inbox: str, is_met: bool) -> None:
    """By the shell that systemd would start, which makes one dollar of two."""
    unit = (UNITS / "helpdesk-fetch-mail.service").read_text()
    (condition,) = re.findall(r"^ExecCondition=(.+)$", unit, re.MULTILINE)
    command = shlex.split(condition.replace("$$", "$"))
    done = subprocess.run(command, env={"INBOX_URL": inbox}, timeout=10, check=False)
    assert done.returncode == (0 if is_met else 1)  # 255 and signals would be a failure


def test_an_upgrade_stops_the_workers_before_it_changes_anything() -> None:
    """So that none meets tables, or code, of another release than its own."""
    section = re.split("^## ", DOCUMENT.read_text().partition("## Upgrade ")[2], flags=re.M)[0]
    commands = re.findall(r"^    (\S.*)$", section, re.MULTILINE)
    stop = "systemctl stop 'helpdesk-worker@*' helpdesk-fetch-mail"
    for begins in ("git pull", "git checkout"):
        (at,) = [number for number, line in enumerate(commands) if begins in line]
        assert stop in commands[at - 1]
        assert "deploy/systemd/rolling-restart" in commands[at:]


@pytest.mark.parametrize("name", [*SITE, "helpdesk-backup.service"])
def test_a_process_may_do_little_beside_its_work(name: str, units: Path) -> None:
    unit = str(units / name)
    limit = f"--threshold={round(10 * MOST_EXPOSED)}"
    done = analyze("security", "--offline=yes", "--no-pager", limit, unit, folder=units)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_the_backup_is_made_each_night(units: Path) -> None:
    timer = (units / "helpdesk-backup.timer").read_text()
    (when,) = re.findall(r"^OnCalendar=(.+)$", timer, re.MULTILINE)
    done = analyze("calendar", "--iterations=2", when, folder=units)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r" 02:30:00", done.stdout)) >= 2
    assert re.search(r"^ExecStart=\S+ /var/backups/helpdesk /var/lib/helpdesk$",
                     (UNITS / "helpdesk-backup.service").read_text(), re.MULTILINE)  # fmt: skip
    assert os.access(UNITS / "backup", os.X_OK)


# As systemctl lists them: running ones, and with `--all` those too that an upgrade has stopped.
SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
*list-units*--all*) printf '%s\\n' "helpdesk-fetch-mail.service loaded inactive dead mail" \
    "helpdesk-worker@1.service loaded inactive dead worker 1" ;;
*list-units*) printf '%s\\n' "helpdesk@8001.service loaded active running Help desk on port 8001" \
    "helpdesk@8002.service loaded active running Help desk on port 8002" ;;
restart*) [ "$2" != "$BROKEN" ] ;;
esac
"""
BEHIND = ["helpdesk-fetch-mail", "helpdesk-worker@1"]


@pytest.mark.parametrize(
    ("broken", "restarted"),
    [
        ("", ["helpdesk@8001", "helpdesk@8002", *BEHIND]),
        ("helpdesk@8001.service", ["helpdesk@8001"]),
    ],
    ids=["all-well", "the-first-does-not-come-back"],
)
def test_the_rolling_restart_goes_on_only_after_a_process_that_is_ready(
    tmp_path: Path, broken: str, restarted: list[str]
) -> None:
    fake = tmp_path / "systemctl"
    fake.write_text(SYSTEMCTL)
    fake.chmod(0o755)
    calls = tmp_path / "calls"
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls),
                   "BROKEN": broken}  # fmt: skip
    script = str(UNITS / "rolling-restart")
    done = subprocess.run([script], env=environment, timeout=10, capture_output=True, check=False)
    assert (done.returncode == 0) == (broken == "")
    restarts = [call for call in calls.read_text().splitlines() if call.startswith("restart")]
    assert restarts == [f"restart {name}.service" for name in restarted]
