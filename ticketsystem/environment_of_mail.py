"""The variables about mail; environment.py says how such variables are read, and refuses."""

import re
from urllib.parse import SplitResult, parse_qsl, unquote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ticketsystem.environment import FALSE, QUOTED, TRUE, refuse, refuse_unseen, text, url_parts

SECURED_BY = {"tls", "ssl"}  # after a greeting in the clear (STARTTLS), or from the first byte
MAILBOX = re.compile(r'(?:(?P<name>[^<>"]*?)\s*<(?P<address>[^<>\s]+)>|(?P<bare>[^<>\s]+))')
LONGEST_NAME = 100
# Of what stands before the @, which has 64 at most: with a + and a token it names a ticket.
LONGEST_LOCAL = 40


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
