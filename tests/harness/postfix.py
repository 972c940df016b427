"""Postfix in a folder of its own: it takes mail on a port of this machine and sends none away."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.harness.processes import ServerProcess, installed

# Each not in a jail, so that all of it stands in one folder (master(5)).
SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
smtp unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(ServerProcess):
    """`with Postfix(folder, master, main) as postfix: postfix.port`: with these lines beside what
    any Postfix has. What is handed to others is thrown away."""

    def __init__(self, folder: Path, master: str, main: str) -> None:
        self.program = installed("postfix", "postfix")
        super().__init__("postfix", folder)
        self.home = folder / f"postfix-{self.port}"
        for part in ("etc", "spool", "data"):
            (self.home / part).mkdir(parents=True)
        self.home.chmod(0o755)
        shutil.chown(self.home / "data", "postfix")
        self.etc = self.home / "etc"
        (self.etc / "master.cf").write_text(
            f"127.0.0.1:{self.port} inet n - n - - smtpd\n{SERVICES.lstrip()}{master}"
        )
        (self.etc / "main.cf").write_text(
            f"compatibility_level = 3.6\nqueue_directory = {self.home}/spool\n"
            f"data_directory = {self.home}/data\nmaillog_file = {self.home}/log\n"
            f"maillog_file_prefixes = {self.home}\ninet_interfaces = 127.0.0.1\n"
            "inet_protocols = ipv4\nmyhostname = mail.example.com\nmydestination = example.com\n"
            f"mynetworks = 127.0.0.0/8\nalias_maps =\nalias_database =\n{main}"
        )

    def command(self) -> list[str]:
        return [self.program, "-c", str(self.etc), "start-fg"]

    def kill(self) -> None:
        stop = [self.program, "-c", str(self.etc), "stop"]
        subprocess.run(stop, timeout=30, capture_output=True, check=False)
        super().kill()

    def waiting(self) -> list[dict[str, Any]]:
        """What is in its queue."""
        tool = [installed("postqueue", "postfix"), "-c", str(self.etc), "-j"]
        listed = subprocess.run(tool, timeout=30, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in listed.stdout.splitlines()]

    def flush(self) -> None:
        """Try all of it again now."""
        tool = [installed("postqueue", "postfix"), "-c", str(self.etc), "-f"]
        subprocess.run(tool, timeout=30, capture_output=True, check=True)

    def said(self) -> str:
        log = self.home / "log"
        return super().said() + (log.read_text()[-5000:] if log.exists() else "")


def is_root() -> bool:
    """Its own processes change to other users, which only root may."""
    return os.geteuid() == 0
