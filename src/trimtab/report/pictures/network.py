"""A network as a picture: boxes for its layers, lines for what flows between them.

Nodes stand in ranks: each behind all those that it reads. A line over several ranks gets a place of
its own in each, so that it passes beside the boxes; within a rank, nodes are put near what they are
joined to.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from trimtab.report.svg import place, tag

__all__ = ["Frame", "Node", "network"]

#: Sizes of letters, and the width of one as a share of it.
TITLE, ROW, LETTER = 13.0, 11.5, 0.58

#: Between nodes of a rank, between ranks, around the picture, within a box.
BESIDE, BETWEEN, MARGIN, INSIDE = 26.0, 34.0, 16.0, 10.0

#: Height of the title of a box, and of a row below it.
HEAD, LINE = 26.0, 17.0

#: Colours of the titles by kind of node; the picture stands alone, so that it brings its own.
COLORS = {
    "input": "#e6eaee",
    "weights": "#cfe1f3",
    "normalization": "#cfe9e2",
    "dropout": "#f9dfc8",
    "other": "#eceef1",
    "sum": "#e4dcf3",
}

STYLE = """
text { font-family: system-ui, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif; fill: #1b1f24; }
.title { font-size: 13px; font-weight: 600; } .row { font-size: 11.5px; } .label { fill: #59636e; }
.box { fill: #ffffff; stroke: #8d98a5; } .paper { fill: #ffffff; } .rule { stroke: #d5dae0; }
.edge { fill: none; stroke: #59636e; stroke-width: 1.4; } .tip { fill: #59636e; }
.frame { fill: #f6f7f8; stroke: #b9c1ca; stroke-dasharray: 5 4; }
.named { font-size: 11.5px; fill: #59636e; }
"""


@dataclass(frozen=True)
class Node:
    """A box.

    Attributes:
        key: names it in edges.
        title: its first line.
        rows: pairs of what is said below: a word and its value.
        kind: one of ``COLORS``.
    """

    key: str
    title: str
    rows: tuple[tuple[str, str], ...] = ()
    kind: str = "other"

    @property
    def width(self) -> float:
        """In units of the picture."""
        longest = max((len(word) + len(said) + 2) * ROW for word, said in (*self.rows, ("", "")))
        return max(44.0, LETTER * max(len(self.title) * TITLE * 1.12, longest) + 2 * INSIDE)

    @property
    def height(self) -> float:
        """In units of the picture."""
        return HEAD + (LINE * len(self.rows) + 6.0 if self.rows else 0.0)


@dataclass(frozen=True)
class Frame:
    """A block: a frame around nodes.

    Attributes:
        name: written into its corner.
        keys: of its nodes.
    """

    name: str
    keys: frozenset[str]


@dataclass
class _Spot:
    """A place in a rank: a node's, or that of a line which passes."""

    rank: int
    across: float  # its extent across the ranks' direction
    node: Node | None = None
    at: float = 0.0  # the middle of it
    before: list[_Spot] = field(default_factory=list)
    behind: list[_Spot] = field(default_factory=list)


def network(
    nodes: Sequence[Node],
    edges: Iterable[tuple[str, str]],
    *,
    title: str,
    frames: Sequence[Frame] = (),
    sideways: bool = False,
) -> Markup:
    """The picture, a whole SVG document.

    Args:
        nodes: in an order in which each comes behind those that it reads.
        edges: pairs of keys: from, to.
        title: what it shows, for people who do not see it.
        frames: blocks, outer ones first.
        sideways: whether it flows from left to right; else from top to bottom.

    Example:
        >>> made = network([Node("a", "Input"), Node("b", "Dense")], [("a", "b")], title="model")
        >>> made.count("<rect"), made.count('class="edge"'), made.startswith("<svg")
        (5, 1, True)
    """
    pairs = list(dict.fromkeys(edges))
    ranks, spots = _ranked(nodes, pairs, sideways)
    lines = [(spots[a], spots[b], _joined(ranks, spots[a], spots[b])) for a, b in pairs]
    for _ in range(4):
        _ordered(ranks)
    _placed(ranks)
    for _, _, passed in lines:
        _straightened(ranks, passed)
    deep = [_depth(rank, sideways) for rank in ranks]
    starts, at = [], MARGIN + (18.0 if frames else 0.0)
    for depth in deep:
        starts.append(at)
        at += depth + BETWEEN + (12.0 if frames else 0.0)
    low = min((spot.at - spot.across / 2 for rank in ranks for spot in rank), default=0.0)
    high = max((spot.at + spot.across / 2 for rank in ranks for spot in rank), default=0.0)
    side = MARGIN + (14.0 if frames else 0.0)

    def point(spot: _Spot, along: float) -> tuple[float, float]:
        across = spot.at - low + side
        return (along, across) if sideways else (across, along)

    def box(spot: _Spot) -> tuple[float, float, float, float]:
        assert spot.node is not None
        middle = starts[spot.rank] + deep[spot.rank] / 2
        x, y = point(spot, middle)
        width, height = spot.node.width, spot.node.height
        return x - width / 2, y - height / 2, width, height

    boxes = {key: box(spot) for key, spot in spots.items()}
    total = (at - BETWEEN + MARGIN, high - low + 2 * side)
    width, height = total if sideways else total[::-1]
    parts = [tag("rect", x=0.0, y=0.0, width=width, height=height, class_="paper")]
    for frame in frames:
        inside = [boxes[key] for key in frame.keys if key in boxes]
        for _, last, passed in lines:  # around a block, and into its sum
            if last.node is not None and last.node.key in frame.keys:
                ends = (point(spot, starts[spot.rank] + deep[spot.rank] / 2) for spot in passed)
                inside += [(x, y, 0.0, 0.0) for x, y in ends]
        parts.append(_frame(frame.name, inside))
    for first, last, passed in lines:
        between = [
            (point(spot, starts[spot.rank]), point(spot, starts[spot.rank] + deep[spot.rank]))
            for spot in passed
        ]
        assert first.node is not None and last.node is not None
        parts += _line(boxes[first.node.key], boxes[last.node.key], between, sideways)
    parts += [_box(node, *boxes[node.key]) for node in nodes]
    return tag(
        "svg",
        Markup("").join([tag("title", title), Markup(f"<style>{STYLE}</style>"), *parts]),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {place(width)} {place(height)}",
        width=width,
        height=height,
        role="img",
    )


def _ranked(
    nodes: Sequence[Node], edges: Sequence[tuple[str, str]], sideways: bool
) -> tuple[list[list[_Spot]], dict[str, _Spot]]:
    """Nodes in ranks: each one behind the last of those that it reads."""
    reads: dict[str, list[str]] = {}
    for a, b in edges:
        reads.setdefault(b, []).append(a)
    ranks: list[list[_Spot]] = []
    spots: dict[str, _Spot] = {}
    for node in nodes:
        rank = max((spots[each].rank + 1 for each in reads.get(node.key, ())), default=0)
        across = (node.height if sideways else node.width) + BESIDE
        spots[node.key] = spot = _Spot(rank, across, node)
        while len(ranks) <= rank:
            ranks.append([])
        ranks[rank].append(spot)
    return ranks, spots


def _joined(ranks: list[list[_Spot]], first: _Spot, last: _Spot) -> list[_Spot]:
    """Joins two nodes; the places of the line in the ranks between them."""
    passed = [_Spot(rank, BESIDE) for rank in range(first.rank + 1, last.rank)]
    for spot in passed:
        ranks[spot.rank].append(spot)
    chain = [first, *passed, last]
    for a, b in itertools.pairwise(chain):
        a.behind.append(b)
        b.before.append(a)
    return passed


def _ordered(ranks: list[list[_Spot]]) -> None:
    """Puts what is joined near each other: first by what is before, then by what is behind."""
    for down in (True, False):
        for rank in ranks if down else ranks[::-1]:
            rank.sort(key=lambda spot: _mean(spot.before if down else spot.behind, spot.at))
            for number, spot in enumerate(rank):
                spot.at = number - (len(rank) - 1) / 2


def _placed(ranks: list[list[_Spot]]) -> None:
    """Places across: side by side at first, then drawn to their neighbours without overlap."""
    for rank in ranks:
        edge = -sum(spot.across for spot in rank) / 2
        for spot in rank:
            spot.at = edge + spot.across / 2
            edge += spot.across
    for _ in range(8):
        for rank in (*ranks, *ranks[::-1]):
            wanted = [_mean([*spot.before, *spot.behind], spot.at) for spot in rank]
            for spot, at in zip(rank, wanted, strict=True):
                spot.at = at
            _apart(rank)


def _straightened(ranks: list[list[_Spot]], passed: Sequence[_Spot]) -> None:
    """A line at the outside of all its ranks runs straight."""
    places = [spot.at for spot in passed]
    for end, outer in ((-1, max), (0, min)):
        if passed and all(ranks[spot.rank][end] is spot for spot in passed):
            for spot in passed:
                spot.at = outer(places)
            return


def _apart(rank: list[_Spot]) -> None:
    """Moves apart what overlaps; the boxes as a whole stay where they are, and lines give way."""
    middle = _mean(rank, 0.0)
    for a, b in itertools.pairwise(rank):
        b.at = max(b.at, a.at + (a.across + b.across) / 2)
    shift = middle - _mean(rank, 0.0)
    for spot in rank:
        spot.at += shift


def _mean(spots: Sequence[_Spot], otherwise: float) -> float:
    """The middle of some places; boxes count more than lines that pass."""
    weights = [0.02 if spot.node is None else 1.0 for spot in spots]
    total = sum(weights)
    if not total:
        return otherwise
    return sum(spot.at * weight for spot, weight in zip(spots, weights, strict=True)) / total


def _depth(rank: Sequence[_Spot], sideways: bool) -> float:
    """Extent of a rank along the flow."""
    return max(
        (s.node.width if sideways else s.node.height for s in rank if s.node is not None),
        default=0.0,
    )


def _line(
    first: tuple[float, float, float, float],
    last: tuple[float, float, float, float],
    passed: Sequence[tuple[tuple[float, float], tuple[float, float]]],
    sideways: bool,
) -> list[Markup]:
    """A line from one box to another, past others, with a tip."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = first, last
    start = (ax + aw, ay + ah / 2) if sideways else (ax + aw / 2, ay + ah)
    end = (bx - 6, by + bh / 2) if sideways else (bx + bw / 2, by - 6)
    points = [start, *(each for pair in passed for each in pair), end]
    steps = [f"M{place(start[0])} {place(start[1])}"]
    for number, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise(points)):
        if number % 2:  # along a rank
            steps.append(f"L{place(x1)} {place(y1)}")
        elif sideways:
            half = (x0 + x1) / 2
            steps.append("C" + " ".join(map(place, (half, y0, half, y1, x1, y1))))
        else:
            half = (y0 + y1) / 2
            steps.append("C" + " ".join(map(place, (x0, half, x1, half, x1, y1))))
    x, y = end
    head = f"M{place(x)} {place(y - 4)}L{place(x + 6)} {place(y)}L{place(x)} {place(y + 4)}Z"
    if not sideways:
        head = f"M{place(x - 4)} {place(y)}L{place(x)} {place(y + 6)}L{place(x + 4)} {place(y)}Z"
    return [tag("path", d="".join(steps), class_="edge"), tag("path", d=head, class_="tip")]


def _box(node: Node, x: float, y: float, width: float, height: float) -> Markup:
    """A node: its title on its colour, rows below."""
    parts = [
        tag("rect", x=x, y=y, width=width, height=height, rx=5, class_="box"),
        tag(
            "rect", x=x + 0.7, y=y + 0.7, width=width - 1.4,
            height=(HEAD if node.rows else height) - 1.4, rx=4, fill=COLORS[node.kind],
        ),
        tag(
            "text", node.title, x=x + width / 2, y=y + HEAD / 2 + 4.5, class_="title",
            text_anchor="middle",
        ),
    ]  # fmt: skip
    for number, (word, said) in enumerate(node.rows):
        line = y + HEAD + LINE * (number + 0.5) + 6.0
        parts += [
            tag("text", word, x=x + INSIDE, y=line, class_="row label"),
            tag("text", said, x=x + width - INSIDE, y=line, class_="row", text_anchor="end"),
        ]
    return tag("g", Markup("").join(parts))


def _frame(name: str, inside: Sequence[tuple[float, float, float, float]]) -> Markup:
    """A frame around boxes, its name in the corner."""
    if not inside:
        return Markup("")
    left, top = min(b[0] for b in inside) - 10, min(b[1] for b in inside) - 20
    right, bottom = max(b[0] + b[2] for b in inside) + 10, max(b[1] + b[3] for b in inside) + 10
    size = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    return tag(
        "g",
        tag("rect", **size, rx=8, class_="frame")
        + tag("text", name, x=left + 8, y=top + 14, class_="named"),
    )
