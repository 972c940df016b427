"""A carrier is believed while it hears its own rings, and says why when it does not."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from live import metrics
from live.log import carrier
from live.log.carrier import PROOF
from tests.harness.asgi import run, until
from tests.harness.carriers import Wire
from tests.harness.engines import working


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds in production takes a part of one here."""
    monkeypatch.setattr(carrier, "PATIENCE", 0.2)
    monkeypatch.setattr(carrier, "AGAIN", 0.05)


@pytest.fixture
def failures() -> Iterator[list[float]]:
    """`failures[0]` is the count before the test."""
    yield [failed()]


def failed() -> float:
    """What live_rings_failed_total says."""
    found = metrics.registry.get_sample_value("live_rings_failed_total")
    assert found is not None
    return found


class Woken(list[float]):
    def __call__(self) -> None:
        self.append(time.monotonic())


@asynccontextmanager
async def at_work(*wires: Wire) -> AsyncIterator[list[Woken]]:
    """The wires, once each is believed; what wakes each relay from then on."""
    woken = [Woken() for _ in wires]
    parts = [part for wire, wake in zip(wires, woken, strict=True)
             for part in (wire.carry(), wire.listen(wake))]  # fmt: skip
    async with working(*parts):
        await until(lambda: not any(wire.problem for wire in wires))
        for wake in woken:
            wake.clear()
        yield woken


def test_it_is_believed_once_its_own_ring_came_back_and_then_wakes_its_relay() -> None:
    """For others may have rung before it could hear."""

    async def main() -> None:
        wire, wake = Wire("mine"), Woken()
        assert wire.problem
        async with working(wire.carry(), wire.listen(wake)):
            await until(lambda: not wire.problem)
            assert wire.sent == ["mine" + PROOF]
            assert len(wake) == 1

    run(main())


def test_a_ring_wakes_the_others_and_a_ring_for_itself_wakes_nobody() -> None:
    async def main() -> None:
        wires: list[Wire] = []
        mine, other = Wire("mine", wires), Wire("other", wires)
        async with at_work(mine, other) as (woken, others):
            mine.arrives("other" + PROOF)
            mine.ring()
            await until(lambda: others)
            assert mine.sent[-1] == "mine"
            assert (len(woken), len(others)) == (0, 1)
            mine.arrives("")  # of a command
            await until(lambda: woken)

    run(main())


def test_rings_that_come_together_are_sent_as_one() -> None:
    async def main() -> None:
        wires: list[Wire] = []
        mine, other = Wire("mine", wires), Wire("other", wires)
        async with at_work(mine, other) as (_, others):
            for _ in range(100):
                mine.ring()
            await until(lambda: others)
            await asyncio.sleep(5 * carrier.GAP)
            assert mine.sent.count("mine") == 1

    run(main())


def test_while_nothing_happens_it_proves_itself_and_stays_believed(
    monkeypatch: pytest.MonkeyPatch, failures: list[float]
) -> None:
    monkeypatch.setattr(carrier, "PROVE", 0.1)

    async def main() -> None:
        mine = Wire("mine")
        async with at_work(mine):
            before = mine.heard_at
            await until(lambda: len(mine.sent) >= 4)
            assert mine.heard_at > before
            assert not mine.problem
            assert failed() == failures[0]

    run(main())


def test_one_that_does_not_hear_itself_says_so_counts_it_and_begins_anew(
    monkeypatch: pytest.MonkeyPatch, failures: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is sent without an error: so a pooler hides that nothing is heard."""
    monkeypatch.setattr(carrier, "PROVE", 0.1)

    async def main() -> None:
        mine = Wire("mine")
        mine.advice = " (ask the operator)"
        async with at_work(mine):
            began = time.monotonic()
            mine.deaf = True
            await until(lambda: mine.begun >= 4)
            assert mine.problem == "its own ring is not heard (ask the operator)"
            assert failed() >= failures[0] + 3
            assert 0 <= mine.changed_at - began < 2  # since when, not when last
            mine.deaf = False
            await until(lambda: not mine.problem)

    run(main())
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == [
        "mine does not carry the bell, others' changes wait for the poll: its own ring is not"
        " heard (ask the operator)"
    ], "once, however long it lasts"


def test_it_tells_the_log_when_it_is_heard_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "live.log.carrier")

    async def main() -> None:
        mine = Wire("mine")
        async with at_work(mine) as (woken,):
            mine.arrives(ConnectionError("at secret.example.com"))
            await until(lambda: mine.problem)
            assert mine.problem == "it cannot listen: ConnectionError"
            await until(lambda: not mine.problem)
            assert len(woken) == 1, "others may have rung meanwhile"

    run(main())
    assert [record.levelname for record in caplog.records if record.name == "live.log.carrier"] == [
        "WARNING", "INFO",
    ]  # fmt: skip
    assert "secret" not in caplog.text


def test_one_that_cannot_send_says_so_goes_on_hearing_and_tries_again(
    failures: list[float],
) -> None:
    async def main() -> None:
        wires: list[Wire] = []
        mine, other = Wire("mine", wires), Wire("other", wires)
        async with at_work(mine, other) as (woken, _):
            mine.cut = OSError("refused")
            mine.ring()
            await until(lambda: mine.problem)
            assert mine.problem == "it cannot ring: OSError"
            assert failed() > failures[0]
            other.ring()
            await until(lambda: woken)
            assert mine.problem, "what others send proves nothing"
            mine.cut = None
            await until(lambda: not mine.problem)
            assert mine.begun == 1, "its ear was sound"

    run(main())


def test_a_ring_that_nobody_answers_is_not_waited_for_for_ever() -> None:
    """As of a database that hangs: sending it neither fails nor ends."""

    class Stuck(Wire):
        async def _send(self, word: str) -> None:
            if len(self.sent):
                await asyncio.sleep(60)
            await super()._send(word)

    async def main() -> None:
        mine = Stuck("mine")
        async with at_work(mine):
            mine.ring()
            await until(lambda: mine.problem)
            assert mine.problem == "its own ring is not heard"

    run(main())
