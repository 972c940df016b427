"""The bell wakes the relays of this process from any thread; a ring that fails harms nobody."""

import asyncio
import gc
import math
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest

from live.log import bell
from live.log.bell import LONGEST, MOMENT, Bell, RunningBells
from tests.harness import virtual_time
from tests.harness.asgi import run
from tests.harness.carriers import Wire
from tests.harness.processes import ROOT

# --- One bell ------------------------------------------------------------------------------------


def test_a_ring_from_any_thread_ends_the_wait() -> None:
    async def main() -> None:
        rung = Bell()
        threading.Timer(0.05, rung.ring).start()
        async with asyncio.timeout(5):
            await rung.wait(60)

    run(main())


def test_a_ring_before_the_wait_is_not_lost_and_counts_once() -> None:
    async def main() -> None:
        rung = Bell()
        rung.wake()
        rung.wake()
        async with asyncio.timeout(5):
            await rung.wait(60)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await rung.wait(60)

    run(main())


def test_without_a_ring_the_wait_ends_by_itself() -> None:
    async def main() -> None:
        async with asyncio.timeout(5):
            await Bell().wait(0.01)

    run(main())


@pytest.mark.parametrize("steps", range(5))
def test_a_cancellation_is_not_lost_at_the_moment_of_a_ring(steps: int) -> None:
    """Else an engine that is stopped while changes are committed would go on for ever."""

    async def main() -> None:
        rung = Bell()
        waiting = asyncio.ensure_future(rung.wait(60))
        await asyncio.sleep(0.01)
        rung.wake()
        for _ in range(steps):
            await asyncio.sleep(0)
        still_waited = waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled() == still_waited

    run(main())


# --- All of this process -------------------------------------------------------------------------


async def is_rung(rung: Bell) -> bool:
    try:
        async with asyncio.timeout(0.05):
            await rung.wait(60)
    except TimeoutError:
        return False
    return True


def test_all_bells_of_the_process_ring_together() -> None:
    async def main() -> None:
        bells, one, other, removed = RunningBells(), Bell(), Bell(), Bell()
        for added in (one, other, removed):
            bells.add(added)
        bells.remove(removed)
        await asyncio.to_thread(bells.ring)
        assert [await is_rung(one), await is_rung(other), await is_rung(removed)] == [
            True, True, False,
        ]  # fmt: skip

    run(main())


async def make() -> Bell:
    return Bell()


def test_bells_of_closed_loops_are_not_rung_and_do_not_count() -> None:
    bells, left_over = RunningBells(), run(make())
    assert not bells
    bells.add(left_over)
    assert not bells
    left_over.ring()  # by a thread that saw the loop still open
    bells.ring()

    async def main() -> None:
        living = Bell()
        bells.add(living)
        assert bells
        bells.ring()
        assert await is_rung(living)

    run(main())
    assert not bells


def test_a_bell_that_nobody_holds_is_forgotten() -> None:
    async def main() -> None:
        bells = RunningBells()
        dropped = Bell()
        bells.add(dropped)
        assert bells
        del dropped
        gc.collect()
        assert not bells

    run(main())


def test_a_bell_takes_its_rings_to_all_its_carriers_and_what_it_heard_to_none() -> None:
    async def main() -> None:
        carriers = [Wire("one"), Wire("other")]
        bells, rung = RunningBells(), Bell(carriers)
        bells.add(rung)
        rung.heard()
        assert await is_rung(rung)
        assert [carrier.has_to_ring for carrier in carriers] == [False, False]
        await asyncio.to_thread(bells.ring)
        assert await is_rung(rung)
        assert [carrier.has_to_ring for carrier in carriers] == [True, True]

    run(main())


# --- Rings of other processes --------------------------------------------------------------------


def now() -> float:
    return asyncio.get_running_loop().time()


