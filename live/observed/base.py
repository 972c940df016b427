"""`Observed`: the base of one's own models whose every change is told.

It tells what `live.observe()` tells of a model that one does not own, by the same means. Beside
that it writes less: a save that changes nothing writes nothing, and any other only what changed.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self, cast

from django.db import IntegrityError, models, router, transaction
from django.db.models.signals import class_prepared

from live.observed import wrapping
from live.observed.observation import Observation, Rows, refuse_elsewhere
from live.observed.observe import refuse_unobservable
from live.observed.transition import Transition, tell


class Observed(models.Model):
    """`tracked` names the fields whose change is a change of the row; `touched` names those that
    the model itself sets at each change. Rows that `loaddata` loads are stored as they were dumped,
    and their touched fields stay; all pages then load afresh."""

    tracked: ClassVar[tuple[str, ...]] = ()
    touched: ClassVar[tuple[str, ...]] = ()
    _is_saving = False  # in save() below, which tells

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        model = type(self)
        refuse_elsewhere(model, using or router.db_for_write(model, instance=self))
        # A transaction even in autocommit: what is told must stand or fall with the row.
        with transaction.atomic(savepoint=False):
            before = None if force_insert else self._locked()
            if before is None:
                self._write(
                    force_insert=force_insert,
                    force_update=force_update,
                    update_fields=update_fields,
                )
                self._tell(None)
            else:
                self._save_changes(before, update_fields)

    def _save_changes(self, before: Self, only: Iterable[str] | None) -> None:
        for name in self.touched:
            setattr(self, name, getattr(before, name))
        fields = self.differing(before)
        if only is not None:
            only = self._names(only)
            fields = tuple(name for name in fields if name in only)
        if fields:
            self.touch()
            self._write(force_update=True, update_fields=[*fields, *self.touched])
            self._tell(before, fields)

    def _write(self, **options: Any) -> None:
        self._is_saving = True
        try:
            super().save(**options)
        finally:
            self._is_saving = False

    def _tell(self, before: Self | None, fields: tuple[str, ...] = ()) -> None:
        # Read back: what else was set on this object, or on those it points to, is not saved.
        model = self._concrete()
        after = model.stored([self.pk]).first()
        if after is None:
            raise IntegrityError(f"{self!r} cannot be saved: it names a row that does not exist.")
        self.hand_on(after)
        tell(model, Transition(before, after, fields))
        self._know_related(after)

    def hand_on(self, stored: Self) -> None:
        """Give the stored row, of which receivers are told, what this has beside its columns."""

    def _know_related(self, stored: Self) -> None:
        """Keep the rows that the stored row points to, if this one points to the same, and those
        that point to it: an answer that shows them then needs no further query."""
        for name, related in stored._state.fields_cache.items():
            column = getattr(self._meta.get_field(name), "attname", self._meta.pk.attname)
            if getattr(self, column) == getattr(stored, column):
                self._state.fields_cache.setdefault(name, related)

    def _locked(self) -> Self | None:
        return None if self.pk is None else self._concrete().locked([self.pk]).first()

    @classmethod
    def _concrete(cls) -> type[Self]:
        """The model whose table it is; for a proxy, the model that it stands for."""
        return cast(type[Self], cls._meta.concrete_model)

    def touch(self) -> None:
        """Set the `touched` fields, from what they were at the last change."""

    @classmethod
    def touch_stored(cls, changed: Sequence[Self]) -> None:
        """Set the `touched` fields of rows that have just been changed in the database."""

    @classmethod
    def locked(cls, keys: Collection[Any]) -> models.QuerySet[Self]:
        """The stored rows, locked until the transaction ends, in one order for all writers."""
        rows = cls._base_manager.filter(pk__in=keys).order_by("pk")
        # Without what they point to: PostgreSQL leaves a row out of a join that it waited to
        # lock, if the row points elsewhere by then.
        list(rows.select_for_update().values_list("pk"))
        return cls.stored(keys)

    @classmethod
    def stored(cls, keys: Collection[Any]) -> models.QuerySet[Self]:
        return cls._base_manager.filter(pk__in=keys).order_by("pk")

    @classmethod
    def update_without_telling(cls, rows: models.QuerySet[Self], **values: Any) -> int:
        """Set these values on the rows, and have nobody told: the caller tells, or has told."""
        return wrapping.plain_update(rows, **values)

    def insert_without_telling(self) -> None:
        """Write this new row, and have nobody told: the caller tells."""
        self.refuse_creation([self])
        self._write(force_insert=True)

    @classmethod
    def create_without_telling(cls, rows: Sequence[Self]) -> list[Self]:
        """Write new rows, and have nobody told: the caller tells. They know their keys then."""
        cls.refuse_creation(rows)
        made: list[Self] = wrapping.plain_bulk_create(cls._base_manager.all(), rows)
        return made

    @classmethod
    def refuse_creation(cls, rows: Iterable[models.Model]) -> None:
        """Raise if `bulk_create()` may not write these rows. Nothing has been written yet."""

    @classmethod
    def refuse_update(cls, rows: models.QuerySet[Self], values: Mapping[str, Any]) -> None:
        """Raise if `update()` may not set these fields on these rows. Nothing has been written
        yet."""
        for name in cls._names(values):
            if name not in cls.tracked:
                raise ValueError(
                    f"{cls.__name__}.{name} cannot be set by update(), only"
                    f" {', '.join(cls.tracked)} can: leave it out."
                )

    @classmethod
    def _names(cls, names: Iterable[str]) -> set[str]:
        """The fields' names, for names such as `queue` and `queue_id`."""
        return {cls._meta.get_field(name).name for name in names}

    def differing(self, stored: Self) -> tuple[str, ...]:
        """Names of the tracked fields in which this differs from the stored row."""
        return tuple(name for name in self.tracked if self._differs(stored, name))

    def _differs(self, stored: Self, name: str) -> bool:
        field = self._meta.get_field(name)
        assert isinstance(field, models.Field)
        value = getattr(self, field.attname)
        if hasattr(value, "resolve_expression"):
            raise ValueError(
                f"{type(self).__name__}.{name} cannot be saved as an expression, for it could not"
                f" be compared: use {type(self).__name__}.objects.filter(...).update(...)."
            )
        # As the database would give it back: "3" is 3.
        return bool(field.get_prep_value(value) != getattr(stored, field.attname))


