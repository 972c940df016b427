"""Findings from what passes and what does not: statuses, types, cookies, headers, copies."""

import json
import re
from collections.abc import Iterable

from live.doctor.client import Answer
from live.doctor.connection import TlsFailed
from live.doctor.facts import GATEWAY, Facts, is_recorded_stream
from live.doctor.finding import Finding
from live.doctor.message import Head, Malformed
from live.doctor.products import label, made_by
from live.doctor.remedies import GENERAL, OWN, remedy
from live.doctor.signin import REDIRECTS
from live.doctor.watch import EVENT_STREAM, Record

HEADERS = {"cache-control": ("no-cache", "no-transform"), "x-accel-buffering": ("no",)}
EATS_X_ACCEL = {"nginx", "openresty", "tengine"}
HIT = re.compile(r"\bhit\b", re.IGNORECASE)
STALE = 5.0  # seconds


def unreachable(facts: Facts, path: list[str]) -> Finding | None:
    error = facts.failure
    if error is None:
        return None
    if isinstance(error, TlsFailed) or (isinstance(error, Malformed) and "\\x15\\x03" in f"{error}"):
        return Finding("tls", "error", f"{facts.way.origin.url}: {error}.", _tls_fix(str(error)))
    if isinstance(error, Malformed):
        evidence = f"{facts.way.origin.url} does not speak HTTP: {error}."
        return Finding("not-event-stream", "error", evidence, GENERAL["not-event-stream"])
    if isinstance(error, TimeoutError):
        error = TimeoutError("the connection is accepted, but no answer comes")
    elif not str(error):
        error = OSError("the connection is accepted, then broken off")
    evidence = f"{facts.way.origin.url} cannot be reached: {error}."
    return Finding("unreachable", "error", evidence, GENERAL["unreachable"])


def redirected(facts: Facts, path: list[str]) -> Finding | None:
    """The stream, or the whole site to where nothing answers; a sound way to https is no fault."""
    heads = [one.head for one in facts.strangers] + [one.head for one in facts.way.records if one.head]
    moved = next((head for head in heads if head.status in REDIRECTS), None)
    if moved is not None:
        evidence = f"The stream answers {moved.status}, to {moved.header('location')}"
    elif facts.redirects and facts.failure is not None:
        evidence = f"{facts.redirects[-1][0]} redirects to {facts.redirects[-1][1]}, where nothing answers as it should: {facts.failure}"
    elif facts.page is not None and facts.page.status in REDIRECTS and _goes_in_circles(facts):
        evidence = f"{facts.redirects[-1][0]} redirects to itself"
    else:
        return None
    return Finding("redirected", "error", f"{evidence}.", remedy("redirected", path))


def moved(facts: Facts, path: list[str]) -> Finding | None:
    if not facts.redirects:
        return None
    evidence = f"{facts.redirects[0][0]} redirects to {facts.redirects[-1][1]}; that was examined."
    return Finding("redirected", "info", evidence, "Give that address to the doctor.")


def bad_gateway(facts: Facts, path: list[str]) -> Finding | None:
    answers = [one for one in facts.strangers if one.status in GATEWAY or _is_stand_in(one)]
    if answers:
        answer = answers[0]
        said = "stands in with a stream of its own" if answer.status == 200 else f"says {answer.status}"
        evidence = f"For the stream, {made_by(answer)} {said}: it does not reach Daphne."
        if error := _own_error(answer.body):
            evidence = f"The server itself says {answer.status}: {error}"
        return Finding("bad-gateway", "error", evidence, remedy("bad-gateway", path))
    records = facts.way.paced
    failed = [one for one in records if one.end == "cut" and one.head is None
              or one.head is not None and one.head.status in GATEWAY]  # fmt: skip
    if not failed or len(failed) < len(records):
        return None
    head = failed[0].head
    said = f"status {head.status}" if head else f"no answer ({failed[0].failure})"
    evidence = f"The stream gets {said} for who is signed in, though not for a stranger."
    return Finding("bad-gateway", "error", evidence, remedy("bad-gateway", path))


def cached(facts: Facts, path: list[str]) -> Finding | None:
    evidence = (
        _stranger_was_served(facts)
        or _two_got_the_same(facts.way.streams)
        or _one_got_anothers(facts)
        or _old_refusal(facts)
        or _says_so(facts)
    )
    return Finding("cached", "error", evidence, remedy("cached", path)) if evidence else None


