"""What is concluded from what was seen of any stream, where a real server would take minutes."""

from dataclasses import replace

import pytest

from streamdoctor.findings import duration, holding, lifetime
from streamdoctor.findings.pattern import arrivals, lags, rhythm, written_at
from streamdoctor.findings.verdict import judge
from streamdoctor.probing.facts import Facts, Leaving, Way
from streamdoctor.probing.watch import End, Record
from streamdoctor.wire.events import Comment, Frame
from streamdoctor.wire.message import Head
from streamdoctor.wire.origin import Origin

SITE = Origin.parse("https://shop.example")
HEAD = Head(200, [("content-type", "text/event-stream"), ("cache-control", "no-cache")], "2")


def stream(
    *times: float, over: float = 24, end: End = "open", ids: bool = True, comments: bool = False
) -> Record:
    """Whose events came at these times, in seconds since it was asked for."""
    frames = [Frame(at, "order", str(number) if ids else None, has_data=True, text=f"{number}")
              for number, at in enumerate(times)]  # fmt: skip
    heard = [Comment(frame.at, "ping") for frame in frames]
    return Record(
        head=HEAD, head_at=0.01, first_byte_at=times[0] if times else 0,
        frames=[] if comments else frames, comments=heard if comments else [],
        pieces=list(times), last_byte_at=times[-1] if times else 0, over_at=over, end=end,
    )  # fmt: skip


def facts(*plain: Record, direct: Record | None = None, promised: float | None = None) -> Facts:
    beside = Way(SITE, plain=[direct]) if direct else None
    return Facts(
        SITE, Way(SITE, plain=list(plain)), target="/events", direct=beside, promised=promised
    )


def codes(found: Facts, severity: str = "error") -> list[str]:
    return [finding.code for finding in judge(found).findings if finding.severity == severity]


def test_a_cut_after_a_minute_only_costs_where_ids_allow_to_resume() -> None:
    ticking = [float(at) for at in range(75)]
    for ids, severity in ((True, "warning"), (False, "error")):
        cut = stream(*ticking, over=75, end="cut", ids=ids)
        assert "max-duration" in codes(facts(cut, replace(cut)), severity)
    soon = stream(0, 1, 2, 3, over=3.5, end="cut")
    assert codes(facts(soon, replace(soon))) == ["max-duration"]


def test_the_same_silence_before_each_cut_is_told_from_the_same_age() -> None:
    silent = [stream(0, 2, over=7, end="cut"), stream(0, over=5.1, end="cut")]
    finding = lifetime.idle_timeout(facts(*silent), ["nginx/1.22.1"])
    assert finding is not None
    assert "after 5.0 s without a byte, 2 times" in finding.evidence
    assert codes(facts(*silent)) == ["idle-timeout"]


def test_all_cut_at_one_moment_is_a_restart_and_no_limit() -> None:
    cut = [
        stream(0, 1, 2, over=12, end="cut"),
        replace(stream(5, 6, over=12, end="cut"), sent_at=5),
    ]
    assert codes(facts(*cut)) == []


def test_in_a_long_silence_without_heartbeats_is_a_warning_unless_they_were_promised() -> None:
    quiet = stream(0.1, over=24)
    assert "no-heartbeat" in codes(facts(quiet), "warning")
    assert codes(facts(quiet)) == []
    assert codes(facts(quiet, promised=10)) == ["no-heartbeat"]
    assert codes(facts(stream(*range(0, 24, 8)), promised=10)) == []


def test_what_was_regular_and_is_silent_now_is_stalled() -> None:
    assert codes(facts(stream(0, 2, 4, 6, 8, 10, over=24))) == ["stalled"]
    assert codes(facts(stream(0, 1, 8, 9, 10, over=24))) == []  # never was regular


def test_what_the_direct_way_brings_meanwhile_is_stalled() -> None:
    direct = stream(0, 3, 9, 10, 17, 20, over=24)
    assert codes(facts(stream(0, 3, over=24), direct=direct)) == ["stalled"]


def test_several_heartbeats_at_once_are_held_back_but_several_equal_events_are_not() -> None:
    times = (0.1, 6, 6.01, 6.02, 12, 12.01, 12.02, 18)
    assert codes(facts(stream(*times, comments=True))) == ["buffered"]
    equal = stream(*times)
    equal.frames = [replace(frame, id=None, text="look") for frame in equal.frames]
    assert codes(facts(equal)) == []


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ((6, 6.01, 6.02, 6.03, 12, 12.01, 12.02, 12.03), "a time"),
        ((0, 1, 2, 3, 9, 9.01, 9.02), ""),
    ],
)
def test_bursts_alone_cannot_be_judged(times: tuple[float, ...], says: str) -> None:
    found = facts(stream(*times))
    reason = holding.undecided(found)
    assert (says in reason) if says else (reason == "")
    assert judge(found).healthy == (not says)
    assert codes(found) == []


