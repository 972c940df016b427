"""The pictures of a run, drawn from its report and written beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.peers import OURS, OURS_UVICORN, PEERS, RECIPE, STORING, WEBSOCKET
from bench.svg import MARGIN, WIDTH, Canvas, logarithmic
from bench.table import short

ROW, TOP, LABELS = 30, 84, 150  # pixels
RIGHT = WIDTH - 90  # the axis ends here, and the last value has its place
WAYS = {
    "in process": "saved in the same process",
    "elsewhere, with Redis": "saved elsewhere, with Redis",
    "elsewhere, without Redis": "saved elsewhere, polling",
    "elsewhere, PostgreSQL rings": "saved elsewhere, PostgreSQL",
}

NOTHING = {"least": 0.0}  # has no place on a logarithmic axis
Values = dict[str, dict[str, float]]  # of each peer: median, least, most


def draw(report: dict[str, Any], folder: Path) -> None:
    """Write all pictures; a picture of an earlier run does not stay."""
    pictures = drawn(report)
    for name in PLOTS:
        (folder / name).unlink(missing_ok=True)
    for name, canvas in pictures.items():
        (folder / name).write_text(str(canvas))


def drawn(report: dict[str, Any]) -> dict[str, Canvas]:
    """The pictures of all that was measured, by the names of their files."""
    figures = {name: figure["peers"] for name, figure in report["figures"].items()}
    small = bool(report["options"]["quick"])
    pictures = {name: plot(figures, small) for name, plot in PLOTS.items()}
    return {name: canvas for name, canvas in pictures.items() if canvas is not None}


def cpu_per_delivery(figures: dict[str, Values], small: bool) -> Canvas | None:
    size = "100" if small else "1,000"
    return _peers(
        figures.get(f"µs CPU per delivery, {size} streams"),
        "What one event to one stream costs",
        f"CPU of the server in µs, logarithmic, {size} streams; the line is the spread. "
        "Less is better.",
    )


def memory_per_stream(figures: dict[str, Values], small: bool) -> Canvas | None:
    size = "100" if small else "1,000"
    return _peers(
        figures.get(f"kB per idle stream, {size} streams"),
        "What one open stream holds",
        f"Memory of the server in kB, logarithmic, {size} idle streams; the line is the spread. "
        "Less is better.",
    )


def latency(figures: dict[str, Values], small: bool) -> Canvas | None:
    """A row for each way and size, from the median stream to the last of all."""
    rows: list[tuple[str, str, list[float]]] = []
    for way in WAYS:
        for size in ("100", "1,000", "4,000"):
            names = [
                f"ms until received, {p}, {size} streams, {way}" for p in ("p50", "p99", "max")
            ]
            found = [figures.get(name, {}).get(OURS.name) for name in names]
            if all(found):
                rows.append((way, size, [value["median"] for value in found if value]))
    if not rows:
        return None
    ways = list(dict.fromkeys(way for way, _, _ in rows))
    height = TOP + ROW * (len(rows) + len(ways)) + 46
    canvas = Canvas(
        "How long until everybody has it",
        "Milliseconds from before the save, logarithmic: ● half have it, ○ 99 % have it, | all",
        height,
    )
    scale, ticks = logarithmic(
        [value for _, _, three in rows for value in three], LABELS, RIGHT - 80
    )
    _axis(canvas, ticks, scale, height, "ms")
    y = TOP
    for way in ways:
        canvas.text(MARGIN, y + 5, WAYS[way], "bold")
        for size, (half, most, last) in [row[1:] for row in rows if row[0] == way]:
            y += ROW
            canvas.text(LABELS - 12, y + 5, f"{size} streams", "soft", "end")
            canvas.line(scale(half), y, scale(last), y, "ours", 2)
            canvas.line(scale(last), y - 6, scale(last), y + 6, "ours", 2)
            canvas.dot(scale(most), y, "ours hollow")
            canvas.dot(scale(half), y, "ours")
            canvas.text(scale(last) + 10, y + 5, f"{half:,.0f} · {most:,.0f} · {last:,.0f}")
        y += ROW
    return canvas


def saver(figures: dict[str, Values], small: bool) -> Canvas | None:
    """A curve for each peer of how long the saver waits."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for agents in (10, 100, 500, 2000, 5000):
        by_peer = figures.get(f"ms until the save is answered, {agents} agents", {})
        for peer in (OURS, RECIPE, STORING, WEBSOCKET):
            if peer.name in by_peer:
                curves.setdefault(peer.name, []).append((agents, by_peer[peer.name]["median"]))
    if OURS.name not in curves:
        return None
    height = 380
    canvas = Canvas(
        "What the saver waits while agents are connected",
        "Milliseconds until a POST is answered, by agents in the ticket's queue; both logarithmic",
        height,
    )
    points = [point for curve in curves.values() for point in curve]
    across, _ = logarithmic([agents for agents, _ in points], 80, RIGHT - 40)
    up, ticks = logarithmic([waited for _, waited in points], height - 60, TOP)
    for tick in ticks:
        canvas.line(80, up(tick), RIGHT - 40, up(tick), "grid")
        canvas.text(72, up(tick) + 4, f"{tick:,g} ms", "soft", "end")
    for number in sorted({agents for agents, _ in points}):
        canvas.text(across(number), height - 36, f"{number:,.0f}", "soft", "middle")
    canvas.text((80 + RIGHT - 40) / 2, height - 14, "agents, all connected", "soft", "middle")
    for name, curve in curves.items():
        kind, shown = _kind(name), [(across(agents), up(waited)) for agents, waited in curve]
        canvas.curve(shown, kind)
        for x, y in shown:
            canvas.dot(x, y, kind, 4)
        canvas.text(shown[-1][0] + 10, shown[-1][1] - 4, name, f"bold {kind}")
        canvas.text(shown[-1][0] + 10, shown[-1][1] + 12, f"{curve[-1][1]:,.0f} ms", "soft")
    return canvas


