"""What the log tells the processes is done to whom it names, and to nobody else."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from live import metrics
from live.access.sessions import digest
from live.log.entries import (
    ACCESS,
    END_STREAM,
    IDENTITY,
    SESSION_ENDED,
    Entry,
    entry_of,
    processes_of,
)
from live.log.frames import frame
from live.process import internal
from live.process.internal import InternalEvents
from live.process.readers import Readers
from live.process.suspects import Suspects
from tests.harness.engines import NotedStream

positions: Iterator[int] = count(1)


def told(name: str, user: Any = None, **data: Any) -> Entry:
    text = frame("", {"user": user, **data}).decode().partition("data: ")[2].strip()
    return entry_of(
        next(positions), name, text, processes_of(user), None, None, None, timezone.now()
    )


class Here:
    """alice with two streams, one of them of another session, and bob with one."""

    def __init__(self) -> None:
        self.readers, self.suspects = Readers(), Suspects()
        self.events = InternalEvents("this engine", self.readers, self.suspects)
        self.alices = NotedStream(7, number=1, session_key="a")
        self.elsewhere = NotedStream(7, number=2, session_key="b")
        self.bobs = NotedStream(8, number=3, session_key="c")
        for stream in self.all:
            self.readers.join(stream, frozenset({"queue:1", f"user:{stream.user_id}"}))

    @property
    def all(self) -> list[NotedStream]:
        return [self.alices, self.elsewhere, self.bobs]

    @property
    def ended(self) -> list[str | None]:
        return [stream.ending for stream in self.all]


# --- Access --------------------------------------------------------------------------------------


def test_other_rights_reset_the_users_streams_and_no_others() -> None:
    here = Here()
    entry = told(ACCESS, 7, gained=["queue:2"], lost=["queue:1"])
    here.events.act_on(entry)
    for stream in (here.alices, here.elsewhere):
        (reset,) = stream.frames
        assert (reset.event, reset.id) == ("reset", entry.position)
        assert reset.data == {"reason": "access"}
        assert stream.flushes == 1
    assert here.bobs.told == []
    reader = here.readers.of(7)
    assert reader is not None and reader.audiences == {"queue:2", "user:7"}
    assert reader.access_changed_at == entry.position
    assert here.readers.concerned(["queue:1"]) == [here.readers.of(8)]


def test_rights_that_the_user_has_already_reset_nothing() -> None:
    """Such as a change that was announced twice."""
    here = Here()
    before = resets()
    here.events.act_on(told(ACCESS, 7, gained=["queue:1"], lost=["queue:9"]))
    assert here.alices.told == []
    assert resets() == before


def resets() -> float:
    return metrics.registry.get_sample_value("live_resets_total", {"reason": "access"}) or 0


def test_resets_are_counted_per_stream() -> None:
    here = Here()
    before = resets()
    here.events.act_on(told(ACCESS, 7, gained=["queue:2"], lost=[]))
    assert resets() == before + 2


# --- Sessions ------------------------------------------------------------------------------------


def test_a_sign_out_ends_the_streams_of_that_session() -> None:
    here = Here()
    here.events.act_on(told(SESSION_ENDED, 7, session=digest("a")))
    assert here.ended == ["session-ended", None, None]


def test_a_sign_out_costs_a_digest_per_stream_of_that_user_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """4,000 digests would keep the loop for 100 ms."""
    digested: list[str] = []

    def counting(session_key: str) -> str:
        digested.append(session_key)
        return digest(session_key)

    monkeypatch.setattr(internal, "digest", counting)
    here = Here()
    for number in range(100):
        here.readers.join(NotedStream(1_000 + number), frozenset())
    here.events.act_on(told(SESSION_ENDED, 7, session=digest("a")))
    assert sorted(digested) == ["a", "b"]


def test_another_password_makes_the_user_a_suspect() -> None:
    here = Here()
    here.events.act_on(told(IDENTITY, 7))
    assert here.suspects.take() == {7}
    assert here.ended == [None, None, None]


@pytest.mark.parametrize("name", [ACCESS, SESSION_ENDED, IDENTITY])
def test_what_is_told_of_somebody_who_is_not_here_is_for_others(name: str) -> None:
    here = Here()
    here.events.act_on(told(name, 9, gained=["x"], lost=[], session=digest("a")))
    assert here.ended == [None, None, None]
    assert here.suspects.take() == set()


# --- Operators -----------------------------------------------------------------------------------


def test_an_operator_ends_one_stream_of_the_named_engine() -> None:
    here = Here()
    here.events.act_on(told(END_STREAM, process="another engine", stream=2))
    assert here.ended == [None, None, None]
    here.events.act_on(told(END_STREAM, process="this engine", stream=2))
    assert here.ended == [None, "shutdown", None]
    here.events.act_on(told(END_STREAM, process="this engine", stream=99))
    assert here.ended == [None, "shutdown", None]
