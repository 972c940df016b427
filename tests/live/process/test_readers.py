"""Who is connected, and what each of them may see."""

from uuid import UUID

import pytest

from live.process.readers import Readers
from tests.harness.engines import NotedStream

BILLING, NETWORK = "queue:1", "queue:2"


def audiences(*words: str) -> frozenset[str]:
    return frozenset(words)


# --- Joining and leaving -------------------------------------------------------------------------


def test_the_streams_of_a_user_are_one_reader() -> None:
    readers = Readers()
    first, second, other = NotedStream(7), NotedStream(7), NotedStream(8)
    reader = readers.join(first, audiences(BILLING))
    assert readers.join(second, audiences(BILLING)) is reader
    readers.join(other, audiences(NETWORK))
    assert reader.streams == [first, second]
    assert len(readers) == 2
    assert set(readers.streams()) == {first, second, other}
    assert set(readers.streams_of([7, 9])) == {first, second}


def test_the_first_streams_audiences_count() -> None:
    """Those of a later one were looked up when the reader's were, at another place in the log, and
    the reader's are kept true by the events of the log."""
    readers = Readers()
    reader = readers.join(NotedStream(7), audiences(BILLING))
    readers.join(NotedStream(7), audiences(NETWORK))
    assert reader.audiences == audiences(BILLING)
    assert readers.concerned([NETWORK]) == []


def test_the_last_stream_takes_the_user_along() -> None:
    readers = Readers()
    first, second = NotedStream(7), NotedStream(7)
    reader = readers.join(first, audiences(BILLING))
    readers.join(second, audiences(BILLING))
    readers.leave(first)
    assert readers.of(7) is reader
    assert readers.concerned([BILLING]) == [reader]
    readers.leave(second)
    assert readers.of(7) is None
    assert readers.concerned([BILLING]) == []
    assert len(readers) == 0
    readers.leave(second)  # replaced before it leaves by itself


def test_who_comes_back_is_in_what_they_may_see_by_then() -> None:
    readers = Readers()
    stream = NotedStream(7)
    readers.join(stream, audiences(BILLING))
    readers.leave(stream)
    reader = readers.join(NotedStream(7), audiences(NETWORK))
    assert (readers.concerned([BILLING]), readers.concerned([NETWORK])) == ([], [reader])


def test_each_stream_has_a_number_of_its_own() -> None:
    readers = Readers()
    assert len({readers.new_number() for _ in range(10)}) == 10


@pytest.mark.parametrize("user_id", [UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff"), "ana maría", 7])
def test_a_user_is_found_by_the_key_as_events_have_it(user_id: object) -> None:
    """Of a UUID, an event has the text."""
    readers = Readers()
    stream = NotedStream(user_id)
    reader = readers.join(stream, audiences(BILLING))
    assert readers.of(user_id) is readers.of(str(user_id)) is reader
    assert readers.streams_of([str(user_id)]) == [stream]


# --- Audiences -----------------------------------------------------------------------------------


def test_each_who_is_concerned_is_named_once() -> None:
    readers = Readers()
    both = readers.join(NotedStream(7), audiences(BILLING, NETWORK))
    one = readers.join(NotedStream(8), audiences(NETWORK))
    readers.join(NotedStream(9), audiences())
    found = readers.concerned([BILLING, NETWORK, "unknown"])
    assert len(found) == 2
    assert set(found) == {both, one}


def test_other_audiences_take_effect_at_once() -> None:
    readers = Readers()
    reader = readers.join(NotedStream(7), audiences(BILLING, "user:7"))
    readers.set_audiences(reader, audiences(NETWORK, "user:7"))
    assert readers.concerned([BILLING]) == []
    assert readers.concerned([NETWORK]) == readers.concerned(["user:7"]) == [reader]


def test_one_event_is_given_to_each_stream_once() -> None:
    readers = Readers()
    first, second = NotedStream(7), NotedStream(7)
    reader = readers.join(first, audiences())
    readers.join(second, audiences())
    second.position = 5  # it opened later and knows the event
    assert reader.take(b"event: a\ndata: {}\n\n", 5) == [first]
    assert (first.told, second.told) == (["a"], [])


# --- Making room ---------------------------------------------------------------------------------


def joined(readers: Readers, **options: object) -> NotedStream:
    stream = NotedStream(7, **options)  # type: ignore[arg-type]
    readers.make_room(stream, 2)
    readers.join(stream, audiences())
    return stream


def test_below_the_limit_nobody_is_ended() -> None:
    readers = Readers()
    streams = [joined(readers), joined(readers)]
    assert [stream.closed for stream in streams] == [False, False]


def test_one_more_replaces_the_oldest() -> None:
    readers = Readers()
    oldest, middle, newest = [joined(readers, client=client) for client in "abc"]
    assert oldest.ending == "replaced"
    assert not middle.closed and not newest.closed
    assert set(readers.streams()) == {middle, newest}


def test_one_more_of_the_same_client_replaces_its_own() -> None:
    readers = Readers()
    oldest, mine, again = [joined(readers, client=client) for client in "abb"]
    assert mine.ending == "replaced"
    assert set(readers.streams()) == {oldest, again}


def test_streams_that_name_no_client_are_not_each_others() -> None:
    readers = Readers()
    oldest, _, _ = joined(readers, client="a"), joined(readers), joined(readers)
    assert oldest.ending == "replaced"


def test_streams_for_diagnosis_count_apart() -> None:
    readers = Readers()
    agents = [joined(readers, client=client) for client in "ab"]
    doctors = [joined(readers, diagnosis=True) for _ in range(3)]
    assert [stream.closed for stream in agents] == [False, False]
    assert [stream.closed for stream in doctors] == [True, False, False]
    joined(readers, client="c")
    assert [stream.closed for stream in agents] == [True, False]
    assert [stream.closed for stream in doctors] == [True, False, False]


def test_nobody_makes_room_for_another_user() -> None:
    readers = Readers()
    streams = [joined(readers), joined(readers)]
    readers.make_room(NotedStream(8), 2)
    assert [stream.closed for stream in streams] == [False, False]


def test_a_lowered_limit_ends_as_many_as_it_takes() -> None:
    readers = Readers()
    streams = [NotedStream(7) for _ in range(4)]
    for stream in streams:
        readers.join(stream, audiences())
    readers.make_room(NotedStream(7), 2)
    assert [stream.closed for stream in streams] == [True, True, True, False]


def test_the_only_stream_may_be_the_one_that_makes_room() -> None:
    readers = Readers()
    only = NotedStream(7)
    readers.join(only, audiences(BILLING))
    newcomer = NotedStream(7)
    readers.make_room(newcomer, 1)
    reader = readers.join(newcomer, audiences(BILLING))
    assert only.ending == "replaced"
    assert readers.concerned([BILLING]) == [reader]
    assert reader.streams == [newcomer]
