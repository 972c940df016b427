"""Finds a cache that gives one client an answer which the server wrote for another."""

import json
import re
from collections.abc import Iterable
from itertools import combinations

from streamdoctor.findings.answers import Reply, replies, signed_in_replies
from streamdoctor.findings.finding import Finding
from streamdoctor.findings.remedies import remedy
from streamdoctor.probing.facts import Facts
from streamdoctor.probing.watch import Record

SLOW = 1.5  # seconds
HIT = re.compile(r"(?<![a-z])hit(?![a-z])", re.IGNORECASE)
SAY_SO = {"x-cache", "x-cache-status", "cf-cache-status", "x-proxy-cache", "cdn-cache"}


def cached(facts: Facts, path: list[str]) -> Finding | None:
    evidence = (
        _stranger_was_served(facts)
        or _two_got_the_same(facts.way.streams)
        or _one_got_anothers(facts)
        or _old_refusal(facts)
        or _says_so(facts)
        or _is_a_recording(facts)
    )
    return Finding("cached", "error", evidence, remedy("cached", path)) if evidence else None


def _stranger_was_served(facts: Facts) -> str:
    if any(facts.holds_events(answer) for answer in facts.strangers):
        return "Without any session the stream answers 200, with somebody else's events."
    return ""


def _two_got_the_same(streams: Iterable[Record]) -> str:
    seen: set[str] = set()
    for record in streams:
        frame = record.opening
        if frame is None or frame.sent_at is None:
            continue
        # All of it: two streams that open in the same millisecond may even share their `retry`,
        # but not how many `streams` there are.
        whole = json.dumps([frame.retry, frame.data], sort_keys=True)
        if whole in seen:
            written = frame.data["server_time"]
            return f"Two requests got one and the same `{frame.event}`, written at {written}."
        seen.add(whole)
    return ""


def _one_got_anothers(facts: Facts) -> str:
    """The server says that it received another id than this request sent, or names another user:
    so the answer was written for another request."""
    resume = facts.way.resume
    if resume is not None and resume.resumed.opening is not None:
        arrived = resume.resumed.opening.data.get("received", {}).get("last_event_id")
        if arrived and arrived != resume.sent_id:
            return f"Last-Event-ID: {resume.sent_id} was answered with the stream of one who sent {arrived}."  # noqa: E501
    openings = [record.opening for record in facts.way.streams]
    users = {opening.data.get("user") for opening in openings if opening is not None}
    if len(users) > 1:
        return f"One session got the streams of several users ({', '.join(map(str, users))})."
    return ""


def _old_refusal(facts: Facts) -> str:
    way = facts.way
    strangers = [reply for reply in replies(facts) if reply.status != 401]  # which is right
    for reply in [*signed_in_replies(facts), *strangers]:
        if reply.head is not None and not reply.is_stream and (mark := _mark(reply)):
            return f"The answer {reply.status} comes from a cache, which kept it: {mark}."
    asked = [record for record in [*way.paced, *way.silent] if record.head is not None]
    refused = [record for record in asked if record.head and record.head.status == 401]
    if refused and len(refused) == len(asked) and way.uncoded is not None and way.uncoded.is_stream:
        return "Signed in, the stream answers 401, but not at an address that nobody asked for before: a stranger's refusal is kept."  # noqa: E501
    return ""


def _says_so(facts: Facts) -> str:
    for reply in signed_in_replies(facts):
        if reply.is_stream and (mark := _mark(reply)):
            return f"The stream arrives with {mark}."
    return ""


def _mark(reply: Reply) -> str:
    """The header by which a cache says that it has kept this answer."""
    assert reply.head is not None
    age = reply.head.header("age") or "0"
    # Age also grows while a cache waits for the server; only what is older was kept.
    waited = max(reply.answered_at - reply.sent_at, 0)
    if age.isdigit() and int(age) > waited + 1.5:
        return f"Age: {age}"
    for name, value in reply.head.headers:
        if name.lower() in SAY_SO and HIT.search(value):
            return f"{name}: {value}"
    return ""


def _is_a_recording(facts: Facts) -> str:
    """Of a stream that ends by itself: one brought it as it was written, and the next ones brought
    the very same, but all at once."""
    whole = [record for record in facts.way.plain if record.was_watched_whole and record.frames]
    for first, later in combinations(sorted(whole, key=lambda record: record.sent_at), 2):
        took, took_later = first.over_at - first.first_byte_at, later.over_at - later.sent_at
        same = [word.words for word in first.frames] == [word.words for word in later.frames]
        if same and len(first.frames) >= 3 and took >= SLOW and took_later < took / 10:
            return (
                f"The stream took {took:.1f} s, and when it was asked for again the very same"
                f" {len(later.frames)} events came within {took_later * 1000:.0f} ms."
            )
    return ""
