"""How many lines of the code the tests ran through, written where it is shown: `make coverage`
runs this on what coverage reports as JSON."""

import json
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path, PurePath
from typing import Any

SHOWN = Path(__file__).resolve().parent.parent.parent / "CONTRIBUTING.md"
BEGIN, END = "<!-- written by make coverage -->", "<!-- to here -->"
LITTLE = 80  # per cent; a module below it is named


def room(file: str) -> str:
    """The folder whose figure the file counts in: an app, or a wing of `live`."""
    folders = PurePath(file).parts[:-1]
    return "/".join(folders[:2] if folders[0] == "live" else folders[:1])


def section(report: dict[str, Any], day: date) -> str:
    files = {name: file["summary"] for name, file in report["files"].items()}
    rooms: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, summary in files.items():
        rooms[room(name)].append(summary)
    rows = [f"| `{name}/` | {_share(rooms[name])} |" for name in sorted(rooms)]
    little = [
        f"* `{name}`: {_share([summary])}"
        for name, summary in sorted(files.items())
        if summary["num_statements"] and summary["percent_covered"] < LITTLE
    ]
    paragraphs = [
        f"{day}, SQLite without Redis: {_share(list(files.values()))} of the lines.",
        "\n".join(["| | lines |", "| --- | ---: |", *rows]),
        f"Under {LITTLE} % are:" if little else f"No module is under {LITTLE} %.",
        "\n".join(little),
    ]
    return "\n".join(f"{paragraph}\n" for paragraph in paragraphs if paragraph)


def write(section: str, document: Path = SHOWN) -> None:
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"no {BEGIN} … {END} in {document}")
    document.write_text(f"{before}{begin}\n\n{section}\n{end}{after}")


def _share(summaries: list[dict[str, Any]]) -> str:
    """In whole per cent, rounded down: 100 % is all of them."""
    lines = sum(summary["num_statements"] for summary in summaries)
    return f"{100 * sum(summary['covered_lines'] for summary in summaries) // max(lines, 1)} %"


if __name__ == "__main__":
    write(section(json.load(sys.stdin), date.today()))
