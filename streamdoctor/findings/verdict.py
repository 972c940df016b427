"""Makes findings of facts, the root cause first: the one that makes the others happen."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from streamdoctor.findings import (
    copies,
    duration,
    headers,
    holding,
    ids,
    lifetime,
    pacing,
    passage,
    refusals,
)
from streamdoctor.findings.finding import Finding
from streamdoctor.findings.products import products
from streamdoctor.findings.remedies import SERVER, STREAM
from streamdoctor.findings.timing import event_delays, first_byte
from streamdoctor.findings.untested import untested, unwatched, watched_seconds
from streamdoctor.probing.facts import Facts, Way

Judgement = Callable[[Facts, list[str]], Finding | None]

# Once one of these is found the examination is over: nothing beyond it was seen.
BLOCKING: list[Judgement] = [
    refusals.own_login,
    passage.redirected,
    passage.unreachable,
    copies.cached,
    refusals.refused,
    passage.bad_gateway,
    passage.not_event_stream,
    refusals.unauthorized,
]
ALWAYS: list[Judgement] = [headers.http1_only, headers.moved]
OF_A_SITE: list[Judgement] = [
    ids.no_ids,
    headers.last_event_id_dropped,
    pacing.compressed,
    duration.stalled,
    pacing.buffered,
    duration.max_duration,
    duration.idle_timeout,
    pacing.no_heartbeat,
    pacing.delayed,
    duration.no_disconnect,
    headers.header_missing,
    headers.origin_lost,
    headers.few_streams,
    *ALWAYS,
    duration.not_tested,
]
OF_ANY_STREAM: list[Judgement] = [
    pacing.compressed,
    lifetime.idle_timeout,
    lifetime.max_duration,
    lifetime.stalled,
    holding.buffered,
    holding.delayed,
    ids.last_event_id_dropped,
    headers.few_streams,
    lifetime.no_heartbeat,
    ids.no_ids,
    headers.header_missing,
    *ALWAYS,
    duration.not_tested,
]
# Of two that both may be the cause of what was seen, the first is told and not the second.
INSTEAD = {"compressed": {"buffered"}, "stalled": {"buffered", "no-heartbeat"},
           "buffered": {"no-heartbeat", "delayed"}, "idle-timeout": {"stalled", "no-heartbeat"},
           "no-ids": {"last-event-id-dropped"}}  # fmt: skip
EXAMPLE = "127.0.0.1:8001"  # the address of a server that nobody has named
RANKS = {"error": 0, "warning": 1, "info": 2}


@dataclass
class Diagnosis:
    url: str
    path: list[str]
    measured: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    untested: list[str] = field(default_factory=list)
    watched: float = 0.0  # seconds
    seconds: float = 0.0  # that were given
    unwatched: str = ""  # why it cannot be called sound although no error was found

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def healthy(self) -> bool:
        return not self.errors and not self.unwatched


def judge(facts: Facts) -> Diagnosis:
    path = products(facts)
    blocking = _findings(BLOCKING, facts, path)
    observed = OF_ANY_STREAM if facts.site is None else OF_A_SITE
    seen = _findings(ALWAYS if blocking else observed, facts, path)
    diagnosis = Diagnosis(
        url=f"{facts.asked.url}{facts.target}",
        path=path,
        measured=_measured(facts),
        findings=blocking[:1] + sorted(seen, key=lambda finding: RANKS[finding.severity]),
        untested=untested(facts),
        watched=watched_seconds(facts.way),
        seconds=facts.seconds,
    )
    if not diagnosis.errors:
        diagnosis.unwatched = unwatched(facts)
    return diagnosis


def _findings(judgements: list[Judgement], facts: Facts, path: list[str]) -> list[Finding]:
    found = [finding for judgement in judgements if (finding := judgement(facts, path))]
    put_aside = set().union(
        *(INSTEAD.get(finding.code, set()) for finding in found if finding.severity == "error")
    )
    return [
        replace(finding, fix=_for_this_stream(finding, facts))
        for finding in found
        if finding.code not in put_aside
    ]


def _for_this_stream(finding: Finding, facts: Facts) -> str:
    server = facts.direct_asked.authority if facts.direct_asked else EXAMPLE
    fix = finding.fix.replace(STREAM, facts.stream).replace(SERVER, server)
    hint = facts.site.hints.get(finding.code, "") if facts.site else ""
    return f"{fix} {hint}" if hint and finding.severity != "info" else fix


def _measured(facts: Facts) -> dict[str, Any]:
    way = facts.way
    measured: dict[str, Any] = {
        **_measured_on(way, facts.round_trip),
        "watched_s": round(watched_seconds(way), 1),
        "silent_s": _seconds(max((record.longest_silence for record in way.silent), default=None)),
        "http_version": headers.http_version(facts),
        "heartbeat_s": facts.heartbeat if facts.site and way.plain else facts.promised,
        "round_trip_ms": _milliseconds(facts.round_trip or None),
        "handshake_ms": _milliseconds(_handshake(facts)),
        "sign_in_ms": _milliseconds(facts.sign_in_seconds),
        "signed_in": facts.signed_in is not None,
    }
    if facts.direct is not None:
        measured["direct"] = _measured_on(facts.direct, facts.round_trip)
    return measured


def _measured_on(way: Way, round_trip: float) -> dict[str, Any]:
    delays = event_delays(way, round_trip)
    return {
        "first_byte_ms": _milliseconds(first_byte(way)),
        "event_delay_ms": _milliseconds(max(delays[len(delays) // 2], 0) if delays else None),
        "idle_cut_s": _seconds(duration.idle_cut(way) or lifetime.silence_cut(way)),
    }


def _handshake(facts: Facts) -> float | None:
    """Seconds until the quickest connection stood, with TLS."""
    return min(
        (answer.connect_seconds + answer.tls_seconds for answer in facts.heads), default=None
    )


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _seconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
