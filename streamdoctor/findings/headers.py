"""Findings from headers and queries that one side sent and the other side did not receive."""

from collections.abc import Iterable

from streamdoctor.findings.finding import Finding
from streamdoctor.findings.products import label
from streamdoctor.findings.remedies import GENERAL, remedy
from streamdoctor.probing.facts import Facts
from streamdoctor.wire.message import Head

ENOUGH_STREAMS = 10  # lighttpd allows eight, which are hardly more than HTTP/1.1 has
EATS_X_ACCEL = {"nginx", "openresty", "tengine"}


def last_event_id_dropped(facts: Facts, path: list[str]) -> Finding | None:
    resume = facts.way.resume
    paced = [record.opening.data for record in facts.way.paced if record.opening]
    if resume is not None and resume.resumed.opening is not None:
        arrived = resume.resumed.opening.data.get("received", {}).get("last_event_id")
        if arrived != resume.sent_id:
            evidence = (
                f"Last-Event-ID: {resume.sent_id} was sent, and the server received"
                f" {arrived or 'none'}."
            )
            return Finding("last-event-id-dropped", "error", evidence,
                           remedy("last-event-id-dropped", path))  # fmt: skip
    if facts.site is not None and paced and all(data.get("heartbeat") != 1 for data in paced):
        query = facts.site.paced.partition("?")[2]
        evidence = (
            f"The query does not arrive: `?{query}` was asked for, and the resume point of a page's"
            " first stream is lost with it."
        )
        return Finding("last-event-id-dropped", "error", evidence,
                       remedy("last-event-id-dropped", path))  # fmt: skip
    return None


def header_missing(facts: Facts, path: list[str]) -> Finding | None:
    streams = facts.way.streams
    if not streams or streams[0].head is None:
        return None
    if facts.site is None:
        return _never_sent(facts, streams[0].head, path)
    expected = facts.site.headers
    direct = facts.direct.streams if facts.direct else []
    missing = [
        name
        for name, words in expected.items()
        if not _holds(streams[0].head, name, words)
        and not (name == "x-accel-buffering" and EATS_X_ACCEL & set(map(label, path)))
        and all(_holds(record.head, name, words) for record in direct if record.head)
    ]
    if not missing:
        return None
    head = streams[0].head
    listed = ", ".join(
        f"{name}: {', '.join(expected[name])} (arrives as {head.header(name) or 'nothing'})"
        for name in missing
    )
    evidence = f"The server sends what does not arrive whole: {listed}."
    return Finding("header-missing", "warning", evidence, remedy("header-missing", path))


def _never_sent(facts: Facts, head: Head, path: list[str]) -> Finding | None:
    """Of a stream that we do not know: what its server should send, or does send on the direct
    way."""
    if head.header("cache-control") or facts.is_post:
        return None
    evidence = "The stream comes without Cache-Control: whatever stands in the way may keep it."
    direct = [record.head for record in facts.direct.streams if record.head] if facts.direct else []
    if direct and (sent := direct[0].header("cache-control")):
        evidence = f"On the direct way the stream has Cache-Control: {sent}; here it has none."
        return Finding("header-missing", "warning", evidence, remedy("header-missing", path))
    return Finding("header-missing", "warning", evidence, GENERAL["header-missing"])


def few_streams(facts: Facts, path: list[str]) -> Finding | None:
    """HTTP/2, but a second page waits."""
    together = facts.way.together
    if together is None:
        return None
    if together.max_streams is not None and together.max_streams < ENOUGH_STREAMS:
        evidence = (
            f"Over HTTP/2 the site takes {together.max_streams} streams at once on one connection:"
            " all tabs of a browser share one, and each other request needs one more"
        )
    elif not together.second_answered:
        evidence = (
            f"A second stream on the same connection of HTTP/2 got no answer in"
            f" {together.second_waited:.0f} s, while the first was open"
        )
    else:
        return None
    return Finding("few-streams", "warning", f"{evidence}.", remedy("few-streams", path))


def origin_lost(facts: Facts, path: list[str]) -> Finding | None:
    """The Host or the scheme gets lost. Streams work all the same, but with a browser nobody can
    sign in or save."""
    if facts.signed_in is None or facts.signed_in.as_browsers_do:
        return None
    openings = [record.opening for record in facts.way.streams if record.opening]
    seen: dict[str, str] = openings[0].data.get("received", {}) if openings else {}
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
    heads = [record.head for record in facts.way.streams if record.head]
    heads += [answer.head for answer in facts.heads]
    return heads[0].http_version if heads else None


def moved(facts: Facts, path: list[str]) -> Finding | None:
    """The address that was given only redirects to another, which was examined instead."""
    if not facts.redirects:
        return None
    evidence = f"{facts.redirects[0][0]} redirects to {facts.redirects[-1][1]}; that was examined."
    return Finding("redirected", "info", evidence, "Give that address to the doctor.")


def _holds(head: Head, name: str, words: Iterable[str]) -> bool:
    said = {word.strip().lower() for word in (head.header(name) or "").split(",")}
    return said.issuperset(words)
