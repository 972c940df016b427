"""One TCP or TLS connection. Where there can be none, an exception says in words why."""

import math
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from streamdoctor.wire.origin import Origin

ALPN = ["h2", "http/1.1"]  # as browsers offer
CONNECT_SECONDS = 6.0


class Unreachable(Exception):
    """There is no TCP connection."""


class TlsFailed(Exception):
    """There is a TCP connection, but no TLS that a browser would accept."""


class Connection:
    def __init__(self, raw: socket.socket, alpn: str, seconds: float, tls_seconds: float) -> None:
        self._socket = raw
        self.alpn = alpn
        self.seconds = seconds  # that TCP took
        self.tls_seconds = tls_seconds  # and TLS after it

    def send(self, data: bytes) -> None:
        self._socket.settimeout(CONNECT_SECONDS)
        with _naming_alerts():
            self._socket.sendall(data)

    def receive(self, deadline: float) -> bytes:
        """What has arrived, empty at the end; TimeoutError when nothing has by then."""
        # Never 0: that would make the socket non-blocking, which fails in another way.
        self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
        with _naming_alerts():
            return self._socket.recv(65536)

    def send_no_more(self) -> None:
        """Ends our half of the connection. A server that notices it ends the other half."""
        with suppress(OSError):  # the other side was quicker
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()


def connect(
    origin: Origin, *, insecure: bool, deadline: float = math.inf, offer: list[str] = ALPN
) -> Connection:
    seconds = max(min(CONNECT_SECONDS, deadline - time.monotonic()), 0.1)
    began_at = time.monotonic()
    try:
        raw = socket.create_connection((origin.host, origin.port), timeout=seconds)
    except socket.gaierror as error:
        raise Unreachable(f"the name {origin.host} does not resolve: {error.strerror}") from error
    except TimeoutError as error:
        sentence = f"no answer from port {origin.port} within {seconds:.0f} s"
        raise Unreachable(sentence) from error
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"port {origin.port} of {origin.host}: {error}") from error
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tcp_seconds = time.monotonic() - began_at
    if not origin.is_secure:
        return Connection(raw, "", tcp_seconds, 0.0)
    began_at = time.monotonic()
    try:
        secured = _context(insecure, offer).wrap_socket(raw, server_hostname=origin.host)
    except ssl.SSLCertVerificationError as error:
        raw.close()
        raise TlsFailed(f"certificate refused: {error.verify_message}") from error
    except (OSError, ValueError) as error:
        raw.close()
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise TlsFailed(f"handshake failed: {reason}") from error
    tls_seconds = time.monotonic() - began_at
    return Connection(secured, secured.selected_alpn_protocol() or "", tcp_seconds, tls_seconds)


@contextmanager
def _naming_alerts() -> Iterator[None]:
    """With TLS 1.3 a server may refuse the client, for lack of a certificate, when both have
    connected already: then the refusal is what is read first."""
    try:
        yield
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise  # the connection ended, which is no refusal
    except ssl.SSLError as error:
        raise TlsFailed(f"the connection was refused: {error.reason or error}") from error


def _context(insecure: bool, offer: list[str]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(offer)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
