"""The request for a stream: what it asks for, and how much of it arrived here."""

import re
from urllib.parse import parse_qs

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, parse_cookie

from live.addresses import client_address
from live.conf import conf
from live.stream.asgi import Scope

POSITION = re.compile("[0-9]{1,18}")
JUNK = -1  # a resume point that is none
SECONDS = re.compile("[1-9]|[1-5][0-9]|60")  # of a heartbeat that a client asks for


class _Hosted(HttpRequest):
    """A request of which only the Host is known. All else that Django's own makes, such as empty
    forms, was one in twelve of the calls by which this process opens a stream."""

    def __init__(self, host: str) -> None:
        self.META = {"HTTP_HOST": host}


class Request:
    def __init__(self, scope: Scope) -> None:
        self.http_version: str = scope.get("http_version", "1.1")
        self.headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:  # the same header twice counts as one
            before = self.headers.get(name)
            between = b"; " if name == b"cookie" else b", "  # RFC 9113 8.2.3, RFC 9110 5.2
            self.headers[name] = value if before is None else before + between + value
        query = scope["query_string"].decode("latin1")
        self.query = parse_qs(query, keep_blank_values=True, encoding="latin1")
        self.host = self.header(b"host") or ":".join(map(str, scope.get("server") or ("",)))
        self.scheme = scope.get("scheme", "http")
        if conf.TRUST_PROXY_HEADERS:
            said = self.header(b"x-forwarded-proto").partition(",")[0].strip()
            self.scheme = said or self.scheme
        peer = (scope.get("client") or ("", 0))[0]
        self.address = client_address(peer, self.header(b"x-forwarded-for"))
        self.client = self._last("client")[:64]
        self.diagnosis = "heartbeat" in self.query
        self.heartbeat: float | None = conf.HEARTBEAT_SECONDS
        if self.diagnosis:
            asked = self._last("heartbeat")
            self.heartbeat = int(asked) if SECONDS.fullmatch(asked) else None

    def header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin1")

    def session_key(self) -> str:
        """The session's key from its cookie; "" without one."""
        return self.cookies().get(settings.SESSION_COOKIE_NAME, "")

    def cookies(self) -> dict[str, str]:
        return parse_cookie(self.header(b"cookie"))

    def resume_point(self) -> int | None:
        """The position to go on after; None without one, JUNK where it is not a number."""
        given = self.header(b"last-event-id") or self._last("lastEventId")
        if not given:
            return None
        return int(given) if POSITION.fullmatch(given) else JUNK

    def host_is_allowed(self) -> bool:
        """Django itself judges: in development it knows this machine without ALLOWED_HOSTS."""
        try:
            _Hosted(self.host).get_host()
        except DisallowedHost:
            return False
        return True

    def received(self) -> dict[str, str | None]:
        """How the request looked when it arrived, for a doctor to compare with what was sent."""
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
