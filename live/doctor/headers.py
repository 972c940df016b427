"""Findings from what was sent and did not arrive, on one side or the other."""

from collections.abc import Iterable

from live.doctor.facts import Facts
from live.doctor.finding import Finding
from live.doctor.message import Head
from live.doctor.products import label
from live.doctor.remedies import GENERAL, remedy

SENT = {"cache-control": ("no-cache", "no-transform"), "x-accel-buffering": ("no",)}
EATS_X_ACCEL = {"nginx", "openresty", "tengine"}


def last_event_id_dropped(facts: Facts, path: list[str]) -> Finding | None:
    resume = facts.way.resume
    paced = [one.connected.data for one in facts.way.paced if one.connected]
    if resume is not None and resume.resumed.connected is not None:
        arrived = resume.resumed.connected.data.get("received", {}).get("last_event_id")
        if arrived != resume.sent_id:
            evidence = (
                f"Last-Event-ID: {resume.sent_id} was sent, and the server received"
                f" {arrived or 'none'}."
            )
            return Finding("last-event-id-dropped", "error", evidence,
                           remedy("last-event-id-dropped", path))  # fmt: skip
    if paced and all(data.get("heartbeat") not in (1, 1.0) for data in paced):
        evidence = (
            "The query does not arrive: `?heartbeat=1` was asked for, and `?lastEventId=…` of a"
            " page's first stream is lost with it."
        )
        return Finding("last-event-id-dropped", "error", evidence,
                       remedy("last-event-id-dropped", path))  # fmt: skip
    return None


def header_missing(facts: Facts, path: list[str]) -> Finding | None:
    streams = facts.way.streams
    if not streams or streams[0].head is None:
        return None
    sent = [one.head for one in facts.direct.streams if one.head] if facts.direct else []
    missing = [
        name
        for name, words in SENT.items()
        if not _holds(streams[0].head, name, words)
        and not (name == "x-accel-buffering" and EATS_X_ACCEL & {label(one) for one in path})
        and all(_holds(head, name, words) for head in sent)
    ]
    if not missing:
        return None
    listed = ", ".join(
        f"{name}: {', '.join(SENT[name])} (arrives as {streams[0].head.header(name) or 'nothing'})"
        for name in missing
    )
    evidence = f"The server sends what does not arrive whole: {listed}."
    return Finding("header-missing", "warning", evidence, remedy("header-missing", path))


def origin_lost(facts: Facts, path: list[str]) -> Finding | None:
    """The stream does not mind, but nobody can sign in or save with a browser."""
    if facts.signed_in is None or facts.signed_in.as_browsers_do:
        return None
    seen: dict[str, str] = next(
        (one.connected.data.get("received", {}) for one in facts.way.streams if one.connected), {}
    )
    evidence = (
        "A log-in as browsers send it is refused (CSRF, 403):"
        f" {facts.way.origin.url} arrives as {seen.get('scheme')}://{seen.get('host')}."
    )
    return Finding("header-missing", "warning", evidence, GENERAL["unauthorized"])


def http1_only(facts: Facts, path: list[str]) -> Finding | None:
    version = http_version(facts)
    if version is None or version == "2":
        return None
    evidence = f"The site speaks HTTP/{version} only: all tabs of a browser share six connections."
    return Finding("http1-only", "warning", evidence, remedy("http1-only", path))


def http_version(facts: Facts) -> str | None:
    heads = [one.head for one in facts.way.streams if one.head] + [one.head for one in facts.heads]
    return heads[0].http_version if heads else None


def moved(facts: Facts, path: list[str]) -> Finding | None:
    if not facts.redirects:
        return None
    evidence = f"{facts.redirects[0][0]} redirects to {facts.redirects[-1][1]}; that was examined."
    return Finding("redirected", "info", evidence, "Give that address to the doctor.")


def _holds(head: Head, name: str, words: Iterable[str]) -> bool:
    said = {word.strip().lower() for word in (head.header(name) or "").split(",")}
    return said.issuperset(words)
