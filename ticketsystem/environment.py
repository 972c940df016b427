"""Read one environment variable at a time; a bad value stops the start with one sentence.

django-environ does the parsing of lists and database URLs; what it lets through silently
(`DEBUG=maybe` is False to it) is refused here.
"""

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def refuse(name: str, value: object, allowed: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}={value!r} is not allowed: it must be {allowed}.")


def boolean(name: str, default: bool) -> bool:
    value = env.str(name, default="1" if default else "0")
    word = value.strip().lower()
    if word not in TRUE | FALSE:
        raise refuse(name, value, "1, true, yes or on, or 0, false, no or off")
    return word in TRUE


def number(
    name: str, default: float, *, least: float, most: float, whole: bool = False
) -> float | int:
    """A number within `least` … `most`, both allowed; with `whole` an integer."""
    value = env.str(name, default=str(default))
    kind = "a whole number" if whole else "a number"
    try:
        parsed = int(value) if whole or value.strip().isdecimal() else float(value)
    except ValueError:
        raise refuse(name, value, f"{kind} from {least} to {most}") from None
    if not least <= parsed <= most:  # also refuses nan
        raise refuse(name, value, f"{kind} from {least} to {most}")
    return parsed


def integer(name: str, default: int, *, least: int, most: int) -> int:
    return int(number(name, default, least=least, most=most, whole=True))


def words(name: str, default: list[str]) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in env.list(name, default=default) if word.strip()]


def origins(name: str) -> list[str]:
    """A list of origins; Django would only complain at the first POST."""
    found = words(name, [])
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
            raise refuse(name, origin, "origins such as https://help.example.com, with commas")
    return found


def database(name: str, default: str) -> dict[str, Any]:
    """Settings of the database at `name`, a URL of SQLite or PostgreSQL."""
    value = env.str(name, default=default)
    allowed = "sqlite:///path/to/file or postgres://user:password@host:port/name"
    scheme = value.partition("://")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"} or "://" not in value:
        raise refuse(name, value, allowed)
    try:
        parsed: dict[str, Any] = environ.Env.db_url_config(value)
    except ValueError:
        raise refuse(name, value, allowed) from None
    if not parsed["NAME"]:
        raise refuse(name, value, allowed)
    return parsed


def redis(name: str) -> str | None:
    value = env.str(name, default="")
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise refuse(name, value, "a URL such as redis://host:6379/0, or unset")
    return value or None