async def wakes(rung: Bell, seconds: float) -> list[float]:
    """When the bell woke its relay within that time, from now on."""
    began, found = now(), []
    while (left := seconds - (now() - began)) > 0:
        await rung.wait(left)
        found.append(now() - began)
    return found[:-1]  # the last is the end of the wait


def test_a_ring_of_another_process_wakes_at_once_and_once_more_for_what_followed() -> None:
    async def main() -> None:
        rung = Bell()
        rung.heard()
        at_once, again = await wakes(rung, 20 * MOMENT)
        assert at_once == 0
        assert again == pytest.approx(MOMENT)

    virtual_time.run(main())


def test_rings_without_a_pause_wake_the_relay_less_and_less_often_and_never_too_late() -> None:
    async def main() -> None:
        rung = Bell()

        async def ring_on() -> None:
            while True:
                rung.heard()
                await asyncio.sleep(0.001)

        ringing = asyncio.create_task(ring_on())
        found = await wakes(rung, 4 * LONGEST)
        ringing.cancel()
        gaps = [later - earlier for earlier, later in pairwise(found)]
        assert gaps[0] < gaps[-1]
        assert max(gaps) == pytest.approx(LONGEST)
        assert len(found) < 12  # and not one for each of hundreds of rings

        await asyncio.sleep(LONGEST * 1.2)  # the last moment ends
        await wakes(rung, 6 * LONGEST)  # and is followed by shorter ones
        began = now()
        rung.heard()
        await rung.wait(60)
        assert now() == began, "a single ring wakes at once again"

    virtual_time.run(main())


# --- What operators are told ---------------------------------------------------------------------


def test_it_says_how_it_rings_and_why_it_does_not() -> None:
    async def main() -> None:
        one, other = Wire("One"), Wire("Other")
        rung = Bell([one, other])
        one.problem, other.problem = "it is cut", "it is deaf"
        assert rung.describe() == (
            "a poll every 1 s instead, for it is not carried by One: it is cut; Other: it is deaf"
        )
        one.problem = ""
        assert rung.describe() == "carried by One, not by Other: it is deaf"
        other.problem = ""
        assert rung.describe() == "carried by One and Other"
        assert (
            Bell().describe() == "in this process only; a poll every 1 s for the changes of others"
        )

    run(main())


def test_it_says_since_when_it_has_polled() -> None:
    async def main() -> None:
        one, other = Wire("One"), Wire("Other")
        rung = Bell([one, other])
        one.problem, other.problem = "it is cut", "it is deaf"
        one.changed_at, other.changed_at = time.monotonic() - 100, time.monotonic() - 30
        silent = rung.silent_for()
        assert silent is not None
        assert 30 <= silent < 60  # until then the other carried it
        other.problem = ""
        assert rung.silent_for() is None
        assert Bell().silent_for() is None, "where nothing carries it nothing is broken"

    run(main())


def test_its_age_is_that_of_the_last_own_ring_by_any_carrier() -> None:
    async def main() -> None:
        one, other = Wire("One"), Wire("Other")
        one.heard_at, other.heard_at = time.monotonic() - 100, time.monotonic() - 30
        assert 30 <= Bell([one, other]).heard_age() < 60
        assert math.isnan(Bell().heard_age())

    run(main())


# --- From a process without a relay --------------------------------------------------------------


def test_a_process_with_a_relay_leaves_the_rings_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Counted(Wire):
        @staticmethod
        def send_once(word: str) -> None:
            sent.append(word)

    monkeypatch.setattr(bell, "KINDS", (Counted,))

    async def main() -> None:
        bells, mine = RunningBells(), Bell()
        bells.add(mine)
        bells.ring()
        assert await is_rung(mine)
        assert sent == []
        bells.remove(mine)
        bells.ring()
        assert sent == [""]

    run(main())


def test_a_project_on_sqlite_needs_no_client_of_postgresql() -> None:
    code = "import sys\nsys.modules['psycopg'] = None\nimport live.log.bell"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=True)
