"""Models whose every change through the ORM is told, as it stood in the database before and after.

Django's own signals are silent for `update()`, `bulk_create()` and `bulk_update()`, and know
nothing of the former state. Here each of these, `save()` and every deletion lock the rows, compare
what is stored before and after, and send `changed` once per row that really changed, in the
transaction of the change. A save that changes nothing writes nothing and tells nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

from django.db import IntegrityError, models, router, transaction
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import Signal

M = TypeVar("M", bound="Observed")
AT_ONCE = 500  # rows locked and compared together

changed = Signal()  # sender: the model; transition: Transition; using: the database


@dataclass(frozen=True, slots=True)
class Transition(Generic[M]):
    """One row as stored before and after; before is None for a new one, after for a deleted one."""

    before: M | None
    after: M | None
    fields: tuple[str, ...] = ()  # names of the tracked fields that differ


class ObservedQuerySet(models.QuerySet[M]):
    """`update()` covers `bulk_update()`, related managers and `SET_NULL`, which all end there."""

    def update(self, **values: Any) -> int:
        self.model.refuse_untracked(values)
        with transaction.atomic(using=self.db, savepoint=False):
            keys = self.order_by("pk").values_list("pk", flat=True)
            # Once each: a filter across a relation gives a row as often as it matches.
            return sum(self._update_some(some, values) for some in _slices(dict.fromkeys(keys)))

    def _update_some(self, keys: Sequence[Any], values: dict[str, Any]) -> int:
        before = {row.pk: row for row in self.model.locked(keys, self.db)}
        rows = models.QuerySet.update(self.filter(pk__in=keys), **values)
        transitions = [
            Transition(before[row.pk], row, fields)
            for row in self.model.stored(keys, self.db)
            if (fields := row.differing(before[row.pk]))
        ]
        self.model.touch_stored([one.after for one in transitions if one.after], self.db)
        for transition in transitions:
            _tell(self.model, transition, self.db)
        return rows

    def bulk_create(
        self,
        objs: Iterable[M],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        *args: Any,
        **options: Any,
    ) -> list[M]:
        if ignore_conflicts or update_conflicts:
            raise ValueError(
                f"{self.model.__name__}.objects.bulk_create() cannot tell which rows a conflict"
                " leaves out: use save() or get_or_create() instead."
            )
        with transaction.atomic(using=self.db, savepoint=False):
            created = super().bulk_create(objs, batch_size, *args, **options)
            for some in _slices([one.pk for one in created]):
                for row in self.model.stored(some, self.db):
                    _tell(self.model, Transition(None, row), self.db)
            return created


class Observed(models.Model):
    """Base of such models. `tracked` names the fields whose change is a change of the row;
    `touched` those that the model sets itself at each change."""

    tracked: ClassVar[tuple[str, ...]] = ()
    touched: ClassVar[tuple[str, ...]] = ()
    _deleted: Self | None

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # By sender: a listener to all models would have Django load whatever it deletes.
        pre_delete.connect(_remember, sender=cls)
        post_delete.connect(_tell_deletion, sender=cls)

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        using = using or router.db_for_write(type(self), instance=self)
        # A transaction even in autocommit: what is told must stand or fall with the row.
        with transaction.atomic(using=using, savepoint=False):
            before = None if force_insert else self._locked(using)
            if before is None:
                super().save(
                    force_insert=force_insert,
                    force_update=force_update,
                    using=using,
                    update_fields=update_fields,
                )
                self._tell(None, using)
            else:
                self._save_changes(before, using, update_fields)

    def _save_changes(self, before: Self, using: str, only: Iterable[str] | None) -> None:
        for name in self.touched:
            setattr(self, name, getattr(before, name))
        fields = self.differing(before)
        if only is not None:
            only = self._names(only)
            fields = tuple(name for name in fields if name in only)
        if fields:
            self.touch()
            super().save(force_update=True, using=using, update_fields=[*fields, *self.touched])
            self._tell(before, using, fields)

    def _tell(self, before: Self | None, using: str, fields: tuple[str, ...] = ()) -> None:
        # Read back: what else was set on this object, or on those it points to, is not saved.
        after = self.stored([self.pk], using).first()
        if after is None:
            raise IntegrityError(f"{self!r} cannot be saved: it names a row that does not exist.")
        _tell(type(self), Transition(before, after, fields), using)
        self._know_related(after)

    def _know_related(self, stored: Self) -> None:
        """What the stored row points to, wherever this points there too: an answer shows it."""
        for name, related in stored._state.fields_cache.items():
            column = self._meta.get_field(name).attname  # type: ignore[union-attr]
            if getattr(self, column) == getattr(stored, column):
                self._state.fields_cache.setdefault(name, related)

    def _locked(self, using: str) -> Self | None:
        return None if self.pk is None else self.locked([self.pk], using).first()

    def touch(self) -> None:
        """Set the `touched` fields, from what they were at the last change."""

    @classmethod
    def touch_stored(cls, changed: Sequence[Self], using: str) -> None:
        """The same for rows already changed in the database."""

    @classmethod
    def locked(cls, keys: Collection[Any], using: str) -> models.QuerySet[Self]:
        """The stored rows, locked until the transaction ends, in one order for all writers."""
        rows = cls._base_manager.using(using).filter(pk__in=keys).order_by("pk")
        # Without what they point to: PostgreSQL leaves a row out of a join that it waited to
        # lock, if the row points elsewhere by then.
        list(rows.select_for_update().values_list("pk"))
        return cls.stored(keys, using)

    @classmethod
    def stored(cls, keys: Collection[Any], using: str) -> models.QuerySet[Self]:
        return cls._base_manager.using(using).filter(pk__in=keys).order_by("pk")

    @classmethod
    def refuse_untracked(cls, names: Iterable[str]) -> None:
        for name in cls._names(names):
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


def _tell(model: type[M], transition: Transition[M], using: str) -> None:
    changed.send(sender=model, transition=transition, using=using)


def _remember(instance: Observed, using: str, **kwargs: Any) -> None:
    """The row as stored, whatever was set on the instance since it was loaded."""
    instance._deleted = instance._locked(using)


def _tell_deletion(instance: Observed, using: str, **kwargs: Any) -> None:
    if instance._deleted is not None:  # else somebody else deleted it, and told
        _tell(type(instance), Transition(instance._deleted, None), using)


def _slices(keys: Iterable[Any]) -> list[list[Any]]:
    listed = list(keys)
    return [listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE)]
