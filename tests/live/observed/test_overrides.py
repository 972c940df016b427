"""A manager that writes past Django's methods is refused when its model is observed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

import live
from live import Observed
from live.observed import wrapping
from tests.live.observed.garage.models import Car

pytestmark = pytest.mark.usefixtures("isolated")


@pytest.fixture
def isolated() -> Any:
    """The models of these tests are forgotten after each."""
    known = dict(wrapping.observations)
    with isolate_apps("tests.live.observed.garage"):
        yield
    wrapping.observations.clear()
    wrapping.observations.update(known)


class Counting(models.QuerySet[Any]):
    def update(self, **values: Any) -> int:
        return self.query.chain().count


class Copying(models.QuerySet[Any]):
    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        options.update(fields=())
        return self._batched_insert(objs, **options)


class Batching(models.QuerySet[Any]):
    def bulk_update(self, objs: Any, fields: Any, batch_size: Any = None) -> int:
        return len([super(Batching, self).count() for _ in objs])


class Raw(models.QuerySet[Any]):
    def delete(self) -> Any:
        return self._raw_delete(self.db)


class Loud(Raw):
    """Inherits what is lost."""


class WritingManager(models.Manager[Any]):
    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        return list(objs)


@pytest.mark.parametrize(
    ("manager", "method"),
    [
        (Counting.as_manager(), "Counting.update"),
        (Copying.as_manager(), "Copying.bulk_create"),
        (Batching.as_manager(), "Batching.bulk_update"),
        (Raw.as_manager(), "Raw.delete"),
        (Loud.as_manager(), "Raw.delete"),
        (WritingManager(), "WritingManager.bulk_create"),
        (models.Manager.from_queryset(Counting)(), "Counting.update"),
    ],
)
def test_an_override_that_does_not_call_super_is_refused_by_name(
    manager: models.Manager[Any], method: str
) -> None:
    class Boat(models.Model):
        sailing = manager

        class Meta:
            app_label = "garage"

    sentence = (
        rf"Boat cannot be observed: {method}\(\) of its manager 'sailing' does not call"
        rf" super\(\)\.{method.split('.')[1]}\(\), so what it writes could not be told\."
    )
    with pytest.raises(ImproperlyConfigured, match=sentence):
        live.observe(Boat)
    assert Boat not in wrapping.observations


def test_a_manager_of_a_proxy_defined_later_is_refused_too() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"LateCar cannot be observed: Raw\.delete\(\)"):

        class LateCar(Car):
            objects = Raw.as_manager()

            class Meta:
                app_label = "garage"
                proxy = True


def test_a_manager_of_ones_own_observed_model_is_refused_too() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Boat cannot be observed: Raw\.delete\(\)"):

        class Boat(Observed):
            objects = Raw.as_manager()

            class Meta:
                app_label = "garage"


# --- what is handed on ----------------------------------------------------------------------------


def logged(method: Any) -> Any:
    @wraps(method)
    def call(*args: Any, **options: Any) -> Any:
        return method(*args, **options)

    return call


class Calling(models.QuerySet[Any]):
    @logged
    def update(self, **values: Any) -> int:
        return super().update(**values)

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        return models.QuerySet.bulk_create(self, objs, *args, **options)

    def bulk_update(self, objs: Any, fields: Any, batch_size: Any = None) -> int:
        with_super: Callable[[], int] = lambda: super(Calling, self).bulk_update(objs, fields)  # noqa: E731
        return with_super()

    def delete(self) -> Any:
        """Deletes nothing for ever."""
        return self.update(deleted=True)


class PassingManager(models.Manager.from_queryset(Calling)):
    def update(self, **values: Any) -> Any:
        return self.get_queryset().filter(deleted=False).update(**values)


@pytest.mark.parametrize(
    "manager", [Calling.as_manager(), PassingManager(), models.Manager()], ids=lambda one: repr(one)
)
def test_an_override_that_ends_in_a_method_that_is_told_is_fine(
    manager: models.Manager[Any],
) -> None:
    class Boat(models.Model):
        sailing = manager

        class Meta:
            app_label = "garage"

    live.observe(Boat)
    assert Boat in wrapping.observations
