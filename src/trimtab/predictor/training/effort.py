"""How much effort a training takes: what each word means, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trimtab.predictor import notation
from trimtab.predictor.training.run_options import DEFAULT

if TYPE_CHECKING:
    from trimtab.predictor.training.options import TrainOptions

__all__ = ["EFFORTS", "Effort", "said"]


@dataclass(frozen=True)
class Effort:
    """What an effort decides, where no option does.

    Attributes:
        cross_fitted: whether there is a network for each fold of small and middle tables, which
            predict as one, or one network that trains on a share of the rows.
        embedded: whether numbers are embedded, for the tasks where that helps.
    """

    cross_fitted: bool
    embedded: bool


def said(options: TrainOptions) -> str:
    """What the effort that was asked for came to, for people; empty: none was asked for.

    Args:
        options: decided, with the folds there are.
    """
    if options.effort == DEFAULT:
        return ""
    networks = "a network for each fold" if options.fold else "one network on one split"
    embedded = any(
        word.partition(":")[0] in notation.EMBEDDINGS for word in (options.layers or "").split()
    )
    return f"effort {options.effort}: {networks}, numbers {'embedded' if embedded else 'as scaled'}"


#: Word -> what it decides. ``default`` is what :mod:`trimtab.defaults` says.
EFFORTS = {
    "quick": Effort(cross_fitted=False, embedded=False),
    "best": Effort(cross_fitted=True, embedded=True),
}
