"""What a calendar part says, in a few lines that can be read; the part itself is kept as a file."""

import re

from tickets.inbox.charsets import decoded, tidy
from tickets.inbox.headers import one_line
from tickets.inbox.parts import Part

MOST_READ = 200_000  # bytes
FOLD = re.compile("\n[ \t]")
PROPERTY = re.compile(r"^(SUMMARY|DTSTART|DTEND|LOCATION)(?:;[^:\n]*)?:(.*)", re.M | re.I)
ESCAPED = re.compile(r"\\([nN,;\\])")
TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d*(Z?))?")


def summary_of(part: Part) -> str:
    """The first event: what, when and where, each on a line."""
    charset = part.head.get_param("charset")
    text = tidy(decoded(part.content(MOST_READ), charset if isinstance(charset, str) else None))
    _, _, event = FOLD.sub("", text).partition("BEGIN:VEVENT")
    properties = PROPERTY.findall(event.partition("END:VEVENT")[0])
    said = {name.upper(): _said(value) for name, value in properties}
    times = [_time(said[name]) for name in ("DTSTART", "DTEND") if said.get(name)]
    lines = (said.get("SUMMARY", ""), " – ".join(times), said.get("LOCATION", ""))
    return "\n".join(line for line in lines if line)


def _said(value: str) -> str:
    return one_line(ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value))


def _time(value: str) -> str:
    found = TIME.fullmatch(value)
    if not found:
        return value
    year, month, day, hour, minute, utc = found.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "") + (" UTC" if utc else "")
