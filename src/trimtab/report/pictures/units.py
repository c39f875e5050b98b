"""A network as units and lines: a column of circles for each layer, few of them drawn.

Columns stand in ranks from left to right, each behind all those that it reads; columns of one rank
stand one below the other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from trimtab.core.words import figure
from trimtab.report.pictures.network import COLORS
from trimtab.report.svg import finite, place, tag

__all__ = ["Column", "shown_units", "units", "units_of_facts"]

#: Radius of a unit; from one unit to the next; from one rank to the next; around the picture.
RADIUS, STEP, BETWEEN, MARGIN = 9.0, 26.0, 128.0, 20.0

#: Height of a line of a label, and of the gap that hints at units which are not drawn.
LINE, GAP = 17.0, 30.0

#: The ends of the colours of activations: below 0, 0, above 0.
BELOW, ZERO, ABOVE = (225, 112, 26), (255, 255, 255), (31, 111, 180)

STYLE = """
text { font-family: system-ui, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif; fill: #1b1f24;
  font-size: 11.5px; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
.title { font-size: 13px; font-weight: 600; } .soft { fill: #59636e; } .paper { fill: #ffffff; }
.unit { stroke: #59636e; stroke-width: 1.2; } .link { fill: none; stroke: #8d98a5; stroke-width: .7;
  opacity: .45; } .dot { fill: #59636e; }
"""


@dataclass(frozen=True)
class Column:
    """The units of a layer.

    Attributes:
        title: its first line, such as ``Dense``.
        width: number of its units.
        reads: numbers of the columns that it reads, which come before it.
        rows: further lines below it.
        kind: one of the kinds that boxes are coloured by.
        values: activations, one of each unit, or None.
    """

    title: str
    width: int
    reads: tuple[int, ...] = ()
    rows: tuple[str, ...] = ()
    kind: str = "weights"
    values: tuple[float, ...] | None = None


def shown_units(width: int, most: int) -> tuple[list[int], list[int]]:
    """Numbers of the units that are drawn: those above the gap and those below it.

    Example:
        >>> shown_units(3, 8), shown_units(512, 5)
        (([0, 1, 2], []), ([0, 1, 2], [510, 511]))
    """
    if width <= most:
        return list(range(width)), []
    below = most // 2
    return list(range(most - below)), list(range(width - below, width))


def units(columns: Sequence[Column], *, title: str, most: int = 8, in_page: bool = False) -> Markup:
    """The picture, a whole SVG document.

    Args:
        columns: in an order in which each comes behind those that it reads.
        title: what it shows, for people who do not see it.
        most: units that are drawn of a column.
        in_page: part of a report, whose style sheet it follows; else it brings its own style.

    Example:
        >>> made = units([Column("Input", 3), Column("Dense", 2, (0,))], title="a small network")
        >>> made.count("<circle"), made.count('class="link"'), made.startswith("<svg")
        (5, 1, True)
    """
    ranks: list[int] = []
    for column in columns:
        ranks.append(max((ranks[each] + 1 for each in column.reads), default=0))
    drawn = [_places(column.width, most) for column in columns]
    heights = [
        _extent(d) + LINE * (len(_broken(c.title)) + len(c.rows) + 1)
        for c, d in zip(columns, drawn, strict=True)
    ]
    of_rank = [[n for n, rank in enumerate(ranks) if rank == r] for r in range(max(ranks) + 1)]
    tallest = max(sum(heights[n] + STEP for n in rank) - STEP for rank in of_rank)
    colored = any(column.values is not None for column in columns)
    middles: dict[int, tuple[float, float]] = {}
    for number, rank in enumerate(of_rank):
        at = MARGIN + (tallest - sum(heights[n] + STEP for n in rank) + STEP) / 2
        for n in rank:
            middles[n] = MARGIN + BETWEEN * (number + 0.45), at + RADIUS
            at += heights[n] + STEP
    width = 2 * MARGIN + BETWEEN * (len(of_rank) - 0.1)
    height = 2 * MARGIN + tallest + (LINE * 1.6 if colored else 0.0)
    paper = tag("rect", x=0.0, y=0.0, width=width, height=height, class_="paper")
    parts = [] if in_page else [Markup(f"<style>{STYLE}</style>"), paper]
    for number, column in enumerate(columns):
        for source in column.reads:
            (ax, ay), (bx, by) = middles[source], middles[number]
            lines = (
                f"M{place(ax)} {place(ay + a)}L{place(bx)} {place(by + b)}"
                for _, a in drawn[source][0]
                for _, b in drawn[number][0]
            )
            parts.append(tag("path", d="".join(lines), class_="link"))
    for number, column in enumerate(columns):
        parts.append(_column(column, drawn[number], *middles[number]))
    if colored:
        parts.append(_legend(MARGIN, height - MARGIN))
    return tag(
        "svg",
        Markup("").join(parts if in_page else [tag("title", title), *parts]),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {place(width)} {place(height)}",
        width=width,
        height=height,
        role="img",
        aria_label=title if in_page else None,
        class_="units" if in_page else None,
    )


def units_of_facts(columns: Sequence[Mapping[str, Any]]) -> Markup:
    """The picture in a report, from columns as plain data."""
    return units(
        [
            Column(**{**each, "reads": tuple(each["reads"]), "rows": tuple(each["rows"])})
            for each in columns
        ],
        title="The network as units and lines",
        in_page=True,
    )


#: Units with their places below the first one, and the place of the gap, if there is one.
_Places = tuple[list[tuple[int, float]], float | None]


def _places(width: int, most: int) -> _Places:
    above, below = shown_units(width, most)
    found = [(unit, STEP * number) for number, unit in enumerate(above)]
    if not below:
        return found, None
    start = found[-1][1] + STEP + GAP
    gap = (found[-1][1] + start) / 2
    return found + [(unit, start + STEP * number) for number, unit in enumerate(below)], gap


def _extent(drawn: _Places) -> float:
    return drawn[0][-1][1] + 2 * RADIUS


def _column(column: Column, drawn: _Places, x: float, y: float) -> Markup:
    """Circles, the gap, and the label below."""
    places, gap = drawn
    values = column.values
    most = max(map(abs, finite(values or ())), default=0.0)
    parts = []
    for unit, at in places:
        color, said = COLORS[column.kind], f"unit {unit + 1} of {column.width:,}"
        if values is not None:
            color, said = _color(values[unit], most), f"{said}: {figure(values[unit])}"
        circle = tag("title", said)
        parts.append(tag("circle", circle, cx=x, cy=y + at, r=RADIUS, fill=color, class_="unit"))
    if gap is not None:
        parts += [
            tag("circle", cx=x, cy=y + gap + off, r=1.7, class_="dot") for off in (-7.0, 0.0, 7.0)
        ]
    line = y + places[-1][1] + RADIUS + LINE
    count = f"{column.width:,} unit{'s' if column.width != 1 else ''}"
    titles = [(part, "title") for part in _broken(column.title)]
    for text, kind in (*titles, (count, "soft"), *((row, "") for row in column.rows)):
        parts.append(tag("text", text, x=x, y=line, class_=kind or None, text_anchor="middle"))
        line += LINE
    return Markup("").join(parts)


def _broken(title: str, most: int = 15) -> list[str]:
    """A name in lines, broken before capitals, so that neighbours have room.

    Example:
        >>> _broken("PiecewiseLinearEmbedding"), _broken("Dense")
        (['PiecewiseLinear', 'Embedding'], ['Dense'])
    """
    lines = [""]
    for part in re.split(r"(?<=[a-z])(?=[A-Z])", title):
        if lines[-1] and len(lines[-1] + part) > most:
            lines.append("")
        lines[-1] += part
    return lines


def _color(value: float, most: float) -> str:
    """Of an activation, against the largest of its column; grey where it is no number.

    Example:
        >>> _color(0.0, 1.0), _color(2.0, 2.0), _color(float("nan"), 2.0)
        ('#ffffff', '#1f6fb4', '#8d98a5')
    """
    if not math.isfinite(value):
        return "#8d98a5"
    share = value / most if most > 0 else 0.0
    end = ABOVE if share > 0 else BELOW
    mixed = (round(a + (b - a) * abs(share)) for a, b in zip(ZERO, end, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _legend(x: float, y: float) -> Markup:
    """What the colours mean."""
    parts = []
    for color, said in ((BELOW, "below 0"), (ZERO, "0"), (ABOVE, "above 0")):
        parts.append(
            tag(
                "circle", cx=x + 5, cy=y - 4, r=5.0, class_="unit",
                fill="#" + "".join(f"{part:02x}" for part in color),
            )
        )  # fmt: skip
        parts.append(tag("text", said, x=x + 14, y=y, class_="soft"))
        x += 22 + 7.0 * len(said)
    return Markup("").join(parts)
