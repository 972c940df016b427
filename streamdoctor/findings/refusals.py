"""Findings from refusals: the proxy wants a log-in of its own, a limit or a filter says no, or a
user who is signed in is not known."""

import re
from collections.abc import Iterator

from streamdoctor.findings.answers import (
    UNANSWERED,
    Reply,
    count,
    is_limit,
    none_was_alone,
    replies,
    signed_in_replies,
)
from streamdoctor.findings.finding import Finding
from streamdoctor.findings.products import SERVERS, author, by_refusal, label
from streamdoctor.findings.remedies import SHARED_SESSIONS, remedy
from streamdoctor.probing.approach import LOGIN
from streamdoctor.probing.facts import Facts
from streamdoctor.wire.message import REDIRECTS, Head

REFUSALS = (403, 429)
# To a resume: 204 tells a client that there is nothing more to come, 401 that it is not known.
NO_REFUSAL = (204, 401, 502, 504, *REDIRECTS)
PASSWORD_FIELD = re.compile(rb"type=[\"']?password|single sign-?on|SAMLRequest", re.IGNORECASE)


def own_login(facts: Facts, path: list[str]) -> Finding | None:
    """Something before the server asks for a log-in of its own: no cookie of the site opens it."""
    for head, body in _answers(facts):
        asked = _asks_for_a_login(facts, head, body)
        if asked:
            who = author(head, body) or "something before the server"
            evidence = f"Before the stream, {who} asks for a log-in of its own: {asked}."
            return Finding("unauthorized", "error", evidence, remedy("own-login", path))
    return None


def refused(facts: Facts, path: list[str]) -> Finding | None:
    """403, 429 or 503 by a limit or a filter: of all, of some, or only of those that resume."""
    if (finding := _only_those_that_resume(facts, path)) is not None:
        return finding
    all_replies = replies(facts)
    streams = [reply for reply in all_replies if reply.is_stream]
    refusals = [reply for reply in all_replies if reply.status in REFUSALS or _is_by_nginx(reply)]
    if not refusals:
        refusals = _by_limit(all_replies, streams)
    if refusals:
        evidence = f"{_said(refusals[0])} {count(refusals, all_replies)}"
        if is_limit(refusals, streams) or none_was_alone(refusals, all_replies):
            evidence += f", while {_how_many(refusals)} open"
        elif streams:
            most = max(reply.beside for reply in all_replies) + 1
            evidence += (
                f"; the others were let in, with at most {most} of the doctor's open at a time"
            )
        return Finding("refused", "error", f"{evidence}.", remedy("refused", path))
    return None


def unauthorized(facts: Facts, path: list[str]) -> Finding | None:
    asked = signed_in_replies(facts)
    unknown = [reply for reply in asked if reply.status == 401]
    known = [reply for reply in asked if reply.is_stream]
    if unknown and known:
        evidence = (
            f"With one and the same session, {count(unknown, asked)} were answered 401 and"
            f" {len(known)} were let in: some of the servers behind it do not know the session"
        )
        return Finding("unauthorized", "error", f"{evidence}.", SHARED_SESSIONS)
    if (facts.site or facts.with_credentials) and unknown and len(unknown) == len(asked):
        evidence = _all_are_unknown(facts)
    elif facts.lost_login and not facts.way.streams:
        evidence = f"Signing in fails on the way: {facts.lost_login}"
    else:
        return None
    return Finding("unauthorized", "error", f"{evidence}.", remedy("unauthorized", path))


def _answers(facts: Facts) -> Iterator[tuple[Head, bytes]]:
    for answer in facts.heads:
        yield answer.head, answer.body
    for record in facts.way.records:
        if record.head is not None:
            yield record.head, record.body


def _asks_for_a_login(facts: Facts, head: Head, body: bytes) -> str:
    """In which way; "" if it does not, or if the server itself may be who asks."""
    known = by_refusal([body.decode("latin1")])
    scheme = head.header("www-authenticate") or head.header("proxy-authenticate")
    if head.status in (401, 407) and scheme and (facts.site or known or head.status == 407):
        return f"{head.status} with {scheme}"
    location = head.header("location") or ""
    if head.status in REDIRECTS and LOGIN.search(location) and not _is_the_sites(facts, location):
        return f"{head.status} to {location}"
    is_page = "html" in (head.header("content-type") or "")
    if head.status == 200 and is_page and PASSWORD_FIELD.search(body) and _is_no_page(facts, body):
        return "a page with a form, in place of the stream"
    return ""


def _is_the_sites(facts: Facts, location: str) -> bool:
    return facts.site is not None and facts.site.login in location


def _is_no_page(facts: Facts, body: bytes) -> bool:
    """Not the site's own page, which its root may answer with."""
    if facts.site is None:
        return True
    return not (facts.page is not None and facts.page.body[: len(body)] == body)


def _is_by_nginx(reply: Reply) -> bool:
    """nginx answers 502 and 504 when the server fails, and 503 only by its own limits."""
    page = by_refusal([reply.body.decode("latin1")])
    return reply.status == 503 and "nginx" in map(label, page)


def _by_limit(all_replies: list[Reply], streams: list[Reply]) -> list[Reply]:
    """Those that were answered 503, not at all, or cut, as long as as many streams were open."""
    failed = [
        reply
        for reply in all_replies
        if reply.broke_off or (reply.status == 503 and label(reply.author) not in SERVERS)
    ]
    if failed and none_was_alone(failed, all_replies):
        return failed
    others = [*failed, *filter(_is_unanswered, all_replies)]
    return others if is_limit(others, streams) else []


def _is_unanswered(reply: Reply) -> bool:
    return reply.head is None and reply.over_at - reply.sent_at > UNANSWERED


def _said(reply: Reply) -> str:
    if reply.head is None:
        return "The connection broke off at" if reply.broke_off else "Nothing was answered to"
    said = reply.author or "Something in the way"
    return f"{said} answered {reply.status} to"


def _how_many(refusals: list[Reply]) -> str:
    least = min(reply.beside for reply in refusals)
    return (
        "one other stream of the doctor was"
        if least == 1
        else f"{least} other streams of the doctor were"
    )


def _only_those_that_resume(facts: Facts, path: list[str]) -> Finding | None:
    trials = facts.way.trials
    resumed = [record for record in trials if record.resumes]
    others = [record for record in trials if not record.resumes]
    if not trials or any(record.is_stream for record in resumed):
        return None
    if not all(record.is_stream for record in others):
        return None  # not the resume is refused
    head = resumed[0].head
    if head is None or head.status in NO_REFUSAL:
        return None
    who = author(head, resumed[0].body) or "The stream"
    evidence = (
        f"{who} answered {head.status} to {len(resumed)} of {len(resumed)} requests with"
        f" Last-Event-ID, which browsers send after each break; {len(others)} without it, asked in"
        " between, were let in."
    )
    return Finding("refused", "error", evidence, remedy("resume-refused", path))


def _all_are_unknown(facts: Facts) -> str:
    if facts.site is None:
        evidence = (
            "With the cookies and headers that were given the stream answers 401: they do not"
            " arrive, or the server does not accept them"
        )
    else:
        evidence = "Signed in, yet the stream answers 401: the session cookie does not arrive"
    if facts.direct is not None and facts.direct.streams:
        evidence += ", though it does on the direct way"
    return evidence
