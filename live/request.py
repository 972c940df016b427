"""What the request for a stream asks for, and what of it arrived here."""

import re
from urllib.parse import parse_qs

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from live.addresses import client_address
from live.asgi import Scope

POSITION = re.compile("[0-9]{1,18}")
JUNK = -1  # a resume point that is none
SECONDS = re.compile("[1-9]|[1-5][0-9]|60")  # of a heartbeat that a client asks for


class Request:
    """What a stream's request asks for."""

    def __init__(self, scope: Scope) -> None:
        self.http_version: str = scope.get("http_version", "1.1")
        self.headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:  # twice the same header: as one, with a comma
            before = self.headers.get(name)
            self.headers[name] = value if before is None else before + b", " + value
        query = scope["query_string"].decode("latin1")
        self.query = parse_qs(query, keep_blank_values=True, encoding="latin1")
        self.host = self.header(b"host") or ":".join(map(str, scope.get("server") or ("",)))
        self.scheme = scope.get("scheme", "http")
        if settings.TRUST_PROXY_HEADERS:
            said = self.header(b"x-forwarded-proto").partition(",")[0].strip()
            self.scheme = said or self.scheme
        peer = (scope.get("client") or ("", 0))[0]
        self.address = client_address(peer, self.header(b"x-forwarded-for"))
        self.client = self._last("client")[:64]
        self.diagnosis = "heartbeat" in self.query
        self.heartbeat: float | None = settings.LIVE_HEARTBEAT_SECONDS
        if self.diagnosis:
            asked = self._last("heartbeat")
            self.heartbeat = int(asked) if SECONDS.fullmatch(asked) else None

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin1")

    def resume_point(self) -> int | None:
        """The position to go on after; None without one, JUNK where it is not a number."""
        given = self.header(b"last-event-id") or self._last("lastEventId")
        if not given:
            return None
        return int(given) if POSITION.fullmatch(given) else JUNK

    def host_is_allowed(self) -> bool:
        domain, _ = split_domain_port(self.host)
        return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)

    def received(self) -> dict[str, str | None]:
        """What of the request arrived here, for a doctor to compare with what was sent."""
        return {
            "last_event_id": self.header(b"last-event-id")[:100] or None,
            "accept_encoding": self.header(b"accept-encoding")[:100] or None,
            "host": self.host[:255],
            "scheme": self.scheme[:10],
            "http_version": self.http_version,
        }

    def _last(self, name: str) -> str:
        values: list[str] = self.query.get(name, [""])
        return values[-1]
