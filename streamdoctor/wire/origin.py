"""Where to ask: the scheme, host and port of a site."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urljoin, urlsplit

PORTS = {"http": 80, "https": 443}
ROOT = "give the site's root, as in https://help.example.com/ or https://example.com/desk/"
STREAM = "give the stream's address, as in https://help.example.com/events?of=me"


class BadUrl(ValueError):
    """This text is not the URL that is wanted; the message is one sentence."""


@dataclass(frozen=True)
class Origin:
    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """Reads the URL of a site's root. Anything else is refused with one sentence."""
        parts = _split(url, ROOT)
        if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
            raise BadUrl(f"{url!r} is more than an address; {ROOT}.")
        return cls(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme])

    @classmethod
    def of(cls, url: str) -> Self | None:
        """The origin of any URL; None if it has none that can be asked."""
        try:
            parts = urlsplit(url)
            return cls.parse(f"{parts.scheme}://{parts.netloc}")
        except ValueError:  # BadUrl is one
            return None

    @property
    def authority(self) -> str:
        """As it stands in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"

    def resolve(self, location: str) -> str:
        """A Location header as an absolute URL."""
        return urljoin(f"{self.url}/", location)

    def may_lead_to(self, other: "Origin") -> bool:
        """Whether it is the same site: with or without www., never back from https. Anywhere
        else nobody is signed in, for somebody else may listen there."""
        if self.is_secure and not other.is_secure:
            return False
        return self.host.removeprefix("www.") == other.host.removeprefix("www.")


def parse_site(url: str) -> tuple[Origin, str]:
    """Reads the URL of a site's root: where to ask, and the path that the site is served under,
    without its last slash; "" for a site that has the host to itself."""
    parts = _split(url, ROOT)
    path = parts.path.rstrip("/")
    if path and not re.fullmatch(r"(/[\w.~-]+)+", path, re.ASCII):
        raise BadUrl(f"The path {path!r} cannot be that of a site; {ROOT}.")
    if parts.query or parts.fragment or parts.username:
        raise BadUrl(f"{url!r} is more than an address; {ROOT}.")
    return Origin(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme]), path


def parse_stream(url: str) -> tuple[Origin, str]:
    """Reads the URL of a stream: where to ask, and its path with the query."""
    parts = _split(url, STREAM)
    if parts.username is not None:
        raise BadUrl(f"The URL of the stream holds a user's name; {STREAM}.")
    target = target_of(url)
    if not re.fullmatch(r"[!-~]+", target):
        raise BadUrl(f"{url!r} holds what must be written as %XX in a URL; {STREAM}.")
    return Origin(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme]), target


def target_of(url: str) -> str:
    """The path and query of a URL, as they stand in a request."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _split(url: str, wanted: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadUrl(f"{url!r} is not a URL ({error}); {wanted}.") from error
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise BadUrl(f"{url!r} is not an http:// or https:// URL with a host; {wanted}.")
    return parts
