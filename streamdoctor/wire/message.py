"""The answer to a request, the same for both versions of HTTP, and how an answer can fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Headers = Sequence[tuple[str, str]]

REDIRECTS = (301, 302, 303, 307, 308)
GATEWAY = (502, 503, 504)  # a proxy answers so when it gets no answer itself


class Cut(Exception):
    """The connection or the HTTP/2 stream was broken off in the middle of the answer."""


class Malformed(Exception):
    """The bytes that came are not HTTP."""


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
    @property
    def ends_by_close(self) -> bool: ...
