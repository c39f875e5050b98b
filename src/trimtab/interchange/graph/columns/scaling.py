"""Numbers scaled, all columns at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trimtab.core.types import Doubles
from trimtab.errors import Unsupported
from trimtab.interchange.graph.columns.numbers import placed
from trimtab.interchange.graph.graph import Graph, f64
from trimtab.interchange.graph.interpolation import interpolated
from trimtab.interchange.graph.normal_quantiles import normal_quantiles
from trimtab.tables.preprocessing.scaling import (
    BOUND,
    CLIP,
    EDGE,
    FARTHEST,
    Quantile,
    Robust,
    Scaling,
    Standard,
    Unscaled,
)

__all__ = ["scaled"]

_MOST = float(np.finfo(np.float32).max)


def scaled(graph: Graph, values: str, scalings: Sequence[Scaling]) -> str:
    """Column by column what :meth:`Scaling.apply` does.

    Args:
        graph: takes the nodes.
        values: ``(rows, columns)`` in float64, finite.
        scalings: of each column.

    Returns:
        ``(rows, columns)`` in float64.

    Raises:
        Unsupported: a scaling of a kind that is not known here.
    """
    ranked = [at for at, each in enumerate(scalings) if isinstance(each, Quantile)]
    others = [at for at in range(len(scalings)) if at not in set(ranked)]
    parts = []
    if others:
        own = values if not ranked else graph.columns(values, others)
        parts.append((_linear(graph, own, [scalings[at] for at in others]), others))
    if ranked:
        own = values if not others else graph.columns(values, ranked)
        curves = [scaling for scaling in scalings if isinstance(scaling, Quantile)]
        parts.append((_ranked(graph, own, curves), ranked))
    return placed(graph, parts)


def _linear(graph: Graph, values: str, scalings: Sequence[Scaling]) -> str:
    center, scale, limit = np.array([_line(scaling) for scaling in scalings]).T
    moved = values if not center.any() else graph("Sub", values, center)
    moved = moved if (scale == 1).all() else graph("Div", moved, scale)
    moved = graph.clipped(moved, -limit, limit)
    robust = np.array([isinstance(scaling, Robust) for scaling in scalings])
    if not robust.any():
        return moved
    part = graph("Div", moved, f64(CLIP))
    size = graph("Sqrt", graph("Add", graph("Mul", part, part), f64(1)))
    bent = graph("Div", moved, size)
    return bent if robust.all() else graph("Where", robust, bent, moved)


def _line(scaling: Scaling) -> tuple[float, float, float]:
    """Center, scale and limit."""
    if isinstance(scaling, Standard):
        return scaling.mean, scaling.scale, scaling.limit
    if isinstance(scaling, Robust):
        return scaling.center, scaling.scale, FARTHEST
    if isinstance(scaling, Unscaled):
        return 0.0, 1.0, _MOST
    raise Unsupported(
        f"numbers scaled by {scaling.kind!r} cannot be exported. Train with scaling='auto'."
    )


def _ranked(graph: Graph, values: str, scalings: Sequence[Quantile]) -> str:
    curves, exact = [], []
    for scaling in scalings:
        ranks = np.linspace(0.0, 1.0, len(scaling.knots))
        curves.append((scaling.knots, ranks))
        exact.append(_middles(scaling.knots, ranks))
    within = graph.clipped(values, f64(-BOUND), f64(BOUND))
    found = interpolated(graph, within, curves, exact)
    return normal_quantiles(graph, graph.clipped(found, f64(EDGE), f64(1 - EDGE)), len(scalings))


def _middles(knots: Doubles, ranks: Doubles) -> Doubles:
    """Of the ranks of equal knots, the middle."""
    first = ranks[np.searchsorted(knots, knots, side="left")]
    last = ranks[np.searchsorted(knots, knots, side="right") - 1]
    return 0.5 * (first + last)
