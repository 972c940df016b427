"""What docs/operations.md has one type, and somebody who types it."""

import os
import pty
import re
import select
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests.deploy.production import Installation
from tests.harness.processes import ROOT

DOCUMENT = ROOT / "docs" / "operations.md"


def lines(begin: str, end: str) -> str:
    """The commands between these two, as one script."""
    part = DOCUMENT.read_text().partition(begin)[2].partition(end)[0]
    assert part, begin
    return "".join(f"{line}\n" for line in re.findall(r"^    (.+)$", part, re.MULTILINE))


def manage() -> str:
    """The line that makes `manage`."""
    found = re.search(r"^    (manage\(\) \{ .+ \})$", DOCUMENT.read_text(), re.MULTILINE)
    assert found is not None
    return f"{found[1]}\n"


def here(script: str, installation: Installation, folder: Path) -> str:
    """The same for an installation in a folder of a test, with its environment in a file."""
    environment = folder / "env"
    values = installation.environment.items()
    environment.write_text("".join(f"{name}='{value}'\n" for name, value in values))
    for there, place in (
        ("/etc/helpdesk/env", str(environment)),
        ("/srv/helpdesk", str(installation.folder)),
        (".venv/bin/python", sys.executable),
    ):
        script = script.replace(there, place)
    return f"set -e\n{script}"


def type_in(script: str, answers: Iterable[tuple[str, str]], seconds: float = 120) -> str:
    """Run it in a terminal, and answer each question as it comes. All that was said."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("sh", ["sh", "-c", script])
    pending, said, looked = list(answers), "", 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            said += os.read(terminal, 4096).decode()
        except OSError:  # Linux says so when the other end is closed
            _, status = os.waitpid(pid, 0)
            assert (os.waitstatus_to_exitcode(status), pending) == (0, []), said
            return said
        if pending and pending[0][0] in said[looked:]:
            looked = len(said)
            os.write(terminal, f"{pending.pop(0)[1]}\n".encode())
    raise TimeoutError(said)
