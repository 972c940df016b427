"""Many values in few queries."""

from collections.abc import Collection, Iterator
from typing import Any

AT_ONCE = 500  # values in one IN (…): SQLite and PostgreSQL both take these


def slices(values: Collection[Any]) -> Iterator[list[Any]]:
    listed = list(values)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]
