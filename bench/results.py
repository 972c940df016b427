"""Figures, their samples, and whether these meet the goals that were promised."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.peers import OURS

Samples = list[float]


@dataclass(frozen=True)
class Goal:
    """A bound for the median of a peer: a number, or a number of times another median."""

    bound: float
    is_least: bool = False
    peer: str = ""  # whose median is multiplied with the bound
    figure: str = ""  # of this figure instead of the same
    above: str = ""  # the figure whose median, of the same peer, is added to the bound
    who: str = OURS.name  # has to reach it
    full_size: bool = False  # judged only in a full run: with few streams the rest dominates

    def __str__(self) -> str:
        sign = "≥" if self.is_least else "≤"
        bound = f"1/{1 / self.bound:.0f}" if self.peer and self.bound < 1 else f"{self.bound:g}"
        if self.peer:
            sentence = f"{sign} {bound} × {self.peer}"
            sentence += f", {self.figure}" if self.figure else ""
        elif self.above:
            sentence = f"{sign} {bound} above {self.above}"
        else:
            sentence = f"{sign} {bound}"
        return sentence if self.who == OURS.name else f"{self.who} {sentence}"


def at_most(
    bound: float, *, above: str = "", who: str = OURS.name, full_size: bool = False
) -> Goal:  # fmt: skip
    """The median is at most so much, or so much more than the median of the figure `above`."""
    return Goal(bound, above=above, who=who, full_size=full_size)


def at_least(bound: float, *, who: str = OURS.name, full_size: bool = False) -> Goal:
    return Goal(bound, is_least=True, who=who, full_size=full_size)


def times(
    bound: float, peer: str, *, figure: str = "", who: str = OURS.name, full_size: bool = False
) -> Goal:
    """The median is at most so many times that peer's median in the same run, of this or another
    figure."""
    return Goal(bound, peer=peer, figure=figure, who=who, full_size=full_size)


@dataclass(frozen=True)
class Figure:
    name: str
    says: str  # what it measures, in one sentence
    goal: Goal | tuple[Goal, ...] = ()

    @property
    def goals(self) -> tuple[Goal, ...]:
        return self.goal if isinstance(self.goal, tuple) else (self.goal,)


@dataclass
class Results:
    figures: dict[str, Figure]
    full_size: bool
    samples: dict[str, dict[str, Samples]] = field(default_factory=dict)

    @classmethod
    def of(cls, figures: Iterable[Figure], *, full_size: bool) -> "Results":
        named: dict[str, Figure] = {}
        for figure in figures:
            if figure.name in named:
                raise ValueError(f"two figures are named {figure.name!r}")
            named[figure.name] = figure
        return cls(named, full_size)

    def add(self, figure: str, peer: str, value: float) -> None:
        if figure not in self.figures:
            raise ValueError(f"no module of the suite declares a figure {figure!r}")
        self.samples.setdefault(figure, {}).setdefault(peer, []).append(value)

    def median(self, figure: str, peer: str) -> float | None:
        samples = self.samples.get(figure, {}).get(peer)
        return median(samples) if samples else None

    def measured(self) -> list[Figure]:
        """The figures that have samples, in the order of the suite."""
        return [figure for figure in self.figures.values() if figure.name in self.samples]

    def is_met(self, figure: Figure, goal: Goal) -> bool | None:
        """Whether the goal is met; None where a median for the comparison was not measured."""
        reached, bound = self.median(figure.name, goal.who), self._bound(figure, goal)
        if reached is None or bound is None or (goal.full_size and not self.full_size):
            return None
        return reached >= bound if goal.is_least else reached <= bound

    def missed(self) -> list[str]:
        return [
            f"{figure.name}: {goal}"
            for figure in self.measured()
            for goal in figure.goals
            if self.is_met(figure, goal) is False
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            figure.name: {
                "says": figure.says,
                "goals": [
                    {"goal": str(goal), "met": self.is_met(figure, goal)} for goal in figure.goals
                ],
                "peers": {
                    peer: {
                        "median": round(median(samples), 3),
                        "least": round(min(samples), 3),
                        "most": round(max(samples), 3),
                        "runs": len(samples),
                    }
                    for peer, samples in self.samples[figure.name].items()
                },
            }
            for figure in self.measured()
        }

    def _bound(self, figure: Figure, goal: Goal) -> float | None:
        if goal.peer:
            other = self.median(goal.figure or figure.name, goal.peer)
            return None if other is None else goal.bound * other
        if goal.above:
            other = self.median(goal.above, goal.who)
            return None if other is None else goal.bound + other
        return goal.bound
