"""PostgreSQL with the settings of deploy/postgresql, so that a commit has reached the disk."""

import os
from pathlib import Path

from bench.machine import CORES
from tests.harness import databases
from tests.harness.processes import ROOT

CONFIGURATION = ROOT / "deploy" / "postgresql" / "helpdesk.conf"


class Postgres(databases.Postgres):
    """`with Postgres(folder) as postgres: postgres.url`"""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "postgres", CONFIGURATION.read_text())
        for above in (folder, folder.parent):  # the user that it runs as has to get at its data
            above.chmod(0o755)

    def start(self) -> None:
        """Start it on any core, for its processes stay on the cores that they were started on."""
        here = os.sched_getaffinity(0)
        os.sched_setaffinity(0, CORES)
        try:
            super().start()
        finally:
            os.sched_setaffinity(0, here)
