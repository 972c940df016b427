"""The diagnosis for programs, and for a person who is tired."""

import json
from dataclasses import asdict
from textwrap import fill

from django.core.management.color import Style

from live.doctor.verdict import Diagnosis

WIDTH = 96


def as_json(diagnosis: Diagnosis) -> str:
    return json.dumps(
        {
            "url": diagnosis.url,
            "healthy": diagnosis.healthy,
            "path": diagnosis.path,
            "measured": diagnosis.measured,
            "findings": [asdict(one) for one in diagnosis.findings],
        },
        indent=2,
        ensure_ascii=False,
    )


def as_text(diagnosis: Diagnosis, style: Style) -> str:
    path = " → ".join(["you", *diagnosis.path]) if diagnosis.path else "nothing that shows itself"
    lines = ["", f"In the way: {path}", ""]
    paint = {"error": style.ERROR, "warning": style.WARNING, "info": style.NOTICE}
    for finding in diagnosis.findings:
        lines.append(paint[finding.severity](f"{finding.severity}: {finding.code}"))
        lines.append(_indented(finding.evidence))
        lines.append(_indented(f"→ {finding.fix}"))
        lines.append("")
    lines.append(_last_word(diagnosis, style))
    return "\n".join(lines)


def _last_word(diagnosis: Diagnosis, style: Style) -> str:
    errors = [one for one in diagnosis.findings if one.severity == "error"]
    if errors:
        more = f" Then look at the other {len(errors) - 1}." if len(errors) > 1 else ""
        return style.ERROR(f"The stream fails: begin with `{errors[0].code}`.{more}")
    if not diagnosis.signed_in:
        return style.WARNING(
            "No fault can be seen from outside. Only with a log-in (--username or --session) is"
            " the stream itself examined."
        )
    return style.SUCCESS("The stream is sound.")


def _indented(text: str) -> str:
    return fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
