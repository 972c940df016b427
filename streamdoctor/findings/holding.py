"""Finds that the events of any stream are held back, although nobody knows when they were written:
by the direct way, or by what no server does."""

from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from streamdoctor.findings.finding import Finding, Severity
from streamdoctor.findings.pacing import DELAYED, LATE
from streamdoctor.findings.pattern import APART, Arrival, arrivals, lags, words_of
from streamdoctor.findings.products import SERVERS, label
from streamdoctor.findings.remedies import OWN, remedy
from streamdoctor.findings.timing import HELD
from streamdoctor.probing.facts import Facts
from streamdoctor.probing.watch import Record

SEVERAL = 3  # events
WRITTEN_OVER = 1.5  # seconds
AT_ONCE = 0.1  # of the time before them: a slow machine takes a while to read what came together
PAUSE = 0.5  # seconds within a frame, which a server writes at once
NEXT = 0.15  # seconds: so near to the next event, an event has waited for it


def buffered(facts: Facts, path: list[str]) -> Finding | None:
    evidence = (
        _unlike_the_direct_way(facts) or _unlike_any_server(facts) or _nothing_due(facts, path)
    )
    if not evidence:
        return None
    own = facts.direct is not None and any(map(_how_it_is_held, facts.direct.plain))
    return Finding("buffered", "error", f"{evidence}.", OWN if own else remedy("buffered", path))


