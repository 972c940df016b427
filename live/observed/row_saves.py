"""Wraps `_save_table`, the method by which Django saves one instance as a row of one table.

It is called for whatever saves an instance: an overridden `save()`, a proxy, a child in another
table, `loaddata`. `save()` itself would be the wrong one: what an override or a receiver of
`post_save` writes beside it is told by itself, and would be told twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db.models import Model


@dataclass(frozen=True)
class RowSave:
    """One row that Django is about to write. `write()` writes it, and returns whether a row that
    was there has been updated; `raw` is what `loaddata` says."""

    instance: Model
    raw: bool
    force_insert: bool
    using: Any
    update_fields: Any
    write: Callable[[], bool]


def wrap_row_saves(model: Any, carry_out: Callable[[RowSave], bool]) -> None:
    """From now on `carry_out` writes the rows of the model's own table."""
    save_table = model._save_table

    @wraps(save_table)
    def wrapped(
        self: Model, raw: bool = False, cls: Any = None, force_insert: bool = False,
        force_update: bool = False, using: Any = None, update_fields: Any = None,
    ) -> bool:  # fmt: skip
        def write() -> bool:
            return bool(
                save_table(self, raw, cls, force_insert, force_update, using, update_fields)
            )

        if cls is not model:  # a child's own table
            return write()
        return carry_out(RowSave(self, raw, force_insert, using, update_fields, write))

    model._save_table = wrapped


def are_row_saves_wrapped(model: type[Model]) -> bool:
    """Whether the model itself has been given to `wrap_row_saves()`, not only a parent of it."""
    return "_save_table" in vars(model)
