"""Hands messages to the mail server that EMAIL_URL names.

What it says to one message is Refused for good, or PutOff for now. Where it cannot be talked to at
all it is Unreachable, and so for every message. Each says why in words that a person reads beside
their reply; what the server itself said is in it, but never what was said of a log-in.

A server that keeps silent, or says a letter now and then, is given up: each step has a limit, and
so has the whole.
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tickets.mail.addresses import in_a_line, sender

STEP = 20.0  # seconds in which the server has to say something
READING = 120.0  # the same once it has the message, which it may look into
WHOLE = 240.0  # seconds for one message, a second connection included; sending.py counts on it
CUT_AGAIN = 0.2  # seconds until it is tried again to cut what was not there yet
MOST_ON_ONE = 50  # messages over one connection: servers do not take any number
LONGEST_WORDS = 200  # characters of what a server said
TRUE = {"1", "true", "yes", "on"}
MESSAGE = "The mail server refuses the message"


class Refused(Exception):
    """The server takes this message never."""


class PutOff(Exception):
    """The server does not take this message now."""


class Unreachable(Exception):
    """No message can be sent now."""


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    user: str
    password: str
    is_tls: bool  # from the first byte
    starts_tls: bool  # after the greeting

    @classmethod
    def of(cls, url: str) -> Self:
        """ticketsystem/environment_of_mail.py lets no other URL through."""
        parts = urlsplit(url)
        asked = {name: values[0].lower() in TRUE for name, values in parse_qs(parts.query).items()}
        is_tls = parts.scheme == "smtps" or asked.get("ssl", False)
        starts_tls = asked.get("tls", False)
        usual = 465 if is_tls else 587 if starts_tls else 25
        return cls(
            parts.hostname or "", parts.port or usual, unquote(parts.username or ""),
            unquote(parts.password or ""), is_tls, starts_tls,
        )  # fmt: skip


class Lines:
    """Connections to the server, one after the other: many messages go over each."""

    def __init__(self, url: str) -> None:
        self._server = Server.of(url)
        self._client: smtplib.SMTP | None = None
        self._taken = 0  # messages, by this connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def send(
        self, message: bytes, to: str, copies: Sequence[str], *, waits_for_copies: bool
    ) -> list[str]:
        """Send it. Who got no copy, each with what the server said of it; while it
        `waits_for_copies`, one that is refused for now puts off the whole."""
        end = time.monotonic() + WHOLE
        if self._client is not None and self._taken < MOST_ON_ONE:
            try:
                return self._send(self._client, end, message, to, copies, waits_for_copies)
            except Unreachable:  # servers end what has been open for long: a fresh one tells
                self._close()
        self._close()
        with _told_in_words():
            self._client, self._taken = _connected(self._server, end), 0
        return self._send(self._client, end, message, to, copies, waits_for_copies)

    def _send(self, client: smtplib.SMTP, end: float, *letter: Any) -> list[str]:
        self._taken += 1
        with _told_in_words(), _bounded(client, end):
            try:
                return _handed_over(client, *letter)
            except (Refused, PutOff):
                with suppress(smtplib.SMTPException, OSError):  # the next message will tell
                    client.rset()
                raise

    def _close(self) -> None:
        if self._client is not None:
            with suppress(smtplib.SMTPException, OSError):  # it may be gone, which was told
                self._client.quit()
            self._client.close()
            self._client = None


def _handed_over(
    client: smtplib.SMTP, message: bytes, to: str, copies: Sequence[str], waits: bool
) -> list[str]:
    _wait_at_most(client, STEP)
    size = [f"size={len(message)}"] if client.has_extn("size") else []
    _must_take(client.mail(sender().address, size), MESSAGE)
    _must_take(client.rcpt(to), "The mail server refuses the address")
    missed = []
    for copy in copies:
        code, said = client.rcpt(copy)
        if code < 300:
            continue
        if code < 500 and waits:
            raise PutOff(f"The mail server does not take the copy to {copy} for now: {code}.")
        missed.append(f"{copy} ({_words(code, said)})")
    _wait_at_most(client, READING)
    try:
        _must_take(client.data(message), MESSAGE)
    except smtplib.SMTPDataError as error:  # before it was sent
        _must_take((error.smtp_code, error.smtp_error), MESSAGE)
    return missed


def _wait_at_most(client: smtplib.SMTP, seconds: float) -> None:
    if client.sock is not None:  # else the next step tells
        client.sock.settimeout(seconds)


class _Plain(smtplib.SMTP):
    """It connects when it is made, and no later than at the end."""

    def __init__(self, server: Server, end: float, **options: Any) -> None:
        self._end = end
        # The name that it greets with; this host's own may take long to be found.
        name = sender().domain
        super().__init__(server.host, server.port, name, timeout=STEP, **options)

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        with _bounded(self, self._end):
            return super().connect(*args, **options)


class _Tls(_Plain, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


def _connected(server: Server, end: float) -> smtplib.SMTP:
    trust = ssl.create_default_context()
    client = _Tls(server, end, context=trust) if server.is_tls else _Plain(server, end)
    try:
        with _bounded(client, end):
            client.ehlo_or_helo_if_needed()
            if server.starts_tls:
                client.starttls(context=trust)
            if server.user:
                client.login(server.user, server.password)
    except BaseException:
        client.close()
        raise
    return client


@contextmanager
def _bounded(client: smtplib.SMTP, end: float) -> Iterator[None]:
    """Cut the connection off at the end, by the monotonic clock, however often a letter comes.

    TimeoutError if it was: half a line is no answer (RFC 5321, 4.2), whatever it begins with.
    """
    over, is_cut = Event(), Event()

    def cut() -> None:
        wait = end - time.monotonic()
        while not over.wait(max(0.0, wait)):
            with suppress(OSError):  # it has been closed at this moment
                if client.sock is not None:  # else it is being connected, and cut once it is
                    is_cut.set()
                    client.sock.shutdown(socket.SHUT_RDWR)
            wait = CUT_AGAIN

    Thread(target=cut, daemon=True).start()
    try:
        yield
    except Exception as error:
        if is_cut.is_set():
            raise TimeoutError from error
        raise
    else:
        if is_cut.is_set():
            raise TimeoutError
    finally:
        over.set()


@contextmanager
def _told_in_words() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(
            f"The mail server's certificate is not trusted: {error.verify_message}."
        ) from error
    except ssl.SSLError as error:
        raise Unreachable("The mail server and this one do not agree on TLS.") from error
    except smtplib.SMTPAuthenticationError as error:
        raise Unreachable(f"The mail server refuses the log-in ({error.smtp_code}).") from error
    except smtplib.SMTPNotSupportedError as error:
        raise Unreachable(
            "The mail server does not offer what EMAIL_URL asks for: TLS, or a log-in."
        ) from error
    except smtplib.SMTPResponseException as error:
        words = _words(error.smtp_code, error.smtp_error)
        raise Unreachable(f"The mail server takes nothing now: {words}.") from error
    except (smtplib.SMTPException, ConnectionResetError, BrokenPipeError) as error:
        if isinstance(error.__context__, TimeoutError):  # smtplib takes silence for a hang-up
            raise Unreachable("The mail server has not answered in time.") from error
        raise Unreachable("The mail server has closed the connection.") from error
    except TimeoutError as error:
        raise Unreachable("The mail server has not answered in time.") from error
    except socket.gaierror as error:
        raise Unreachable("The name of the mail server is not known.") from error
    except OSError as error:
        why = (error.strerror or "no connection").lower()
        raise Unreachable(f"The mail server cannot be reached: {why}.") from error


def _must_take(answer: tuple[int, bytes | str], refusal: str) -> None:
    code, said = answer
    if code < 300:
        return
    if code == 421 or code < 0:  # it closes the connection
        raise Unreachable(f"The mail server takes nothing now: {_words(code, said)}.")
    kind = Refused if code >= 500 else PutOff
    raise kind(f"{refusal}{'' if code >= 500 else ' for now'}: {_words(code, said)}.")


def _words(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return in_a_line(f"{code} {text}")[:LONGEST_WORDS].rstrip(". ")
