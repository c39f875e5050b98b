"""Several targets, each in its own units and in those of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.core.types import Doubles, Floats
from trimtab.tables.preparation_options import AUTO, STANDARD
from trimtab.tables.preprocessing.curved_target import CurvedTarget
from trimtab.tables.preprocessing.curves import LINE
from trimtab.tables.preprocessing.error_scale import ErrorScale
from trimtab.tables.preprocessing.target import Target, fit_target, heavy_tails
from trimtab.tables.preprocessing.target_scale import curved, limited, scale_said

__all__ = [
    "OneTarget",
    "SeveralTargets",
    "error_scales",
    "fit_targets",
    "target_from",
    "with_errors",
]

#: The scaling of one target.
OneTarget = Target | CurvedTarget


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

    each: tuple[OneTarget, ...]

    def __post_init__(self) -> None:
        if len(self.each) < 2:
            raise ValueError(f"there must be at least two targets, received {len(self.each)}.")

    def record(self) -> dict[str, Any]:
        return {"each": [target.record() for target in self.each]}

    @classmethod
    def from_record(cls, document: Any) -> SeveralTargets:
        """The inverse of :meth:`record`.

        Raises:
            InvalidArgument, ValueError: It is not one.
        """
        each = document["each"]
        if len(document) > 1 or not isinstance(each, list):
            raise ValueError("a record of several targets must hold a list of them, 'each'.")
        return cls(tuple(_one_from(one) for one in each))

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
        outputs = np.asarray(predictions, np.float64)
        if all(isinstance(target, Target) for target in self.each):
            return outputs * self.scale + self.shift
        columns = [target.to_units(outputs[..., i]) for i, target in enumerate(self.each)]
        return np.stack(columns, axis=-1)

    def of_outputs(self, outputs: Doubles) -> Doubles:
        """Outputs of the network, ``(n, targets)``, in units of the table."""
        return self.to_units(outputs)


def target_from(document: Any) -> OneTarget | SeveralTargets:
    """The scaling that a file holds: of one target, or of several.

    Raises:
        InvalidArgument, ValueError: It is neither.
    """
    if isinstance(document, dict) and "each" in document:
        return SeveralTargets.from_record(document)
    return _one_from(document)


def _one_from(document: Any) -> OneTarget:
    curve = isinstance(document, dict) and "curve" in document
    return CurvedTarget.from_record(document) if curve else Target.from_record(document)


def error_scales(target: OneTarget | SeveralTargets) -> tuple[ErrorScale | None, ...]:
    """The scale on which errors of each target are measured; None: that of the table.

    Example:
        >>> error_scales(SeveralTargets((Target(100.0, 20.0), Target(0.0, 2.0))))
        (None, None)
    """
    each = target.each if isinstance(target, SeveralTargets) else (target,)
    return tuple(one.error_scale if isinstance(one, CurvedTarget) else None for one in each)


def with_errors(
    target: OneTarget | SeveralTargets,
    targets: ArrayLike,
    outputs: ArrayLike,
    weights: Doubles | None = None,
    *,
    lines: bool = True,
) -> OneTarget | SeveralTargets:
    """The scaling with means for predictions, where it can have them.

    Args:
        target: The scaling.
        targets: Of the network, ``(rows, targets)``, of rows that it was not trained on.
        outputs: Of the network, for the same rows.
        weights: Of the rows.
        lines: Whether targets that are learned as they are get errors, too.
    """
    y, p = (np.asarray(each, np.float64) for each in (targets, outputs))
    each = target.each if isinstance(target, SeveralTargets) else (target,)
    found = tuple(
        one.with_errors(y[:, i], p[:, i], weights)
        if isinstance(one, CurvedTarget) and (lines or one.curve != LINE)
        else one
        for i, one in enumerate(each)
    )
    return SeveralTargets(found) if isinstance(target, SeveralTargets) else found[0]


def fit_targets(
    values: Doubles,
    names: tuple[str, ...],
    weights: Doubles | None,
    *,
    scale: bool,
    how: str = STANDARD,
    means: bool = False,
    inputs: Callable[[], tuple[NDArray[np.int64], Doubles] | None] = lambda: None,
) -> tuple[OneTarget | SeveralTargets, list[str]]:
    """The scaling of the training rows' targets, and notes on heavy tails and curves.

    Args:
        values: ``(n,)``, or ``(n, targets)`` of several, finite.
        names: Of the targets.
        weights: Weights of the rows.
        scale: Whether to standardize them.
        how: The scale of each, see :func:`~trimtab.tables.preprocessing.target_scale.curved`.
        means: Whether means are to be predicted: there are limits then, and errors may be added.
        inputs: Some of the rows by their number, and their inputs, to choose the scale by; None:
            there are too many inputs.

    Raises:
        InvalidData: A target is the same in all rows, or too low for a logarithm.
    """
    several = values.ndim > 1
    known = inputs() if scale and how == AUTO else None
    found: list[OneTarget] = []
    notes: list[str] = []
    for name, column in zip(names, values.T if several else [values], strict=True):
        line = fit_target(column, weights, name * several) if scale else Target()
        target: OneTarget = line
        if scale:
            target = curved(line, column, how, known=known, weights=weights, name=name)
        said = scale_said(target, name)
        notes += [said or heavy_tails(column, name * several)]
        found.append(limited(target, column) if means else target)
    notes = [note for note in notes if note]
    return (SeveralTargets(tuple(found)) if several else found[0]), notes
