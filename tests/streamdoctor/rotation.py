"""Which part of a large table is tested: a third, another one each day, or with DOCTOR_GRID=all the
whole (`make test-all`, which is the nightly run)."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

Row = TypeVar("Row")

PARTS = 3


def of_today(table: Sequence[Row]) -> list[Row]:
    """DOCTOR_GRID=0, 1 or 2 gives the part of another day again."""
    said = os.environ.get("DOCTOR_GRID") or str(datetime.now(UTC).toordinal() % PARTS)
    return list(table) if said == "all" else list(table[int(said) :: PARTS])


def wanted(request: Any, argument: str) -> list[Any]:
    """The rows of the tests that were selected in this module, in their order."""
    return [
        item.callspec.params[argument]
        for item in request.session.items
        if item.module is request.module
        and hasattr(item, "callspec")
        and argument in item.callspec.params
    ]
