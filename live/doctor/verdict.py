"""Facts → findings, the root cause first: what makes the others happen stands before them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from live.doctor import arrival, copies, duration, headers, passage
from live.doctor.facts import Facts
from live.doctor.finding import Finding
from live.doctor.products import products
from live.doctor.timing import event_delays, first_byte

Judgement = Callable[[Facts, list[str]], Finding | None]

# Not looked at any further once one of these is found: nothing beyond it was seen.
BLOCKING: list[Judgement] = [
    passage.redirected,
    passage.bad_gateway,
    passage.unreachable,
    copies.cached,
    passage.not_event_stream,
    passage.unauthorized,
]
OBSERVED: list[Judgement] = [
    headers.last_event_id_dropped,
    arrival.compressed,
    arrival.buffered,
    duration.max_duration,
    duration.idle_timeout,
    arrival.no_heartbeat,
    arrival.delayed,
    duration.no_disconnect,
    headers.header_missing,
    headers.origin_lost,
    headers.http1_only,
    headers.moved,
    duration.not_tested,
]
ALWAYS: list[Judgement] = [headers.http1_only, headers.moved]
RANKS = {"error": 0, "warning": 1, "info": 2}


@dataclass
class Diagnosis:
    url: str
    path: list[str]
    signed_in: bool
    measured: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        return not any(one.severity == "error" for one in self.findings)


def judge(facts: Facts) -> Diagnosis:
    path = products(facts)
    blocking = [one for judgement in BLOCKING if (one := judgement(facts, path)) is not None]
    judgements = ALWAYS if blocking else OBSERVED
    seen = [one for judgement in judgements if (one := judgement(facts, path)) is not None]
    findings = blocking[:1] + sorted(seen, key=lambda one: RANKS[one.severity])
    return Diagnosis(facts.asked.url, path, facts.signed_in is not None, _measured(facts), findings)


def _measured(facts: Facts) -> dict[str, Any]:
    way = facts.way
    delays = event_delays(way, facts.round_trip)
    streams = way.streams
    measured: dict[str, Any] = {
        "first_byte_ms": _milliseconds(first_byte(way)),
        "event_delay_ms": _milliseconds(max(delays[len(delays) // 2], 0) if delays else None),
        "idle_cut_s": _seconds(duration.idle_cut(way)),
        "open_s": _seconds(max((one.seconds for one in streams), default=None)),
        "silent_s": _seconds(max((one.longest_silence for one in way.silent), default=None)),
        "http_version": headers.http_version(facts),
        "heartbeat_s": facts.heartbeat if way.plain else None,
        "round_trip_ms": _milliseconds(facts.round_trip or None),
        "signed_in": facts.signed_in is not None,
    }
    if facts.direct is not None:
        beside = event_delays(facts.direct, facts.round_trip)
        measured["direct"] = {
            "first_byte_ms": _milliseconds(first_byte(facts.direct)),
            "event_delay_ms": _milliseconds(max(beside[len(beside) // 2], 0) if beside else None),
            "idle_cut_s": _seconds(duration.idle_cut(facts.direct)),
        }
    return measured


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _seconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