class OwnObservation(Observation[Observed]):
    """For a model with this base, which says itself how its rows are read and what may be set."""

    def save(
        self, instance: models.Model, update_fields: Collection[str] | None, using: str,
        is_new: bool, write: Callable[[], bool],
    ) -> bool:  # fmt: skip
        """Tell a save that went past the base's own, as `models.Model.save(ticket)` does."""
        if cast(Observed, instance)._is_saving:
            return write()
        return super().save(instance, update_fields, using, is_new, write)

    def stored(self, keys: Collection[Any]) -> models.QuerySet[Observed]:
        return self.model.stored(keys)

    def locked(self, keys: Collection[Any]) -> models.QuerySet[Observed]:
        return self.model.locked(keys)

    def refuse_creation(self, rows: Iterable[models.Model]) -> None:
        self.model.refuse_creation(rows)

    def refuse_update(self, rows: Rows, values: Mapping[str, Any]) -> None:
        self.model.refuse_update(rows, values)

    def touch(self, rows: list[Observed]) -> None:
        self.model.touch_stored(rows)


def _observe_own(sender: type[models.Model], **kwargs: Any) -> None:
    """Observe a model with this base as soon as it is defined. Its proxies follow by themselves."""
    if issubclass(sender, Observed) and not sender._meta.proxy:
        refuse_unobservable(sender)
        observation = OwnObservation(sender, sender.tracked)
        wrapping.watch(observation)
        wrapping.watch_saves(observation)


class_prepared.connect(_observe_own)
