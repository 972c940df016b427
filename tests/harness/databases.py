"""PostgreSQL and Redis as servers of one run, each in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.harness.processes import NotInstalled, ServerProcess, free_port, installed

AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
SECONDS = 60  # for each of PostgreSQL's commands
# Nothing that a test commits must last. After a crash, what was written since the last checkpoint
# is done again, and tests empty sixty tables thousands of times. With PostgreSQL's own five minutes
# between checkpoints a start took more than SECONDS after 200 s of that; with 30 s it took 4.
CARELESS = """
fsync = off
full_page_writes = off
checkpoint_timeout = 30s
checkpoint_completion_target = 0
max_connections = 200
"""


class Postgres:
    """`with Postgres(folder / "postgres") as postgres: postgres.url`, with an empty database.

    PostgreSQL refuses to run as root: then it runs as the user that owns Debian's package, who must
    be able to reach the folder. It is no ServerProcess, for `pg_ctl` is what starts and stops it.
    """

    def __init__(self, data: Path, configuration: str = CARELESS) -> None:
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not binaries:
            raise NotInstalled("PostgreSQL (Debian package postgresql)")
        self.binaries = binaries[-1]
        self.port = free_port()
        self.data = data
        self.configuration = configuration

    @property
    def url(self) -> str:
        return f"postgres://helpdesk@127.0.0.1:{self.port}/helpdesk"

    def __enter__(self) -> Self:
        self.data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.data, "postgres", "postgres")
        self._run("initdb", "-D", self.data, "-U", "helpdesk", "-A", "trust")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(self.configuration)
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "helpdesk", "helpdesk")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.stop()

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.data}"
        )
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.data / "log", "-o", options, "start")

    def stop(self) -> None:
        """Stop it as a crash does."""
        self._run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def _run(self, tool: str, *arguments: object) -> None:
        command = [str(self.binaries / tool), *map(str, arguments)]
        if os.geteuid() == 0:
            command = [*AS_POSTGRES, *command]
        said = self.data.with_suffix(".out")
        # A file, for pg_ctl leaves its output to the server: a pipe would never end.
        with said.open("ab") as output:
            done = subprocess.run(
                command, timeout=SECONDS, stdout=output, stderr=output, cwd="/", check=False
            )
        if done.returncode:
            raise RuntimeError(f"{tool} failed:\n{said.read_text()[-3000:]}")


class PgBouncer(ServerProcess):
    """A pooler in transaction mode in front of PostgreSQL, as many hosts of databases have one:
    each transaction of a client may get another connection of the pool."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.program = installed("pgbouncer", "pgbouncer")
        super().__init__("pgbouncer", folder)
        self.configuration = folder / f"pgbouncer-{self.port}.ini"
        self.configuration.write_text(
            "[databases]\n"
            f"helpdesk = host=127.0.0.1 port={postgres.port} user=helpdesk\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\n"
        )

    @property
    def url(self) -> str:
        return f"postgres://helpdesk@127.0.0.1:{self.port}/helpdesk"

    def command(self) -> list[str]:
        """It refuses to run as root, like PostgreSQL."""
        command = [self.program, str(self.configuration)]
        return [*AS_POSTGRES, *command] if os.geteuid() == 0 else command


class Redis(ServerProcess):
    """`with Redis(folder) as redis: redis.url`; it forgets everything when it ends."""

    def __init__(self, folder: Path) -> None:
        self.program = installed("redis-server", "redis-server")
        super().__init__("redis", folder)
        self.folder = folder

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
