"""Findings from what passes and what does not: statuses, types, cookies, headers, copies."""

import json
import re

from live.doctor.client import Answer
from live.doctor.connection import TlsFailed
from live.doctor.facts import GATEWAY, Facts, is_recorded_stream
from live.doctor.finding import Finding
from live.doctor.message import Head, Malformed
from live.doctor.products import made_by
from live.doctor.remedies import GENERAL, OWN, remedy
from live.doctor.signin import REDIRECTS
from live.doctor.watch import EVENT_STREAM, Record

UNTRUSTED = (
    "No browser trusts a self-signed certificate: install one of a known authority (--insecure"
    " examines the rest meanwhile)."
)
TLS_FIXES = {
    "expired": "Renew the certificate, and reload the server that serves it.",
    "not yet valid": "Correct this machine's clock, or wait until the certificate holds.",
    "self-signed": UNTRUSTED,
    "self signed": UNTRUSTED,
    "ostname mismatch": "The certificate is for another name: get one that names this host.",
    "IP address mismatch": "The certificate does not name this address: use the host's name.",
    "unable to get local issuer": "The intermediate certificate is missing, or the authority is"
    " unknown: serve the full chain (fullchain.pem).",
    "WRONG_VERSION": "This port does not speak TLS: use http://, or switch TLS on for it"
    " (nginx: `listen 443 ssl;`).",
    "RECORD_LAYER": "This port does not speak TLS: use http://, or switch TLS on for it.",
    "speaks TLS": "Use https:// for this port.",
}
SPEAKS_TLS = re.compile(rb"HTTP request (was sent )?to (an )?HTTPS|HTTP to an SSL-enabled")


def unreachable(facts: Facts, path: list[str]) -> Finding | None:
    error = facts.failure
    if _answers_only_tls(facts):
        evidence = f"{facts.way.origin.url}: the port speaks TLS"
        return Finding("tls", "error", f"{evidence}.", _tls_fix(evidence))
    if error is None:
        return None
    if isinstance(error, TlsFailed) or (
        isinstance(error, Malformed) and "\\x15\\x03" in f"{error}"
    ):
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
    heads = [one.head for one in facts.strangers] + [
        one.head for one in facts.way.records if one.head
    ]
    moved = next((head for head in heads if head.status in REDIRECTS), None)
    if moved is not None:
        evidence = f"The stream answers {moved.status}, to {moved.header('location')}"
    elif facts.redirects and facts.failure is not None:
        source, target = facts.redirects[-1]
        evidence = f"{source} redirects to {target}, which does not answer: {facts.failure}"
    elif facts.page is not None and facts.page.status in REDIRECTS and _goes_in_circles(facts):
        evidence = f"{facts.redirects[-1][0]} redirects to itself"
    else:
        return None
    return Finding("redirected", "error", f"{evidence}.", remedy("redirected", path))


def bad_gateway(facts: Facts, path: list[str]) -> Finding | None:
    asked = facts.strangers or facts.heads
    answers = [one for one in asked if one.status in GATEWAY or _is_stand_in(one)]
    if answers:
        answer = answers[0]
        said = (
            "stands in with a stream of its own"
            if answer.status == 200
            else f"says {answer.status}"
        )
        evidence = f"For the stream, {made_by(answer)} {said}: it does not reach Daphne."
        if error := _own_error(answer.body):
            evidence = f"The server itself says {answer.status}: {error}"
        return Finding("bad-gateway", "error", evidence, remedy("bad-gateway", path))
    records = facts.way.paced
    failed = [one for one in records if (one.end == "cut" and one.head is None)
              or (one.head is not None and one.head.status in GATEWAY)]  # fmt: skip
    if not failed or len(failed) < len(records):
        return None
    head = failed[0].head
    said = f"status {head.status}" if head else f"no answer ({failed[0].failure})"
    evidence = f"The stream gets {said} for who is signed in, though not for a stranger."
    return Finding("bad-gateway", "error", evidence, remedy("bad-gateway", path))


def not_event_stream(facts: Facts, path: list[str]) -> Finding | None:
    """Wrong status or type; a stranger's 401 and, once signed in, 200 are right."""
    if not facts.strangers:
        return None
    stranger = facts.stranger
    if stranger.status != 401 and not is_recorded_stream(stranger):
        error = _own_error(stranger.body)
        evidence = f"The stream answers {stranger.status} with {_type(stranger.head)}"
        if stranger.status == 400 and (error or "").startswith("This Host"):
            fix = (
                "Pass the Host header on as it came (nginx: `proxy_set_header Host $http_host;`)"
                " or name the host in ALLOWED_HOSTS."
            )
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


def _tls_fix(reason: str) -> str:
    return next((fix for cause, fix in TLS_FIXES.items() if cause in reason), GENERAL["tls"])


def _answers_only_tls(facts: Facts) -> bool:
    """Asked without TLS: with an alert of its own (RFC 8446 6), or with a page that says so."""
    if isinstance(facts.failure, Malformed) and "\\x15\\x03" in str(facts.failure):
        return True
    return any(one.status == 400 and SPEAKS_TLS.search(one.body) for one in facts.heads)


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
    charset = ((record.head.header("content-type") if record.head else "") or "").partition(
        "charset="
    )
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
