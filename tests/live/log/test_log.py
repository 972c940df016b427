"""The log: one order for all readers, nothing lost, nothing of what was rolled back."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

import live
from live.log import numbering, reading, retention
from live.log.entries import Entry
from live.log.numbering import Bounds
from live.models import Event, Head

pytestmark = pytest.mark.django_db


def publish(number: int) -> None:
    live.publish("thing.changed", {"number": number}, ["things"])


def test_an_event_has_no_position_until_it_is_numbered() -> None:
    publish(1)

    assert Event.objects.get().position is None
    assert live.head() == 0
    assert numbering.number() == live.head() == 1
    assert Event.objects.get().position == 1


def test_numbers_have_no_gaps_and_follow_the_writing() -> None:
    for number in range(5):
        publish(number)
    numbering.number()
    publish(5)
    numbering.number()

    entries = reading.read(0, 6)

    assert [entry.position for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.data for entry in entries] == [f'{{"number":{number}}}' for number in range(6)]


def test_a_rolled_back_event_takes_no_number() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(1)
        _ = 1 / 0
    publish(2)

    assert numbering.number() == 1
    assert reading.read(0, 1)[0].data == '{"number":2}'


def test_advance_reads_what_is_new_in_order_and_batches() -> None:
    for number in range(7):
        publish(number)

    first = reading.advance(0, 5)
    second = reading.advance(5, 5)

    assert (first.head, len(first.entries)) == (7, 5)
    assert [entry.position for entry in second.entries] == [6, 7]
    assert reading.advance(7, 5).entries == []


def test_newest_reads_the_newest() -> None:
    for number in range(7):
        publish(number)

    assert [entry.position for entry in reading.newest(3, 10_000).entries] == [5, 6, 7]


def test_newest_ends_at_the_head_it_names_whatever_is_numbered_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a relay that starts while others write takes these events twice."""
    for number in range(5):
        publish(number)
    bounds = numbering.numbered_bounds()

    def then_others_go_on() -> Bounds:
        publish(5)
        numbering.number()
        return bounds

    monkeypatch.setattr(reading, "numbered_bounds", then_others_go_on)
    stretch = reading.newest(100, 10_000)
    assert stretch.head == 5
    assert [entry.position for entry in stretch.entries] == [1, 2, 3, 4, 5]


def test_newest_of_a_log_with_a_hole_is_nothing_rather_than_wrong() -> None:
    for number in range(7):
        publish(number)
    numbering.number()
    Event.objects.filter(position=6).delete()

    assert reading.newest(3, 10_000) == reading.Stretch(7, 0, [])
    with pytest.raises(reading.PositionLost):
        reading.advance(4, 5)


@pytest.mark.parametrize("position", [8, 10**17])
def test_a_position_never_given_is_lost(position: int) -> None:
    for number in range(7):
        publish(number)

    with pytest.raises(reading.PositionLost):
        reading.advance(position, 5)


def test_pruned_positions_are_lost_and_numbers_go_on() -> None:
    for number in range(6):
        publish(number)
    numbering.number()
    old = timezone.now() - timedelta(hours=3)
    Event.objects.filter(position__lte=4).update(created_at=old)

    assert retention.prune(hours=2) == 4
    with pytest.raises(reading.PositionLost):
        reading.advance(3, 5)
    with pytest.raises(reading.PositionLost):
        reading.read(0, 5)
    assert [entry.position for entry in reading.advance(4, 5).entries] == [5, 6]
    publish(6)
    assert numbering.number() == 7


def test_a_log_pruned_to_nothing_still_goes_on() -> None:
    publish(1)
    numbering.number()
    Event.objects.update(created_at=timezone.now() - timedelta(hours=3))

    assert retention.prune(hours=2) == 1
    assert reading.advance(1, 5).entries == []
    publish(2)
    assert numbering.number() == 2


def test_pruning_leaves_what_is_not_numbered() -> None:
    publish(1)
    Event.objects.update(created_at=timezone.now() - timedelta(hours=3))

    assert retention.prune(hours=2) == 0
    assert numbering.number() == 1


def test_only_one_process_prunes_in_an_hour() -> None:
    publish(1)
    numbering.number()
    Event.objects.update(created_at=timezone.now() - timedelta(hours=3))
    Head.objects.update(pruned_at=timezone.now() - timedelta(hours=2))
    hour = timedelta(hours=1)

    assert [retention.prune_if_due(2, hour), retention.prune_if_due(2, hour)] == [1, 0]


def test_a_time_in_the_future_stops_no_pruning() -> None:
    publish(1)
    numbering.number()
    Event.objects.update(created_at=timezone.now() - timedelta(hours=3))
    Head.objects.update(pruned_at=timezone.now() + timedelta(days=400))
    hour = timedelta(hours=1)

    assert [retention.prune_if_due(2, hour), retention.prune_if_due(2, hour)] == [1, 0]
    assert abs(Head.objects.get().pruned_at - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize("days", [-3, 3])
def test_a_host_whose_clock_is_wrong_prunes_nothing_that_is_new(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = timezone.now, timezone.now() + timedelta(days=days)
    publish(1)
    monkeypatch.setattr(timezone, "now", lambda: wrong)
    publish(2)
    assert numbering.number() == 2
    assert [retention.prune(hours=48), retention.prune_if_due(48, timedelta(hours=1))] == [0, 0]
    monkeypatch.setattr(timezone, "now", right)

    assert retention.prune(hours=48) == 0
    assert [entry.position for entry in reading.advance(0, 5).entries] == [1, 2]
    for event in Event.objects.all():
        assert abs(event.created_at - timezone.now()) < timedelta(minutes=1)


def test_after_positions_lost_every_older_position_is_lost_and_numbers_are_above() -> None:
    for number in range(3):
        publish(number)
    numbering.number()
    publish(3)  # written, not numbered: still to be told

    above = retention.positions_lost()

    assert above > 10**12
    for position in (0, 1, 2, 3, above - 1):
        with pytest.raises(reading.PositionLost):
            reading.advance(position, 5)
    assert [entry.position for entry in reading.advance(above, 5).entries] == [above + 1]
    assert retention.positions_lost() > above + 1


def entry(audience: set[str], before: set[str] | None = None) -> Entry:
    live.publish(
        "thing.changed", {"secret": 1}, audience, before=before,
        entered=("thing.created", {"new": 1}), left=("thing.removed", {"gone": 1}),
    )  # fmt: skip
    return reading.read(numbering.number() - 1, 1)[0]


@pytest.mark.parametrize(
    ("mine", "name"),
    [
        ({"a"}, b"thing.removed"),
        ({"b"}, b"thing.created"),
        ({"a", "b"}, b"thing.changed"),
        ({"both"}, b"thing.changed"),
        ({"c"}, None),
        (set(), None),
    ],
)
def test_a_move_looks_different_from_each_side(mine: set[str], name: bytes | None) -> None:
    frame = entry({"b", "both"}, {"a", "both"}).frame_for(mine)

    assert (frame is None) == (name is None)
    if name is not None:
        assert frame is not None
        assert b"event: " + name + b"\n" in frame
        assert (b"secret" in frame) == (name == b"thing.changed")


def test_a_frame_is_encoded_once_for_all_receivers() -> None:
    one = entry({"a", "b"})

    assert one.frame_for({"a"}) is one.frame_for({"b"})


def test_what_is_for_processes_reaches_nobody() -> None:
    live.access_changed(7, gained=["a"])
    numbering.number()

    assert reading.read(0, 1)[0].frame_for({"@7", "a", "user:7"}) is None
