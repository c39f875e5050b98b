"""Predictions of numbers in their own units, and their intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trimtab.interchange.graph.graph import Graph, f64
from trimtab.predictor.calibration import ROUNDING, ConformityScores
from trimtab.tables.preprocessing.curved_target import CurvedTarget
from trimtab.tables.preprocessing.curves import LINE, LOG
from trimtab.tables.preprocessing.error_scale import END, ErrorScale
from trimtab.tables.preprocessing.several_targets import OneTarget
from trimtab.tables.preprocessing.target import Target

__all__ = ["in_units", "interval"]


def in_units(graph: Graph, target: OneTarget, z: str) -> str:
    """What :meth:`Target.to_units` makes of the network's numbers.

    Args:
        graph: takes the nodes.
        target: its scaling.
        z: ``(rows, 1)`` in float64.

    Returns:
        ``(rows, 1)`` in float64.
    """
    if isinstance(target, Target):
        return graph("Add", graph("Mul", z, f64(target.scale)), f64(target.shift))
    if not target.errors:
        return _median(graph, target, z)
    shares = f64(target.weights) / sum(target.weights)
    each = _median(graph, target, graph("Add", z, f64(target.errors)))
    total = graph("MatMul", each, shares[:, None])
    return graph.clipped(total, f64(target.least), f64(target.most))


def _median(graph: Graph, target: CurvedTarget, z: str) -> str:
    g = graph("Add", graph("Mul", z, f64(target.scale)), f64(target.shift))
    y = _moved(graph, _straight(graph, target.curve, g, target.power), target)
    return graph.clipped(y, f64(target.least), f64(target.most))


def _moved(graph: Graph, u: str, scale: CurvedTarget | ErrorScale) -> str:
    return graph("Add", graph("Mul", u, f64(scale.stretch)), f64(scale.origin))


def _straight(graph: Graph, curve: str, g: str, power: float) -> str:
    """What :func:`trimtab.tables.preprocessing.curves.straight` does."""
    if curve == LINE:
        return g
    if curve == LOG:
        return graph("Sub", graph("Exp", g), f64(power))

    def back(size: str, power: float) -> str:
        grown = _log1p(graph, graph("Mul", size, f64(power))) if power else size
        return _expm1(graph, graph("Div", grown, f64(power)) if power else grown)

    return _by_sign(graph, g, back, power)


def _bent(graph: Graph, curve: str, u: str, power: float) -> str:
    """What :func:`trimtab.tables.preprocessing.curves.bent` does."""
    if curve == LOG:
        return graph("Log", graph("Add", u, f64(power)))

    def there(size: str, power: float) -> str:
        grown = _log1p(graph, size)
        if not power:
            return grown
        return graph("Div", _expm1(graph, graph("Mul", grown, f64(power))), f64(power))

    return _by_sign(graph, u, there, power)


def _by_sign(graph: Graph, value: str, curve: Callable[[str, float], str], power: float) -> str:
    """A curve of Yeo and Johnson: one power from 0 on, another below."""
    above = curve(graph("Max", value, f64(0)), power)
    below = curve(graph("Max", graph("Neg", value), f64(0)), 2 - power)
    high = graph("GreaterOrEqual", value, f64(0))
    return graph("Where", high, above, graph("Neg", below))


def _log1p(graph: Graph, value: str) -> str:
    return graph("Log", graph("Add", value, f64(1)))


def _expm1(graph: Graph, value: str) -> str:
    return graph("Sub", graph("Exp", value), f64(1))


def interval(
    graph: Graph, calibration: ConformityScores, level: float, prediction: str
) -> tuple[str, str]:
    """What :meth:`ConformityScores.interval` makes of predictions ``(rows, 1)``."""
    reach, scale = f64(calibration.quantile(level)), calibration.scale
    if scale is None:
        return graph("Sub", prediction, reach), graph("Add", prediction, reach)
    u = graph("Div", graph("Sub", prediction, f64(scale.origin)), f64(scale.stretch))
    curve = _bent(graph, scale.curve, u, scale.power)
    # Where there can be no target: below the lowest, and where the curve does not reach.
    nowhere = graph("IsNaN", curve)
    if scale.lowest is not None:
        nowhere = graph("Or", nowhere, graph("Less", prediction, f64(scale.lowest)))
    curve = graph("Where", nowhere, f64(-np.inf), curve)
    middle = graph.clipped(graph("Sub", curve, f64(scale.offset)), f64(-END), f64(END))
    added = graph("Mul", graph("Add", graph("Abs", middle), f64(1 + reach)), f64(ROUNDING))
    wider = graph("Add", added, reach)
    lower, upper = (_back(graph, scale, graph(way, middle, wider)) for way in ("Sub", "Add"))
    return graph("Min", lower, prediction), graph("Max", upper, prediction)


def _back(graph: Graph, scale: ErrorScale, g: str) -> str:
    lowest = -END if scale.lowest is None else scale.lowest
    u = _straight(graph, scale.curve, g, scale.power)
    return graph.clipped(_moved(graph, u, scale), f64(lowest), f64(END))
