"""Takes messages out of a mailbox, by IMAP.

What is in the inbox is still to be done. A message is moved away once what became of it is
committed, so a break at any point leaves it there, and the next time it is known by what it says
(threading.py): nothing is lost, and nothing done twice. `\\Seen` would not do as a mark, for who
looks into the mailbox sets it too. It only says that a message was tried: those that were not
go first, so that one on which the process dies holds up none but itself.
"""

import logging
import random
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from imapclient import DELETED, SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from tickets.inbox.arriving import Refused, TryAgain, receive, set_aside
from tickets.inbox.reading import LARGEST
from tickets.management.stopping import Interrupted, Stop

logger = logging.getLogger(__name__)

TAKEN = "Taken"  # the folder for what is done
ANSWER = 60.0  # seconds within which the server answers
LOOK_AGAIN = 240.0  # seconds of waiting for news: some networks forget it after five minutes
WITHOUT_IDLE = 30.0  # seconds until the next look, where the server tells no news
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds, after the server went away
NOT_YET = 300.0  # seconds until a message that could not be taken is tried again
BEGINNING = 100_000  # bytes of a message that is too large to be read

AWAY = (OSError, IMAPClientError)  # IMAPClientError is also that of imaplib
DATABASE = (OperationalError, InterfaceError)


class Fetching:
    """`inbox` is INBOX_URL as the settings have read it; nothing of its password is ever said."""

    def __init__(self, inbox: Any, stop: Stop) -> None:
        self.inbox = inbox
        self.stop = stop
        self.away_since = 0.0  # 0 while all is well
        self.not_before: dict[int, float] = {}  # messages that could not be taken, by their UID
        self.wait = FIRST_WAIT

    def go_on(self) -> None:
        while not self.stop.is_set():
            try:
                with self.connected() as client:
                    self._take_what_comes(client)
            except Interrupted:
                return
            except AWAY as error:
                self._is_away(error)
                self._pause()

    @contextmanager
    def connected(self) -> Iterator[IMAPClient]:
        with self.stop.at_once():
            client = self._client()
        try:
            with self.stop.at_once():
                client.login(self.inbox.user, self.inbox.password)
                client.select_folder(self.inbox.folder)
                self.taken = _folder_for_taken(client)
            self.not_before.clear()  # UIDs may be others by now
            yield client
        finally:
            client.shutdown()  # no LOGOUT, which would wait for an answer

    def _client(self) -> IMAPClient:
        return IMAPClient(
            self.inbox.host, self.inbox.port, ssl=self.inbox.tls, timeout=SocketTimeout(10, ANSWER),
            ssl_context=ssl.create_default_context() if self.inbox.tls else None,
        )  # fmt: skip

    def _take_what_comes(self, client: IMAPClient) -> None:
        while not self.stop.is_set():
            self.take_all(client)
            self._is_there()
            with self.stop.at_once():
                _wait_for_news(client)

    def take_all(self, client: IMAPClient) -> None:
        close_old_connections()  # one that the database has closed meanwhile
        for uid in self._waiting(client):
            if self.stop.is_set():
                return
            if time.monotonic() >= self.not_before.get(uid, 0):
                self._take(client, uid)

    def _waiting(self, client: IMAPClient) -> list[int]:
        with self.stop.at_once():
            untried = client.search(["UNSEEN", "UNDELETED"])
            return sorted(untried) + sorted(client.search(["SEEN", "UNDELETED"]))

    def _take(self, client: IMAPClient, uid: int) -> None:
        with self.stop.at_once():
            found = client.fetch([uid], ["RFC822.SIZE"]).get(uid)
            if found is None:  # somebody else has taken or deleted it
                return
            client.add_flags([uid], [SEEN], silent=True)
            size = int(found[b"RFC822.SIZE"])
            part = "BODY.PEEK[]" if size <= LARGEST else f"BODY.PEEK[]<0.{BEGINNING}>"
            raw = _body(client.fetch([uid], [part]).get(uid))
        if raw is None:
            return
        try:
            if size <= LARGEST:
                receive(raw)
            else:
                set_aside(raw, Refused(
                    f"It has {size:,} bytes, and at most {LARGEST:,} are read. This is its"
                    f" beginning; the whole is in the mailbox, in the folder {self.taken}."
                ))  # fmt: skip
        except TryAgain as error:
            if isinstance(error.__cause__, DATABASE):
                raise _DatabaseAway from error
            self.not_before[uid] = time.monotonic() + NOT_YET
            logger.warning("a message stays in the mailbox for now: %s", error)
            return
        with self.stop.at_once():
            _move(client, uid, self.taken)

    def _is_away(self, error: Exception) -> None:
        if not self.away_since:
            self.away_since = time.monotonic()
            logger.error("mail is not fetched now, and tried again: %s", _reason(error))

    def _pause(self) -> None:
        with suppress(Interrupted), self.stop.at_once():
            time.sleep(self.wait * random.uniform(0.5, 1))
        self.wait = min(self.wait * 2, LONGEST_WAIT)

    def _is_there(self) -> None:
        self.wait = FIRST_WAIT
        if self.away_since:
            away = time.monotonic() - self.away_since
            logger.info("mail is fetched again, after %.0f s", away)
            self.away_since = 0.0


class _DatabaseAway(OSError):
    """No other message can be taken now either."""


def _folder_for_taken(client: IMAPClient) -> str:
    """Beside the inbox, where this server lets folders be; it is there afterwards."""
    prefix = ""
    if client.has_capability("NAMESPACE"):
        personal = client.namespace().personal
        prefix = personal[0][0] if personal else ""
    name = f"{prefix}{TAKEN}"
    if not client.folder_exists(name):
        client.create_folder(name)
    return name


def _wait_for_news(client: IMAPClient) -> None:
    if not client.has_capability("IDLE"):
        time.sleep(WITHOUT_IDLE)
        client.noop()
        return
    client.idle()
    client.idle_check(timeout=LOOK_AGAIN)
    client.idle_done()


def _body(found: Any) -> bytes | None:
    """The answer calls a part of the body by another name than the request."""
    bodies = [value for name, value in (found or {}).items() if name.startswith(b"BODY[]")]
    return bytes(bodies[0]) if bodies and bodies[0] is not None else None


def _move(client: IMAPClient, uid: int, folder: str) -> None:
    if client.has_capability("MOVE"):
        client.move([uid], folder)
        return
    client.copy([uid], folder)
    client.add_flags([uid], [DELETED], silent=True)
    if client.has_capability("UIDPLUS"):  # without it others' deletions would go along
        client.uid_expunge([uid])


def _reason(error: Exception) -> str:
    """What a server says may repeat what it was sent, so only what we know of it is said."""
    if isinstance(error, _DatabaseAway):
        return "the database is not there"
    if isinstance(error, LoginError):
        return "the mailbox's server refuses the log-in"
    if isinstance(error, ssl.SSLError):
        return f"the mailbox's server is not trusted ({error.reason})"
    if isinstance(error, OSError) and error.strerror:
        return f"the mailbox's server is not there ({error.strerror})"
    return f"the mailbox's server does not answer as it should ({type(error).__name__})"
