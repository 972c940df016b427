"""Findings from answers that are not the stream: nothing answers, or something else answers in its
place."""

import json
import re

from streamdoctor.findings.answers import Reply, count, of_their_own, replies
from streamdoctor.findings.finding import Finding
from streamdoctor.findings.products import made_by
from streamdoctor.findings.remedies import GENERAL, OWN, remedy
from streamdoctor.probing.facts import Facts
from streamdoctor.probing.watch import Record
from streamdoctor.wire.client import Answer
from streamdoctor.wire.connection import TlsFailed
from streamdoctor.wire.message import GATEWAY, REDIRECTS, Head, Malformed

UNTRUSTED = (
    "No browser trusts a self-signed certificate: install one of a known authority (--insecure"
    " examines the rest meanwhile)."
)
CLIENT_CERTIFICATE = (
    "Give each browser its certificate, or leave the stream's site out of what wants one (nginx:"
    ' `ssl_verify_client off;`; Apache: `SSLVerifyClient none`; HAProxy: no "verify required" in'
    ' `bind`; Caddy: no "client_auth" in `tls`).'
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
    "CERTIFICATE_REQUIRED": CLIENT_CERTIFICATE,
    "certificate of the client": CLIENT_CERTIFICATE,
}
WANTS_CERTIFICATE = re.compile(
    rb"No required SSL certificate was sent|SSL certificate error|Post-Handshake Authentication"
)
SPEAKS_TLS = re.compile(rb"HTTP request (was sent )?to (an )?HTTPS|HTTP to an SSL-enabled")


def unreachable(facts: Facts, path: list[str]) -> Finding | None:
    error = facts.failure
    if _answers_only_tls(facts):
        evidence = f"{facts.way.origin.url}: the port speaks TLS"
        return Finding("tls", "error", f"{evidence}.", _tls_fix(evidence))
    if any(WANTS_CERTIFICATE.search(answer.body) for answer in facts.heads):
        evidence = f"{facts.way.origin.url} wants a certificate of the client, too"
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
    """The stream answers with a redirect, or the site leads to where nothing answers. A redirect of
    the whole site to https that works is no fault."""
    heads = [answer.head for answer in facts.strangers]
    heads += [record.head for record in facts.way.records if record.head]
    moved = next((head for head in heads if head.status in REDIRECTS), None)
    if moved is not None:
        evidence = f"The stream answers {moved.status}, to {moved.header('location')}"
    elif facts.redirects and facts.failure is not None:
        source, target = facts.redirects[-1]
        evidence = f"{source} redirects to {target}, which does not answer: {facts.failure}"
    elif facts.page is not None and facts.page.status in REDIRECTS and facts.redirects:
        evidence = f"{facts.redirects[-1][0]} redirects to {facts.redirects[-1][1]}"
        if _goes_in_circles(facts):
            evidence = f"{facts.redirects[-1][0]} redirects to itself"
        elif facts.site is not None:
            return None
    else:
        return None
    return Finding("redirected", "error", f"{evidence}.", remedy("redirected", path))


def bad_gateway(facts: Facts, path: list[str]) -> Finding | None:
    """A proxy gets no answer from the server, or not from each of several."""
    all_replies = [reply for reply in replies(facts) if reply.head is not None or reply.broke_off]
    failed = [reply for reply in all_replies if reply.status in GATEWAY or reply.broke_off]
    if facts.site is not None:
        failed += [reply for reply in all_replies if _is_stand_in(reply)]
    if not failed or _was_one_restart(facts, failed, all_replies):
        return None
    first = failed[0]
    who = first.author or "Something in the way"
    if first.head is None:
        evidence = f"No answer came to {count(failed, all_replies)}: the connection was broken off"
    elif first.status == 200:
        evidence = f"For the stream, {who} stands in with a stream of its own: it does not reach the server"  # noqa: E501
    else:
        evidence = f"{who} answered {first.status} to {count(failed, all_replies)}: it does not reach the server"  # noqa: E501
    evidence += "."
    if error := own_error(first.body):
        evidence = f"The server itself says {first.status}: {error}"
    elif len(failed) < len(all_replies):
        evidence = f"{evidence[:-1]} each time; perhaps one of several."
    return Finding("bad-gateway", "error", evidence, remedy("bad-gateway", path))


