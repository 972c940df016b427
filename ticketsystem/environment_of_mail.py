"""The variables about mail; environment.py says how such variables are read, and refuses."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ticketsystem.environment import FALSE, QUOTED, TRUE, refuse, refuse_unseen, text, url_parts

SECURED_BY = {"tls", "ssl"}  # after a greeting in the clear (STARTTLS), or from the first byte
MAILBOX = re.compile(r'(?:(?P<name>[^<>"]*?)\s*<(?P<address>[^<>\s]+)>|(?P<bare>[^<>\s]+))')
LONGEST_NAME = 100
# Of what stands before the @, which has 64 at most: with a + and a token it names a ticket.
LONGEST_LOCAL = 40
LONGEST_QUEUE = 100
SERVER_NAME = re.compile(r"[\w.:-]{0,255}", re.ASCII)
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class Unshown(str):
    """A secret, of which the pages and logs that show settings show nothing."""

    def __repr__(self) -> str:
        return "'(not shown)'"


def mail_server(name: str) -> str:
    """The URL of the server that takes mail to be sent; "" if the variable is not set."""
    value = text(name)
    parts = url_parts(value)
    if value and (parts is None or not _is_mail_server(parts)):
        raise refuse_unseen(
            name,
            "a URL such as smtp://user:password@host:587/?tls=true (STARTTLS) or"
            f" smtps://user:password@host:465, in ASCII, {QUOTED}, or unset",
        )
    return Unshown(value)


def mailbox(name: str, *, needed_for: str = "") -> str:
    """The mailbox that mail comes from; "" if the variable is not set, and nothing needs it."""
    value = text(name)
    if not value and not needed_for:
        return ""
    found = MAILBOX.fullmatch(value)
    address = found["address"] or found["bare"] if found else ""
    shown = (found["name"] or "") if found else ""
    if not (_is_sender(address) and shown.isprintable() and len(shown) <= LONGEST_NAME):
        needed = f"; {needed_for} needs it" if needed_for else ", or unset"
        raise refuse(
            name, value, "an address such as help@example.com or 'Help desk <help@example.com>', in"
            f" one line, with at most {LONGEST_LOCAL} characters before the @{needed}"
        )  # fmt: skip
    return value


@dataclass(frozen=True)
class Inbox:
    """Where `manage.py fetch_mail` takes mail from."""

    host: str
    port: int
    tls: bool
    user: str
    password: str = field(repr=False)  # pages and logs that show settings show none of it
    folder: str


def inbox(name: str) -> Inbox | None:
    """The mailbox whose URL the variable has; None if it is not set."""
    value = text(name)
    if not value:
        return None
    parts = url_parts(value)
    found = _inbox(parts) if parts else None
    if found is None:
        raise refuse_unseen(
            name, f"a URL such as imaps://user:password@host/INBOX, {QUOTED}, imap:// only for this"
            " machine itself, or unset"
        )  # fmt: skip
    return found


def _inbox(parts: SplitResult) -> Inbox | None:
    tls, host = parts.scheme == "imaps", parts.hostname or ""
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    # A password never crosses a network in the clear.
    is_known = tls or (parts.scheme == "imap" and host in THIS_MACHINE)
    is_whole = bool(host and user and password and not parts.query)
    if not (is_known and is_whole and f"{user}{password}{folder}".isprintable()):
        return None
    return Inbox(host, parts.port or (993 if tls else 143), tls, user, password, folder)


def queue_name(name: str) -> str:
    """The name of the queue in which mail opens tickets; "" if the variable is not set."""
    value = text(name)
    if len(value) > LONGEST_QUEUE or not value.isprintable():
        raise refuse(
            name, value[:200],
            f"the name of a queue, in one line of at most {LONGEST_QUEUE} characters, or unset",
        )  # fmt: skip
    return value


def server_name(name: str) -> str:
    """By what a mail server calls itself in Authentication-Results; "" if it is not set."""
    value = text(name)
    if not SERVER_NAME.fullmatch(value):
        raise refuse(
            name, value, "the first word of the header Authentication-Results that your own mail"
            " server writes, such as mx.example.com, or unset"
        )  # fmt: skip
    return value


def _is_mail_server(parts: SplitResult) -> bool:
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        return False
    try:
        asked = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        return False
    options = dict(asked)
    is_known = set(options) <= SECURED_BY and len(options) == len(asked)
    if not is_known or not all(value.lower() in TRUE | FALSE for value in options.values()):
        return False
    ways = [parts.scheme == "smtps", *(value.lower() in TRUE for value in options.values())]
    # SMTP's own log-in takes ASCII only, and neither half of it alone.
    secrets = [unquote(half) for half in (parts.username or "", parts.password or "")]
    is_log_in = all(secrets) or not any(secrets)
    return sum(ways) <= 1 and is_log_in and all(half.isascii() for half in secrets)


def _is_sender(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    try:
        validate_email(address)
    except ValidationError:
        return False
    return local.isascii() and len(local) <= LONGEST_LOCAL and not domain.startswith("[")