def delayed(facts: Facts, path: list[str]) -> Finding | None:
    """Each event comes later than on the direct way, though not in bursts."""
    through, direct = pair(facts)
    if through is None or direct is None:
        return None
    found = sorted(lag for _, _, lag in lags(through, direct))
    if len(found) < SEVERAL or found[len(found) // 4] < DELAYED:
        return None
    until_next = waits_for_the_next(through, direct)
    if not until_next and _comes_in_bursts(through):
        return None
    middle = median(found)
    evidence = f"Events come {middle * 1000:.0f} ms later than on the direct way"
    if until_next:
        evidence += ": each is held back until the next one is written"
    elif "haproxy" in map(label, path) and 0.15 < middle < 0.3:
        evidence += "; 200 ms is how long HAProxy waits for more to send"
    severity: Severity = "error" if middle >= 1 else "warning"
    return Finding("delayed", severity, f"{evidence}.", remedy("delayed", path))


def undecided(facts: Facts) -> str:
    """Why nobody can tell, from here, whether events are held back; "" if it can be told, or if
    nothing looks like it."""
    main = facts.way.plain[0] if facts.way.plain else None
    if main is None or _flows_as_on_the_direct_way(facts):
        return ""
    words, later = words_of(main), arrivals(main)[1:]
    if len(words) > SEVERAL and (main.end == "open" or main.was_watched_whole):
        waited = words[0].at - main.sent_at
        if waited > WRITTEN_OVER and words[-1].at - words[0].at < AT_ONCE * waited:
            return (
                f"all {len(words)} events came at once, {waited:.1f} s after the request: the"
                " server may write them so, or something holds them back"
            )
    bursts = [arrival for arrival in arrivals(main) if _is_burst(arrival)]
    if len(bursts) >= 2 and len(bursts) >= 0.8 * len(later):
        return (
            f"events came {min(len(arrival.words) for arrival in bursts)} and more at a time,"
            f" {median(arrival.silence for arrival in bursts):.1f} s apart: the server may write"
            " them so, or something holds them back"
        )
    return ""


def pair(facts: Facts) -> tuple[Record | None, Record | None]:
    """The streams that were opened first, and together, on both ways."""
    direct = facts.direct.plain if facts.direct else []
    return (facts.way.plain[0] if facts.way.plain else None), (direct[0] if direct else None)


def waits_for_the_next(through: Record, direct: Record) -> bool:
    """Nearly every event comes when the one after it is written."""
    written = [word.at for word in words_of(direct)]
    following = dict(pairwise(written))
    pairs = [(word.at, following.get(twin.at)) for word, twin, _ in lags(through, direct)]
    known = [(at, next_at) for at, next_at in pairs if next_at is not None]
    with_it = [at for at, next_at in known if abs(at - next_at) < NEXT]
    return len(with_it) >= SEVERAL and len(with_it) >= 0.7 * len(known)


def _unlike_the_direct_way(facts: Facts) -> str:
    through, direct = pair(facts)
    if through is None or direct is None or not direct.has_spoken:
        return ""
    first = words_of(direct)[0].at - direct.sent_at
    if not through.has_spoken and through.end == "open" and through.seconds > first + LATE:
        headers = "not even the headers" if through.head is None else "nothing"
        return (
            f"On the direct way the first event comes after {first:.1f} s; on this way {headers}"
            f" came in {through.seconds:.0f} s"
        )
    late = [lag for _, _, lag in lags(through, direct) if lag > HELD]
    if not late or waits_for_the_next(through, direct):
        return ""
    return f"{len(late)} events came up to {max(late):.1f} s later than on the direct way"


def _unlike_any_server(facts: Facts) -> str:
    return next(filter(None, map(_how_it_is_held, facts.way.plain)), "")


def _how_it_is_held(record: Record) -> str:
    """By what no server does, however it writes: the signs must have been seen twice."""
    later = arrivals(record)[1:]
    same = [arrival for arrival in later if arrival.is_of_one_heartbeat and arrival.silence > APART]
    if len(same) >= 2:
        most = max(len(arrival.words) for arrival in same)
        return f"The same heartbeat came up to {most} times at once, after silences of up to {_longest(same):.1f} s"  # noqa: E501
    old = [
        arrival for arrival in later
        if arrival.written_over >= WRITTEN_OVER and arrival.silence > APART
    ]  # fmt: skip
    if len(old) >= 2:
        over = max(arrival.written_over for arrival in old)
        return (
            f"Events came together whose own times are up to {over:.1f} s apart ({len(old)} ×):"
            " they were held back on the way, or in the server"
        )
    pauses = [
        after - at for at, after in pairwise(record.pieces)
        if at in record.torn and after - at > PAUSE
    ]  # fmt: skip
    if len(pauses) >= 2:
        return (
            f"{len(pauses)} times an event came in two parts, {max(pauses):.1f} s apart: a buffer"
            " passes on what fills it, wherever an event ends"
        )
    return ""


def _nothing_due(facts: Facts, path: list[str]) -> str:
    """Not one byte came of a stream whose server promises heartbeats, and not even its headers, or
    somebody stands between who may hold it. Else it may be the server that is silent."""
    records = facts.way.plain
    if facts.promised is None or not records or any(record.first_byte_at for record in records):
        return ""
    waited = max(record.seconds for record in records)
    if waited < facts.promised * 1.5 + 1 or not all(record.end == "open" for record in records):
        return ""
    if facts.direct is not None and not any(record.has_spoken for record in facts.direct.plain):
        return ""
    headers = any(record.head for record in records)
    if headers and not {label(product) for product in path} - SERVERS:
        return ""
    what = "its headers" if all(record.head is None for record in records) else "its first byte"
    return (
        f"A heartbeat was due every {facts.promised:g} s, and not even {what} came in"
        f" {waited:.0f} s"
    )


def _flows_as_on_the_direct_way(facts: Facts) -> bool:
    through, direct = pair(facts)
    if through is None or direct is None:
        return False
    found = lags(through, direct)
    return bool(found) and all(lag < APART for _, _, lag in found)


def _comes_in_bursts(record: Record) -> bool:
    return any(map(_is_burst, arrivals(record)[1:]))


def _is_burst(arrival: Arrival) -> bool:
    return len(arrival.words) >= SEVERAL and arrival.silence > APART


def _longest(found: Iterable[Arrival]) -> float:
    return max(arrival.silence for arrival in found)
