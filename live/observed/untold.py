"""Writes that cannot be told row by row have everybody's pages load afresh, once in a transaction.

Two kinds of writers are meant. `loaddata` stores rows before those that they point to, so nobody
could say yet what a row means. And a *double* is a model that writes the table of a watched model
without being it: the models of a migration are such, which Django makes from the migration files,
and so is an unmanaged model over the same table.
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Model
from django.db.models.signals import class_prepared

from live.log.writing import reload_everybody
from live.observed.row_saves import RowSave, are_row_saves_wrapped, wrap_row_saves

# The model that each watched table belongs to.
owners: dict[str, type[Model]] = {}


def watch_table(model: type[Model]) -> None:
    """From now on all pages load afresh after `loaddata` of this model, and whatever its doubles
    write."""
    table = model._meta.db_table
    if table not in owners:
        owners[table] = model
        _watch_saves(model, only_raw=True)
        for other in apps.get_models() if apps.models_ready else ():
            _watch_double(other)


def is_double(model: type[Model]) -> bool:
    """Whether its rows, or those of a parent, stand in the table of another model."""
    tables = (base._meta.db_table for base in model.__mro__ if hasattr(base, "_meta"))
    found = [owners[table] for table in tables if table in owners]
    return any(owner not in model.__mro__ for owner in found)


def write_untold(
    write: Callable[[], Any],
    using: str,
    *,
    has_written: Callable[[Any], bool] = lambda result: True,
) -> Any:
    """Carry out the write; once it has committed, all pages load afresh. `has_written` tells by
    what the write returns whether it has written anything."""
    if using != DEFAULT_DB_ALIAS:  # the log is not there, and no page shows what is
        return write()
    with transaction.atomic(savepoint=False):
        result = write()
        if has_written(result):
            reload_everybody()
        return result


def _watch_double(sender: type[Model], **kwargs: Any) -> None:
    if not sender._meta.proxy and not are_row_saves_wrapped(sender) and is_double(sender):
        _watch_saves(sender, only_raw=False)


class_prepared.connect(_watch_double)


def _watch_saves(model: type[Model], *, only_raw: bool) -> None:
    """Only rows that are saved raw, as they were dumped, or all of them."""

    def carry_out(save: RowSave) -> bool:
        if only_raw and not save.raw:
            return save.write()
        return bool(write_untold(save.write, save.using))

    wrap_row_saves(model, carry_out)
