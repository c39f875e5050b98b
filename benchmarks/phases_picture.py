"""The picture of `phases`: a step's time as horizontal bars, drawn as SVG.

The picture brings its own colours for light and dark pages; what stands on a bar has one colour on
both. A network's longest bar has the full width, so that before and after compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from benchmarks.markdown import number
from benchmarks.phases import SHOWN
from benchmarks.summary import unique
from trimtab.report.svg import FONT, Chart, tag

#: One a kind of work, in the order in which they are drawn; black text is readable on each.
COLOURS = (
    "#7fb2e5",
    "#f2b366",
    "#8fd0a0",
    "#e79aa8",
    "#c3a6e0",
    "#e6d36a",
    "#86d3d3",
    "#c9b59a",
    "#b8c4cf",
    "#d9d9d9",
)
STYLE = (
    f"text{{font:{FONT}px system-ui,sans-serif;fill:#1c2430}}"
    ".inside{fill:#101418}.name{font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#e6e9ee}.inside{fill:#101418}}"
)
WIDTH, LEFT, RIGHT = 760, 62, 86
BAR, GAP, TITLE = 24, 5, 26
LETTER = 0.58 * FONT  # width of a letter


@dataclass(frozen=True)
class Bar:
    """One version's step of one network: microseconds by kind and in all, products' shares.

    All are medians of rounds: those of the kinds add up to that of the whole but for a little.
    """

    case: str
    version: str
    microseconds: Mapping[str, float]
    whole: float
    shares: Mapping[str, float]

    @property
    def length(self) -> float:
        return sum(self.microseconds.values())


def picture_of(bars: Sequence[Bar]) -> str:
    kinds = [kind for kind in SHOWN if any(kind in bar.microseconds for bar in bars)]
    colours = dict(zip(SHOWN, COLOURS, strict=True))
    chart = Chart("Microseconds of a training step by kind of work", WIDTH, 0)
    chart.add("style", Markup(STYLE))
    y = legend(chart, kinds, colours)
    for case in unique(bar.case for bar in bars):
        chart.text(LEFT, y + TITLE - 9, case, "name")
        y += TITLE
        of_case = [bar for bar in bars if bar.case == case]
        longest = max(bar.length for bar in of_case)
        for bar in of_case:
            draw(chart, bar, y, (WIDTH - LEFT - RIGHT) / longest, colours)
            y += BAR + GAP
    chart.height = y + 26
    chart.text(LEFT, y + 16, "In the bars of products: their share of the cores' peak.")
    svg = chart.render()
    return str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def legend(chart: Chart, kinds: Sequence[str], colours: Mapping[str, str]) -> float:
    """Squares with the kinds' names, in as many lines as they need; returns where they end."""
    x, y = float(LEFT), 8.0
    for kind in kinds:
        wide = 18 + len(kind) * LETTER + 16
        if x + wide > WIDTH:
            x, y = float(LEFT), y + 20
        chart.add("rect", x=x, y=y, width=12, height=12, rx=2, fill=colours[kind])
        chart.text(x + 18, y + 10.5, kind)
        x += wide
    return y + 20


def draw(chart: Chart, bar: Bar, y: float, scale: float, colours: Mapping[str, str]) -> None:
    x, base = float(LEFT), y + BAR / 2 + 4.5
    chart.text(LEFT - 8, base, bar.version, anchor="end")
    for kind, microseconds in bar.microseconds.items():
        wide = microseconds * scale
        tip = tag("title", f"{kind}: {number(microseconds)} microseconds")
        chart.add("rect", tip, x=x, y=y, width=wide, height=BAR, fill=colours[kind])
        text = f"{100 * bar.shares[kind]:.0f} %" if kind in bar.shares else ""
        if text and len(text) * LETTER + 4 <= wide:
            chart.text(x + wide / 2, base, text, "inside", "middle")
        x += wide
    chart.text(x + 7, base, f"{number(bar.whole)} µs")
