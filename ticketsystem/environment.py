"""Read one environment variable at a time; a bad value stops the start with one sentence.

django-environ takes database URLs apart; everything else is read here, because it lets bad values
through silently (`DEBUG=maybe` is False to it, `SECRET_KEY=$abc` the value of another variable).
"""

import os
import re
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
WHOLE = re.compile("[0-9]{1,12}")
NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
HOST = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)
TOKEN = re.compile("[!-~]*")
PASSWORD = re.compile("(://[^/@:]*):[^/]*@")


def refuse(name: str, value: str, allowed: str) -> ImproperlyConfigured:
    shown = PASSWORD.sub(r"\1:…@", value)  # a start that fails is read by many
    return ImproperlyConfigured(f"{name}={shown!r} is not allowed: it must be {allowed}.")


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
    """A number within `least` … `most`, both allowed."""
    value = text(name, str(default))
    if not (NUMBER.fullmatch(value) and least <= float(value) <= most):
        raise refuse(name, value, f"a number from {least} to {most}")
    return int(value) if value.isdecimal() else float(value)


def integer(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name, str(default))
    if not (WHOLE.fullmatch(value) and least <= int(value) <= most):
        raise refuse(name, value, f"a whole number from {least} to {most}")
    return int(value)


def token(name: str) -> str:
    """What can stand in an HTTP header; "" if unset."""
    value = text(name)
    if not TOKEN.fullmatch(value):
        raise refuse(name, value, "letters, digits and signs of ASCII without spaces, or unset")
    return value


def hosts(name: str, default: list[str]) -> list[str]:
    """A list of host names; with a scheme or port in it Django would never find one equal."""
    value = text(name, ",".join(default))
    found = _words(value)
    if not found or not all(HOST.fullmatch(host) for host in found):
        raise refuse(
            name, value, "host names such as help.example.com, with commas, no scheme, no port"
        )
    return found


def origins(name: str) -> list[str]:
    """A list of origins; Django would only complain at the first POST."""
    found = _words(text(name))
    for origin in found:
        parts = _url(origin)
        if (
            parts is None
            or parts.scheme not in {"http", "https"}
            or not parts.netloc
            or (origin.lower() != f"{parts.scheme}://{parts.netloc}".lower())
        ):
            raise refuse(name, origin, "origins such as https://help.example.com, with commas")
    return found


def database(name: str, default: str) -> dict[str, Any]:
    """Settings of the database at `name`, a URL of SQLite or PostgreSQL."""
    value = text(name, default)
    allowed = "sqlite:///path/to/file or postgres://user:password@host:port/name"
    parts = _url(value)
    if parts is None or parts.scheme not in {"sqlite", "postgres", "postgresql"}:
        raise refuse(name, value, allowed)
    try:
        parsed: dict[str, Any] = environ.Env.db_url_config(value)
    except ValueError:
        raise refuse(name, value, allowed) from None
    # In memory each connection would have a database of its own.
    if parsed["NAME"] in {"", ":memory:"}:
        raise refuse(name, value, allowed)
    return parsed


def redis(name: str) -> str | None:
    value = text(name)
    parts = _url(value)
    if value and (
        parts is None
        or parts.scheme not in {"redis", "rediss", "unix"}
        or not (parts.path if parts.scheme == "unix" else parts.hostname)
    ):
        raise refuse(name, value, "a URL such as redis://host:6379/0, or unset")
    return value or None


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def _url(value: str) -> Any:
    """The parts of a URL whose port, if it has one, is a number; else None."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts
