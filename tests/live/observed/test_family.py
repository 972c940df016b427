"""Who listens to a model hears what is done through its proxies and children."""

from typing import Any

import pytest
from django.db import models
from django.db.models.signals import post_delete, post_save
from django.test.utils import isolate_apps

import live
from live.observed import family
from tests.live.observed.garage.models import Key, Owner, Place, RedCar, Van

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The names of the classes that something was done through."""
    monkeypatch.setattr(family, "_listening", [])
    names: list[str] = []

    def hear(sender: Any, **kwargs: Any) -> None:
        names.append(sender.__name__)

    live.listens(post_save, post_delete, to=RedCar.__mro__[1])(hear)
    live.listens(post_save, post_delete, to=Place)(hear)
    request.addfinalizer(lambda: hear)  # signals hold their receivers weakly
    return names


def test_a_proxy_and_a_child_are_heard(heard: list[Any]) -> None:
    RedCar.objects.create(plate="A 1").delete()
    Van.objects.create(plate="V 1")
    assert heard == ["RedCar", "RedCar", "Van"]


@isolate_apps("tests.live.observed.garage")
def test_a_proxy_that_is_defined_later_is_heard(heard: list[Any]) -> None:
    class Roof(Place):
        class Meta:
            app_label = "garage"
            proxy = True

    Roof.objects.create(name="Roof").delete()
    assert heard == ["Roof", "Roof"]


def test_other_models_are_not_heard(heard: list[Any]) -> None:
    Owner.objects.create(name="alice").delete()
    Key.objects.create(label="front")
    assert heard == []
    assert not models.signals.post_delete.has_listeners(Owner)
