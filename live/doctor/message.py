"""What the two versions of HTTP have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Headers = Sequence[tuple[str, str]]


class Cut(Exception):
    """The answer stopped in its middle: not its end, but a connection or a stream broken off."""


class Malformed(Exception):
    """What came is not HTTP."""


@dataclass
class Head:
    status: int
    headers: Headers
    http_version: str

    def header(self, name: str) -> str | None:
        """Its values, joined by commas; None if it was not sent."""
        values = self.values(name)
        return ", ".join(values) if values else None

    def values(self, name: str) -> list[str]:
        return [value for sent, value in self.headers if sent.lower() == name]


class Http(Protocol):
    """One request on a connection of its own."""

    def send(
        self, method: str, target: str, authority: str, headers: Headers, body: bytes
    ) -> None: ...
    def read_head(self, deadline: float) -> Head: ...
    def read_body(self, deadline: float) -> bytes: ...
