"""The scores of a predictor by the rows that they are of."""

from __future__ import annotations

from typing import NoReturn

from trimtab.core import checks
from trimtab.predictor.scores import Scores
from trimtab.predictor.several.scores import SeveralScores

__all__ = ["ScoresByPart"]

#: Part -> how a training gets scores of it.
_WAYS = {
    "valid": "train with valid=0.2 for rows held out once",
    "test": "train with test=0.2 for rows that nothing is chosen by",
    "folds": "train with fold=5 for scores out of fold",
}


class ScoresByPart(dict[str, Scores | SeveralScores]):
    """Part -> its scores; a part that a training had no rows of says which ones there are.

    Example:
        >>> import trimtab
        >>> quick = trimtab.train("red-wine", layers="8 relu", epochs=1, fold=0)
        >>> list(quick.scores)
        ['valid']
        >>> quick.scores["folds"]
        Traceback (most recent call last):
        KeyError: "there are no scores of 'folds', only of 'valid': use scores['valid'], or \
best_evidence, whichever there is. Or train with fold=5 for scores out of fold."
    """

    def __missing__(self, part: str) -> NoReturn:
        if self:
            there = f"only of {checks.listing(self)}: use scores[{next(iter(self))!r}], or "
            there += "best_evidence, whichever there is. Or "
        else:
            there = "for all rows were trained on: "
        way = _WAYS.get(part, _WAYS["test"])
        raise KeyError(f"there are no scores of {part!r}, {there}{way}.")
