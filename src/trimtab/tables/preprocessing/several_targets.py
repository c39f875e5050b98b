"""Several targets, each in its own units and in those of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core import records
from trimtab.core.types import Doubles, Floats
from trimtab.tables.preprocessing.target import Target, fit_target, heavy_tails

__all__ = ["SeveralTargets", "fit_targets", "target_from"]


@dataclass(frozen=True)
class SeveralTargets:
    """The scaling of several targets; each has its own.

    Args:
        each: The scaling of each, in the order in which they are predicted.

    Example:
        >>> targets = SeveralTargets((Target(100.0, 20.0), Target(0.0, 2.0)))
        >>> targets.scaled(np.array([[120.0, 1.0]])).tolist(), targets.to_units([[1.0, 0.5]])
        ([[1.0, 0.5]], array([[120.,   1.]]))
    """

    each: tuple[Target, ...]

    def __post_init__(self) -> None:
        if len(self.each) < 2:
            raise ValueError(f"there must be at least two targets, received {len(self.each)}.")

    def record(self) -> dict[str, Any]:
        return records.to_record(self)

    @property
    def shift(self) -> Doubles:
        """What is 0 for the network, in units of each target."""
        return np.array([target.shift for target in self.each])

    @property
    def scale(self) -> Doubles:
        """What is 1 for the network, in units of each target."""
        return np.array([target.scale for target in self.each])

    @property
    def unit(self) -> float:
        """1: the loss is a mean over targets, each in standard deviations of its own."""
        return 1.0

    def scaled(self, targets: Doubles) -> Floats:
        """``(n, targets)`` targets of the table as targets of the network."""
        columns = [target.scaled(targets[:, i]) for i, target in enumerate(self.each)]
        return np.ascontiguousarray(np.concatenate(columns, axis=1))

    def to_units(self, predictions: ArrayLike) -> Doubles:
        """Predictions of the network in units of the table; the last axis is that of targets."""
        return np.asarray(predictions, np.float64) * self.scale + self.shift

    def of_outputs(self, outputs: Doubles) -> Doubles:
        """Outputs of the network, ``(n, targets)``, in units of the table."""
        return self.to_units(outputs)


def target_from(document: Any) -> Target | SeveralTargets:
    """The scaling that a file holds: of one target, or of several.

    Raises:
        InvalidArgument: It is neither.
    """
    if isinstance(document, dict) and "each" in document:
        return records.from_record(SeveralTargets, document)
    return Target.from_record(document)


def fit_targets(
    values: Doubles, names: tuple[str, ...], weights: Doubles | None, *, scale: bool
) -> tuple[Target | SeveralTargets, list[str]]:
    """The scaling of the training rows' targets, and notes on heavy tails.

    Args:
        values: ``(n,)``, or ``(n, targets)`` of several, finite.
        names: Of the targets.
        weights: Weights of the rows.
        scale: Whether to standardize them.

    Raises:
        InvalidData: A target is the same in all rows.
    """
    if values.ndim == 1:
        one = fit_target(values, weights) if scale else Target()
        return one, [note for note in [heavy_tails(values)] if note]
    found, notes = [], []
    for name, column in zip(names, values.T, strict=True):
        found.append(fit_target(column, weights, name) if scale else Target())
        notes.append(heavy_tails(column, name))
    return SeveralTargets(tuple(found)), [note for note in notes if note]
