"""Wraps the methods by which Django writes rows, so that writes of observed models are told.

Django sends no signal for most writes. So `QuerySet.update`, `QuerySet.bulk_create` and
`UpdateQuery.update_batch` are replaced, once, when the first model is observed. `bulk_update()`,
all related managers and every custom queryset that calls `super()` end in the first two; by the
third a deletion sets the columns that point to the deleted row. `Collector.delete` is replaced for
the doubles of observed models (untold.py); an observed model has its deletions told by signals. For
other models they do what they did, after one look at the names of their tables.

Saves of instances are told by row_saves.py, on observed models only.
"""

from collections.abc import Collection, Mapping
from functools import wraps
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.db.models.deletion import Collector
from django.db.models.signals import class_prepared, post_delete, pre_delete
from django.db.models.sql import UpdateQuery

from live.observed.family import family
from live.observed.observation import Observation, database_for_writing
from live.observed.overrides import refuse_overrides
from live.observed.row_saves import RowSave, wrap_row_saves
from live.observed.untold import is_double, owners, watch_table, write_untold

# By model, and by each proxy and child of it.
observations: dict[type[Model], Observation[Any]] = {}

# Django's own, which tell nobody.
plain_update = QuerySet.update
plain_bulk_create = QuerySet.bulk_create
plain_update_batch = UpdateQuery.update_batch
plain_delete = Collector.delete


def watch(observation: Observation[Any]) -> None:
    """Tell from now on whatever is written to the model's table, but for saves of instances."""
    watch_doubles(observation.model)
    for model in dict.fromkeys(family(observation.model)):
        _add(model, observation)


def watch_doubles(model: type[Model]) -> None:
    """Have all pages load afresh when the model's table is written by `loaddata`, or by a model
    that is not of its family."""
    if not owners:
        _wrap_django()
    watch_table(model)


def watch_saves(observation: Observation[Any]) -> None:
    """Tell saves of instances too."""

    def tell(save: RowSave) -> bool:
        if save.raw:  # untold.py has it
            return save.write()
        return observation.save(
            save.instance, save.update_fields, save.using, save.force_insert, save.write
        )

    wrap_row_saves(observation.model, tell)


def _add(model: type[Model], observation: Observation[Any]) -> None:
    if model in observations:
        other = observations[model].model.__name__
        raise ImproperlyConfigured(f"{model.__name__} is observed already, as {other}.")
    refuse_overrides(model)
    observations[model] = observation
    if model._meta.concrete_model is observation.model:  # a child's deletion deletes its parent
        # By sender: a listener to all models would have Django load whatever it deletes.
        pre_delete.connect(observation.remember, sender=model)
        post_delete.connect(observation.tell_deletion, sender=model)


def _add_descendant(sender: type[Model], **kwargs: Any) -> None:
    """A proxy or a child that is defined later."""
    for ancestor in sender.__mro__[1:]:
        if sender not in observations and ancestor in observations:
            _add(sender, observations[ancestor])


class_prepared.connect(_add_descendant)


def _wrap_django() -> None:
    QuerySet.update = told_update  # type: ignore[method-assign]
    QuerySet.bulk_create = told_bulk_create  # type: ignore[method-assign]
    UpdateQuery.update_batch = told_update_batch  # type: ignore[method-assign]
    Collector.delete = told_delete  # type: ignore[method-assign]


@wraps(plain_update)
def told_update(self: QuerySet[Any], **values: Any) -> int:
    observation = observations.get(self.model)
    if observation is not None:
        return observation.update(self, values, plain_update)
    if is_double(self.model):
        using = database_for_writing(self)
        return int(write_untold(lambda: plain_update(self, **values), using, has_written=bool))
    return plain_update(self, **values)


@wraps(plain_bulk_create)
def told_bulk_create(
    self: QuerySet[Any], objs: Any, batch_size: int | None = None, ignore_conflicts: bool = False,
    update_conflicts: bool = False, *args: Any, **options: Any,
) -> list[Any]:  # fmt: skip
    new = list(objs)  # which may be read only once

    def write() -> list[Any]:
        return plain_bulk_create(
            self, new, batch_size, ignore_conflicts, update_conflicts, *args, **options
        )

    observation = observations.get(self.model)
    if observation is not None:
        conflicts = ignore_conflicts or update_conflicts
        return observation.bulk_create(self, new, write, conflicts=conflicts)
    if is_double(self.model):
        return list(write_untold(write, database_for_writing(self), has_written=bool))
    return write()


@wraps(plain_update_batch)
def told_update_batch(
    self: UpdateQuery, pk_list: Collection[Any], values: Mapping[str, Any], using: str
) -> None:
    model: Any = self.model
    if model in observations or is_double(model):
        told_update(QuerySet(model, using=using).filter(pk__in=pk_list), **values)
    else:
        plain_update_batch(self, pk_list, values, using)  # type: ignore[arg-type]


@wraps(plain_delete)
def told_delete(self: Collector) -> tuple[int, dict[str, int]]:
    deleted: list[Any] = [*self.data, *(rows.model for rows in self.fast_deletes)]
    if any(is_double(model) for model in deleted):
        done: tuple[int, dict[str, int]] = write_untold(
            lambda: plain_delete(self), self.using, has_written=lambda done: done[0] > 0
        )
        return done
    return plain_delete(self)
