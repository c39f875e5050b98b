"""How much effort a training takes: what each word means, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.predictor.training.run_options import DEFAULT

if TYPE_CHECKING:
    from trimtab.predictor.training.options import TrainOptions

__all__ = ["EFFORTS", "Effort", "said"]


@dataclass(frozen=True)
class Effort:
    """What an effort decides, where no option does.

    Attributes:
        cross_fitted: whether small and middle tables are divided into folds, or once into rows to
            train on and rows to validate on.
        networks: for each of these divisions, from different seeds; all predict as one.
    """

    cross_fitted: bool
    networks: int = 1


def said(options: TrainOptions) -> str:
    """What the effort that was asked for came to, for people; empty: none was asked for.

    Args:
        options: decided, with the folds there are.
    """
    if options.effort == DEFAULT:
        return ""
    each = "one network" if options.committee == 1 else f"{options.committee} networks"
    return f"effort {options.effort}: {each} {'for each fold' if options.fold else 'on one split'}"


#: Word -> what it decides.
EFFORTS = {
    "quick": Effort(cross_fitted=False),
    DEFAULT: Effort(cross_fitted=True),
    "best": Effort(cross_fitted=True, networks=3),
}
