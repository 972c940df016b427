"""PostgreSQL as deploy/postgresql has it, in a folder of its own; commits reach the disk."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.machine import CORES
from bench.worker import ROOT
from tests.backends import free_port

CONFIGURATION = ROOT / "deploy" / "postgresql" / "helpdesk.conf"
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
PATIENCE = 60  # seconds for each of its commands


class Postgres:
    """`with Postgres(folder) as postgres: postgres.url`"""

    def __init__(self, folder: Path) -> None:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not binaries:
            raise RuntimeError("PostgreSQL is not installed (Debian package postgresql)")
        self.binaries = binaries[-1]
        self.port = free_port()
        self.data = folder / "postgres"
        self.output = folder / "postgres.out"

    @property
    def url(self) -> str:
        return f"postgres://helpdesk@127.0.0.1:{self.port}/helpdesk"

    def __enter__(self) -> Self:
        self.data.mkdir()
        if os.geteuid() == 0:  # then it runs as a user of its own, who has to get at its folder
            shutil.chown(self.data, "postgres", "postgres")
            for folder in (self.data.parent, self.data.parent.parent):
                folder.chmod(0o755)
        self._run("initdb", "-D", self.data, "-U", "helpdesk", "-A", "trust")
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION.read_text())
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.data}"
        )
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.data / "log", "-o", options, "start")
        self._run("createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "helpdesk", "helpdesk")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def _run(self, tool: str, *arguments: object) -> None:
        command = [str(self.binaries / tool), *map(str, arguments)]
        if os.geteuid() == 0:
            command = [*AS_POSTGRES, *command]
        with self.output.open("ab") as output:  # pg_ctl leaves its server with it: not a pipe
            subprocess.run(
                command, check=True, timeout=PATIENCE, stdout=output, stderr=output, cwd="/",
                preexec_fn=_on_any_core,
            )  # fmt: skip


def _on_any_core() -> None:
    os.sched_setaffinity(0, CORES)
