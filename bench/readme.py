"""The figures in the README are those of the last full run and of no other."""

import re
from pathlib import Path
from typing import Any

from bench import plots
from bench.peers import PEERS, Peer
from bench.table import short

README = Path(__file__).resolve().parent.parent / "README.md"
PICTURES = "bench/results"
BEGIN, END = "<!-- written by make bench -->", "<!-- to here -->"

COLUMNS = {
    "memory of an idle stream": ("kB per idle stream, 1,000 streams", "kB"),
    "CPU to open one": ("ms CPU per connect", "ms"),
    "CPU per delivery": ("µs CPU per delivery, 1,000 streams", "µs"),
    "99 % of 1,000 have it after": ("ms until received, p99, 1,000 streams, in process", "ms"),
    "the saver waits, 500 agents": ("ms until POST is answered, 500 agents", "ms"),
}


def update(report: dict[str, Any]) -> None:
    before, rest = README.read_text().split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{section(report)}{END}{after}")


def written() -> str:
    """The section of figures that the README has now."""
    found = re.search(f"{BEGIN}\n(.*?){END}", README.read_text(), re.DOTALL)
    if found is None:
        raise ValueError(f"no {BEGIN} … {END} in {README}")
    return found[1]


def section(report: dict[str, Any]) -> str:
    machine, figures = report["machine"], report["figures"]
    columns = {title: column for title, column in COLUMNS.items() if column[0] in figures}
    rows = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    for peer in PEERS:
        cells = [_cell(figures, peer, *column) for column in columns.values()]
        if any(cells):
            rows.append(f"| **{peer.name}**: {peer.says} | " + " | ".join(cells) + " |")
    goals = [goal["met"] for figure in figures.values() for goal in figure["goals"]]
    judged = [met for met in goals if met is not None]
    missed = "".join(f"* missed: {goal}\n" for goal in report["missed"])
    pictures = "".join(
        f"![{canvas.title}]({PICTURES}/{name})\n" for name, canvas in plots.drawn(report).items()
    )
    table = "\n".join(rows)
    return (
        f"\n{report['at'][:10]}, {machine['cores']} cores ({machine['cpu']}), medians of "
        f"{_servers(report['options']['rounds'])}; each has one core, its clients the other:"
        f"\n\n{table}\n\n{sum(judged)} of {len(judged)} goals were met.\n{missed}\n{pictures}\n"
    )


def _servers(rounds: int) -> str:
    return "one fresh server of each" if rounds == 1 else f"{rounds} fresh servers of each"


def _cell(figures: dict[str, Any], peer: Peer, figure: str, unit: str) -> str:
    found = figures.get(figure, {}).get("peers", {}).get(peer.name)
    return f"{short(found['median'])} {unit}" if found else ""