def not_event_stream(facts: Facts, path: list[str]) -> Finding | None:
    """Wrong status or type; a stranger's 401 and, once signed in, 200 are right."""
    if not facts.strangers:
        return None
    stranger = facts.stranger
    if stranger.status != 401 and not is_recorded_stream(stranger):
        error = _own_error(stranger.body)
        evidence = f"The stream answers {stranger.status} with {_type(stranger.head)}"
        if stranger.status == 400 and (error or "").startswith("This Host"):
            fix = "Pass the Host header on as it came (nginx: `proxy_set_header Host $http_host;`) or name the host in ALLOWED_HOSTS."
            return Finding("not-event-stream", "error", f"{evidence}: {error}", fix)
        evidence += f": {error}" if error else f", from {made_by(stranger)}."
        return Finding("not-event-stream", "error", evidence, remedy("not-event-stream", path))
    wrong = [one for one in facts.way.paced if one.head and not _is_right(one)]
    if not wrong or len(wrong) < len(facts.way.paced):
        return None
    head = wrong[0].head
    assert head is not None
    if head.status == 401:
        return None
    evidence = f"Signed in, the stream answers {head.status} with {_type(head)}."
    direct = facts.direct is not None and all(not _is_right(one) for one in facts.direct.paced)
    return Finding("not-event-stream", "error", evidence,
                   OWN if direct else remedy("not-event-stream", path))  # fmt: skip


def unauthorized(facts: Facts, path: list[str]) -> Finding | None:
    refused = [one for one in facts.way.paced if one.head is not None and one.head.status == 401]
    if facts.way.paced and len(refused) == len(facts.way.paced):
        evidence = "Signed in, yet the stream answers 401: the session cookie does not arrive"
        if facts.direct is not None and facts.direct.streams:
            evidence += ", though it does on the direct way"
    elif facts.lost_login and not facts.way.streams:
        evidence = f"Signing in fails on the way: {facts.lost_login}"
    elif facts.strangers and facts.stranger.head.header("www-authenticate"):
        evidence = f"Before the stream, {made_by(facts.stranger)} asks for a log-in of its own"
    else:
        return None
    return Finding("unauthorized", "error", f"{evidence}.", remedy("unauthorized", path))


def last_event_id_dropped(facts: Facts, path: list[str]) -> Finding | None:
    resume = facts.way.resume
    paced = [one.connected.data for one in facts.way.paced if one.connected]
    if resume is not None and resume.resumed.connected is not None:
        arrived = resume.resumed.connected.data.get("received", {}).get("last_event_id")
        if arrived != resume.sent_id:
            evidence = f"Last-Event-ID: {resume.sent_id} was sent, and the server received {arrived or 'none'}."
            return Finding("last-event-id-dropped", "error", evidence,
                           remedy("last-event-id-dropped", path))  # fmt: skip
    if paced and all(data.get("heartbeat") not in (1, 1.0) for data in paced):
        evidence = "The query does not arrive: `?heartbeat=1` was asked for, and `?lastEventId=…` of a page's first stream is lost with it."
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
        for name, words in HEADERS.items()
        if not _holds(streams[0].head, name, words)
        and not (name == "x-accel-buffering" and EATS_X_ACCEL & {label(one) for one in path})
        and all(_holds(head, name, words) for head in sent)
    ]
    if not missing:
        return None
    listed = ", ".join(
        f"{name}: {', '.join(HEADERS[name])} (arrives as {streams[0].head.header(name) or 'nothing'})"
        for name in missing
    )
    evidence = f"The server sends what does not arrive whole: {listed}."
    return Finding("header-missing", "warning", evidence, remedy("header-missing", path))


def origin_lost(facts: Facts, path: list[str]) -> Finding | None:
    """The stream does not mind, but nobody can sign in or save with a browser."""
    if facts.signed_in is None or facts.signed_in.as_browsers_do:
        return None
    seen = next((one.connected.data.get("received", {}) for one in facts.way.streams if one.connected), {})
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


# --- cached: who got what was not theirs ------------------------------------------------------


