"""Where to ask: a site's scheme, host and port."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin, urlsplit

PORTS = {"http": 80, "https": 443}


class BadUrl(ValueError):
    """Not the root of a site."""


@dataclass(frozen=True)
class Origin:
    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> Self:
        """The site's root; anything else is refused with one sentence."""
        wanted = "give the site's root, as in https://help.example.com/"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadUrl(f"{url!r} is not a URL ({error}); {wanted}.") from error
        if parts.scheme not in PORTS or not parts.hostname:
            raise BadUrl(f"{url!r} is not an http:// or https:// URL with a host; {wanted}.")
        if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
            raise BadUrl(f"{url!r} is more than an address; {wanted}.")
        return cls(parts.scheme, parts.hostname, PORTS[parts.scheme] if port is None else port)

    @classmethod
    def of(cls, url: str) -> Self | None:
        """Of any URL of a site, if it is one."""
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
