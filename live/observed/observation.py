"""One observed model: each way of writing its rows compares what is stored before and after.

Django's own signals are silent for `update()`, `bulk_create()` and `bulk_update()`, and know
nothing of the former state. An `Observation` carries such a write out in a transaction, also in
autocommit: it locks the rows, has Django write them, reads them back, and sends `changed` once for
each row that really changed. So what is told stands or falls with the row.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Generic

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction

from live.log.slices import slices
from live.observed.transition import M, Transition, tell

AT_ONCE = 500  # rows locked and compared together

Rows = models.QuerySet[Any]


class Observation(Generic[M]):
    """How the rows of one model are written, compared and told."""

    def __init__(self, model: type[M], tracked: Iterable[str]) -> None:
        self.model = model
        self.tracked = tuple(tracked)
        # Then what the database computes from any other field may change a tracked one.
        self.computed = any(
            field.generated for field in model._meta.concrete_fields if field.name in self.tracked
        )
        self.key = model._meta.pk.name
        self.column = model._meta.pk.attname  # another name where the key is a foreign key

    # --- the ways of writing; `write` is Django's own ------------------------------------------

    def save(
        self, instance: models.Model, update_fields: Collection[str] | None, using: str,
        is_new: bool, write: Callable[[], bool],
    ) -> bool:  # fmt: skip
        """Save one instance. `write` does it, and returns whether there was a row to update."""
        if update_fields is not None and not self._tracks(type(instance), update_fields):
            return write()
        refuse_elsewhere(self.model, using)
        with transaction.atomic(savepoint=False):
            self._take_write_lock()
            key = getattr(instance, self.column)
            before = None if is_new or key is None else self.locked_row(key)
            updated = write()
            # Read back: the database may have computed, rounded or defaulted what was written.
            after = self.stored([getattr(instance, self.column)]).get()
            fields = () if before is None else self.differing(before, after)
            if fields:
                self.touch([after])
            if before is None or fields:
                tell(self.model, Transition(before, after, fields))
        return updated

    def update(self, rows: Rows, values: Mapping[str, Any], write: Callable[..., int]) -> int:
        """Update many rows. `bulk_update()`, related managers and `SET_NULL` all end here."""
        self.refuse_update(rows, values)
        if not self._tracks(rows.model, values):
            return write(rows, **values)
        refuse_elsewhere(self.model, database_for_writing(rows))
        with transaction.atomic(savepoint=False):
            self._take_write_lock()
            # Once each: a filter across a relation gives a row as often as it matches.
            keys = dict.fromkeys(rows.order_by(self.key).values_list(self.key, flat=True))
            written = sum(
                self._update_together(rows, some, values, write) for some in slices(keys, AT_ONCE)
            )
        rows._result_cache = None  # as Django does: what was loaded before is old now
        return written

    def _update_together(
        self, rows: Rows, keys: list[Any], values: Mapping[str, Any], write: Callable[..., int]
    ) -> int:
        before = {row.pk: row for row in self.locked(keys)}
        written = write(rows.filter(**{f"{self.key}__in": keys}), **values)
        transitions = [
            Transition(before[row.pk], row, fields)
            for row in self.stored(keys)
            if (fields := self.differing(before[row.pk], row))
        ]
        self.touch([transition.after for transition in transitions if transition.after])
        for transition in transitions:
            tell(self.model, transition)
        return written

    def bulk_create(
        self, rows: Rows, new: Sequence[M], write: Callable[[], list[M]], *, conflicts: bool
    ) -> list[M]:
        name = self.model.__name__
        if conflicts:
            raise ValueError(
                f"{name}.objects.bulk_create() cannot tell which rows a conflict leaves out: use"
                " save() or get_or_create() instead."
            )
        refuse_elsewhere(self.model, database_for_writing(rows))
        self.refuse_creation(new)
        with transaction.atomic(savepoint=False):
            created = write()
            keys = [row.pk for row in created]
            if None in keys:
                raise ValueError(
                    f"{name}.objects.bulk_create() cannot tell which rows this database made, for"
                    " it does not return their keys: use save() instead."
                )
            for some in slices(keys, AT_ONCE):
                for row in self.stored(some):
                    tell(self.model, Transition(None, row))
        return created

    def remember(self, instance: models.Model, using: str, **kwargs: Any) -> None:
        """Before a deletion: the row as stored, whatever was set on the instance since."""
        refuse_elsewhere(self.model, using)
        self._take_write_lock()
        vars(instance)["_before_deletion"] = self.locked_row(getattr(instance, self.column))

    def tell_deletion(self, instance: models.Model, **kwargs: Any) -> None:
        before = vars(instance).pop("_before_deletion", None)
        if before is not None:  # else somebody else deleted it, and told
            tell(self.model, Transition(before, None))

    # --- rows -----------------------------------------------------------------------------------

    def stored(self, keys: Collection[Any]) -> models.QuerySet[M]:
        """The rows with these keys. The model's own managers are left out, for they may hide
        some."""
        rows: models.QuerySet[M] = models.QuerySet(self.model, using=DEFAULT_DB_ALIAS)
        return rows.filter(pk__in=keys).order_by("pk")

    def locked(self, keys: Collection[Any]) -> models.QuerySet[M]:
        """The same, locked until the transaction ends, in one order for all writers."""
        return self.stored(keys).select_for_update()

    def _take_write_lock(self) -> None:
        """On SQLite, take the lock by a write that changes nothing. A transaction that has read
        first and then wants to write is refused at once while somebody else writes, whatever the
        timeout; one that begins with a write waits."""
        if connection.vendor == "sqlite":
            quote, meta = connection.ops.quote_name, self.model._meta
            table, column = quote(meta.db_table), quote(str(meta.concrete_fields[0].column))
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET {column} = {column} WHERE 0")  # noqa: S608

    def locked_row(self, key: Any) -> M | None:
        return self.locked([key]).first()

    def differing(self, before: M, after: M) -> tuple[str, ...]:
        """Names of the tracked fields in which the two differ."""
        return tuple(name for name in self.tracked if self._differs(name, before, after))

    def _differs(self, name: str, before: M, after: M) -> bool:
        field: Any = self.model._meta.get_field(name)
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        # A field's own type may know no equality; then what the database gets decides.
        return bool(old != new and field.get_prep_value(old) != field.get_prep_value(new))

    def _tracks(self, model: type[models.Model], names: Iterable[str]) -> bool:
        """Whether a write of these names may change a tracked field; `queue_id` is `queue`."""
        return self.computed or any(
            model._meta.get_field(name).name in self.tracked for name in names
        )

    # --- what a model of one's own may add ------------------------------------------------------

    def refuse_creation(self, rows: Iterable[models.Model]) -> None:
        """Called with rows that are about to be created."""

    def refuse_update(self, rows: Rows, values: Mapping[str, Any]) -> None:
        if any(rows.model._meta.get_field(name).name == self.key for name in values):
            name = self.model.__name__
            raise ValueError(
                f"{name}.{self.key} cannot be set by update(), for nobody could say which row it"
                f" was before: create the new {name} and delete the old one."
            )

    def touch(self, rows: list[M]) -> None:
        """Called with rows that have just been changed in the database."""


def database_for_writing(rows: Any) -> str:
    rows._for_write = True  # as Django does before it writes: a router may read elsewhere
    return str(rows.db)


def refuse_elsewhere(model: type[models.Model], using: str) -> None:
    if using != DEFAULT_DB_ALIAS:
        raise ValueError(
            f"{model.__name__} is written in the default database only, where the log of its"
            f" changes is, and not in {using!r}: leave out `using`."
        )
