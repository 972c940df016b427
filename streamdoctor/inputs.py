"""Reads the values that somebody has typed behind the options of a command. Each that is not
allowed is refused with one sentence, in which no secret is repeated."""

import re
from pathlib import Path

LEAST_SECONDS, MOST_SECONDS = 8, 3600
LEAST_HEARTBEAT = 0.1
NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # of a cookie or a header: RFC 9110 5.6.2
OWN_HEADERS = (
    "accept", "connection", "content-length", "cookie", "host", "transfer-encoding"
)  # fmt: skip


class BadInput(ValueError):
    """This is not allowed; the message is one sentence."""


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not LEAST_SECONDS <= number <= MOST_SECONDS:
        raise BadInput(
            f"--seconds {text!r} is not allowed: it takes {LEAST_SECONDS} to {MOST_SECONDS}."
        )
    return number


def heartbeat(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not LEAST_HEARTBEAT <= number <= MOST_SECONDS:
        raise BadInput(
            f"--heartbeat {text!r} is not allowed: it takes {LEAST_HEARTBEAT} to {MOST_SECONDS}"
            " seconds."
        )
    return number


def cookie(text: str) -> tuple[str, str]:
    """NAME=VALUE or NAME=@FILE."""
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(NAME, name):
        raise BadInput("--cookie takes NAME=VALUE or NAME=@FILE.")
    value = value_of(value, f"--cookie {name}")
    if not re.fullmatch(r"[^\x00-\x20;\x7f-\U0010ffff]*", value):
        raise BadInput(
            f"The value of --cookie {name} is not allowed: it takes ASCII without spaces and"
            " semicolons."
        )
    return name, value


def header(text: str) -> tuple[str, str]:
    """'NAME: VALUE' or 'NAME: @FILE'."""
    name, colon, value = text.partition(":")
    if not colon or not re.fullmatch(NAME, name):
        raise BadInput("--header takes 'NAME: VALUE' or 'NAME: @FILE'.")
    if name.lower() in OWN_HEADERS:
        raise BadInput(f"--header {name} is not allowed: the doctor writes this header itself.")
    value = value_of(value.strip(), f"--header {name}")
    if not re.fullmatch(r"[\t\x20-\x7e\xa0-\xff]*", value):
        raise BadInput(
            f"The value of --header {name} is not allowed: it takes one line of Latin-1 text."
        )
    return name, value


def data(text: str) -> bytes:
    """@FILE."""
    if not text.startswith("@"):
        raise BadInput("--data takes @FILE, the file that holds the body of the request.")
    try:
        return Path(text[1:]).read_bytes()
    except (OSError, ValueError) as error:
        raise BadInput(_unreadable("--data", text[1:], error)) from error


def value_of(text: str, option: str) -> str:
    """The text itself, or what stands in @FILE, so that no secret is in the list of processes."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text("utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:  # UnicodeDecodeError is a ValueError
        raise BadInput(_unreadable(option, text[1:], error)) from error


def _unreadable(option: str, file: str, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    return f"The file {file!r} of {option} cannot be read: {reason}."
