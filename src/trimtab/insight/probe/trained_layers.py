"""The layers of a network, from what its training steps measured on the side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trimtab.core.types import Doubles
from trimtab.engines.base import Look, Looked, LookedValue
from trimtab.insight.probe.activity import MOSTLY
from trimtab.program import Builder, Op, Program
from trimtab.program.bounds import Bounds, bounds_of
from trimtab.program.build import Span
from trimtab.program.ops import BatchNormalization, Dropping
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
    value: int
    bounds: Bounds
    parameters: list[int]
    normalization: BatchNormalization | None

    @property
    def quantities(self) -> Iterator[str]:
        """The names of what is measured of it, in the order of logging."""
        yield from ("mean", "standard_deviation", "zeros")
        if self.bounds.dies:
            yield "dead"
        if self.bounds.saturates:
            yield "saturated"
        if self.parameters:
            yield from ("weight_norm", "gradient_ratio", "update_ratio")
        if self.normalization is not None:
            yield from ("statistics_distance", "variance_ratio")


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
        model.emit(builder)
        by_path = {
            layer_of(program, op): op for op in program.ops if isinstance(op, BatchNormalization)
        }
        self.weighted = any(op.weighted for op in by_path.values())
        layers = list(_layers(program, builder.spans, by_path))
        bounds = {each.value: each.bounds for each in layers}
        normalizations = [each.normalization for each in layers if each.normalization is not None]
        inputs = {op.inputs[0] for op in normalizations}
        dropped = _after_dropout(program)
        self._values = tuple(
            _looked(program, number, bounds.get(number, Bounds()), number in inputs & dropped)
            for number in sorted({*bounds, *inputs})
        )
        self._outputs = _Columns(program, self._values, [each.value for each in layers])
        self._owners = np.zeros((len(layers), len(program.parameters)))
        for owner, each in zip(self._owners, layers, strict=True):
            owner[each.parameters] = 1.0
        self._statistics = _Statistics(program, self._values, normalizations)
        # Key -> where its number stands: under which name, and of which of the layers.
        self._keys: dict[str, tuple[str, int]] = {}
        normalized = 0
        for number, each in enumerate(layers):
            for name in each.quantities:
                place = normalized if name in _STATISTICS else number
                self._keys[f"{each.path}/{name}"] = name, place
            normalized += each.normalization is not None

    def look(self, first: int, stop: int, paired: int) -> Look:
        """A look at some batches of an epoch.

        Args:
            first, stop: those from ``first`` to before ``stop``.
            paired: rows of the last one that the effect of dropout is measured on.
        """
        needed = any(each.paired for each in self._values)
        return Look(self._values, first, stop, paired if needed else 0)

    def logs(self, looked: Looked) -> dict[str, float]:
        """The numbers of each layer but dropout, by ``<layer>/<name>``.

        All layers at once: calls on small arrays cost more than what they compute.
        """
        rows, outputs = looked.rows, self._outputs
        with np.errstate(all="ignore"):  # a network that diverged; layers without weights
            of_outputs = looked.values[:, outputs.place]
            mean, squares, zeros = outputs.sums(of_outputs[:3]) / (rows * outputs.widths)
            counts = np.stack([of_outputs[3] >= rows, of_outputs[4] >= MOSTLY * rows])
            dead, saturated = outputs.sums(counts.astype(np.float64))
            weights, gradient, update = np.sqrt(self._owners @ looked.norms).T
            found = {
                "mean": mean,
                "standard_deviation": np.sqrt(np.maximum(squares - mean**2, 0.0)),
                "zeros": zeros,
                "dead": dead,
                "saturated": saturated,
                "weight_norm": weights,
                "gradient_ratio": gradient / weights,
                "update_ratio": update / weights,
            }
            if self._statistics.any:
                found |= self._statistics.measured(looked)
        numbers = {name: values.tolist() for name, values in found.items()}
        return {key: numbers[name][number] for key, (name, number) in self._keys.items()}


_STATISTICS = ("statistics_distance", "variance_ratio")


class _Columns:
    """Which columns of what was seen belong to each of some values.

    Attributes:
        place: their numbers, value by value; a slice, if they lie one after another.
        widths: how many each value has.
    """

    def __init__(
        self, program: Program, looked: Sequence[LookedValue], values: Sequence[int]
    ) -> None:
        begins, column = {}, 0
        for each in looked:
            begins[each.value] = column
            column += program.widths[each.value]
        widths = [program.widths[value] for value in values]
        spans = [
            np.arange(begins[value], begins[value] + width)
            for value, width in zip(values, widths, strict=True)
        ]
        columns = np.concatenate([np.zeros(0, np.int64), *spans])
        together = len(columns) > 0 and bool((np.diff(columns) == 1).all())
        self.place: slice | NDArray[np.int64] = (
            slice(int(columns[0]), int(columns[-1]) + 1) if together else columns
        )
        self.widths = np.array(widths, np.int64)
        self._starts = np.cumsum([0, *widths[:-1]])

    def sums(self, of_columns: Doubles) -> Doubles:
        """``(..., columns)`` -> ``(..., values)``."""
        total: Doubles = np.add.reduceat(of_columns, self._starts, axis=-1)
        return total


class _Statistics:
    """What batch normalizations see, beside what they hold.

    Attributes:
        any: whether there are some.
    """

    def __init__(
        self, program: Program, looked: Sequence[LookedValue], ops: Sequence[BatchNormalization]
    ) -> None:
        self.any = bool(ops)
        inputs = [op.inputs[0] for op in ops]
        pairs = [each for each in looked if each.paired]
        behind = {each.value for each in pairs}
        self._inputs = _Columns(program, looked, inputs)
        self._paired = [number for number, value in enumerate(inputs) if value in behind]
        self._pairs = _Columns(program, pairs, [inputs[number] for number in self._paired])
        places = [program.state[op.state[0]].place for op in ops]
        held = [np.arange(place.start, place.stop) for place in places]
        self._held = np.concatenate([np.zeros(0, np.int64), *held])
        self._epsilon = np.repeat([op.epsilon for op in ops], self._inputs.widths)

    def measured(self, looked: Looked) -> Mapping[str, Doubles]:
        inputs, pairs = self._inputs, self._pairs
        mean, variance = _moments(looked.values[:2, inputs.place], looked.rows)
        away = (looked.state[self._held] - mean) ** 2 / (variance + self._epsilon)
        total = inputs.sums(variance)
        ratio = total / total  # nan if nothing varies
        if self._paired:
            training, inference = (
                pairs.sums(_moments(sums[:, pairs.place], looked.paired)[1])
                for sums in (looked.training, looked.inference)
            )
            ratio[self._paired] = inference / training
        return {
            "statistics_distance": np.sqrt(inputs.sums(away) / inputs.widths),
            "variance_ratio": ratio,
        }


def _moments(sums: Doubles, rows: int) -> tuple[Doubles, Doubles]:
    """Mean and variance of each column."""
    mean = sums[0] / rows
    return mean, np.maximum(sums[1] / rows - mean**2, 0.0)


def _looked(program: Program, value: int, bounds: Bounds, paired: bool) -> LookedValue:
    compared = program.ops[value - 1].inputs[0] if bounds.of_input else value
    return LookedValue(value, compared, bounds, paired)


def _layers(
    program: Program, spans: Sequence[Span], normalizations: Mapping[str, BatchNormalization]
) -> Iterator[_Layer]:
    """The layers, without those that do nothing but drop."""
    for span in spans:
        ops: list[Op] = [program.ops[number - 1] for number in span.ops]
        if all(op.passes for op in ops):
            continue
        own = [number for op in ops for number in op.parameters]
        trained = [number for number in own if program.parameters[number].trainable]
        path = span.layer.path
        yield _Layer(path, span.target, bounds_of(ops[-1]), trained, normalizations.get(path))


def _after_dropout(program: Program) -> set[int]:
    """Values that depend on what is drawn."""
    found: set[int] = set()
    for op in program.ops:
        if isinstance(op, Dropping) or found & set(op.inputs):
            found.add(op.output)
    return found
