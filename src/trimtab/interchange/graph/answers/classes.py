"""Predictions of classes: probabilities corrected, the class that is decided for, sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trimtab.interchange.graph.graph import Graph, f64, i64
from trimtab.interchange.graph.interpolation import interpolated
from trimtab.predictor.classes.recalibration import LEAST, Curve, Recalibration

__all__ = ["corrected", "decided", "in_set", "label_type"]


def corrected(graph: Graph, recalibration: Recalibration, p: str) -> str:
    """What a :class:`Recalibration` makes of probabilities ``(rows, classes)``."""
    curves = recalibration.curves
    if len(curves) == 1:
        share = _curve(graph, curves[0], graph.columns(p, [1]))
        return graph.joined([graph("Sub", f64(1), share), share])
    each = [_curve(graph, curve, graph.columns(p, [at])) for at, curve in enumerate(curves)]
    shares = graph("Max", graph.joined(each), f64(LEAST**2))
    return graph("Div", shares, graph("ReduceSum", shares, i64([1]), keepdims=1))


def _curve(graph: Graph, curve: Curve, p: str) -> str:
    if curve.x:
        return interpolated(graph, p, [(f64(curve.x), f64(curve.y))])
    held = graph.clipped(p, f64(LEAST), f64(1 - LEAST))
    logit = graph("Sub", graph("Log", held), graph("Log", graph("Sub", f64(1), held)))
    moved = graph("Add", graph("Mul", logit, f64(curve.slope)), f64(curve.offset))
    return graph("Sigmoid", moved)


def decided(
    graph: Graph,
    p: str,
    labels: Sequence[object],
    positive: int | None,
    threshold: float | None,
) -> str:
    """The label of the class that is decided for, ``(rows,)``."""
    if threshold is None or positive is None:
        number = graph("ArgMax", p, axis=1, keepdims=0)
    else:
        share = graph("Gather", p, np.int64(positive), axis=1)
        enough = graph("GreaterOrEqual", share, f64(threshold))
        number = graph("Where", enough, i64(positive), i64(1 - positive))
    return graph("Gather", _as_array(labels), number, axis=0)


def label_type(labels: Sequence[object]) -> str:
    """The type of an output of labels."""
    kind = _as_array(labels).dtype.kind
    return {"b": "bool", "i": "int64", "f": "float64"}.get(kind, "str")


def _as_array(labels: Sequence[object]) -> NDArray[np.generic]:
    array = np.asarray(labels)
    if array.dtype.kind in "bif" and array.dtype.itemsize in (1, 8):
        return array
    return np.array([str(label) for label in labels])


def in_set(graph: Graph, p: str, quantile: float) -> str:
    """Whether a class is in the set of the row, ``(rows, classes)``."""
    return graph("LessOrEqual", graph("Sub", f64(1), p), f64(quantile))
