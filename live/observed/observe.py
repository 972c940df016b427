"""`live.observe(Model)`: for models that one does not own."""

from collections.abc import Iterable

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models

from live.observed.observation import Observation
from live.observed.transition import M
from live.observed.wrapping import observations, watch, watch_saves


def observe(model: type[M], tracked: Iterable[str] | None = None) -> None:
    """Tell each change of the model's rows through the ORM, by the signal `changed`, once.

    To be called at start, in `AppConfig.ready()`. `tracked` names the fields whose change is a
    change of the row; without it these are all of its columns but the primary key.
    """
    refuse_unobservable(model)
    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    names = tuple(columns if tracked is None else tracked)
    for name in names:
        if not _is_column(model, name):
            raise ImproperlyConfigured(
                f"{model.__name__} has no column {name!r} to be tracked: choose from"
                f" {', '.join(columns)}."
            )
    if model in observations:
        if observations[model].tracked == names:
            return  # Django calls ready() again where a test changes INSTALLED_APPS
        raise ImproperlyConfigured(
            f"{model.__name__} is observed already, with other tracked fields: observe it once,"
            " with all that are to be told."
        )
    observation = Observation(model, names)
    watch(observation)
    watch_saves(observation)


def refuse_unobservable(model: type[models.Model]) -> None:
    name, meta = model.__name__, model._meta
    if meta.abstract:
        raise ImproperlyConfigured(
            f"{name} is abstract, so it has no rows: observe the models that inherit from it."
        )
    if meta.proxy:
        concrete = meta.concrete_model and meta.concrete_model.__name__
        raise ImproperlyConfigured(f"{name} is a proxy: observe {concrete}, and it is told too.")
    if meta.auto_created:
        raise ImproperlyConfigured(
            f"{name} is made by Django for a ManyToManyField, and Django sends no signals for its"
            " rows: give the field a `through` model, and observe that."
        )
    if meta.parents:
        parents = " and ".join(parent.__name__ for parent in meta.parents)
        raise ImproperlyConfigured(
            f"{name} has columns in the table of {parents}, which may be written without it:"
            f" observe {parents}."
        )


def _is_column(model: type[models.Model], name: str) -> bool:
    try:
        return model._meta.get_field(name) in model._meta.concrete_fields
    except FieldDoesNotExist:
        return False
