"""Findings from how long any stream lives: it is cut, it falls silent though it stays open, or its
server sends nothing that would keep it open."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from streamdoctor.findings.finding import Finding, Severity
from streamdoctor.findings.holding import pair
from streamdoctor.findings.pattern import arrivals, rhythm, words_of
from streamdoctor.findings.remedies import OWN, defaults_of, remedy
from streamdoctor.probing.facts import Facts, Way
from streamdoctor.probing.watch import Record

AT_LEAST = 1.0  # seconds: what is cut sooner was no stream yet
BRIEF = 0.7  # seconds of silence: sooner it is no silence
ALIKE = 0.15  # of the time: by so much cuts may differ, and half a second
LONG = 60.0  # seconds: who resumes after that hardly notices
USUAL = 21.0  # seconds: by then most servers that send heartbeats have sent one
SILENT = 3.0  # seconds
OVERDUE = 1.5  # times of the interval


def idle_timeout(facts: Facts, path: list[str]) -> Finding | None:
    """Something cuts the stream after a silence."""
    seconds = silence_cut(facts.way)
    if seconds is None:
        return None
    evidence = f"The stream was cut after {seconds:.1f} s without a byte{_times(facts.way)}"
    evidence += defaults_of("idle-timeout", seconds, path)
    if facts.direct is not None and silence_cut(facts.direct) is not None:
        return Finding("idle-timeout", "error", f"{evidence}.", OWN)
    fix = remedy("idle-timeout", path)
    if facts.promised is not None and seconds > facts.promised * OVERDUE:
        evidence += f"; heartbeats every {facts.promised:g} s were promised"
    return Finding("idle-timeout", "error", f"{evidence}.", fix)


def max_duration(facts: Facts, path: list[str]) -> Finding | None:
    """Something cuts the stream at an age, or now and then."""
    if silence_cut(facts.way) is not None:
        return None
    ages = [record.seconds for record in cuts(facts.way)]
    if not ages:
        return None
    listed = ", ".join(f"{age:.1f}" for age in ages[:4])
    evidence = f"The stream was cut after {listed} s"
    if all(record.silence_at_end < record.seconds / 3 for record in cuts(facts.way)):
        evidence += ", though bytes were coming"
    evidence += defaults_of("max-duration", min(ages), path)
    ids = any(record.last_id for record in facts.way.plain)
    severity: Severity = "warning" if min(ages) >= LONG and ids else "error"
    own = facts.direct is not None and bool(cuts(facts.direct))
    return Finding("max-duration", severity, f"{evidence}.", OWN if own else
                   remedy("max-duration", path))  # fmt: skip


def stalled(facts: Facts, path: list[str]) -> Finding | None:
    """The connection stays open and nothing comes any more, though it should."""
    for record in facts.way.plain:
        if record.end != "open" or not record.has_spoken or record.coding:
            continue
        if record.silence_at_end < SILENT or record.silence_at_end < 2 * _longest_wait(record):
            continue  # it has been as silent before, and went on
        evidence = _is_forgotten(facts, record) or _others_hear(facts, record)
        if not evidence and record.reacts is not True and _has_spoken_later(record):
            evidence = _is_overdue(facts, record)
        if evidence:
            evidence = f"The stream is open, but nothing came in its last {record.silence_at_end:.0f} s: {evidence}."  # noqa: E501
            return Finding("stalled", "error", evidence, remedy("stalled", path))
    return None


def no_heartbeat(facts: Facts, path: list[str]) -> Finding | None:
    streams = [record for record in facts.way.plain if record.is_stream and not record.coding]
    if not streams or facts.is_post or silence_cut(facts.way) is not None:
        return None
    silence = max(map(_longest_silence, streams))
    if facts.promised is not None:
        late = [gap for record in streams for gap in _gaps(record) if gap > _tardy(facts.promised)]
        if silence < facts.promised * OVERDUE + 1 and len(late) < 2:
            return None
        evidence = f"A heartbeat every {facts.promised:g} s was promised, and none came in {silence:.1f} s of silence"  # noqa: E501
        return Finding("no-heartbeat", "error", f"{evidence}.", remedy("no-heartbeat-any", path))
    if silence < USUAL or not any(record.has_spoken for record in streams):
        return None
    evidence = (
        f"In {silence:.0f} s of silence no heartbeat came. Proxies cut what is silent for 30 to"
        " 100 s, and nobody learns that it has died."
    )
    return Finding("no-heartbeat", "warning", evidence, remedy("no-heartbeat-any", path))


def silence_cut(way: Way) -> float | None:
    """Seconds of silence after which streams are cut; None if it is not that which cuts them."""
    found = cuts(way)
    silences = [record.silence_at_end for record in found]
    if not found or min(silences) < BRIEF or not _are_alike(silences):
        return None
    seconds = median(silences)
    outlived = max((gap for record in way.plain for gap in _gaps(record)), default=0.0)
    ages_are_alike = len(found) > 1 and _are_alike([record.seconds for record in found])
    # Where the ages are alike too, it is only a silence if it was clearly longer than all others.
    least = outlived * 1.5 if ages_are_alike else outlived * 1.1
    return seconds if seconds > least else None


def cuts(way: Way) -> list[Record]:
    """Streams that did not end as a whole answer does, though they had begun. All of them at the
    same moment are one restart, which may happen."""
    found = [
        record for record in [*way.plain, *([way.uncoded] if way.uncoded else [])]
        if record.is_stream and record.end in ("cut", "closed") and not record.was_watched_whole
        and record.seconds >= AT_LEAST
    ]  # fmt: skip
    ends = [record.over_at for record in found]
    together = len(found) > 1 and max(ends) - min(ends) < 0.5
    return [] if together and not _are_alike([record.seconds for record in found]) else found


def due(facts: Facts) -> float | None:
    """Seconds between two heartbeats: as promised, or as seen."""
    if facts.promised is not None:
        return facts.promised
    direct = facts.direct.plain if facts.direct else []
    return rhythm([*direct, *facts.way.plain])


def _is_forgotten(facts: Facts, record: Record) -> str:
    late = facts.way.late
    if record.reacts is not False or late is None or not late.reacts:
        return ""
    return "nothing answers when we end it, while a fresh stream is ended at once"


def _others_hear(facts: Facts, record: Record) -> str:
    """What came on the direct way in that time."""
    through, direct = pair(facts)
    if record is not through or direct is None:
        return ""
    since = record.last_byte_at + 1
    heard = [word for word in words_of(direct) if since < word.at < record.over_at - 1]
    if len(heard) < 2:
        return ""
    return f"on the direct way {len(heard)} events and comments came since then"


def _is_overdue(facts: Facts, record: Record) -> str:
    interval = due(facts)
    if interval is None or record.silence_at_end < interval * OVERDUE + 1:
        return ""
    return f"something was due every {interval:.1f} s"


def _has_spoken_later(record: Record) -> bool:
    """More than what opens it has come."""
    return len(arrivals(record)) > 1


def _tardy(promised: float) -> float:
    """Seconds of silence by which a promise is broken, if that happens again and again."""
    return max(promised * 1.3, promised + 0.7)


def _longest_wait(record: Record) -> float:
    return max([*_gaps(record), record.first_byte_at - record.sent_at])


def _longest_silence(record: Record) -> float:
    return max([*_gaps(record), record.silence_at_end])


def _gaps(record: Record) -> list[float]:
    return [later - earlier for earlier, later in pairwise(record.pieces)]


def _are_alike(seconds: Sequence[float]) -> bool:
    return max(seconds) - min(seconds) <= ALIKE * median(seconds) + 0.5


def _times(way: Way) -> str:
    number = len(cuts(way))
    return f", {number} times" if number > 1 else ""
