"""Writing the log: what each call of its face writes."""

import json

import pytest
from django.db import transaction

import live
from live.models import Event

pytestmark = pytest.mark.django_db


def test_a_reload_is_a_reset_for_those_who_are_named() -> None:
    live.reload(["queue:3", "superusers"])
    event = Event.objects.get()
    assert (event.name, json.loads(event.data)) == ("reset", {"reason": "renamed"})
    assert set(event.audience.split()) == {"queue:3", "superusers"}
    assert event.before is None


def test_a_reload_that_is_rolled_back_reaches_nobody() -> None:
    with transaction.atomic():
        live.reload(["superusers"])
        transaction.set_rollback(True)
    assert not Event.objects.exists()
