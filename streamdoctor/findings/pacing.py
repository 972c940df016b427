"""Findings from how events arrive: they are held back, coded, late, or never come."""

from streamdoctor.findings.finding import Finding, Severity
from streamdoctor.findings.products import label
from streamdoctor.findings.remedies import OWN, remedy
from streamdoctor.findings.timing import HELD, arrived_late, clumps, event_delays
from streamdoctor.probing.facts import Facts, Way
from streamdoctor.probing.watch import Record

LATE = 3.0  # seconds without a byte of a stream whose server sends at once
MUTE = 5.0  # seconds without a heartbeat where there should be one each second
DELAYED = 0.12  # seconds; sound ways stay below 0.02, HAProxy's default is 0.2


def compressed(facts: Facts, path: list[str]) -> Finding | None:
    """The stream arrives coded; or only the uncoded one arrives, so the coding holds it back."""
    coded = [record for record in facts.way.streams if record.coding]
    if coded:
        evidence = f"The stream arrives with Content-Encoding: {coded[0].coding}"
        if _is_held(facts.way):
            evidence += ", and its events are held back"
    elif _is_held(facts.way) and _flows(facts.way.uncoded):
        evidence = (
            "Asked for as browsers do (Accept-Encoding: gzip, deflate, br, zstd) the stream is"
            " held back; with `identity` it flows"
        )
    elif _only_uncoded_speaks(facts.way):
        evidence = "Asked for as browsers do nothing comes; with Accept-Encoding: identity it flows"
    else:
        return None
    direct = facts.direct is not None and any(record.coding for record in facts.direct.streams)
    return Finding("compressed", "error", f"{evidence}.", OWN if direct else
                   remedy("compressed", path))  # fmt: skip


def buffered(facts: Facts, path: list[str]) -> Finding | None:
    if not _is_held(facts.way) or _is_mute(facts):
        return None
    if _flows(facts.way.uncoded):
        return None  # the coding holds it back, which is said instead
    evidence = _how_it_is_held(facts.way.paced)
    if facts.direct is not None and _is_held(facts.direct):
        return Finding("buffered", "error", evidence, OWN)
    if facts.direct is not None and _flows(*facts.direct.paced):
        evidence += " On the direct way they arrive at once."
    return Finding("buffered", "error", evidence, remedy("buffered", path))


def no_heartbeat(facts: Facts, path: list[str]) -> Finding | None:
    word = facts.words.degraded
    degraded = [frame for record in facts.way.streams for frame in record.named(word)]
    if degraded:
        reason = degraded[0].data.get("reason", "it does not say why")
        evidence = f"The server says that it is degraded: {reason}."
    elif _is_mute(facts):
        evidence = (
            f"`{facts.words.opening}` arrives at once, but none of the heartbeats due each second."
        )
    else:
        return None
    return Finding("no-heartbeat", "error", evidence, remedy("no-heartbeat", path))


def delayed(facts: Facts, path: list[str]) -> Finding | None:
    """Even the promptest quarter of the events comes late. A busy machine delays some, but only
    something that waits delays all."""
    delays = event_delays(facts.way, facts.round_trip)
    coded = any(record.coding for record in facts.way.streams)
    if len(delays) < 3 or coded or _is_held(facts.way):
        return None
    quarter = delays[len(delays) // 4] - facts.network_latency
    if facts.direct is not None:
        direct = event_delays(facts.direct, facts.round_trip)
        quarter -= direct[len(direct) // 4] if direct else 0
    if quarter < DELAYED:
        return None
    middle = delays[len(delays) // 2]
    evidence = f"Events arrive {middle * 1000:.0f} ms after the server wrote them, the prompter too"
    if 0.8 < middle < 1.3 and _each_waits_for_the_next(facts.way):
        evidence += ": each is held back until the next one is written, a second later"
    if "haproxy" in map(label, path) and 0.15 < middle < 0.3:
        evidence += "; 200 ms is how long HAProxy waits for more to send"
    severity: Severity = "error" if middle >= 1 else "warning"
    return Finding("delayed", severity, f"{evidence}.", remedy("delayed", path))


def _each_waits_for_the_next(way: Way) -> bool:
    """A silent stream's first event has none after it, so it does not come at all."""
    silent = [record for record in way.silent if record.seconds > LATE and record.end == "open"]
    return bool(silent) and not any(record.first_byte_at for record in silent)


def _only_uncoded_speaks(way: Way) -> bool:
    """Of a stream without paced events."""
    plain = [record for record in way.plain if record.seconds > LATE]
    if way.paced or not plain or any(record.first_byte_at for record in plain):
        return False
    return way.uncoded is not None and way.uncoded.has_spoken


def _is_held(way: Way) -> bool:
    """At least two signs say that events are held back. A single one may come of a busy machine."""
    watched = [record for record in way.paced if record.seconds > LATE]
    signs = sum(map(_signs_of_holding, watched)) + len(clumps(watched))
    return signs + any(arrived_late(record) > MUTE for record in watched) >= 2


def _signs_of_holding(record: Record) -> int:
    if record.head is not None and not record.is_stream:
        return 0
    if not record.first_byte_at:
        if record.end == "cut":
            return 0  # never a stream: a gateway that fails
        return 2 if record.seconds > 2 * LATE else 1
    if record.opening and record.opening.data.get("heartbeat") != 1:
        return 0  # the query is lost on the way: no heartbeat is due each second
    if record.first_byte_at - record.sent_at > LATE and arrived_late(record) > HELD:
        return 2  # it tells of heartbeats that were sent before it opened
    return int(record.over_at - record.last_byte_at > MUTE and not record.broke_off)


def _is_mute(facts: Facts) -> bool:
    """The stream opens at once and then says nothing, and nothing on the way holds it back."""
    paced = [record for record in facts.way.paced if record.opening and record.seconds > MUTE]
    if not paced or any(record.heartbeats or arrived_late(record) > HELD for record in paced):
        return False
    if any(record.opening and record.opening.at - record.sent_at > LATE for record in paced):
        return False
    if facts.direct is not None and facts.direct.paced:
        return not any(record.heartbeats for record in facts.direct.paced)
    not_ready = facts.readiness is not None and facts.readiness.status == 503
    return not_ready or any(record.said_goodbye for record in paced)


def _flows(*records: Record | None) -> bool:
    return any(
        record is not None
        and record.is_stream
        and len(record.pieces) >= 3
        and not _signs_of_holding(record)
        and not clumps([record])
        for record in records
    )


def _how_it_is_held(paced: list[Record]) -> str:
    worst = max(paced, key=_signs_of_holding)
    waited = worst.seconds
    if worst.head is None:
        return f"The stream's headers did not arrive in {waited:.0f} s, though other pages answer."
    if not worst.first_byte_at:
        return f"The stream's headers arrived, but not one byte of its body in {waited:.0f} s."
    first = worst.first_byte_at - worst.sent_at
    if first > LATE:
        return (
            f"The first byte came after {first:.1f} s, and with it {len(worst.heartbeats)}"
            " heartbeats that were sent one each second."
        )
    if moments := clumps(paced):
        return (
            f"Heartbeats sent one each second arrived several at once ({len(moments)} ×), up to"
            f" {max(map(arrived_late, paced)):.1f} s late."
        )
    return (
        f"The stream opened, then nothing arrived for {worst.longest_silence:.0f} s, with a"
        " heartbeat due each second."
    )
