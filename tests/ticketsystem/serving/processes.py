"""Daphne, told in other ways what to serve and where to listen."""

import sys
from typing import Any

import httpx

from tests.harness.servers import Daphne

SITE = "ticketsystem.asgi:application"
WATCHED = "tests.ticketsystem.serving.watched:application"


class DaphneWith(Daphne):
    """`with DaphneWith(database_url, "--unix-socket", path) as server: …`"""

    def __init__(self, database_url: str, *options: str, application: str = SITE) -> None:
        super().__init__(database_url)
        self.options = [option.format(port=self.port) for option in options]
        self.application = application

    def command(self) -> list[str]:
        return [sys.executable, "-m", "daphne", *self.options, self.application]


class Watched(DaphneWith):
    """The site that says how its process is set."""

    def __init__(self, database_url: str) -> None:
        super().__init__(database_url, "--port", "{port}", application=WATCHED)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = httpx.get(f"{self.url}/process", timeout=10).json()
        return state
