"""Findings from the ids of events: they do not arrive, or nothing is resumed with one."""

from collections.abc import Iterable

from streamdoctor.findings.finding import Finding
from streamdoctor.findings.remedies import remedy
from streamdoctor.probing.facts import Facts, Resume
from streamdoctor.probing.watch import Record


def no_ids(facts: Facts, path: list[str]) -> Finding | None:
    """Without ids nothing can be resumed: what happens in a break is missed."""
    if facts.is_post or _any_id(facts.way.streams) or any(r.coding for r in facts.way.streams):
        return None
    events = sum(frame.has_data for record in facts.way.streams for frame in record.frames)
    if not events:
        return None
    if facts.site is not None:
        evidence = f"{events} events came, and none with the id that the server gives to each"
        return Finding("no-ids", "error", f"{evidence}.", remedy("no-ids", path))
    evidence = f"{events} events came, none of them with an id: what is missed in a break is lost"
    if facts.direct is not None and _any_id(facts.direct.streams):
        evidence = f"{events} events came without the ids that they have on the direct way"
        return Finding("no-ids", "warning", f"{evidence}.", remedy("no-ids", path))
    return Finding("no-ids", "warning", f"{evidence}.", remedy("no-ids-at-all", path))


def last_event_id_dropped(facts: Facts, path: list[str]) -> Finding | None:
    """On the direct way a resume brings what was missed, and on this way it does not."""
    resume, direct = facts.way.resume, facts.direct.resume if facts.direct else None
    if resume is None or direct is None or not resume.missed or not _brings_back(direct):
        return None
    if not resume.resumed.is_stream or _brings_back(resume):
        return None
    evidence = (
        f"Last-Event-ID: {resume.sent_id} brings back what came after it on the direct way, and"
        " does not on this way."
    )
    return Finding("last-event-id-dropped", "error", evidence,
                   remedy("last-event-id-dropped", path))  # fmt: skip


def resumes(facts: Facts) -> bool:
    return facts.way.resume is not None and _brings_back(facts.way.resume)


def _brings_back(resume: Resume) -> bool:
    """What came first after the id that was sent is what had come after it before."""
    came = [frame.id for frame in resume.resumed.frames if frame.id and frame.id != resume.sent_id]
    return bool(resume.missed) and came[:1] == resume.missed[:1]


def _any_id(records: Iterable[Record]) -> bool:
    return any(frame.id for record in records for frame in record.frames)
