"""While the database takes no changes, each page says so (templates/layout.html)."""

import time

from django.db import Error
from django.http import HttpRequest

from live import writable

ASKED_EVERY = 5.0  # seconds; in between all pages of this process are told the same


class _Answer:
    asked_at = 0.0
    is_read_only = False


def read_only(request: HttpRequest) -> dict[str, bool]:
    """For templates. They ask nothing of the database, but show what is known."""
    return {"is_read_only": is_known()}


def is_known() -> bool:
    """Whether the database took no changes when it was asked last."""
    return _Answer.is_read_only


def ask_now_and_then() -> None:
    """In a thread of a request, before it. The thread's own connection is asked, and before a bad
    answer is believed a new one, which the thread then keeps."""
    now = time.monotonic()
    if now - _Answer.asked_at < ASKED_EVERY:
        return
    _Answer.asked_at = now
    try:
        _Answer.is_read_only = bool(writable.hindrance() and writable.hindrance_of_new_connection())
    except Error:  # the request will find out what is the matter, and say so
        _Answer.is_read_only = False


def was_refused() -> None:
    """A write has just failed because of it: the next page need not ask."""
    _Answer.asked_at, _Answer.is_read_only = time.monotonic(), True
