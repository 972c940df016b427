"""Sends one message to one address, and says what became of it. It knows no database.

The name of the host is looked up once, and the connection is made to what was found and looked at.
TLS is checked against the name all the same. No redirect is followed and no proxy of the
environment is used, and after SECONDS the connection is cut, whatever trickles over it.
"""

import logging
import ssl
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from socket import SHUT_RDWR, socket
from threading import Timer
from typing import Any

import httpcore

from tickets.texts import shortened
from tickets.webhooks.addresses import (
    SCHEMES,
    BadAddress,
    Network,
    checked,
    refuse_inside,
    resolved,
)
from tickets.webhooks.models import LONGEST_ANSWER
from tickets.webhooks.signing import headers

CONNECT_SECONDS = 5.0  # for each address of the host
READ_SECONDS = 10.0
SECONDS = 15.0  # for all of it, from the first connection to the last byte
MOST_READ = 4_000  # bytes of an answer
BROKEN = "It could not be sent: the log of the worker says why."

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, and where it goes."""

    url: str
    secret: str
    message: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said, or why nothing was heard of it."""

    status: int | None
    text: str

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Pinned(httpcore.NetworkBackend):
    """Connects to an address that may be connected to, and can cut the connection later."""

    def __init__(self, allowed: Collection[Network]) -> None:
        self._allowed = allowed
        self._connection: socket | None = None  # the same one, whatever TLS makes of it
        self.was_cut = False

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        error: Exception = BadAddress(f"The name {shortened(host, 60)} leads nowhere.")
        for address in resolved(host, port, self._allowed):
            try:
                stream = httpcore.SyncBackend().connect_tcp(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as refusal:
                error = refusal
            else:
                self._connection = stream.get_extra_info("socket").dup()
                if self.was_cut:  # while the name was looked up, or before there was one to cut
                    self.cut()
                return stream
        raise error

    def cut(self) -> None:
        """To be called in another thread, while this one waits for the receiver."""
        self.was_cut = True
        if self._connection is not None:
            with suppress(OSError):  # it has ended by itself
                self._connection.shutdown(SHUT_RDWR)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def send(letter: Letter, allowed: Collection[Network] = ()) -> Answer:
    try:
        parts = checked(letter.url)
        refuse_inside(f"{parts.hostname}", allowed)
        return _posted(letter, parts.port or SCHEMES[parts.scheme], Pinned(allowed))
    except BadAddress as refusal:
        return Answer(None, f"{refusal}")
    except Exception:  # whatever is wrong with this one, others are under way beside it
        logger.exception("message %s could not be sent", letter.message)
        return Answer(None, BROKEN)


def _posted(letter: Letter, port: int, network: Pinned) -> Answer:
    signed = headers(letter.secret, letter.message, int(time.time()), letter.body)
    sent = {
        "Host": letter.url.partition("://")[2].partition("/")[0].partition("?")[0],
        "Content-Type": "application/json", "User-Agent": "helpdesk-webhooks", "Accept": "*/*",
        "Connection": "close", **signed,
    }  # fmt: skip
    timeout = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS}
    watch = Timer(SECONDS, network.cut)
    watch.daemon = True
    watch.start()
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_tls(), network_backend=network) as pool,
            pool.stream(
                "POST", letter.url, headers=[*sent.items()], content=letter.body,
                extensions={"timeout": timeout},
            ) as response,
        ):  # fmt: skip
            return Answer(response.status, _said(response))
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        return Answer(None, _why(error, port, cut=network.was_cut))
    finally:
        watch.cancel()
        network.close()


def _said(response: httpcore.Response) -> str:
    """The beginning of the answer. More of it is not read."""
    if 300 <= response.status < 400:
        return "It leads to another address, and no such lead is followed: enter that address here."
    body = b""
    for part in response.iter_stream():
        body += part
        if len(body) >= MOST_READ:
            break
    text = body[:MOST_READ].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return shortened(text, LONGEST_ANSWER)


def _why(error: Exception, port: int, *, cut: bool) -> str:
    """Why nothing was heard, in a sentence."""
    if cut:
        return f"There was no whole answer within {SECONDS:g} seconds."
    match error:
        case httpcore.ConnectTimeout():
            return f"Nobody answered at port {port} within {CONNECT_SECONDS:g} seconds."
        case httpcore.ReadTimeout() | httpcore.WriteTimeout():
            return f"There was no answer within {READ_SECONDS:g} seconds."
        case httpcore.ProtocolError():
            return "What was answered is not HTTP, or ended too early."
    return shortened(f"There was no connection: {error}.", LONGEST_ANSWER)


@cache
def _tls() -> ssl.SSLContext:
    """It trusts whom this computer trusts; SSL_CERT_FILE may name others."""
    return ssl.create_default_context()
