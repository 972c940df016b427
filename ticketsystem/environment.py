"""Each function reads one environment variable; a bad value stops the start with one sentence.

django-environ only takes database URLs apart. All else is read here, because that library lets bad
values through without a word: it takes `DEBUG=maybe` for False, and `SECRET_KEY=$abc` for the value
of another variable.
"""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
WHOLE = re.compile("[0-9]{1,12}")
NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
HOST = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)
PATH = re.compile(r"(/(?!\.{1,2}(/|$))[\w.~-]+)*", re.ASCII)  # segments, none of them . or ..
TOKEN = re.compile("[!-~]*")
REDIS_DATABASE = re.compile("/?[0-9]{0,4}")
DATABASE_NAME = re.compile("/[^/]+")
OWN_OPTIONS = {"assume_role", "server_side_binding"}  # Django's, which its client does not know
SHORTEST_KEY = 32  # characters of a key that signs sessions
QUOTED = "with %40 for @, %2F for / and so on in user and password"


def refuse(name: str, value: str, allowed: str) -> ImproperlyConfigured:
    """The error to raise: it names the variable, what stood in it, and what is allowed."""
    return ImproperlyConfigured(f"{name}={value!r} is not allowed: it must be {allowed}.")


def refuse_unseen(name: str, allowed: str) -> ImproperlyConfigured:
    """The same for a variable that may hold a secret. A start that fails is read by many, and in a
    value that is wrong nobody can tell where its password begins: so nothing of it is shown."""
    if not text(name):
        return refuse(name, "", allowed)
    return ImproperlyConfigured(
        f"{name} is not allowed as it is (it is not shown here): it must be {allowed}."
    )


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in allowed:
        raise refuse(name, value, " or ".join(allowed))
    return value


