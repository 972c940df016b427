"""Where a request comes from, with a proxy in front or without."""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

GetResponse = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


def client_address(peer: str, forwarded_for: str) -> str:
    """The peer's address or, with TRUST_PROXY_HEADERS, the one it says it forwards for.

    The last one: that is what the proxy in front saw itself; what stands before it, anybody may
    have sent.
    """
    if not settings.TRUST_PROXY_HEADERS:
        return peer
    said = forwarded_for.rpartition(",")[2].strip()
    try:
        return str(ip_address(said))
    except ValueError:
        return peer


class ClientAddressMiddleware(MiddlewareMixin):
    """REMOTE_ADDR as client_address() has it, for logs and pages."""

    def process_request(self, request: HttpRequest) -> None:
        peer = request.META.get("REMOTE_ADDR", "")
        request.META["PEER_ADDR"] = peer
        forwarded = request.headers.get("X-Forwarded-For", "")
        request.META["REMOTE_ADDR"] = client_address(peer, forwarded)
