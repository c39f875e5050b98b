"""How many rows may be predicted, so that a report takes seconds whatever the network is."""

from __future__ import annotations

from trimtab.model.committee import members_of
from trimtab.predictor.base import PredictorBase

__all__ = ["affordable"]

#: Multiplications and additions a second that the slowest machine in mind has for this.
_SPEED = 4e10


def affordable(predictor: PredictorBase, seconds: float, *, networks: int | None = None) -> int:
    """How many rows can be predicted in so many seconds, about.

    Args:
        predictor: the model.
        seconds: to spend.
        networks: that predict each row; None: all.
    """
    every = members_of(predictor.model)
    weights = every[0].count_params() * len(every[0])
    each = 2.0 * max(weights, 2_000) * (len(every) if networks is None else networks)
    return max(1, int(seconds * _SPEED / each))
