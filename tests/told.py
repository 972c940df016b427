"""What the log was told, as tests look at it."""

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
    """Look only at what comes after."""
    Event.objects.all().delete()


def told() -> list[Told]:
    return [_told(event) for event in Event.objects.order_by("id")]


def told_of(name: str) -> list[Told]:
    return [one for one in told() if one.name == name]


def names() -> list[str]:
    return [one.name for one in told()]


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
