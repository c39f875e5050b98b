"""The networks of a run so far, and what they were trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trimtab.predictor.training.fits import CROSS, MEMBER, Fit
from trimtab.predictor.training.preparing import Prepared

__all__ = ["Keep", "Trained"]


@dataclass(frozen=True, eq=False)
class Trained:
    """The networks of a run so far.

    Attributes:
        fits: in order: those of folds, then those that predict.
        prepared: what the last one was trained on.
    """

    fits: tuple[Fit, ...]
    prepared: Prepared

    @property
    def members(self) -> list[Fit]:
        """Those that predict."""
        return [each for each in self.fits if each.kind in (MEMBER, CROSS)]

    @property
    def crossed(self) -> bool:
        """Whether the networks that predict are those of the folds."""
        return any(each.kind == CROSS for each in self.fits)


#: Receives the networks so far, the last one of them in training.
Keep = Callable[[Trained], None]
