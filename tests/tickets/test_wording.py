"""How pages put things. The same table is put to static/tickets/wording.js."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.harness.told import forget, only
from tickets.mail.telling import worded
from tickets.models import Change, Comment, Queue, Ticket
from tickets.own.models import Preferences
from tickets.own.zones import OwnZone
from tickets.public import noted, said_by, tag
from tickets.templatetags import wording
from tickets.timeline import saves

TABLE = json.loads((Path(__file__).parent / "wording.json").read_text())
NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_thirteen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.mark.parametrize(("seconds", "words"), TABLE["ages"])
def test_ages(seconds: int, words: str) -> None:
    assert wording.age(NOW - timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(("seconds", "words"), TABLE["agos"])
def test_how_long_ago(seconds: int, words: str) -> None:
    assert wording.ago(NOW - timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(("moment", "zone", "words"), TABLE["times"])
def test_times_are_told_in_the_zone_of_the_reader(moment: str, zone: str, words: str) -> None:
    with timezone.override(OwnZone(Preferences(time_zone=zone))):
        assert wording.exact(datetime.fromisoformat(moment)) == words


@pytest.mark.parametrize(("seconds", "words"), TABLE["due"])
def test_what_is_due_is_said_until_it_is_resolved(seconds: int, words: str) -> None:
    ticket = Ticket(due_at=NOW + timedelta(seconds=seconds), status="open")
    assert wording.due(ticket) == words
    assert wording.is_overdue(ticket) == words.startswith("overdue")
    ticket.status = "resolved"
    assert wording.due(ticket) == ""


@pytest.mark.parametrize(("name", "letters"), TABLE["initials"])
def test_initials(name: str, letters: str) -> None:
    assert wording.initials(name) == letters


@pytest.mark.parametrize(("name", "number"), TABLE["tints"])
def test_tints(name: str, number: int) -> None:
    assert wording.tint(name) == number


@pytest.mark.parametrize(
    ("said", "requester", "by", "how", "mark"), TABLE["speakers"] + TABLE["moved"]
)
def test_whose_words_they_are(
    said: dict[str, Any], requester: str, by: str, how: str, mark: str
) -> None:
    author = User(username=said["author"], pk=1) if "author" in said else None
    comment = Comment(**{**said, "author": author})
    assert said_by(comment, Ticket(requester_name=requester)) == by
    assert noted(comment) == how
    assert tag(comment) == mark


@pytest.mark.parametrize(("field", "values", "deed", "shown"), TABLE["steps"])
def test_what_was_done(field: str, values: list[Any], deed: str, shown: str) -> None:
    """As the history has it; scripts get the same from an event."""
    old, new = (value["name"] if value else "" for value in values)
    (save,) = saves([Change(field=field, old=old, new=new, version=2)])
    assert [(step.deed, step.values) for step in save.steps] == [(deed, shown)]
    assert save.is_merge


@pytest.mark.parametrize(("mail", "words"), TABLE["mails"])
def test_what_has_become_of_a_replys_mail(mail: dict[str, Any], words: str) -> None:
    assert worded(mail) == words


@pytest.mark.django_db
@pytest.mark.parametrize("microseconds", [0, 123456])
def test_times_stand_on_pages_as_in_events(microseconds: int, billing: Queue) -> None:
    """Else each first event would seem to change them."""
    due_at = NOW.replace(microsecond=microseconds)
    forget()
    Ticket.objects.create(subject="x", queue=billing, due_at=due_at)
    assert only().data["ticket"]["due_at"] == wording.iso(due_at)
