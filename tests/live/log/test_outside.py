"""A process without an engine rings itself, after its commits, cheaply."""

import time

import pytest

from live.log import outside
from live.log.outside import Outside
from tests.harness.carriers import Wire


class Counted(Wire):
    name = "Wire"
    there, tried = True, 0
    error: Exception | None = None

    @classmethod
    def is_there(cls) -> bool:
        return cls.there

    @classmethod
    def send_once(cls, word: str) -> None:
        cls.tried += 1
        if cls.error is not None:
            raise cls.error


@pytest.fixture
def wire() -> type[Counted]:
    class Fresh(Counted):
        pass

    return Fresh


def test_many_commits_without_a_pause_ring_few_times(
    wire: type[Counted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "GAP", 0.1)
    ways, began = Outside(wire), time.monotonic()
    while time.monotonic() - began < 0.35:
        ways.ring()
    assert 2 <= wire.tried <= 4


def test_what_a_project_does_not_have_is_not_rung(wire: type[Counted]) -> None:
    wire.there = False
    Outside(wire).ring()
    assert wire.tried == 0


def test_what_cannot_ring_is_not_tried_again_for_a_while(
    wire: type[Counted], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else a command that saves much would wait for each refusal."""
    wire.error = ConnectionError("refused by secret.example.com")
    way = Outside(wire)
    for _ in range(3):
        way.ring()
    assert wire.tried == 1
    assert [record.getMessage() for record in caplog.records] == [
        "Wire carries no ring, events wait for the next poll: ConnectionError"
    ]
    monkeypatch.setattr(outside, "PAUSE_AFTER_FAILURE", -1.0)
    way = Outside(wire)
    for _ in range(3):
        way.ring()
    assert wire.tried == 1 + 3
