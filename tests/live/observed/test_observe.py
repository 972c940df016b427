"""What cannot be observed is refused at the start, with a sentence that says what can."""

import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

import live
from live import Observed
from live.observed import wrapping
from tests.live.observed.garage.models import Car, Club, Note, RedCar, Van


class Draft(models.Model):
    class Meta:
        app_label = "garage"
        abstract = True


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (Draft, "Draft is abstract, so it has no rows: observe the models that inherit from it."),
        (RedCar, "RedCar is a proxy: observe Car, and it is told too."),
        (
            Club.members.through,
            "Club_members is made by Django for a ManyToManyField, and Django sends no signals"
            " for its rows: give the field a `through` model, and observe that.",
        ),
        (
            Van,
            "Van has columns in the table of Car, which may be written without it: observe Car.",
        ),
        (
            Car,
            "Car is observed already, with other tracked fields: observe it once, with all that"
            " are to be told.",
        ),
    ],
)
def test_what_cannot_be_observed_is_refused(model: Any, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(sentence)}$"):
        live.observe(model)


@pytest.mark.parametrize("name", ["colour", "club", "pk"])
def test_a_tracked_name_must_be_that_of_a_column(name: str) -> None:
    sentence = f"Note has no column {name!r} to be tracked: choose from car, text."
    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        live.observe(Note, tracked=("text", name))
    assert Note not in wrapping.observations


@isolate_apps("tests.live.observed.garage")
def test_an_observed_model_has_all_its_columns_in_its_own_table() -> None:
    class Parent(models.Model):
        class Meta:
            app_label = "garage"

    with pytest.raises(ImproperlyConfigured, match="columns in the table of Parent"):

        class Child(Parent, Observed):
            class Meta:
                app_label = "garage"