def not_event_stream(facts: Facts, path: list[str]) -> Finding | None:
    """The status or the type is wrong. A stranger's 401 is right, and 200 for who is signed in."""
    if facts.strangers and facts.stranger.status != 401 and not facts.holds_events(facts.stranger):
        return _stranger_got_no_stream(facts.stranger, path)
    answered = [record for record in of_their_own(facts.way) if record.head]
    wrong = [record for record in answered if not _is_right(record) and not _is_refused(record)]
    if not wrong:
        return None
    head = wrong[0].head
    assert head is not None
    who = "Signed in, the" if facts.site else "The"
    evidence = f"{who} stream answers {head.status} with {_type(head)}"
    if len(wrong) < len(answered):
        evidence += f", to {len(wrong)} of {len(answered)} requests"
    if (
        facts.direct is not None
        and not any(map(_is_right, facts.direct.main))
        and facts.direct.main
    ):
        return Finding("not-event-stream", "error", f"{evidence}.", OWN)
    return Finding("not-event-stream", "error", f"{evidence}.", remedy("not-event-stream", path))


def _stranger_got_no_stream(stranger: Answer, path: list[str]) -> Finding:
    error = own_error(stranger.body)
    evidence = f"The stream answers {stranger.status} with {_type(stranger.head)}"
    if stranger.status == 400 and (error or "").startswith("This Host"):
        fix = (
            "Pass the Host header on as it came (nginx: `proxy_set_header Host $http_host;`)"
            " or name the host in ALLOWED_HOSTS."
        )
        return Finding("not-event-stream", "error", f"{evidence}: {error}", fix)
    evidence += f": {error}" if error else f", from {made_by(stranger)}."
    return Finding("not-event-stream", "error", evidence, remedy("not-event-stream", path))


def _is_refused(record: Record) -> bool:
    """Which is judged elsewhere."""
    return record.head is not None and record.head.status in (204, 401, *GATEWAY, *REDIRECTS)


def _tls_fix(reason: str) -> str:
    return next((fix for cause, fix in TLS_FIXES.items() if cause in reason), GENERAL["tls"])


def _answers_only_tls(facts: Facts) -> bool:
    """Asked without TLS, the port answers with an alert of TLS (RFC 8446 6), or with a page that
    says so."""
    if isinstance(facts.failure, Malformed) and "\\x15\\x03" in str(facts.failure):
        return True
    return any(answer.status == 400 and SPEAKS_TLS.search(answer.body) for answer in facts.heads)


def _goes_in_circles(facts: Facts) -> bool:
    if not facts.redirects:
        return False
    source, target = facts.redirects[-1]
    return target.rstrip("/") == source


def _was_one_restart(facts: Facts, failed: list[Reply], all_replies: list[Reply]) -> bool:
    """The very first request alone failed."""
    return len(failed) == len(facts.tries) == 1 and len(all_replies) > 2


def _is_stand_in(reply: Reply) -> bool:
    """The answer to a stranger that our nginx gives itself while the server is away: `retry:` and
    the end."""
    return (
        reply.is_stream
        and reply.over_at == reply.answered_at
        and re.fullmatch(rb"\s*(retry: ?\d+\s*)?", reply.body) is not None
    )


def _is_right(record: Record) -> bool:
    charset = ((record.head.header("content-type") if record.head else "") or "").partition(
        "charset="
    )
    return record.is_stream and charset[2].strip(' "').lower() in ("", "utf-8", "utf8")


def _type(head: Head) -> str:
    return (head.header("content-type") or "no content type").partition(";")[0]


def own_error(body: bytes) -> str | None:
    """The sentence with which a server says what is wrong, where it answers `{"error": …}`."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return None
    return error if isinstance(error, str) else None
