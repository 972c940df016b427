"""What is read at once is bounded in bytes, and one event is always read."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import live
from live.log import numbering, reading, retention
from live.models import Event

pytestmark = pytest.mark.django_db


def tell(*sizes: int) -> None:
    """An event for each, whose data and audience have that many bytes, and their positions."""
    for size in sizes:
        live.publish("thing.said", {"text": "x" * (size - len('{"text":""}') - 1)}, ["a"])
    numbering.number()


def positions(after: int, count: int, most_bytes: int) -> list[int]:
    return [entry.position for entry in reading.read(after, count, most_bytes)]


def test_no_more_is_read_than_fits() -> None:
    tell(1_000, 1_000, 1_000, 1_000)
    assert positions(0, 4, 3_000) == [1, 2, 3]
    assert positions(0, 4, 2_999) == [1, 2]
    assert positions(1, 3, 3_000) == [2, 3, 4]
    assert positions(0, 2, 10_000) == [1, 2]


def test_one_event_is_read_however_long_it_is() -> None:
    tell(5_000, 100, 5_000)
    assert positions(0, 3, 1_000) == [1]
    assert positions(1, 2, 1_000) == [2]
    assert positions(2, 1, 1_000) == [3]


def test_bytes_are_counted_not_characters_and_of_all_that_an_event_becomes() -> None:
    for _ in range(3):
        live.publish("said", {"text": "😀" * 250}, ["a"])  # 1,000 bytes
    numbering.number()
    assert positions(0, 3, 2_100) == [1, 2]
    for _ in range(3):
        live.publish("moved", {}, ["b"], before=["a"], entered=("new", {"text": "x" * 1_000}))
    numbering.number()
    assert positions(3, 3, 2_200) == [4, 5]


def test_where_an_event_is_missing_nothing_is_read() -> None:
    tell(1_000, 1_000, 1_000, 1_000)
    Event.objects.filter(position=3).delete()
    for most_bytes in (10_000, 2_000):
        with pytest.raises(reading.PositionLost):
            reading.read(0, 4, most_bytes)
    assert positions(0, 4, 1_999) == [1]
    Event.objects.update(created_at=Event.objects.get(position=1).created_at - timedelta(hours=3))
    retention.prune(hours=1)
    with pytest.raises(reading.PositionLost):
        reading.read(0, 4, 10_000)


def test_of_the_newest_as_many_are_read_as_fit() -> None:
    tell(1_000, 1_000, 1_000, 1_000)
    assert [entry.position for entry in reading.newest(10, 2_500).entries] == [3, 4]
    assert [entry.position for entry in reading.newest(3, 10_000).entries] == [2, 3, 4]
    assert [entry.position for entry in reading.newest(10, 10).entries] == [4]


def test_one_new_event_costs_one_query_to_read() -> None:
    """That is what a relay reads nearly always."""
    tell(1_000)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        reading.read(0, 1)
    assert len(asked) == 1
