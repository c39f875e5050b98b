"""Batch normalizations folded into the Dense layers beside them.

In inference a batch normalization is a factor and a summand for each column. A Dense that follows
takes them into its kernel and bias, and so does a linear Dense before it: the network computes the
same with fewer steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from trimtab.core.types import Doubles
from trimtab.model.folding_graphs import fold_graph
from trimtab.nn import activations
from trimtab.nn.layers import BatchNormalization, Dense, Layer, Nested, Residual, Weight
from trimtab.nn.layers.base import is_custom
from trimtab.nn.layers.merging import Merging
from trimtab.nn.registration import CustomObjectScope
from trimtab.program import Builder

if TYPE_CHECKING:
    from trimtab.nn.network import Network

__all__ = ["MOST_CANCELLING", "FoldedModel", "fold"]

#: How much larger than what they add up to the products in a folded sum may be. A batch
#: normalization takes the means off first, column by column, and loses nothing; folded, they go
#: through the product and cancel against the bias, and the rounding of such large products, some
#: 6e-8 of each, is left over. Up to here what is left stays below 1e-5 of the predictions.
MOST_CANCELLING = 16.0


@dataclass(frozen=True, repr=False)
class FoldedModel:
    """What :meth:`Sequential.fold_batch_normalization` gives; ``print`` says what was folded.

    Attributes:
        model: the new model, not compiled.
        folded: for each batch normalization that is gone its path and that of the Dense that does
            its work.
        kept: for each that is left its path and the reason.
    """

    model: Network
    folded: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        total = len(self.folded) + len(self.kept)
        if total == 0:
            return "There is no batch normalization to fold."
        width = max(len(path) for path, _ in self.folded + self.kept)
        lines = [f"Folded {len(self.folded)} of {total} batch normalizations:"]
        lines += [f"  {path.ljust(width)}  into {dense}" for path, dense in self.folded]
        lines += [f"  {path.ljust(width)}  kept: {reason}" for path, reason in self.kept]
        return "\n".join(lines)

    __repr__ = __str__


def fold(model: Network) -> FoldedModel:
    """See :meth:`Sequential.fold_batch_normalization`."""
    width = model.built_width()
    model.pull()
    folding = _Folding()
    members = len(model)
    with CustomObjectScope(open=True):  # custom layers need no registration for this
        config = model.get_config()
        front = len(config["layers"]) - len(model.layers_without_inputs)  # the Input, if any
        records = config["layers"][front:]
        if "calls" in config:
            fold_graph(model.graph(), model.layers_without_inputs, config, folding)
        elif members == 1:
            config["layers"][front:] = folding.chain(
                model.layers_without_inputs, records, "the network"
            )
        else:
            folding.keep_all(
                model.layers_without_inputs, f"{members} members share the kernels around it"
            )
        new = type(model).unbuilt(config)
    new.declare(width)
    values = {weight.path: weight.value for weight in model.weights} | folding.values()
    for weight in new.weights:
        # Not assign(): a new model has no engine to tell.
        weight.stored = np.array(values[weight.path], dtype=np.float32)
    return FoldedModel(new, tuple(folding.folded), tuple(folding.kept))


class _Affine:
    """Kernel and bias of a Dense in float64: rounded once, when all is folded."""

    def __init__(self, layer: Dense) -> None:
        assert layer.kernel is not None
        self.kernel = _doubles(layer.kernel)
        self.bias = np.zeros(layer.units) if layer.bias is None else _doubles(layer.bias)

    def after(self, layer: BatchNormalization) -> _Affine:
        """The Dense, then the normalization."""
        factor, summand = _factor_and_summand(layer)
        return self._made(self.kernel * factor, self.bias * factor + summand)

    def before(self, layer: BatchNormalization) -> _Affine:
        """The normalization, then the Dense."""
        factor, summand = _factor_and_summand(layer)
        return self._made(factor[:, None] * self.kernel, self.bias + summand @ self.kernel)

    @property
    def finite(self) -> bool:
        """Whether float32 can hold it."""
        with np.errstate(over="ignore"):
            parts = (self.kernel.astype(np.float32), self.bias.astype(np.float32))
        return all(np.isfinite(part).all() for part in parts)

    @staticmethod
    def _made(kernel: Doubles, bias: Doubles) -> _Affine:
        made = object.__new__(_Affine)
        made.kernel, made.bias = kernel, bias
        return made


class _Folding:
    """One folding of one model."""

    def __init__(self) -> None:
        self.folded: list[tuple[str, str]] = []
        self.kept: list[tuple[str, str]] = []
        self._affine: dict[str, _Affine] = {}

    def values(self) -> dict[str, Doubles]:
        """The new weights, by path."""
        found: dict[str, Doubles] = {}
        for path, affine in self._affine.items():
            found |= {f"{path}/kernel": affine.kernel, f"{path}/bias": affine.bias}
        return found

    def keep_all(self, layers: Iterable[Layer], reason: str) -> None:
        """Folds nothing."""
        for layer in layers:
            if isinstance(layer, BatchNormalization):
                self.kept.append((layer.path, reason))
            self.keep_all(layer.sublayers, reason)

    def chain(
        self, layers: list[Layer], records: list[dict[str, Any]], border: str
    ) -> list[dict[str, Any]]:
        """The records of layers in a row, without what was folded.

        Args:
            border: whose first and last layers these are.
        """
        left = list(layers)
        moved = True
        while moved:  # one that is folded may have been in the way of another
            moved = any(self._try(left, layer, border) for layer in left if _normalizes(layer))
        by_path = {layer.path: record for layer, record in zip(layers, records, strict=True)}
        found = []
        for layer in left:
            record = dict(by_path[layer.path])
            config = dict(record.get("config", {}))
            if isinstance(layer, Nested):
                self.keep_all(layer.sublayers, f"it is inside {layer.path}, a model of its own")
            elif _normalizes(layer):
                self.kept.append((layer.path, str(self._judge(left, layer, border))))
            elif is_custom(layer):
                for inner in _normalizations_inside(layer):
                    reason = f"it is inside {layer.path}, whose call is its own affair"
                    self.kept.append((inner.path, reason))
            elif isinstance(layer, Residual):
                config["layers"] = self.chain(layer.layers, config["layers"], layer.path)
                record["config"] = config
            elif layer.path in self._affine:
                # Penalties and constraints were on the weights as they were.
                config.update(use_bias=True, kernel_regularizer=None, bias_regularizer=None)
                config.update(kernel_constraint=None, bias_constraint=None)
                record["config"] = config
            found.append(record)
        return found

    def _try(self, layers: list[Layer], layer: BatchNormalization, border: str) -> bool:
        """Folds this one if that can be; then it is gone from the list."""
        judged = self._judge(layers, layer, border)
        if isinstance(judged, str):
            return False
        path, folded = judged
        self._affine[path] = folded
        self.folded.append((layer.path, path))
        layers.remove(layer)
        return True

    def _judge(
        self, layers: list[Layer], layer: BatchNormalization, border: str
    ) -> tuple[str, _Affine] | str:
        """The Dense it goes into, by its path, and what becomes of that; or why it stays."""
        factor, summand = _factor_and_summand(layer)
        if not (np.isfinite(factor).all() and np.isfinite(summand).all()):
            return "its weights are not finite"
        before, after = _beside(layers, layer, -1), _beside(layers, layer, 1)
        if _is_dense(before) and _is_linear(before):
            path = before.path
            folded = self._of(before).after(layer)
            parts = np.ones(len(factor))
        elif _is_dense(after):
            path = after.path
            folded = self._of(after).before(layer)
            parts = np.square(self._of(after).kernel).sum(axis=1)
        else:
            return _between(before, after, border)
        larger, column = _cancelling(layer, parts)
        if not larger <= MOST_CANCELLING:
            return (
                f"products in float32 would be {larger:,.0f} times what is left when the means "
                f"cancel, {MOST_CANCELLING:g} at most; most of it by column {column}"
            )
        if not folded.finite:
            return f"the weights of {path} would be beyond float32"
        return path, folded

    def _of(self, layer: Dense) -> _Affine:
        return self._affine.get(layer.path) or _Affine(layer)


def _cancelling(layer: BatchNormalization, parts: Doubles) -> tuple[float, int]:
    """How much larger products are with the means in them than without, and by which column.

    Root mean square over the columns of mean by standard deviation, each with the weight that it
    has in the sum.

    Args:
        parts: the squared weights of the columns in what follows.
    """
    mean, deviation = _statistics(layer)
    gamma = 1.0 if layer.gamma is None else _doubles(layer.gamma)
    share = parts * gamma**2
    total = share.sum()
    if total == 0:
        return 0.0, 0
    products = share / total * (mean / deviation) ** 2
    return float(np.sqrt(products.sum())), int(np.argmax(products))


def _between(before: Layer | None, after: Layer | None, border: str) -> str:
    """Why neither neighbour takes a normalization in."""
    if before is None:
        reason = f"before it {border} begins"
    elif _is_dense(before):
        reason = f"{before.path} before it ends in {activations.name_of(before.activation)}"
    else:
        reason = f"{before.path} before it is no linear Dense"
    if after is None:
        return f"{reason}, after it {border} ends"
    return f"{reason}, {after.path} after it is no Dense"


def _beside(layers: list[Layer], layer: Layer, direction: int) -> Layer | None:
    """The next layer on that side that computes something in inference mode; None at the end."""
    place = next(i for i, each in enumerate(layers) if each is layer) + direction
    while 0 <= place < len(layers):
        if not _passes(layers[place]):
            return layers[place]
        place += direction
    return None


def _passes(layer: Layer) -> bool:
    """Whether it gives what it gets, in inference mode."""
    if is_custom(layer) or isinstance(layer, Residual | Merging | Nested):
        return False
    assert layer.input_width is not None
    builder = Builder(layer.input_width)
    program = builder.finish(builder.lower(layer, 0))
    return all(op.passes for op in program.ops)


def _is_dense(layer: Layer | None) -> TypeGuard[Dense]:
    return isinstance(layer, Dense) and not is_custom(layer)


def _is_linear(layer: Dense) -> bool:
    return activations.name_of(layer.activation) == "linear"


def _normalizes(layer: Layer) -> TypeGuard[BatchNormalization]:
    return isinstance(layer, BatchNormalization) and not is_custom(layer)


def _normalizations_inside(layer: Layer) -> Iterator[Layer]:
    for inner in layer.sublayers:
        if isinstance(inner, BatchNormalization):
            yield inner
        yield from _normalizations_inside(inner)


def _statistics(layer: BatchNormalization) -> tuple[Doubles, Doubles]:
    """Mean and standard deviation as inference uses them."""
    assert layer.moving_mean is not None and layer.moving_variance is not None
    with np.errstate(invalid="ignore"):
        return (
            _doubles(layer.moving_mean),
            np.sqrt(_doubles(layer.moving_variance) + layer.epsilon),
        )


def _factor_and_summand(layer: BatchNormalization) -> tuple[Doubles, Doubles]:
    """``x * factor + summand`` is what it computes."""
    mean, deviation = _statistics(layer)
    factor = (1.0 if layer.gamma is None else _doubles(layer.gamma)) / deviation
    beta = 0.0 if layer.beta is None else _doubles(layer.beta)
    return factor, beta - mean * factor


def _doubles(weight: Weight) -> Doubles:
    return np.asarray(weight.value, np.float64)