def boolean(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0")
    if value.lower() not in TRUE | FALSE:
        raise refuse(name, value, "1, true, yes or on, or 0, false, no or off")
    return value.lower() in TRUE


def number(name: str, default: float, *, least: float, most: float) -> float:
    """A number from `least` to `most`; both are allowed."""
    value = text(name, str(default))
    if not (NUMBER.fullmatch(value) and least <= float(value) <= most):
        raise refuse(name, value, f"a number from {least} to {most}")
    return int(value) if value.isdecimal() else float(value)


def integer(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name, str(default))
    if not (WHOLE.fullmatch(value) and least <= int(value) <= most):
        raise refuse(name, value, f"a whole number from {least} to {most}")
    return int(value)


def time_zone(name: str, default: str) -> str:
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # no such name, no name at all, or that of a folder
        raise refuse(name, value, "the name of a time zone, such as Europe/Berlin") from None
    return value


def token(name: str) -> str:
    """A secret that can stand in an HTTP header; "" if the variable is not set."""
    value = text(name)
    if not TOKEN.fullmatch(value):
        raise refuse_unseen(name, "letters, digits and signs of ASCII without spaces, or unset")
    return value


def signing_key(name: str) -> str:
    """The secret that signs what browsers keep."""
    value = text(name)
    if len(value) < SHORTEST_KEY:
        raise refuse_unseen(
            name,
            f"a random text of {SHORTEST_KEY} characters or more that only this site knows, or"
            " DEBUG=1 (never where others can reach it)",
        )
    return value


def old_signing_keys(name: str) -> list[str]:
    """Keys that the site had before. What they signed is still believed, so none may be weak."""
    found = _words(text(name))
    if any(len(word) < SHORTEST_KEY for word in found):
        raise refuse_unseen(
            name, f"keys of {SHORTEST_KEY} characters or more each, with commas, or unset"
        )
    return found


def path(name: str) -> str:
    """The path that a site is served under, without its last slash; "" for the root."""
    value = text(name)
    if not PATH.fullmatch(value):
        raise refuse(
            name, value, "a path such as /desk, of letters, digits and -._~, that begins with a"
            " slash and does not end with one, or unset"
        )  # fmt: skip
    return value


def folder(name: str, default: Path) -> Path:
    """Where files are kept. It need not be there yet: a check tries to write into it."""
    value = text(name) or str(default)
    found = Path(value)
    if not found.is_absolute() or "\0" in value or found.is_file():
        raise refuse(name, value, "the full path of a folder, such as /var/lib/helpdesk, or unset")
    return found


def hosts(name: str, default: list[str]) -> list[str]:
    """A list of host names. A scheme or port is refused: Django would never find such a name equal
    to the Host of a request."""
    value = text(name, ",".join(default))
    found = _words(value)
    if not found or not all(HOST.fullmatch(host) for host in found):
        raise refuse(
            name, value, "host names such as help.example.com, with commas, no scheme, no port"
        )
    return found


def origins(name: str) -> list[str]:
    """A list of origins. A bad one is refused now: Django would complain at the first POST only."""
    found = _words(text(name))
    for origin in found:
        parts = url_parts(origin)
        if (
            parts is None
            or parts.scheme not in {"http", "https"}
            or not parts.netloc
            or (origin.lower() != f"{parts.scheme}://{parts.netloc}".lower())
        ):
            raise refuse(name, origin, "origins such as https://help.example.com, with commas")
    return found


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    value = text(name)
    try:
        return tuple(ip_network(word) for word in _words(value))
    except ValueError:
        raise refuse(
            name, value, "networks such as 10.20.0.0/16 or fd00:20::/32, with commas, whose last"
            " bits are 0, or unset"
        ) from None  # fmt: skip


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings for the database whose URL the variable has: SQLite or PostgreSQL."""
    value = text(name, default)
    allowed = f"sqlite:///path/to/file or postgres://user:password@host:port/name, {QUOTED}"
    parts = url_parts(value)
    if parts is None or not (_is_sqlite(parts) or _is_postgres(parts)):
        raise refuse_unseen(name, allowed)
    try:
        parsed: dict[str, Any] = environ.Env.db_url_config(value)
        make_conninfo(**_options(parsed))
    except (ValueError, ProgrammingError):
        raise refuse_unseen(name, allowed) from None
    return parsed


def redis(name: str) -> str | None:
    value = text(name)
    if value and not _is_redis(url_parts(value)):
        raise refuse_unseen(
            name, f"a URL such as redis://:password@host:6379/0, {QUOTED}, or unset"
        )
    return value or None


def bell(name: str) -> str:
    """A direct address of PostgreSQL, past a pooler; "" if the variable is not set."""
    value = text(name)
    if value and not _is_direct(value):
        raise refuse_unseen(
            name, f"a URL such as postgres://user:password@host:port/name, {QUOTED}, or unset"
        )
    return value


def _is_sqlite(parts: SplitResult) -> bool:
    """In memory each connection would have a database of its own, so it takes a file."""
    names_a_file = parts.path not in {"", "/", "/:memory:"}
    return parts.scheme == "sqlite" and not parts.netloc and names_a_file


def _is_postgres(parts: SplitResult) -> bool:
    """Without a host the path may be that of a socket, with slashes."""
    names_a_socket = not parts.netloc and parts.path.startswith("//")
    names_a_database = DATABASE_NAME.fullmatch(parts.path) or names_a_socket
    return parts.scheme in {"postgres", "postgresql"} and bool(names_a_database)


def _is_redis(parts: SplitResult | None) -> bool:
    if parts is None:
        return False
    if parts.scheme == "unix":
        return bool(parts.path)
    is_whole = bool(parts.hostname and REDIS_DATABASE.fullmatch(parts.path))
    return parts.scheme in {"redis", "rediss"} and is_whole


def _options(parsed: dict[str, Any]) -> dict[str, Any]:
    """What PostgreSQL's client is to be told beside user, host and name, such as sslmode."""
    if parsed["ENGINE"] != "django.db.backends.postgresql":
        return {}
    options = parsed.get("OPTIONS", {}).items()
    return {name: value for name, value in options if name not in OWN_OPTIONS}


def _is_direct(value: str) -> bool:
    """Whether PostgreSQL's client takes it, and means by it what stands there."""
    parts = url_parts(value)
    if parts is None or not (_is_postgres(parts) and parts.hostname):
        return False
    try:
        conninfo_to_dict(value)
    except ProgrammingError:
        return False
    return True


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def url_parts(value: str) -> SplitResult | None:
    """The parts of a URL whose port, if it has one, is a number; else None.

    A slash, # or ? in a password ends the host there. The rest of the password, up to the @, would
    then be looked for as the name of a database, and be named in an error: so that is None, too.
    """
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return None if "@" in f"{parts.path}{parts.query}" or parts.fragment else parts
