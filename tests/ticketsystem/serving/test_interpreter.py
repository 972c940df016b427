"""Python is set for serving in a process that serves, and in no other."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.harness.processes import ROOT
from tests.ticketsystem.serving.processes import Watched
from ticketsystem.serving.interpreter import GARBAGE, SWITCH

SAY = """
import gc, json, runpy, sys

def settings():
    return [gc.get_threshold(), gc.get_freeze_count(), sys.getswitchinterval()]

before = settings()
{work}
assert "ticketsystem.asgi" in sys.modules
print(json.dumps([before, settings()]))
"""
IMPORT = "import ticketsystem.asgi"
CHECK = """
sys.argv = ["manage.py", "check", "--deploy"]
runpy.run_path("manage.py", run_name="__main__")
"""


@pytest.mark.parametrize("work", [IMPORT, CHECK], ids=["import", "check --deploy"])
def test_whoever_does_not_serve_keeps_what_python_has(work: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAY.format(work=work)], cwd=ROOT, timeout=60, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    before, after = json.loads(done.stdout.splitlines()[-1])
    assert after == before


def test_a_server_that_has_answered_once_is_set_for_serving(site_database: str) -> None:
    with Watched(site_database) as server:  # asked once when it is here: whether it is ready
        state: dict[str, Any] = server.state()
    assert state["garbage"] == list(GARBAGE)
    assert state["switch"] == pytest.approx(SWITCH)
    assert state["frozen"] > 10_000  # whatever was imported
