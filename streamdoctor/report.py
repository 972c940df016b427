"""Writes the diagnosis down: as JSON for programs, and as text for a person who is tired."""

import json
from dataclasses import asdict
from textwrap import fill

from streamdoctor.colours import Paint
from streamdoctor.findings.verdict import Diagnosis

WIDTH = 96


def as_json(diagnosis: Diagnosis) -> str:
    return json.dumps(
        {
            "url": diagnosis.url,
            "healthy": diagnosis.healthy,
            "path": diagnosis.path,
            "measured": diagnosis.measured,
            "findings": [asdict(finding) for finding in diagnosis.findings],
            "untested": diagnosis.untested,
        },
        indent=2,
        ensure_ascii=False,
    )


def as_text(diagnosis: Diagnosis, paint: Paint) -> str:
    path = " → ".join(["you", *diagnosis.path]) if diagnosis.path else "nothing that shows itself"
    lines = ["", f"In the way: {path}", ""]
    for finding in diagnosis.findings:
        lines.append(paint(finding.severity, f"{finding.severity}: {finding.code}"))
        lines.append(_indented(finding.evidence))
        lines.append(_indented(f"→ {finding.fix}"))
        lines.append("")
    for sentence in diagnosis.untested:
        lines += [paint("info", "not tested"), _indented(sentence), ""]
    lines.append(_last_word(diagnosis, paint))
    return "\n".join(lines)


def _last_word(diagnosis: Diagnosis, paint: Paint) -> str:
    errors = diagnosis.errors
    watched = f"watched for {diagnosis.watched:.0f} s"
    if diagnosis.unwatched:
        return paint("warning", f"Not judged ({watched}).")
    if errors:
        more = f" Then look at the other {len(errors) - 1}." if len(errors) > 1 else ""
        return paint("error", f"The stream fails: begin with `{errors[0].code}`.{more}")
    if diagnosis.untested:
        return paint("sound", f"No fault was found in what was tested ({watched}).")
    return paint("sound", f"The stream is sound ({watched}).")


def _indented(text: str) -> str:
    return fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