def _stranger_was_served(facts: Facts) -> str:
    if any(is_recorded_stream(one) for one in facts.strangers):
        return "Without any session the stream answers 200, with somebody else's events."
    return ""


def _two_got_the_same(streams: Iterable[Record]) -> str:
    seen: set[tuple[object, ...]] = set()
    for one in streams:
        frame = one.connected
        if frame is None or frame.sent_at is None:
            continue
        mark = (frame.data["server_time"], frame.retry, frame.data.get("head"))
        if mark in seen:
            return f"Two requests got one and the same `connected`, written at {mark[0]}."
        seen.add(mark)
    return ""


def _one_got_anothers(facts: Facts) -> str:
    """What the server says it received is not what this request sent; or it wrote that before."""
    resume = facts.way.resume
    if resume is not None and resume.resumed.connected is not None:
        arrived = resume.resumed.connected.data.get("received", {}).get("last_event_id")
        if arrived and arrived != resume.sent_id:
            return f"Last-Event-ID: {resume.sent_id} was answered with the stream of one who sent {arrived}."  # noqa: E501
    users = {one.connected.data.get("user") for one in facts.way.streams if one.connected}
    if len(users) > 1:
        return f"One session got the streams of several users ({', '.join(map(str, users))})."
    return ""


def _old_refusal(facts: Facts) -> str:
    way = facts.way
    refused = [one for one in way.paced if one.head is not None and one.head.status == 401]
    if refused and way.uncoded is not None and way.uncoded.is_stream:
        return "Signed in, the stream answers 401, but not at an address that nobody asked for before: a stranger's refusal is kept."  # noqa: E501
    return ""


def _says_so(facts: Facts) -> str:
    for record in facts.way.streams:
        assert record.head is not None
        age = record.head.header("age") or "0"
        if age.isdigit() and int(age) > 0:
            return f"The stream arrives with Age: {age}."
        for name, value in record.head.headers:
            if name.lower() in ("x-cache", "x-cache-status", "cf-cache-status", "x-proxy-cache",
                                "cdn-cache", "x-varnish-cache") and HIT.search(value):  # fmt: skip
                return f"The stream arrives with {name}: {value}."
    return ""


# --- small things -------------------------------------------------------------------------------


def _tls_fix(reason: str) -> str:
    causes = {
        "expired": "The certificate has expired: renew it, and reload the server that serves it.",
        "self-signed": "No browser trusts a self-signed certificate: install one of a known authority (--insecure examines the rest meanwhile).",
        "self signed": "No browser trusts a self-signed certificate: install one of a known authority (--insecure examines the rest meanwhile).",
        "ostname mismatch": "The certificate is for another name: get one that names this host.",
        "IP address mismatch": "The certificate does not name this address: use the host's name.",
        "unable to get local issuer": "The intermediate certificate is missing, or the authority unknown: serve the full chain (fullchain.pem).",
        "WRONG_VERSION": "This port does not speak TLS: use http://, or switch TLS on for it (nginx: `listen 443 ssl;`).",
        "not HTTP": "This port speaks TLS: use https://.",
    }
    return next((fix for cause, fix in causes.items() if cause in reason), GENERAL["tls"])


def _goes_in_circles(facts: Facts) -> bool:
    if not facts.redirects:
        return False
    source, target = facts.redirects[-1]
    return target.rstrip("/") == source


def _is_stand_in(answer: Answer) -> bool:
    """What deploy/nginx answers while Daphne is away: `retry:` and the end."""
    return (
        answer.status == 200
        and _type(answer.head) == EVENT_STREAM
        and re.fullmatch(rb"\s*(retry: ?\d+\s*)?", answer.body) is not None
    )


def _is_right(record: Record) -> bool:
    charset = ((record.head.header("content-type") if record.head else "") or "").partition("charset=")
    return record.is_stream and charset[2].strip(' "').lower() in ("", "utf-8", "utf8")


def _type(head: Head) -> str:
    return (head.header("content-type") or "no content type").partition(";")[0]


def _own_error(body: bytes) -> str | None:
    """The sentence of our server's JSON."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return None
    return error if isinstance(error, str) else None


def _holds(head: Head, name: str, words: Iterable[str]) -> bool:
    said = {word.strip().lower() for word in (head.header(name) or "").split(",")}
    return said.issuperset(words)
