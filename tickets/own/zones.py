"""Time zones by their names, as the IANA has them: Europe/Berlin."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

# The rest are old names for these, such as US/Eastern, and names of no place, which browsers do not
# all know.
AREAS = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/",
    "Indian/", "Pacific/",
)  # fmt: skip


@cache
def names() -> tuple[str, ...]:
    found = {name for name in available_timezones() if name.startswith(AREAS)}
    return tuple(sorted({"UTC", *found}))


@cache
def _by_typed_name() -> dict[str, str]:
    return {name.casefold(): name for name in names()}


def named(typed: str) -> str | None:
    """The name of the zone that somebody typed, such as "europe/berlin" or "America/New York"."""
    return _by_typed_name().get("_".join(typed.split()).casefold())


def zone(name: str) -> tzinfo:
    """The zone, or the site's where the name is empty, or none that this computer knows."""
    known = named(name)
    return ZoneInfo(known) if known else timezone.get_default_timezone()


class OwnZone(tzinfo):
    """The time zone of a user. Which one it is, is looked up when a time is first told in it: so an
    answer without times asks the database nothing."""

    def __init__(self, preferences: Any) -> None:
        self.preferences = preferences

    @cached_property
    def zone(self) -> tzinfo:
        return zone(self.preferences.time_zone)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self.zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self.zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        """Without a moment Django wants the name of the zone, which `str()` gives."""
        return None if moment is None else self.zone.tzname(moment)

    def fromutc(self, moment: datetime) -> datetime:
        """At the ends of the calendar a time may lie before its first day here, or behind its last
        one. It is told in UTC then: one such due date must not take a whole board away."""
        try:
            return self.zone.fromutc(moment.replace(tzinfo=self.zone))
        except OverflowError:
            return moment.replace(tzinfo=UTC)

    def __str__(self) -> str:
        return str(self.zone)