@pytest.mark.parametrize("end", ["ended", "open"])
@pytest.mark.parametrize(("over", "is_told"), [(0.0, True), (0.27, True), (1.2, False)])
def test_what_comes_all_at_once_cannot_be_judged_and_is_known_on_a_slow_machine_too(
    over: float, is_told: bool, end: End
) -> None:
    times = [3.1 + over * number / 3 for number in range(4)]
    reason = holding.undecided(facts(stream(*times, over=4.5, end=end)))
    assert ("all 4 events came at once, 3.1 s after the request" in reason) == is_told


def test_bursts_that_the_direct_way_brings_too_are_the_servers_own() -> None:
    times = (6, 6.01, 6.02, 6.03, 12, 12.01, 12.02, 12.03)
    assert judge(facts(stream(*times), direct=stream(*times))).healthy


def test_a_delay_is_that_of_the_promptest_quarter() -> None:
    written = [float(at) for at in range(12)]
    late = [at + 0.2 for at in written]
    assert "delayed" in codes(facts(stream(*late), direct=stream(*written)), "warning")
    busy = [at + (0.4 if at % 2 else 0.01) for at in written]
    assert "delayed" not in codes(facts(stream(*busy), direct=stream(*written)), "warning")


def test_each_until_the_next_one_is_no_buffer() -> None:
    written = [0.0, 1, 4, 6, 11, 12, 15]
    held = written[1:]
    found = facts(stream(*held), direct=stream(*written))
    assert codes(found) == ["delayed"]
    assert "until the next one is written" in judge(found).findings[0].evidence


def test_arrivals_rhythm_and_lags() -> None:
    record = stream(0, 0.02, 5, 10, 15, 20)
    assert [len(arrival.words) for arrival in arrivals(record)] == [2, 1, 1, 1, 1]
    assert rhythm([record]) == pytest.approx(5, abs=0.1)
    assert rhythm([stream(0, 1, 5, 6, 20)]) is None
    assert [lag for *_, lag in lags(stream(1, 2), stream(0, 2))] == [1, 0]


@pytest.mark.parametrize(
    ("frame", "time"),
    [
        (Frame(0, data={"id": 7, "at": "2026-11-28T15:00:00Z"}), 1795878000),
        (Frame(0, data={"t": 1795878000123}), 1795878000.123),
        (Frame(0, data={"price": 12.5}), None),
        (Frame(0, text="2026-11-28T15:00:00+00:00"), 1795878000),
        (Frame(0, text="hello"), None),
        (Frame(0, data={"id": 10**400, "at": "0001-01-01T00:00:00"}), None),
    ],
)
def test_the_time_that_an_event_carries(frame: Frame, time: float | None) -> None:
    assert written_at(frame) == time


@pytest.mark.parametrize(
    ("before", "after", "still_counted"),
    [
        (0, 5, 0),  # they were counted in one process, and then in another with all that we held
        (5, 5, 0),
        (5, 8, 0),  # most have to be: others may have come in between
        (5, 11, 6),  # one process
        (7, 13, 6),  # somebody else examines the site as the same user
        (2, 9, 4),  # of two processes
    ],
)
def test_streams_that_we_hold_in_another_process_are_not_taken_for_those_that_were_left(
    before: int, after: int, still_counted: int
) -> None:
    found = facts(stream(0, 1))
    found.way.left_silent = Leaving(before, held=5, closed=6, after=after, waited=2.4)
    finding = duration.no_disconnect(found, [])
    assert (finding is not None) == bool(still_counted)
    if finding is not None:
        assert f"still counted {still_counted} of them" in finding.evidence


@pytest.mark.parametrize(
    ("written", "severity", "told"),
    [
        (None, "warning", "not tested; --seconds N"),
        (Leaving(0, held=5, closed=6, after=5, waited=2.4), "warning", "It learns of it when"),
        (Leaving(0, held=5, closed=6, after=11, waited=2.4), "error", "still counted 6 of them"),
    ],
)
def test_whether_those_that_left_are_noticed_later_is_told_only_where_it_was_tested(
    written: Leaving | None, severity: str, told: str
) -> None:
    found = facts()
    found.way.left_silent = Leaving(0, held=5, closed=6, after=11, waited=2.4)
    found.way.left_written = written
    finding = duration.no_disconnect(found, [])
    assert finding is not None
    assert (finding.severity, told in finding.evidence) == (severity, True)
