"""Lists what the doctor could not test, so that its report never calls healthy what it has not
seen."""

from streamdoctor.findings.holding import undecided
from streamdoctor.findings.ids import resumes
from streamdoctor.findings.pattern import words_of
from streamdoctor.probing.facts import Facts, Way

WATCHED = 0.5  # of the time that was given: less is not watched


def untested(facts: Facts) -> list[str]:
    sentences = _of_any_stream(facts) if facts.site is None else _of_the_site(facts)
    if facts.direct_asked is not None and (reason := _why_not_compared(facts)):
        url = facts.direct_asked.url
        sentences.append(f"The direct way, {url}, was not compared: {reason}.")
    return sentences


def unwatched(facts: Facts) -> str:
    """Why it cannot be called sound although no error was found; "" if it can."""
    streams, main = facts.way.streams, facts.way.main
    if not streams:
        return _why_no_stream(facts)
    heard = [record for record in streams if record.frames]
    watched = watched_seconds(facts.way)
    if not heard and facts.site is None and _heartbeats_suffice(facts):
        heard = main
    if not heard:
        return _why_nothing_was_heard(facts, watched)
    if watched < facts.seconds * WATCHED and not any(map(_was_whole, facts.way.plain)):
        how = "cut after" if any(record.end == "cut" for record in main) else "open for"
        return (
            f"The stream could not be watched for long: it was {how} {watched:.1f} s of the"
            f" {facts.seconds:g} s."
        )
    if facts.site is None and (reason := undecided(facts)):
        return f"The stream could not be judged: {reason}; --direct would tell."
    return ""


def watched_seconds(way: Way) -> float:
    """For how long the stream that lasted longest was watched."""
    return max((record.seconds for record in way.streams), default=0.0)


def _was_whole(record: object) -> bool:
    return bool(getattr(record, "was_watched_whole", False))


def _of_the_site(facts: Facts) -> list[str]:
    if facts.signed_in is None or not facts.way.streams:
        return []
    way = facts.way
    missing = {
        "whether a break is resumed": way.resume is None,
        "how long a silence may last": not way.silent,
        "whether the server notices that a client has left": way.left_silent is None,
        "exact delays": not any(record.heartbeats for record in way.paced),
    }
    return _sentence([what for what, is_missing in missing.items() if is_missing])


def _sentence(missing: list[str]) -> list[str]:
    if not missing:
        return []
    return [f"There was no time, or no means, to test {', '.join(missing)}."]


def _of_any_stream(facts: Facts) -> list[str]:
    if not facts.way.streams:
        return []
    sentences = []
    if facts.direct is None or not facts.direct.streams:
        sentences.append(
            "Whether events come late by a constant time was not tested, for nothing tells when"
            " they were written: --direct with the server's own address compares both ways."
        )
    if facts.is_post:
        sentences.append("A POST was not sent again and again: resuming and several at once were"
                         " not tested.")  # fmt: skip
    elif facts.way.resume is None:
        sentences.append("Resuming was not tested, for no event came with an id.")
    elif not resumes(facts):
        sentences.append(
            "Whether a resume brings back what was missed was not seen: the server keeps nothing,"
            " or the header Last-Event-ID does not arrive."
        )
    if facts.promised is None and not any(record.comments for record in facts.way.streams):
        sentences.append(
            "Whether heartbeats come was not tested, for nobody has said how often they should:"
            " --heartbeat N does."
        )
    elif facts.promised is not None and _no_silence(facts, facts.promised):
        sentences.append("Events came so often that no heartbeat was due.")
    sentences.append(
        "Whether another user gets these events, and whether the server notices that a client has"
        " left, cannot be tested with the address alone."
    )
    return sentences


def _no_silence(facts: Facts, promised: float) -> bool:
    plain = [record for record in facts.way.plain if record.is_stream]
    return all(record.longest_silence < promised for record in plain)


def _heartbeats_suffice(facts: Facts) -> bool:
    """A promise was kept: comments came, as often as heartbeats should."""
    promised = facts.promised
    if promised is None:
        return False
    return any(len(words_of(record)) >= 2 for record in facts.way.plain)


def _why_no_stream(facts: Facts) -> str:
    if facts.site is not None and facts.signed_in is None:
        return "The stream itself was not examined: that needs a log-in (--username or --session)."
    replies = [record.head for record in facts.way.main if record.head]
    if replies and replies[0].status == 401:
        scheme = replies[0].header("www-authenticate")
        wants = f" ({scheme})" if scheme else ""
        return f"The stream answers 401{wants}: give what it asks for by --cookie or --header."
    if facts.way.main and not replies:
        waited = max(record.seconds for record in facts.way.main)
        return (
            f"The stream could not be judged: not even its headers came in {waited:.0f} s. It is"
            " held back, or its server has nothing to say and sends no headers before: --direct, or"
            " --heartbeat with what the server promises, would tell the two apart."
        )
    return "The stream could not be watched, for it did not open."


def _why_nothing_was_heard(facts: Facts, watched: float) -> str:
    sentence = f"The stream could not be judged: not one event came in {watched:.0f} s"
    if facts.site is not None:
        return f"{sentence}."
    if any(record.comments for record in facts.way.streams):
        return f"{sentence}, only comments; if these are its heartbeats, give --heartbeat N."
    if facts.direct is not None and facts.direct.streams:
        return f"{sentence}, and none on the direct way: its server has nothing to say."
    return (
        f"{sentence}. It is held back, or its server has nothing to say: --direct, or --heartbeat"
        " with what the server promises, would tell the two apart."
    )


def _why_not_compared(facts: Facts) -> str:
    if facts.direct_failure:
        return facts.direct_failure
    if facts.direct is None:
        return "no stream was opened on either way"
    if facts.direct.streams or not facts.direct.main:
        return ""
    first = facts.direct.main[0]
    if first.head is None:
        return f"the stream does not answer there ({first.failure or 'in all that time'})"
    if facts.way.streams:
        return f"the stream answers {first.head.status} there"
    return ""  # no stream on either way, which is a comparison
