"""Cuts a list of keys into parts that fit into one query each, as in `WHERE id IN (…)`."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 500  # values in one IN (…): SQLite and PostgreSQL both take these


def slices(values: Iterable[T], size: int = AT_ONCE) -> Iterator[list[T]]:
    listed = list(values)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
