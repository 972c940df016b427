"""Where a request comes from, whether or not a proxy stands in front."""

import re
from ipaddress import ip_address

from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

from live.conf import conf

# Headers by which a proxy says for whom it asks.
FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded", "via")

# Some proxies write the port, too: 203.0.113.9:1234, [2001:db8::1]:1234 or [2001:db8::1].
WITH_PORT = re.compile(r"(?P<four>[0-9.]+):[0-9]{1,5}|\[(?P<six>[0-9A-Fa-f:.]+)\](:[0-9]{1,5})?")


def client_address(peer: str, forwarded_for: str) -> str:
    """The address of the other end of the connection. With LIVE_TRUST_PROXY_HEADERS that is the
    proxy, so it is the one that the proxy names instead."""
    return forwarded_address(forwarded_for) or peer


def forwarded_address(forwarded_for: str) -> str | None:
    """The last address in X-Forwarded-For: the proxy itself has put that one there, while the
    client may have sent all those before it. None where the proxy is not to be believed, or says
    something else.
    """
    if not conf.TRUST_PROXY_HEADERS:
        return None
    said = forwarded_for.rpartition(",")[2].strip()
    port_taken_off = WITH_PORT.fullmatch(said)
    if port_taken_off:
        said = port_taken_off["four"] or port_taken_off["six"]
    try:
        return str(ip_address(said.partition("%")[0]))  # a zone means nothing on another host
    except ValueError:
        return None


class ClientAddressMiddleware(MiddlewareMixin):
    """REMOTE_ADDR as client_address() has it, for logs and pages."""

    def process_request(self, request: HttpRequest) -> None:
        peer = request.META.get("REMOTE_ADDR", "")
        forwarded = request.headers.get("X-Forwarded-For", "")
        request.META["REMOTE_ADDR"] = client_address(peer, forwarded)
