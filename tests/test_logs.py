"""Logs as JSON: one object per line, whatever the message holds."""

import json
import logging

from ticketsystem.logs import JsonFormatter


def record(message: str, *arguments: object, **more: object) -> logging.LogRecord:
    place = ("live.relay", logging.ERROR, __file__, 1)
    return logging.LogRecord(*place, message, arguments, more.get("exc_info"))  # type: ignore[arg-type]


def test_a_line_is_one_object() -> None:
    line = JsonFormatter().format(record("two\nlines of %s", 'a "quote"'))

    assert "\n" not in line
    assert json.loads(line).items() >= {
        "level": "ERROR", "logger": "live.relay", "message": 'two\nlines of a "quote"',
    }.items()  # fmt: skip


def test_an_exception_is_told() -> None:
    try:
        raise ValueError("why")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    told = json.loads(JsonFormatter().format(record("failed", exc_info=info)))

    assert "ValueError: why" in told["exception"]
