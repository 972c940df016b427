"""Finding a cache: what one client got has come to another, who must never see it."""

import json
import re
from collections.abc import Iterable

from live.doctor.facts import Facts, is_recorded_stream
from live.doctor.finding import Finding
from live.doctor.remedies import remedy
from live.doctor.watch import Record

HIT = re.compile(r"\bhit\b", re.IGNORECASE)
SAY_SO = {"x-cache", "x-cache-status", "cf-cache-status", "x-proxy-cache", "cdn-cache"}


def cached(facts: Facts, path: list[str]) -> Finding | None:
    evidence = (
        _stranger_was_served(facts)
        or _two_got_the_same(facts.way.streams)
        or _one_got_anothers(facts)
        or _old_refusal(facts)
        or _says_so(facts)
    )
    return Finding("cached", "error", evidence, remedy("cached", path)) if evidence else None


def _stranger_was_served(facts: Facts) -> str:
    if any(is_recorded_stream(one) for one in facts.strangers):
        return "Without any session the stream answers 200, with somebody else's events."
    return ""


def _two_got_the_same(streams: Iterable[Record]) -> str:
    seen: set[str] = set()
    for one in streams:
        frame = one.connected
        if frame is None or frame.sent_at is None:
            continue
        # All of it: two streams that open in the same millisecond may even share their `retry`,
        # but not how many `streams` there are.
        whole = json.dumps([frame.retry, frame.data], sort_keys=True)
        if whole in seen:
            written = frame.data["server_time"]
            return f"Two requests got one and the same `connected`, written at {written}."
        seen.add(whole)
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
            if name.lower() in SAY_SO and HIT.search(value):
                return f"The stream arrives with {name}: {value}."
    return ""