PLOTS: dict[str, Callable[[dict[str, Values], bool], Canvas | None]] = {
    "cpu-per-delivery.svg": cpu_per_delivery,
    "memory-per-stream.svg": memory_per_stream,
    "latency.svg": latency,
    "saver.svg": saver,
}


def _peers(values: Values | None, title: str, says: str) -> Canvas | None:
    """A dot for each peer, the cheapest first, on a line from its least value to its most."""
    if not values:
        return None
    known = [peer.name for peer in PEERS if values.get(peer.name, NOTHING)["least"] > 0]
    rows = sorted(known, key=lambda peer: values[peer]["median"])
    height = TOP + ROW * len(rows) + 34
    canvas = Canvas(title, says, height)
    bounds = [values[peer][end] for peer in rows for end in ("least", "most")]
    scale, ticks = logarithmic(bounds, LABELS, RIGHT)
    _axis(canvas, ticks, scale, height, "")
    for number, peer in enumerate(rows):
        y, value, kind = TOP + ROW * number, values[peer], _kind(peer)
        bold = "bold" if kind == "ours" else ""
        canvas.text(LABELS - 12, y + 5, peer, bold, "end")
        canvas.line(scale(value["least"]), y, scale(value["most"]), y, kind, 3)
        canvas.dot(scale(value["median"]), y, kind, 6)
        canvas.text(scale(value["most"]) + 12, y + 5, short(value["median"]), bold)
    return canvas


def _axis(
    canvas: Canvas, ticks: list[float], scale: Callable[[float], float], height: int, unit: str
) -> None:  # fmt: skip
    for tick in ticks:
        canvas.line(scale(tick), TOP - 18, scale(tick), height - 34, "grid")
        canvas.text(scale(tick), height - 14, f"{tick:,g} {unit}".strip(), "soft", "middle")


def _kind(peer: str) -> str:
    return "ours" if peer in (OURS.name, OURS_UVICORN.name) else "peer"
