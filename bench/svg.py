"""Just enough SVG for our plots, with text as text, readable in light and in dark."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, floor, log10
from xml.sax.saxutils import escape

WIDTH, MARGIN = 760, 24
STYLE = """
  svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d8dee4; --ours: #0969da;
        --peer: #818b98; font: 13px system-ui, -apple-system, "Segoe UI", sans-serif }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --grid: #2a313c; --ours: #4493f8;
          --peer: #7d8590 }
  }
  .paper { fill: var(--paper) }
  text { fill: var(--ink) }
  .title { font-size: 16px; font-weight: 600 }
  .soft { fill: var(--soft) }
  .bold { font-weight: 600 }
  .grid { stroke: var(--grid) }
  .ours { fill: var(--ours); stroke: var(--ours) }
  .peer { fill: var(--peer); stroke: var(--peer) }
  text.ours, text.peer { stroke: none }
  .hollow { fill: var(--paper) }
  path { fill: none !important; stroke-width: 2; stroke-linejoin: round }
"""


@dataclass
class Canvas:
    title: str
    says: str  # below the title, and for who cannot see the rest
    height: int
    _parts: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> None:
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">'
            f"{escape(text)}</text>"
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str, width: int = 1) -> None:
        self._parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}" '
            f'stroke-width="{width}"/>'
        )

    def bar(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" '
            f'class="{kind}"/>'
        )

    def dot(self, x: float, y: float, kind: str, radius: float = 5) -> None:
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{kind}"/>')

    def curve(self, points: list[tuple[float, float]], kind: str) -> None:
        way = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self._parts.append(f'<path d="M{way}" class="{kind}"/>')

    def __str__(self) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="{WIDTH}" height="{self.height}" role="img" aria-labelledby="title desc">'
        )
        return "\n".join([
            head,
            f'<title id="title">{escape(self.title)}</title>',
            f'<desc id="desc">{escape(self.says)}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{self.height}" rx="6"/>',
            f'<text x="{MARGIN}" y="34" class="title">{escape(self.title)}</text>',
            f'<text x="{MARGIN}" y="54" class="soft">{escape(self.says)}</text>',
            *self._parts,
            "</svg>\n",
        ])  # fmt: skip


Scale = Callable[[float], float]


def logarithmic(values: list[float], start: float, end: float) -> tuple[Scale, list[float]]:
    """A function from values to pixels over whole decades, and these decades."""
    first, last = floor(log10(min(values))), ceil(log10(max(values)))
    last = max(last, first + 1)

    def scale(value: float) -> float:
        return start + (log10(value) - first) / (last - first) * (end - start)

    return scale, [10.0**power for power in range(first, last + 1)]
