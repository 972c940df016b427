"""The site as docs/operations.md installs it: a copy of the project, static files collected, the
environment of deploy/env.example, processes started by the command of the systemd unit."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from copy import copy
from pathlib import Path

from django.conf import settings

from tests.deploy.fronts import DEPLOY, HOST
from tests.harness.processes import ROOT
from tests.harness.servers import Daphne
from tests.harness.temporary import folder as of_this_run

COLLECTED: dict[Path, Path] = {}  # of which code: where its static files are kept
CODE = ("live", "streamdoctor", "tickets", "ticketsystem", "templates", "static", "manage.py")


def read(environment: Path) -> dict[str, str]:
    """A file for systemd's EnvironmentFile; tests/deploy/test_environment.py says who agrees."""
    words = shlex.split(environment.read_text(), comments=True)
    return dict(word.split("=", 1) for word in words)


def example() -> dict[str, str]:
    """deploy/env.example, as systemd reads it."""
    return read(DEPLOY / "env.example")


class Installation:
    def __init__(
        self, folder: Path, database_url: str, code: Path = ROOT, **environment: str
    ) -> None:
        self.folder = folder / "srv"
        self.folder.mkdir()
        self.take(code)
        self.static = self.folder / "staticfiles"
        self.environment = {
            **example(),
            "SECRET_KEY": settings.SECRET_KEY,  # sessions made by a test are then valid there
            "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
            "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
            "DATABASE_URL": database_url,
            "REDIS_URL": os.environ["REDIS_URL"],
            "MEDIA_ROOT": str(self.folder / "media"),
            **environment,
        }
        self.collect(code)

    def collect(self, code: Path) -> None:
        """Collect the static files of this code, which is installed. That takes as long as starting
        three processes and gives the same each time, so a run does it once for each code."""
        if code in COLLECTED:
            shutil.copytree(COLLECTED[code], self.static, dirs_exist_ok=True)
            return
        is_first = not self.static.exists()  # nothing of another release is among them
        self.manage("collectstatic", "--noinput")
        if is_first:
            kept = of_this_run / f"collected-{len(COLLECTED)}"
            COLLECTED[code] = shutil.copytree(self.static, kept)

    def moved_to(self, place: Path, database_url: str) -> "Installation":
        """The same, of which a copy with another database lies there."""
        other = copy(self)
        other.folder = place / self.folder.name
        other.static = other.folder / self.static.name
        media = str(other.folder / "media")
        other.environment = {
            **self.environment, "DATABASE_URL": database_url, "MEDIA_ROOT": media
        }  # fmt: skip
        return other

    def take(self, code: Path) -> None:
        """Put this code where the other was, as `git pull` does: processes that run run on."""
        for name in CODE:
            source, target = code / name, self.folder / name
            if target.is_dir():
                shutil.rmtree(target)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():  # a release before had fewer folders
                shutil.copy(source, target)

    def with_environment(self, **environment: str) -> "Installation":
        other = copy(self)
        other.environment = {**self.environment, **environment}
        return other

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=self.folder, timeout=60, check=False,
            env={**os.environ, **self.environment}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def hashed(self, name: str) -> str:
        """The address of a static file as pages name it."""
        stem, suffix = name.rsplit(".", 1)
        found = [path for path in self.static.glob(f"{stem}.*.{suffix}")
                 if re.fullmatch(r"[0-9a-f]{12}", path.name.split(".")[-2])]  # fmt: skip
        assert len(found) == 1, found
        return f"/static/{found[0].relative_to(self.static)}"


class Process(Daphne):
    """One Daphne, started as helpdesk@.service does."""

    def __init__(self, installation: Installation) -> None:
        super().__init__("", **installation.environment)
        self.folder = installation.folder

    def command(self) -> list[str]:
        unit = (DEPLOY / "systemd" / "helpdesk@.service").read_text()
        started = re.search(r"^ExecStart=\S+/daphne (.+)$", unit, re.MULTILINE)
        assert started is not None
        options = started[1].replace("%i", str(self.port)).split()
        return [sys.executable, "-m", "daphne", *options]
