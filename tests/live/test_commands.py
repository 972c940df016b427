"""The log's commands do what operators run them for, and say what they did."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

import live
from live.log import numbering
from live.models import Event, Head

pytestmark = pytest.mark.django_db


def said(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def old_and_new() -> None:
    """Three events that are three days old, and one of today."""
    Event.objects.all().delete()
    for _ in range(3):
        live.publish("thing.changed", {}, ["things"])
    Event.objects.update(created_at=timezone.now() - timedelta(days=3))
    live.publish("thing.changed", {}, ["things"])


def test_prune_forgets_what_is_older_than_the_retention(old_and_new: None) -> None:
    assert said("prune") == "3 events older than 48 hours forgotten.\n"
    assert Event.objects.count() == 1
    assert said("prune", "--hours", "100") == "0 events older than 100 hours forgotten.\n"
    assert said("prune", "--hours", "0") == "1 events older than 0 hours forgotten.\n"


@pytest.mark.parametrize("hours", ["-1", "nan", "inf", "-inf", "1e300", "1000001"])
def test_prune_refuses_hours_that_are_none(hours: str, old_and_new: None) -> None:
    with pytest.raises(CommandError, match="must be a number from 0 to 1000000"):
        call_command("prune", f"--hours={hours}")
    with pytest.raises(CommandError, match="must be a number from 0 to 1000000"):
        call_command("prune", hours=float(hours))
    assert Event.objects.count() == 4


def test_positions_lost_goes_on_above_every_position_that_was_given(old_and_new: None) -> None:
    before = numbering.number()
    told = said("positions_lost")
    head = Head.objects.get()
    assert told == f"The log goes on after {head.position}; every older position gets `reset`.\n"
    assert head.position > before
    assert head.floor == head.position
    live.publish("thing.changed", {}, ["things"])
    assert numbering.number() == head.position + 1
