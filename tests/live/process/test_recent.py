"""What a process keeps of the log in memory."""

import json
import tracemalloc
from collections.abc import Iterable

import pytest
from django.utils import timezone

from live.log.entries import ACCESS, IDENTITY, SESSION_ENDED, Entry, entry_of
from live.process import recent
from live.process.recent import Recent


def entries(first: int, *told: tuple[str, str]) -> Iterable[Entry]:
    """An event for each (name, audience), from that position on."""
    for position, (name, audience) in enumerate(told, first):
        yield entry_of(position, name, "{}", audience, None, None, None, timezone.now())


def holding(*told: tuple[str, str]) -> Recent:
    kept = Recent()
    kept.begin(entries(1, *told), len(told))
    return kept


def positions(found: Iterable[Entry] | None) -> list[int]:
    assert found is not None
    return [entry.position for entry in found]


CHANGE = ("ticket.updated", "queue:1")


def test_it_gives_what_came_after_a_position() -> None:
    kept = holding(CHANGE, CHANGE, CHANGE)
    assert [positions(kept.after(position)) for position in (0, 1, 3)] == [[1, 2, 3], [2, 3], []]


def test_where_it_does_not_reach_back_it_says_so() -> None:
    kept = Recent()
    kept.begin(entries(11, CHANGE, CHANGE), 12)
    assert positions(kept.after(10)) == [11, 12]
    assert kept.after(9) is None
    assert Recent().after(0) is None


def test_the_oldest_make_room() -> None:
    kept = Recent()
    kept.begin([], 0)
    for entry in entries(1, *[CHANGE] * (recent.KEPT + 1)):
        kept.add(entry)
    assert kept.position == recent.KEPT + 1
    assert kept.after(0) is None
    assert len(positions(kept.after(1))) == recent.KEPT


def long_entry(position: int, size: int) -> Entry:
    data = json.dumps({"text": "x" * size})
    return entry_of(position, "thing.said", data, "queue:1", None, None, None, timezone.now())


def test_the_oldest_make_room_for_long_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is counted in bytes: 5,000 long comments would be 250 MB."""
    monkeypatch.setattr(recent, "KEPT_BYTES", 100_000)
    kept = Recent()
    kept.begin((long_entry(position, 10_000) for position in range(1, 31)), 30)
    assert (len(positions(kept.after(21))), kept.after(20)) == (9, None)
    kept.add(long_entry(31, 60_000))
    assert (positions(kept.after(27)), kept.after(26)) == ([28, 29, 30, 31], None)
    assert kept.bytes <= 100_000
    kept.begin([], 31)
    assert kept.bytes == 0


def test_one_that_is_too_long_for_memory_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "KEPT_BYTES", 100_000)
    kept = holding(CHANGE, CHANGE)
    kept.add(long_entry(3, 200_000))
    assert (kept.position, kept.bytes) == (3, 0)
    assert (kept.after(2), kept.after(3)) == (None, [])


def test_the_size_of_an_entry_is_about_what_python_takes_for_it() -> None:
    """Counted in full, also where a move gives three frames, and audiences are long."""
    words = " ".join(f"user:{number}" for number in range(200))
    tracemalloc.start()
    try:
        kept = []
        before, _ = tracemalloc.get_traced_memory()
        for position in range(1, 101):
            data = json.dumps({"text": "é" * 500})
            pair = json.dumps(["thing.made", data])
            kept += [
                entry_of(position, "a", "{}", "queue:1", None, None, None, timezone.now()),
                entry_of(position, "a", data, "b", words, pair, pair, timezone.now()),
                long_entry(position, 5_000),
            ]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.8 < sum(entry.size for entry in kept) / (after - before) < 1.5


def test_what_processes_are_told_of_a_user_after_a_position_is_seen() -> None:
    """Else somebody who signs out between the look-up and the entry would be let in."""
    kept = holding(CHANGE, (SESSION_ENDED, "@7"), (IDENTITY, "@8"))
    assert kept.was_told_of(7, 1) and kept.was_told_of(8, 2)
    assert not kept.was_told_of(7, 2) and not kept.was_told_of(9, 0)
    assert kept.was_told_of(9, -5)  # nobody knows any more


def test_only_other_rights_count_as_changed_access() -> None:
    kept = holding((IDENTITY, "@7"), (ACCESS, "@8"))
    assert kept.access_changed_since(8, 1) and not kept.access_changed_since(8, 2)
    assert not kept.access_changed_since(7, 0)
    assert kept.access_changed_since(7, -5)


def test_a_users_key_may_be_any_text() -> None:
    kept = holding((ACCESS, "@ana%20mar%C3%ADa"), (ACCESS, "@6f9619ff-8b86-d011-b42d-00c04fc964ff"))
    assert kept.access_changed_since("ana maría", 0)
    assert not kept.access_changed_since("ana", 0)
    assert kept.access_changed_since("6f9619ff-8b86-d011-b42d-00c04fc964ff", 1)
