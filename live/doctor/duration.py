"""Findings from how long streams stay open: cut by silence, by age, or not told to the server."""

from statistics import median

from live.doctor.facts import Facts, Way
from live.doctor.finding import Finding
from live.doctor.remedies import (
    DURATION_DEFAULTS,
    IDLE_DEFAULTS,
    OWN,
    PRODUCTS,
    default_of,
    remedy,
)
from live.doctor.watch import Record

SHORT = 1.6  # seconds
MARGIN = 1.3  # of a heartbeat's interval: a late heartbeat still comes in time


def max_duration(facts: Facts, path: list[str]) -> Finding | None:
    """Cut although heartbeats flow."""
    cuts = _cut_by_age(facts.way)
    if not cuts or _cuts_are_of_silence(facts.way):
        return None
    seconds = [one.seconds for one in cuts]
    listed = ", ".join(f"{one:.1f}" for one in seconds[:4])
    shortest = min(seconds)
    evidence = f"Streams with a heartbeat each second were cut after {listed} s"
    evidence += default_of(shortest, DURATION_DEFAULTS)
    if facts.direct is not None and _cut_by_age(facts.direct):
        return Finding("max-duration", "error", f"{evidence}.",
                       f"{OWN} {PRODUCTS['max-duration', 'daphne']}")  # fmt: skip
    return Finding("max-duration", "error", f"{evidence}.", remedy("max-duration", path))


def idle_timeout(facts: Facts, path: list[str]) -> Finding | None:
    """Cut by silence; an error if it is shorter than the silence between two heartbeats."""
    seconds = idle_cut(facts.way)
    if seconds is None or (_cut_by_age(facts.way) and not _cuts_are_of_silence(facts.way)):
        return None
    heartbeat = facts.heartbeat
    evidence = (
        f"A silent stream was cut after {seconds:.1f} s without a byte"
        f"{default_of(seconds, IDLE_DEFAULTS)}; the server's heartbeats come every {heartbeat:g} s"
    )
    if facts.direct is not None and idle_cut(facts.direct) is not None:
        return Finding("idle-timeout", "error", f"{evidence}.", OWN)
    fix = remedy("idle-timeout", path)
    if seconds <= heartbeat * 1.05:
        return Finding("idle-timeout", "error", f"{evidence}.", fix)
    if seconds <= heartbeat * MARGIN:
        return Finding("idle-timeout", "warning", f"{evidence}: a late one is lost.", fix)
    return Finding("idle-timeout", "info", f"{evidence}, so streams live.", "Nothing to do.")


def no_disconnect(facts: Facts, path: list[str]) -> Finding | None:
    """Never told, streams pile up until they push living ones out, which is an error. Apache,
    HAProxy and Varnish look after a client only when they write to it, which only costs."""
    silent, written = facts.way.left_silent, facts.way.left_written
    if silent is None or not silent.was_unnoticed:
        return None
    fix = remedy("no-disconnect", path)
    if written is not None and written.was_unnoticed:
        evidence = (
            f"{written.closed} streams that are written to each second were closed, and"
            f" {written.waited:.0f} s later the server still counted"
            f" {written.after - written.before} of them."
        )
        return Finding("no-disconnect", "error", evidence, fix)
    evidence = (
        f"{silent.closed} silent streams were closed, and {silent.waited:.0f} s later the server"
        f" still counted {silent.after - silent.before} of them: it learns of it when something"
        " is next written to them, with a heartbeat."
    )
    return Finding("no-disconnect", "warning", evidence, fix)


def not_tested(facts: Facts, path: list[str]) -> Finding | None:
    """How long it was watched: what lasts longer is not known."""
    opened = [one.seconds for one in facts.way.streams]
    if not opened or facts.way.broken(facts.way.streams):
        return None
    silence = max((one.longest_silence for one in facts.way.silent), default=0)
    evidence = (
        f"Open for {max(opened):.0f} s, {silence:.0f} s of them in silence; longer not tested."
    )
    return Finding("max-duration", "info", evidence, "--seconds N watches longer.")


def idle_cut(way: Way) -> float | None:
    """Seconds of silence after which streams are cut, unless one outlived that."""
    cuts = [_silence_before_end(one) for one in way.broken(way.silent)]
    if not cuts or max(one.longest_silence for one in way.silent) > median(cuts) * MARGIN + 1:
        return None
    return median(cuts)


def _cut_by_age(way: Way) -> list[Record]:
    return [one for one in way.broken(way.paced) if one.first_byte_at]


def _cuts_are_of_silence(way: Way) -> bool:
    """A limit so short that it comes between two heartbeats, a second apart and a little more."""
    silent = [_silence_before_end(one) for one in way.broken(way.silent)]
    return bool(silent) and max(silent) < SHORT


def _silence_before_end(record: Record) -> float:
    return record.over_at - (record.last_byte_at or record.head_at)
