"""The loss of each row where a model predicts several targets: relative to the baseline's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.errors import InvalidArgument
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.draws import Draws, headline, row_losses
from trimtab.predictor.several.baselines import SeveralBaselines

__all__ = ["RELATIVE", "checked_target", "losses_of"]

#: The metric of several targets together; that of one is ``mae`` or ``log_loss``.
RELATIVE = "relative_mae"

#: From outputs of a network to the loss of each row.
Losses = Callable[[Doubles], Doubles]


def checked_target(predictor: PredictorBase, target: str | None) -> str | None:
    """The one target to look at; None for all of several, and for the only one.

    Raises:
        InvalidArgument: the model does not predict it.
    """
    if target is None:
        return None
    if len(predictor.targets) == 1 and target != predictor.targets[0]:
        raise InvalidArgument(
            f"this model predicts {predictor.targets[0]!r}, received target={target!r}. Leave "
            "target out."
        )
    checks.choice("target", target, predictor.targets)
    return target if len(predictor.targets) > 1 else None


def losses_of(
    predictor: PredictorBase, y: Doubles, draws: Draws, target: str | None
) -> tuple[str, Losses]:
    """The name of a metric, and the function from outputs to its parts by row.

    Of several targets: the mean over targets of the absolute error as a share of the mean absolute
    error of predicting the median on the same rows, which is taken as known.

    Args:
        predictor: the model.
        y: targets of the rows.
        draws: their weights.
        target: one of several, whose error counts alone; see :func:`checked_target`.
    """
    task = predictor.task
    baseline = predictor.baseline
    if not isinstance(baseline, SeveralBaselines):
        return headline(task), lambda outputs: row_losses(task, y, outputs)
    if target is not None:
        place = predictor.targets.index(target)
        return headline(task), lambda outputs: np.abs(outputs[:, place] - y[:, place])
    naive = np.abs(baseline.medians - y)
    sizes = np.array([draws.average(column) for column in naive.T])
    sizes[sizes == 0] = 1.0  # rows with the same target, the median: nothing to compare with
    return RELATIVE, lambda outputs: np.mean(np.abs(outputs - y) / sizes, axis=1)
