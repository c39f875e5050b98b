"""A quick model of another kind: what can be learned from these rows, without training a network.

Ridge regression on the columns and on random relu features of them. Where a network does worse on
the rows that it was trained on than this does on rows that it has not seen, it has not learned what
there is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from trimtab.core.types import Doubles
from trimtab.engines.base import Rows
from trimtab.insight.coach.course import thresholds
from trimtab.insight.coach.course.lab import Lab, part_of
from trimtab.insight.coach.ridge import ridge
from trimtab.program.ops import LossOp

__all__ = ["Reference", "reference"]

#: Most rows for it, and fewest.
ROWS, FEWEST = 1500, 40


@dataclass(frozen=True)
class Reference:
    """A network beside the reference.

    Attributes:
        measure: what is compared: the loss, or ``share of wrong classes``.
        network: that of the network on rows trained on, in inference mode.
        reference: that of the reference on rows that it has not seen.
        error: standard error of the difference.
        behind: how much worse the network is than the reference on these rows, too, in standard
            errors of that difference.
    """

    measure: str
    network: float
    reference: float
    error: float
    behind: float

    @property
    def better(self) -> bool:
        """Whether the reference is clearly better.

        Rows that are easier than others make a reference look good that is not: it has to be better
        on the same rows, too.
        """
        away = self.network - self.reference
        sure = away > thresholds.SURE * self.error and self.behind > thresholds.BEHIND
        return sure and self.network > thresholds.WORSE * self.reference


def reference(lab: Lab, loss: LossOp) -> Reference | None:
    """The network beside the reference; None if the loss is not one of numbers or classes.

    Args:
        lab: of the network.
        loss: that it minimizes.
    """
    rows = lab.rows
    if not loss.native or rows.weight is not None or not np.isfinite(rows.x).all():
        return None
    chosen = np.random.Generator(np.random.PCG64(1)).permutation(len(rows))[:ROWS]
    some = part_of(rows, chosen.astype(np.int64))
    valid = lab.valid
    if valid is None or len(valid) < FEWEST or not np.isfinite(valid.x).all():
        third = len(some) // 3
        some, valid = part_of(some, np.arange(third, len(some))), part_of(some, np.arange(third))
    if len(some) < FEWEST or len(valid) < FEWEST // 2:
        return None
    valid = part_of(valid, np.arange(min(len(valid), ROWS)))
    assert some.y is not None and valid.y is not None
    classes = "crossentropy" in loss.loss
    encoded = some.y
    if loss.sparse:
        encoded = np.eye(lab.program.output_width, dtype=np.float32)[some.y[:, 0].astype(int)]
    predicted = ridge(some.x, encoded, valid.x)
    ours, there = (lab.predict(each.x).astype(np.float64) for each in (some, valid))
    if classes:
        limit = 0.0 if loss.loss.endswith("_logits") else 0.5
        own, other = _wrong(ours, some, limit), _wrong(predicted, valid, 0.5)
        apart = _wrong(there, valid, limit) - other
    else:
        squares = loss.loss == "mean_squared_error"
        own, other = _errors(ours, some, squares), _errors(predicted, valid, squares)
        apart = _errors(there, valid, squares) - other
    if classes:  # no class wrong in some rows is not none in all: Laplace's rule of succession
        own, other = (np.append(each, [0.0, 1.0]) for each in (own, other))
    error = math.sqrt(float(own.var() / len(own) + other.var() / len(other)))
    spread = max(float(apart.std()) / math.sqrt(len(apart)), np.finfo(np.float64).tiny)
    behind = float(apart.mean()) / spread
    numbers = float(own.mean()), float(other.mean()), error, behind
    if not all(map(math.isfinite, numbers[:3])):
        return None
    return Reference("share of wrong classes" if classes else "loss", *numbers)


def _wrong(predicted: Doubles, rows: Rows, limit: float) -> Doubles:
    """Whether the class of each row is wrong."""
    assert rows.y is not None
    if predicted.shape[1] == 1 or rows.y.shape[1] == predicted.shape[1]:
        right = (predicted > limit) == (rows.y > 0.5)
        wrong: Doubles = 1.0 - right.mean(axis=1)
        return wrong
    other: Doubles = (predicted.argmax(axis=1) != rows.y[:, 0]).astype(np.float64)
    return other


def _errors(predicted: Doubles, rows: Rows, squares: bool) -> Doubles:
    assert rows.y is not None
    away = np.abs(predicted - rows.y)
    found: Doubles = (np.square(away) if squares else away).mean(axis=1)
    return found
