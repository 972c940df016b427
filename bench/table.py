"""One table of figures and peers, for people: medians, spread, runs, goals, ratios."""

from statistics import median

from bench.peers import OURS, PEERS
from bench.results import Figure, Results, Samples


def table(results: Results) -> str:
    """A row for each figure: median (least–most) of each peer; then ours held against each peer."""
    measured = results.measured()
    peers = [peer.name for peer in PEERS
             if any(peer.name in results.samples[figure.name] for figure in measured)]  # fmt: skip
    rows = [["", *peers, "runs", "goal"]]
    for figure in measured:
        by_peer = results.samples[figure.name]
        cells = [_cell(by_peer.get(peer, [])) for peer in peers]
        rows.append([figure.name, *cells, _runs(by_peer), _goals(results, figure)])
    return "\n".join([*_aligned(rows), "", *_ratios(results, peers), "", *_says(measured)])


def _says(measured: list[Figure]) -> list[str]:
    """The sentence of a figure, written once where the figures of several sizes say the same."""
    alike: dict[str, list[str]] = {}
    for figure in measured:
        alike.setdefault(figure.says, []).append(figure.name)
    return [f"{_common(names)}: {says}" for says, names in alike.items()]


def _common(names: list[str]) -> str:
    """The name that these figures share, without the part in which they differ."""
    parts = zip(*(name.split(", ") for name in names), strict=False)
    return ", ".join(part[0] if len(set(part)) == 1 else "…" for part in parts)


def _ratios(results: Results, peers: list[str]) -> list[str]:
    others = [peer for peer in peers if peer != OURS.name]
    rows = [["ours : peer", *others]]
    for figure in results.measured():
        ours = results.median(figure.name, OURS.name)
        cells = [_ratio(ours, results.median(figure.name, peer)) for peer in others]
        if any(cell != "–" for cell in cells):
            rows.append([figure.name, *cells])
    return _aligned(rows)


def _ratio(ours: float | None, other: float | None) -> str:
    if not ours or not other:
        return "–"
    ratio = ours / other
    return f"1 : {1 / ratio:.1f}" if 0 < ratio < 1 else f"{ratio:.1f} : 1"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _runs(by_peer: dict[str, Samples]) -> str:
    counts = sorted({len(samples) for samples in by_peer.values()})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]}–{counts[-1]}"


def _goals(results: Results, figure: Figure) -> str:
    words = {True: "met", False: "MISSED", None: "not judged"}
    return "; ".join(f"{goal} {words[results.is_met(figure, goal)]}" for goal in figure.goals)


def _cell(samples: Samples) -> str:
    if not samples:
        return "–"
    if min(samples) == max(samples):
        return short(samples[0])
    return f"{short(median(samples))} ({short(min(samples))}–{short(max(samples))})"


def short(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
