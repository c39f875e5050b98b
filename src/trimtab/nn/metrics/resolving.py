"""From an entry of ``compile(metrics=[...])`` to a metric."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument
from trimtab.nn.metrics.accuracy import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
)
from trimtab.nn.metrics.base import Metric
from trimtab.nn.metrics.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from trimtab.nn.metrics.reductions import Mean, Sum
from trimtab.nn.metrics.table import get
from trimtab.program.ops.losses import FUNCTION, LossOp

__all__ = ["resolve_metric"]


class _AccuracyOfTargets(Metric):
    """Accuracy for class numbers or one column per class, whichever the targets are."""

    direction: ClassVar[str | None] = "up"

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Doubles:
        columns = np.shape(y_true)[1:]
        sparse = columns in ((), (1,))
        return (sparse_categorical_accuracy if sparse else categorical_accuracy)(y_true, y_pred)


def resolve_metric(spec: Any, loss: LossOp | None, output_width: int) -> Metric:
    """The metric of an entry of ``compile(metrics=[...])``.

    "accuracy" and "acc" mean what fits the targets: one output, a threshold of 0.5; class numbers,
    the greatest column; otherwise the greatest column of both. Beside a custom loss the number of
    target columns tells the two apart. "crossentropy" and "ce" follow the loss in the same way.

    Example:
        >>> from trimtab import metrics
        >>> metrics.resolve_metric("accuracy", None, output_width=1)
        <BinaryAccuracy name=accuracy>
    """
    if isinstance(spec, str) and spec.lower() in ("crossentropy", "ce"):
        return _crossentropy(spec, loss, output_width)
    if isinstance(spec, str) and spec.lower() in ("accuracy", "acc"):
        if output_width == 1:
            return BinaryAccuracy(name=spec)
        if loss is not None and loss.sparse:
            return SparseCategoricalAccuracy(name=spec)
        if (
            loss is not None and loss.loss == FUNCTION
        ):  # which targets it takes is known when they come
            return _AccuracyOfTargets(name=spec)
        return CategoricalAccuracy(name=spec)
    metric = get(spec)
    if isinstance(metric, Mean | Sum) and type(metric).update_state in (
        Mean.update_state,
        Sum.update_state,
    ):
        raise InvalidArgument(
            f"metric {metric.name} takes numbers, and compile needs one of targets and "
            "predictions. Use a function of (y_true, y_pred)."
        )
    return metric


def _crossentropy(name: str, loss: LossOp | None, output_width: int) -> Metric:
    if output_width == 1:
        return BinaryCrossentropy(name=name)
    if loss is not None and loss.sparse:
        return SparseCategoricalCrossentropy(name=name)
    return CategoricalCrossentropy(name=name)
