"""The layers of a network, from what its training steps measured on the side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core.types import Doubles
from trimtab.engines.base import Look, Looked, LookedValue
from trimtab.insight.probe.activity import MOSTLY
from trimtab.insight.probe.table import LayerRow
from trimtab.program import Builder, Op, Program
from trimtab.program.bounds import Bounds, bounds_of
from trimtab.program.build import Span
from trimtab.program.ops import BatchNormalization, Dropout, Dropping
from trimtab.training.moments import ColumnMoments, distance, variance_ratio
from trimtab.training.statistics import layer_of

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["TrainedLayers"]


@dataclass(frozen=True)
class _Layer:
    """A layer, and where it is in the program.

    Attributes:
        value: its output.
        bounds: of its last op.
        parameters: numbers of those that are trained.
        normalization: its op, if it is a batch normalization.
    """

    path: str
    kind: str
    units: int
    value: int
    bounds: Bounds
    parameters: list[int]
    normalization: BatchNormalization | None


class TrainedLayers:
    """Says what to look at in training steps, and what that means for each layer.

    Args:
        model: a compiled model. After layers are added, frozen or set, make a new one.

    Attributes:
        program: of the model, when this was made.
        weighted: whether a batch normalization weighs its rows.
    """

    def __init__(self, model: Network) -> None:
        program = self.program = model.program()
        builder = Builder(program.input_width)
        value = 0
        for layer in model.layers:
            value = builder.lower(layer, value)
        normalizations = {
            layer_of(program, op): op for op in program.ops if isinstance(op, BatchNormalization)
        }
        self.weighted = any(op.weighted for op in normalizations.values())
        self._layers = list(_layers(program, builder.spans, normalizations))
        self._after_dropout = _after_dropout(program)
        bounds = {each.value: each.bounds for each in self._layers}
        inputs = {op.inputs[0] for op in normalizations.values()}
        self._values = tuple(
            self._looked(number, bounds.get(number, Bounds()), number in inputs)
            for number in sorted({*bounds, *inputs})
        )

    def _looked(self, value: int, bounds: Bounds, normalized: bool) -> LookedValue:
        compared = self.program.ops[value - 1].inputs[0] if bounds.of_input else value
        return LookedValue(value, compared, bounds, normalized and value in self._after_dropout)

    def look(self, first: int, stop: int, paired: int) -> Look:
        """A look at some batches of an epoch.

        Args:
            first, stop: those from ``first`` to before ``stop``.
            paired: rows of the last one that the effect of dropout is measured on.
        """
        needed = any(each.paired for each in self._values)
        return Look(self._values, first, stop, paired if needed else 0)

    def rows(self, looked: Looked) -> Iterator[LayerRow]:
        """One row for each layer but dropout."""
        for layer in self._layers:
            sums = looked.values[layer.value]
            count = looked.rows * layer.units
            with np.errstate(invalid="ignore", over="ignore"):  # a network that diverged
                total, squares, zeros = (float(each) for each in sums[:3].sum(axis=1))
                mean = total / count
                variance = squares / count - mean**2
            weights, gradient, update = (None, None, None)
            if layer.parameters:
                norms = looked.norms[layer.parameters].sum(axis=0)
                weights, gradient, update = (math.sqrt(each) for each in norms)
            lag, ratio = self._statistics(layer.normalization, looked)
            bounds = layer.bounds
            most = MOSTLY * looked.rows
            yield LayerRow(
                layer=layer.path,
                kind=layer.kind,
                units=layer.units,
                mean=mean,
                standard_deviation=math.sqrt(max(variance, 0.0)) if variance == variance else variance,
                zeros=zeros / count,
                dead=int((sums[3] >= looked.rows).sum()) if bounds.dies else None,
                saturated=int((sums[4] >= most).sum()) if bounds.saturates else None,
                weight_norm=weights,
                gradient_norm=gradient,
                update_norm=update,
                statistics_distance=lag,
                variance_ratio=ratio,
            )

    def _statistics(
        self, op: BatchNormalization | None, looked: Looked
    ) -> tuple[float | None, float | None]:
        """Distance and variance ratio of a batch normalization."""
        if op is None:
            return None, None
        value = op.inputs[0]
        batches = _moments(looked.values[value], looked.rows)
        moving_mean = looked.state[self.program.state[op.state[0]].place]
        inference = training = batches
        if value in looked.inference:
            inference = _moments(looked.inference[value], looked.paired)
            training = _moments(looked.training[value], looked.paired)
        return distance(moving_mean, batches, op.epsilon), variance_ratio(inference, training)


def _moments(sums: Doubles, rows: int) -> ColumnMoments:
    with np.errstate(invalid="ignore", over="ignore"):
        mean = sums[0] / rows
        return ColumnMoments(float(rows), mean, np.maximum(sums[1] - rows * mean**2, 0.0))


def _layers(
    program: Program, spans: list[Span], normalizations: dict[str, BatchNormalization]
) -> Iterator[_Layer]:
    """The layers, without those that do nothing but drop."""
    for span in spans:
        ops: list[Op] = [program.ops[number - 1] for number in span.ops]
        if all(isinstance(op, Dropout) for op in ops):
            continue
        own = [number for op in ops for number in op.parameters]
        path = span.layer.path
        yield _Layer(
            path,
            type(span.layer).__name__,
            program.widths[span.target],
            span.target,
            bounds_of(ops[-1]),
            [number for number in own if program.parameters[number].trainable],
            normalizations.get(path),
        )


def _after_dropout(program: Program) -> set[int]:
    """Values that depend on what is drawn."""
    found: set[int] = set()
    for op in program.ops:
        if isinstance(op, Dropping) or found & set(op.inputs):
            found.add(op.output)
    return found
