"""A Django project of another kind, run as its people run it, in a folder of its own."""

import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from playwright.sync_api import Page, expect

from tests.harness.processes import ROOT, free_port

# Of the help desk's tests, and nothing that another project should hear of.
OURS = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL")


class Project:
    """`with Project(folder, python) as project: project.url …` serves it, migrated."""

    def __init__(self, folder: Path, python: Path, *, front: str = "/", **environment: str) -> None:
        self.folder = folder
        self.python = python
        self.front = front
        self.url = f"http://127.0.0.1:{free_port()}"
        # live is found in this checkout, as an installed one would be.
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in OURS},
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        self.log = folder / "server.log"
        self.server: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str, seconds: float = 120) -> str:
        """What a command prints, from a process of its own."""
        result = subprocess.run(
            [str(self.python), "manage.py", *arguments], cwd=self.folder, env=self.environment,
            capture_output=True, text=True, timeout=seconds,
        )  # fmt: skip
        assert result.returncode == 0, f"{arguments}: {result.stdout}{result.stderr}"
        return result.stdout

    def run(self, code: str) -> str:
        """What the code prints, in the shell of another process."""
        return self.manage("shell", "-v", "0", "-c", code)

    def __enter__(self) -> Self:
        self.manage("migrate", "--verbosity", "0")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.kill()

    def start(self) -> None:
        address = self.url.removeprefix("http://")
        command = [str(self.python), "manage.py", "runserver", "--noreload", address]
        with self.log.open("ab") as output:
            self.server = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=output, stderr=output
            )
        self._wait_until_it_answers()

    def _wait_until_it_answers(self, seconds: float = 60) -> None:
        assert self.server is not None
        deadline = time.monotonic() + seconds
        while True:
            try:
                httpx.get(f"{self.url}{self.front}", timeout=10)
                return
            except httpx.TransportError:
                pass  # not listening yet
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"it does not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """As a crash does."""
        if self.server is not None:
            self.server.kill()
            self.server.wait(20)


def log_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(url)
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")


def expect_live(page: Page, *, seconds: float = 15) -> None:
    patience = 1000 * seconds
    expect(page.locator("html")).to_have_attribute("data-live-state", "live", timeout=patience)
