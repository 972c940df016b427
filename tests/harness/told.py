"""This reads what the log was told, in the shape in which tests look at it."""

import json
from dataclasses import dataclass
from typing import Any

from live.models import Event


@dataclass(frozen=True)
class Told:
    name: str
    data: dict[str, Any]
    audience: set[str]
    before: set[str] | None
    entered: str | None
    left: str | None


def forget() -> None:
    """Empty the log, so that a test looks only at what comes after."""
    Event.objects.all().delete()


def told() -> list[Told]:
    """All events but those that follow from some of them: notices (tests/tickets/notices), and that
    a list of queues, people or canned replies has changed (tests/tickets/test_queues_page.py,
    tests/tickets/canned)."""
    aside = ("queues.changed", "canned.changed")
    events = Event.objects.exclude(name__startswith="notice.").exclude(name__in=aside)
    return [_told(event) for event in events.order_by("id")]


def told_of(name: str) -> list[Told]:
    return [_told(event) for event in Event.objects.filter(name=name).order_by("id")]


def names() -> list[str]:
    return [event.name for event in told()]


def only() -> Told:
    """The one event there is."""
    (event,) = told()
    return event


def _told(event: Event) -> Told:
    return Told(
        name=event.name,
        data=json.loads(event.data),
        audience=set(event.audience.split()),
        before=None if event.before is None else set(event.before.split()),
        entered=event.entered,
        left=event.left,
    )
