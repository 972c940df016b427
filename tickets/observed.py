"""Models whose every change through the ORM is told by Django's signals, old state and new.

Django sends no signal for `update()`, `bulk_create()` and `bulk_update()`, and one without the
former state for `save()`. Here each of them locks the rows, compares, and sends `post_save` once
per row that really changed, in the transaction of the change, with what happened in
`instance.transition`. A save that changes nothing writes nothing and tells nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

from django.db import models, router, transaction
from django.db.models.signals import post_save, pre_delete

M = TypeVar("M", bound="Observed")
AT_ONCE = 500  # rows locked and compared together


@dataclass(frozen=True, slots=True)
class Transition(Generic[M]):
    """One row before and after a change; before is None for a new row, after for a deleted one."""

    before: M | None
    after: M | None
    fields: tuple[str, ...] = ()  # names of the tracked fields that differ


class ObservedQuerySet(models.QuerySet[M]):
    """`update()` covers `bulk_update()`, related managers and `SET_NULL`, which all end there."""

    def update(self, **values: Any) -> int:
        self.model.refuse_untracked(values)
        with transaction.atomic(using=self.db):
            keys = list(self.order_by("pk").values_list("pk", flat=True))
            return sum(
                self._update_some(keys[start : start + AT_ONCE], values)
                for start in range(0, len(keys), AT_ONCE)
            )

    update.alters_data = True  # type: ignore[attr-defined]

    def _update_some(self, keys: list[Any], values: dict[str, Any]) -> int:
        before = {one.pk: one for one in self.model.locked(keys, self.db)}
        rows = models.QuerySet.update(self.filter(pk__in=keys), **values)
        transitions = [
            Transition(before[after.pk], after, fields)
            for after in self.model.locked(keys, self.db)
            if (fields := after.differing(before[after.pk]))
        ]
        self.model.touch_stored([t.after for t in transitions if t.after], self.db)
        for transition in transitions:
            tell(transition, using=self.db)
        return rows

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        if any(options.get(name) for name in ("ignore_conflicts", "update_conflicts")):
            raise ValueError(
                f"{self.model.__name__}.objects.bulk_create() cannot tell which rows a conflict"
                " leaves out: use save() or get_or_create() instead."
            )
        with transaction.atomic(using=self.db):
            created = super().bulk_create(objs, *args, **options)
            for one in created:
                tell(Transition(None, one), using=self.db)
            return created


class Observed(models.Model):
    """Base of such models. `tracked` names the fields whose change is a change of the row."""

    tracked: ClassVar[tuple[str, ...]] = ()
    transition: Transition[Self]

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
        # A transaction even in autocommit: post_save comes after the row is written, and what it
        # publishes must stand or fall with it.
        using = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            before = None
            if self.pk is not None and not force_insert:
                before = next(iter(self.locked([self.pk], using)), None)
            if before is None:
                self.transition = Transition(None, self)
                super().save(force_insert=force_insert, force_update=force_update, using=using)
            else:
                self._save_changes(before, using, update_fields)

    def _save_changes(self, before: Self, using: str, only: Iterable[str] | None) -> None:
        wanted = None if only is None else set(only)
        fields = tuple(
            name
            for name in self.differing(before)
            if wanted is None or wanted & {name, self._meta.get_field(name).attname}
        )
        after = copy(before)
        # A copy shares the state that remembers related objects; setting one would change both.
        after._state = copy(before._state)
        after._state.fields_cache = before._state.fields_cache.copy()
        for name in fields:
            attname = self._meta.get_field(name).attname
            setattr(after, attname, getattr(self, attname))
        touched = after.touch() if fields else self.touched
        for name in touched:
            setattr(self, name, getattr(after, name))
        if fields:
            self.transition = Transition(before, after, fields)
            super().save(force_update=True, using=using, update_fields=[*fields, *touched])

    touched: ClassVar[tuple[str, ...]] = ()  # fields that the model sets itself at each change

    def touch(self) -> tuple[str, ...]:
        """Set what changes with every change; the names of those fields."""
        return self.touched

    @classmethod
    def touch_stored(cls, changed: Sequence[Self], using: str) -> None:
        """The same for rows already changed in the database."""

    @classmethod
    def locked(cls, keys: Collection[Any], using: str) -> Iterable[Self]:
        """The stored rows, locked until the transaction ends, in one order for all writers."""
        rows = cls._base_manager.using(using).filter(pk__in=keys).order_by("pk")
        return rows.select_for_update(of=("self",))

    @classmethod
    def refuse_untracked(cls, names: Iterable[str]) -> None:
        for name in names:
            if name in cls.touched:
                raise ValueError(
                    f"{cls.__name__}.{name} follows every change by itself: leave it out of update()."
                )

    def differing(self, stored: Self) -> tuple[str, ...]:
        """Names of the tracked fields in which this differs from the stored row."""
        return tuple(name for name in self.tracked if self._clean(name) != stored._value(name))

    def _value(self, name: str) -> Any:
        return getattr(self, self._meta.get_field(name).attname)

    def _clean(self, name: str) -> Any:
        """The field's value as the database would give it back ("3" is 3), kept that way."""
        field = self._meta.get_field(name)
        value = getattr(self, field.attname)
        if hasattr(value, "resolve_expression"):
            raise ValueError(
                f"{type(self).__name__}.{name} cannot be saved as an expression, for nobody could"
                f" be told what it became: use {type(self).__name__}.objects.filter(...).update()."
            )
        cleaned = field.to_python(value)
        if cleaned is not value:
            setattr(self, field.attname, cleaned)
        return cleaned


def tell(transition: Transition[Any], using: str) -> None:
    """Send Django's own signal for a row that Django changed in bulk, silently."""
    row = transition.after
    row.transition = transition
    post_save.send(
        sender=type(row),
        instance=row,
        created=transition.before is None,
        update_fields=frozenset(transition.fields) or None,
        raw=False,
        using=using,
    )


def remember_before_delete(sender: type, instance: Any, using: str, **kwargs: Any) -> None:
    """The row as stored, whatever was set on the instance since: for receivers of post_delete."""
    if isinstance(instance, Observed):
        stored = next(iter(instance.locked([instance.pk], using)), instance)
        instance.transition = Transition(stored, None)


pre_delete.connect(remember_before_delete, dispatch_uid="tickets.remember_before_delete")
