"""The units, by systemd's own checks, and the restart of one process after the other."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.fronts import DEPLOY, filled
from tests.harness.processes import installed

UNITS = DEPLOY / "systemd"
MOST_EXPOSED = 2.0  # of 10, as systemd-analyze counts; "OK" begins below 5


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with programs that exist on this machine."""
    installed("systemd-analyze", "systemd")
    true = shutil.which("true") or ""
    service = filled((UNITS / "helpdesk@.service").read_text(), {"/srv/helpdesk/.venv": "/usr"})
    service = re.sub(r"/usr/bin/(python|daphne|curl)", true, service)
    (tmp_path / "helpdesk@.service").write_text(service)
    worker = filled(
        (UNITS / "helpdesk-worker@.service").read_text(), {"/srv/helpdesk/.venv": "/usr"}
    )
    worker = re.sub(r"/usr/bin/python", true, worker)
    (tmp_path / "helpdesk-worker@.service").write_text(worker)
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
    names = ("helpdesk@8001.service", "helpdesk-worker@webhooks.service", "helpdesk.target",
             "helpdesk-backup.service", "helpdesk-backup.timer")  # fmt: skip
    done = analyze("verify", *names, folder=units)
    complaints = [line for line in (done.stdout + done.stderr).splitlines() if "helpdesk" in line]
    assert complaints == []
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name", ["helpdesk@.service", "helpdesk-worker@.service", "helpdesk-backup.service"]
)
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
    assert re.search(r"^ExecStart=\S+ /var/backups/helpdesk$",
                     (UNITS / "helpdesk-backup.service").read_text(), re.MULTILINE)  # fmt: skip
    assert os.access(UNITS / "backup", os.X_OK)


SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$1" in
list-units) printf '%s\\n' "helpdesk@8001.service loaded active running Help desk on port 8001" \
    "helpdesk@8002.service loaded active running Help desk on port 8002" ;;
restart) [ "$2" != "$BROKEN" ] ;;
esac
"""


@pytest.mark.parametrize(
    ("broken", "restarted"),
    [("", ["8001", "8002"]), ("helpdesk@8001.service", ["8001"])],
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
    assert restarts == [f"restart helpdesk@{port}.service" for port in restarted]
