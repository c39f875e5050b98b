"""Scores of a predictor on rows whose targets are known, whatever it predicts."""

from __future__ import annotations

from typing import Any

from trimtab.core.types import Doubles
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.scores import Scores, score
from trimtab.predictor.several_baselines import SeveralBaselines
from trimtab.predictor.several_scores import SeveralScores, score_several

__all__ = ["scored"]


def scored(
    predictor: PredictorBase,
    y_true: Doubles,
    outputs: Doubles,
    *,
    part: str,
    groups: Any = None,
    weights: Any = None,
) -> Scores | SeveralScores:
    """The scores of what a predictor predicts for rows.

    Args:
        predictor: the model.
        y_true: as :meth:`Schema.targets` returns it.
        outputs: as :meth:`PredictorBase.outputs` returns it.
        part: what sentences call the rows.
        groups: one value for each row; rows of a group are one draw.
        weights: one number of 0 or more for each row.

    Raises:
        InvalidData: there are no rows, or predictions are not finite.
    """
    baseline = predictor.baseline
    if isinstance(baseline, SeveralBaselines):
        return score_several(
            y_true, outputs, baseline=baseline, groups=groups, weights=weights, part=part
        )
    return score(
        predictor.task,
        y_true,
        outputs,
        baseline=baseline,
        groups=groups,
        weights=weights,
        part=part,
        target=predictor.targets[0],
        classes=predictor.schema.classes,
    )
