"""Samples, what they come to, and whether that is what was promised."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.peers import OURS, PEERS, STORING

Samples = list[float]


@dataclass(frozen=True)
class Goal:
    """At most so much; or at most such a part of what the recipe takes."""

    most: float
    of_recipe: bool = False
    full_size: bool = False  # a thousand streams: with few, the save itself is most of the cost

    def __str__(self) -> str:
        return f"1/{1 / self.most:.0f} of recipe-storing" if self.of_recipe else f"≤ {self.most:g}"


GOALS = {
    "kB per idle stream": Goal(25),
    "threads more": Goal(0),
    "database files more": Goal(0),
    "ms until POST is answered": Goal(1 / 25, of_recipe=True, full_size=True),
    "µs CPU per delivery, POST": Goal(60, full_size=True),
    "µs CPU per delivery, saved elsewhere": Goal(60, full_size=True),
    "crashes: events lost": Goal(0),
    "crashes: events doubled": Goal(0),
    "crashes: events out of order": Goal(0),
    "crashes: never committed, yet told": Goal(0),
    "crashes: resets": Goal(0),
}


@dataclass
class Results:
    full_size: bool
    figures: dict[str, dict[str, Samples]] = field(default_factory=dict)

    def add(self, figure: str, peer: str, value: float) -> None:
        self.figures.setdefault(figure, {}).setdefault(peer, []).append(value)

    def median(self, figure: str, peer: str) -> float | None:
        samples = self.figures.get(figure, {}).get(peer)
        return median(samples) if samples else None

    def is_met(self, figure: str) -> bool | None:
        """None where there is no goal, or nothing to hold it against."""
        goal, ours = GOALS.get(figure), self.median(figure, OURS.name)
        if goal is None or ours is None or (goal.full_size and not self.full_size):
            return None
        recipe = self.median(figure, STORING.name) if goal.of_recipe else 1.0
        return None if recipe is None else ours <= goal.most * recipe

    def missed(self) -> list[str]:
        return [figure for figure in self.figures if self.is_met(figure) is False]

    def as_json(self) -> dict[str, Any]:
        return {
            figure: {
                "goal": str(GOALS[figure]) if figure in GOALS else None,
                "met": self.is_met(figure),
                "peers": {
                    peer: {
                        "median": round(median(samples), 3),
                        "least": round(min(samples), 3),
                        "most": round(max(samples), 3),
                        "runs": len(samples),
                    }
                    for peer, samples in by_peer.items()
                },
            }
            for figure, by_peer in self.figures.items()
        }

    def table(self) -> str:
        """A row for each figure: median (least–most) of each peer."""
        peers = [peer.name for peer in PEERS]
        rows = [["", *peers, "goal", ""]]
        for figure, by_peer in self.figures.items():
            cells = [_cell(by_peer.get(peer, [])) for peer in peers]
            goal = str(GOALS[figure]) if figure in GOALS else ""
            met = {True: "met", False: "MISSED", None: ""}[self.is_met(figure)]
            rows.append([figure, *cells, goal, met])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )


def _cell(samples: Samples) -> str:
    if not samples:
        return "–"
    if min(samples) == max(samples):
        return _short(samples[0])
    return f"{_short(median(samples))} ({_short(min(samples))}–{_short(max(samples))})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"
