"""Findings from how long streams stay open: something cuts them after a silence or at an age, or
the server is not told that their client has left."""

from statistics import median

from streamdoctor.findings.finding import Finding, Severity
from streamdoctor.findings.remedies import OWN, defaults_of, remedy
from streamdoctor.probing.facts import Facts, Way
from streamdoctor.probing.watch import Record

SHORT = 1.6  # seconds
LONG = 60.0  # seconds: whoever resumes after that hardly notices
DEAF = 1.0  # seconds in which the end of a stream arrives
LONE = 2.0  # seconds of silence before that: the others were written to
MARGIN = 1.3  # of a heartbeat's interval: a late heartbeat still comes in time


def max_duration(facts: Facts, path: list[str]) -> Finding | None:
    """Something cuts streams at an age, although heartbeats flow."""
    cuts = _cut_by_age(facts.way)
    if not cuts or _cuts_are_of_silence(facts.way):
        return None
    ages = [record.seconds for record in cuts]
    listed = ", ".join(f"{age:.1f}" for age in ages[:4])
    shortest = min(ages)
    evidence = f"Streams with a heartbeat each second were cut after {listed} s"
    evidence += defaults_of("max-duration", shortest, path)
    severity: Severity = "warning" if shortest >= LONG else "error"  # it resumes
    own = facts.direct is not None and bool(_cut_by_age(facts.direct))
    return Finding("max-duration", severity, f"{evidence}.", OWN if own else
                   remedy("max-duration", path))  # fmt: skip


def idle_timeout(facts: Facts, path: list[str]) -> Finding | None:
    """Something cuts streams after a silence. It is an error if that silence is shorter than the
    one between two heartbeats."""
    seconds = idle_cut(facts.way)
    if seconds is None or (_cut_by_age(facts.way) and not _cuts_are_of_silence(facts.way)):
        return None
    heartbeat = facts.heartbeat
    evidence = (
        f"A silent stream was cut after {seconds:.1f} s without a byte"
        f"{defaults_of('idle-timeout', seconds, path)}; the server's heartbeats come every"
        f" {heartbeat:g} s"
    )
    if facts.direct is not None and idle_cut(facts.direct) is not None:
        return Finding("idle-timeout", "error", f"{evidence}.", OWN)
    fix = remedy("idle-timeout", path)
    if seconds <= heartbeat * 1.05:
        return Finding("idle-timeout", "error", f"{evidence}.", fix)
    if seconds <= heartbeat * MARGIN:
        return Finding("idle-timeout", "warning", f"{evidence}: a late one is lost.", fix)
    return Finding("idle-timeout", "info", f"{evidence}, so streams live.", "Nothing to do.")


def stalled(facts: Facts, path: list[str]) -> Finding | None:
    """The stream stays open, and the heartbeat that is due does not come; nor does the end that we
    have brought about."""
    way = facts.way
    others_live = any(record.heartbeats for record in way.paced)
    for record in [*way.plain, *way.silent, *way.paced]:
        if record.opening is None or record.end != "open" or record.coding:
            continue
        due = _due(facts, record)
        silence = record.silence_at_end
        if silence > due * MARGIN + 1 and record not in way.paced and others_live:
            evidence = f"a heartbeat was due every {due:g} s"
        elif _is_deaf(facts, record):
            evidence = "not even its end came, when we had it ended"
        else:
            continue
        evidence = f"A stream is open, but nothing came in its last {silence:.0f} s: {evidence}."
        return Finding("stalled", "error", evidence, remedy("stalled", path))
    return None


def _is_deaf(facts: Facts, record: Record) -> bool:
    """The server has ended it, for it has answered that we are signed out, and it is open."""
    ended_at = facts.signed_out_at
    return ended_at < record.over_at - DEAF and record.last_byte_at < ended_at - LONE


def _due(facts: Facts, record: Record) -> float:
    """Seconds between the heartbeats of this stream, as the server has said in it."""
    said = record.opening.data.get("heartbeat") if record.opening else None
    return float(said) if isinstance(said, int | float) else facts.heartbeat


def no_disconnect(facts: Facts, path: list[str]) -> Finding | None:
    """The server does not learn that a client has left. If it never does, streams pile up until
    they push living ones out, which is an error. Apache, HAProxy and Varnish notice when they next
    write to the client, which only costs."""
    silent, written = facts.way.left_silent, facts.way.left_written
    if silent is None or not silent.was_unnoticed:
        return None
    fix = remedy("no-disconnect", path)
    if written is not None and written.was_unnoticed:
        evidence = (
            f"{written.closed} streams that are written to each second were closed, and"
            f" {written.waited:.0f} s later the server still counted"
            f" {written.still_counted} of them."
        )
        return Finding("no-disconnect", "error", evidence, fix)
    if written is None:
        then = "Whether the next heartbeat tells it was not tested; --seconds N watches longer."
    else:
        then = "It learns of it when something is next written to them, with a heartbeat."
    evidence = (
        f"{silent.closed} silent streams were closed, and {silent.waited:.0f} s later the server"
        f" still counted {silent.still_counted} of them. {then}"
    )
    return Finding("no-disconnect", "warning", evidence, fix)


def not_tested(facts: Facts, path: list[str]) -> Finding | None:
    """Says for how long it was watched, for nobody knows what comes after that."""
    opened = [record.seconds for record in facts.way.streams]
    if not opened or facts.way.broken(facts.way.streams):
        return None
    watched = facts.way.silent or facts.way.streams
    silence = max(max(record.longest_silence, record.silence_at_end) for record in watched)
    evidence = (
        f"Open for {max(opened):.0f} s, {silence:.0f} s of them in silence; longer not tested."
    )
    return Finding("max-duration", "info", evidence, "--seconds N watches longer.")


def idle_cut(way: Way) -> float | None:
    """Seconds of silence after which streams are cut; None if one of them outlived that."""
    cuts = [_silence_before_end(record) for record in way.broken(way.silent)]
    if not cuts:
        return None
    longest = max(record.longest_silence for record in way.silent)
    if longest > median(cuts) * MARGIN + 1:
        return None
    return median(cuts)


def _cut_by_age(way: Way) -> list[Record]:
    return [record for record in way.broken(way.paced) if record.first_byte_at]


def _cuts_are_of_silence(way: Way) -> bool:
    """The silent streams were cut so soon that even a second between two heartbeats is too long."""
    silent = [_silence_before_end(record) for record in way.broken(way.silent)]
    return bool(silent) and max(silent) < SHORT


def _silence_before_end(record: Record) -> float:
    return record.over_at - (record.last_byte_at or record.head_at)
