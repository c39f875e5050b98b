"""Columns of numbers, and of yes and no: gaps filled and flagged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from trimtab.interchange.graph.graph import Graph, f64
from trimtab.tables.preprocessing.also_categories import AlsoCategories
from trimtab.tables.preprocessing.numeric import Numeric
from trimtab.tables.preprocessing.scaling import Scaling

__all__ = ["Parts", "dtype_of", "numbers", "placed"]

_LARGEST = float(np.finfo(np.float64).max)


@dataclass
class Parts:
    """What becomes the network's inputs.

    Attributes:
        to_scale: values in float64, the scaling of each column and the input that it becomes.
        made: values in float32 and the inputs that they are.
    """

    to_scale: list[tuple[str, list[Scaling], list[int]]] = field(default_factory=list)
    made: list[tuple[str, list[int]]] = field(default_factory=list)


def placed(graph: Graph, parts: Sequence[tuple[str, Sequence[int]]]) -> str:
    """Values side by side, each column at its place."""
    joined = graph.joined([value for value, _ in parts])
    places = [place for _, own in parts for place in own]
    if places == sorted(places):
        return joined
    return graph.columns(joined, np.argsort(places))


def dtype_of(step: Numeric | AlsoCategories, kind: str, *, gaps: bool) -> str:
    """The type of a column that is fed: exact, where no cell was missing in training.

    Args:
        step: of the column.
        kind: of its cells.
        gaps: whether any column may have gaps.
    """
    if gaps or step.flagged:
        return "float64"
    return {"integer": "int64", "boolean": "bool"}.get(kind, "float64")


def numbers(
    graph: Graph, steps: Sequence[tuple[Numeric | AlsoCategories, int, str]], parts: Parts
) -> None:
    """Reads columns of numbers.

    Args:
        graph: takes the nodes; the columns are inputs of it already.
        steps: each with the first network input that it makes, and the type of its column.
        parts: takes what is made.
    """
    steps = sorted(steps, key=lambda each: ("float64", "int64", "bool").index(each[2]))
    if not steps:
        return
    several = []
    for dtype in ("float64", "int64", "bool"):
        own = [step.source for step, _, type_ in steps if type_ == dtype]
        if own:
            side_by_side = graph.joined(own)
            several.append(
                side_by_side if dtype == "float64" else graph.cast(side_by_side, "float64")
            )
    cells = graph.joined(several)
    # Infinite cells count as missing, as they do in files.
    present = graph("LessOrEqual", graph("Abs", cells), f64(_LARGEST))
    each = [step.numeric if isinstance(step, AlsoCategories) else step for step, _, _ in steps]
    filled = graph("Where", present, cells, f64([one.fill for one in each]))
    scaled = [at for at, one in enumerate(each) if one.scaling is not None]
    if scaled:
        scalings = [one.scaling for one in each if one.scaling is not None]
        own_columns = filled if len(scaled) == len(each) else graph.columns(filled, scaled)
        parts.to_scale.append((own_columns, scalings, [steps[at][1] for at in scaled]))
    flagged = [at for at, one in enumerate(each) if one.flagged]
    if flagged:
        gone = graph.columns(graph("Not", present), flagged)
        places = [steps[at][1] + len(each[at].columns) - 1 for at in flagged]
        parts.made.append((graph.cast(gone, "float32"), places))
    also = [(at, step) for at, (step, _, _) in enumerate(steps) if isinstance(step, AlsoCategories)]
    if also:
        columns = np.repeat([at for at, _ in also], [len(step.values) for _, step in also])
        equal = graph(
            "Equal",
            graph.columns(cells, columns),
            np.concatenate([step.values for _, step in also]),
        )
        places = [
            steps[at][1] + len(step.numeric.columns) + number
            for at, step in also
            for number in range(len(step.values))
        ]
        parts.made.append((graph.cast(equal, "float32"), places))
