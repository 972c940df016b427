"""Findings from how events arrive: held back, coded, late, or none at all."""

from live.doctor.facts import Facts, Way
from live.doctor.finding import Finding, Severity
from live.doctor.products import label
from live.doctor.remedies import OWN, remedy
from live.doctor.timing import HELD, arrived_late, clumps, event_delays
from live.doctor.watch import Record

LATE = 3.0  # seconds without a byte of a stream whose server sends at once
MUTE = 5.0  # seconds without a heartbeat where there should be one each second
DELAYED = 0.12  # seconds; sound ways stay below 0.02, HAProxy's default is 0.2


def compressed(facts: Facts, path: list[str]) -> Finding | None:
    """Also where the coded stream does not arrive at all, though the uncoded one does."""
    coded = [one for one in facts.way.records if one.is_stream and one.coding]
    if coded:
        evidence = f"The stream arrives with Content-Encoding: {coded[0].coding}"
        if _is_held(facts.way):
            evidence += ", and its events are held back"
    elif _is_held(facts.way) and _flows(facts.way.uncoded):
        evidence = (
            "Asked for as browsers do (Accept-Encoding: gzip, deflate, br, zstd) the stream is"
            " held back; with `identity` it flows"
        )
    else:
        return None
    direct = facts.direct is not None and any(one.coding for one in facts.direct.streams)
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
    degraded = [frame for one in facts.way.streams for frame in one.named("degraded")]
    if degraded:
        reason = degraded[0].data.get("reason", "it does not say why")
        evidence = f"The server says that it is degraded: {reason}."
    elif _is_mute(facts):
        evidence = "`connected` arrives at once, but none of the heartbeats due each second."
    else:
        return None
    return Finding("no-heartbeat", "error", evidence, remedy("no-heartbeat", path))


def delayed(facts: Facts, path: list[str]) -> Finding | None:
    """Even the prompter quarter comes late: no busy machine, but something that waits."""
    delays = event_delays(facts.way, facts.round_trip)
    if len(delays) < 3 or _is_held(facts.way) or any(one.coding for one in facts.way.streams):
        return None
    quarter = delays[len(delays) // 4] - facts.network_latency
    if facts.direct is not None:
        direct = event_delays(facts.direct, facts.round_trip)
        quarter -= direct[len(direct) // 4] if direct else 0
    if quarter < DELAYED:
        return None
    middle = delays[len(delays) // 2]
    evidence = f"Events arrive {middle * 1000:.0f} ms after the server wrote them, the prompter too"
    if "haproxy" in map(label, path) and 0.15 < middle < 0.3:
        evidence += "; 200 ms is how long HAProxy waits for more to send"
    severity: Severity = "error" if middle >= 1 else "warning"
    return Finding("delayed", severity, f"{evidence}.", remedy("delayed", path))


def _is_held(way: Way) -> bool:
    """By two signs at least: one may be a busy machine."""
    watched = [one for one in way.paced if one.seconds > LATE]
    signs = sum(map(_signs_of_holding, watched)) + len(clumps(watched))
    return signs + any(arrived_late(one) > MUTE for one in watched) >= 2


def _signs_of_holding(record: Record) -> int:
    if record.head is not None and not record.is_stream:
        return 0
    if not record.first_byte_at:
        if record.end == "cut":
            return 0  # never a stream: a gateway that fails
        return 2 if record.seconds > 2 * LATE else 1
    if record.connected and record.connected.data.get("heartbeat") != 1:
        return 0  # the query is lost on the way: no heartbeat is due each second
    if record.first_byte_at - record.sent_at > LATE and arrived_late(record) > HELD:
        return 2  # it tells of heartbeats that were sent before it opened
    return int(record.over_at - record.last_byte_at > MUTE and not record.broke_off)


def _is_mute(facts: Facts) -> bool:
    """It opens at once and then says nothing, and what holds it back is not the way."""
    paced = [one for one in facts.way.paced if one.connected and one.seconds > MUTE]
    if not paced or any(one.heartbeats or arrived_late(one) > HELD for one in paced):
        return False
    if any(one.connected and one.connected.at - one.sent_at > LATE for one in paced):
        return False
    if facts.direct is not None and facts.direct.paced:
        return not any(one.heartbeats for one in facts.direct.paced)
    not_ready = facts.readiness is not None and facts.readiness.status == 503
    return not_ready or any(one.said_goodbye for one in paced)


def _flows(*records: Record | None) -> bool:
    return any(
        one is not None
        and one.is_stream
        and len(one.pieces) >= 3
        and not _signs_of_holding(one)
        and not clumps([one])
        for one in records
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
