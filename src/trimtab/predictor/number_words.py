"""Sentences on predicted numbers: the other errors, and means that are missed."""

from __future__ import annotations

import math

from trimtab.core.tasks import REGRESSION
from trimtab.predictor.draws import Score
from trimtab.predictor.metric_names import title
from trimtab.predictor.verdict import Compared, quoted

__all__ = ["FOR_MEANS", "means_missed", "other_errors"]

#: What to do about missed means.
FOR_MEANS = "Use optimize='rmse' (--optimize rmse) if you need means or sums."

#: How many standard errors the mean error is from 0, at least, so that there is a sentence, and
#: what share of the mean absolute error it is.
CLEAR, LARGE = 4.0, 0.2


def other_errors(scores: Compared) -> list[str]:
    """The error that is not quoted, and R²: a sentence; none for classes.

    Of several networks, they are those of one, and what to expect of the average.

    Args:
        scores: of one target.
    """
    if scores.task != REGRESSION:
        return []
    name = quoted(scores)
    others = [each for each in ("mae", "rmse", "r2") if each in scores.metrics and each != name]
    said = ", ".join(f"{title(each)} {scores.metrics[each]}" for each in others)
    if said and scores.averaged is not None:
        said += scores.averaged.words_of_several({each: scores.metrics[each] for each in others})
    return [f"Also: {said}."] if said else []


def means_missed(scores: Compared, mean_error: Score | None, target: str = "") -> list[str]:
    """That medians are predicted, where they are clearly not means.

    Args:
        scores: of one target.
        mean_error: the mean of prediction less target; None: not known.
        target: its name, where there are several.

    Example:
        >>> from trimtab.predictor.scores import Baseline, score
        >>> y = [1.0, 1.0, 1.0, 1.1, 0.9, 1.0, 9.0, 10.0] * 20
        >>> baseline = Baseline.of("regression", y)
        >>> scores = score("regression", y, [1.0] * 160, baseline=baseline)
        >>> print(*scores.notes())
        Predictions are 2.12 ± 0.29 too low on average: they are medians, and R² is below 0.
    """
    if scores.task != REGRESSION or quoted(scores) != "mae" or mean_error is None:
        return []
    value, error = mean_error.value, mean_error.error
    r2 = scores.metrics.get("r2")
    below = r2 is not None and r2.value < 0
    far = abs(value) > CLEAR * error and abs(value) > LARGE * scores.metrics["mae"].value
    below = below and abs(value) > 2 * error
    if not math.isfinite(error) or not error > 0 or not (far or below):
        return []
    of = f" of {target!r}" if target else ""
    side = "low" if value < 0 else "high"
    why = "they are medians" + (", and R² is below 0" if below else "")
    return [f"Predictions{of} are {Score(abs(value), error)} too {side} on average: {why}."]
