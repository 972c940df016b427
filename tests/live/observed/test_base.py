"""What the base promises beside tests/tickets/test_models.py, which has each way of writing."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from live import Transition
from tests.live.observed.garage.models import Key, SpareKey

pytestmark = pytest.mark.django_db

Told = list[Transition[Any]]


@pytest.fixture
def key(told: Told) -> Key:
    key = Key.objects.create(label="front")
    told.clear()
    return key


def test_a_proxy_is_told_as_its_model(key: Key, told: Told) -> None:
    spare = SpareKey.objects.get()
    spare.label = "back"
    spare.save()
    SpareKey.objects.update(label="side")
    SpareKey.objects.create(label="new")
    SpareKey.objects.all().delete()
    labels = [
        (one.before and one.before.label, one.after and one.after.label) for one in told
    ]  # whose models the fixture has looked at
    assert labels == [
        ("front", "back"), ("back", "side"), (None, "new"), ("new", None), ("side", None),
    ]  # fmt: skip


def test_a_save_that_changes_nothing_writes_nothing(key: Key, told: Told) -> None:
    with CaptureQueriesContext(connection) as queries:
        key.save()
    assert [query for query in queries if query["sql"].startswith("UPDATE")] == []
    assert told == []
    key.label = "back"
    key.save()
    assert (key.turns, Key.objects.get().turns, told[0].fields) == (1, 1, ("label",))


def test_a_write_whose_caller_tells_is_not_told(key: Key, told: Told) -> None:
    assert Key.update_without_telling(Key.objects.filter(label="front"), label="back") == 1
    assert Key.objects.get().label == "back"
    assert told == []


def test_only_tracked_fields_can_be_updated(key: Key, told: Told) -> None:
    with pytest.raises(ValueError, match=r"Key\.turns cannot be set by update\(\), only label can"):
        Key.objects.update(turns=7)
    assert told == []
