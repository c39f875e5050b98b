"""Remarks on rows that were predicted."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Doubles
from trimtab.core.words import count, folded
from trimtab.errors import PredictionWarning

if TYPE_CHECKING:
    from trimtab.tables.preprocessing import Unseen

__all__ = ["Remarks"]


@dataclass
class Remarks:
    """What is worth knowing about predicted rows, collected over chunks.

    Attributes:
        rows: number predicted so far.
        notes: sentences in the order they came, each once.
        unseen: categories that training rows did not have.
        not_finite: rows whose prediction is NaN or infinite.

    Example:
        >>> remarks = Remarks()
        >>> remarks.add(["Column 'x' is not used."])
        >>> remarks.add(["Column 'x' is not used."])
        >>> remarks.sentences()
        ["Column 'x' is not used."]
    """

    rows: int = 0
    notes: dict[str, None] = field(default_factory=dict)
    unseen: Unseen | None = None
    not_finite: int = 0

    def add(self, notes: Collection[str]) -> None:
        """Adds sentences, each once."""
        self.notes.update(dict.fromkeys(notes))

    def counter(self) -> Unseen:
        """The counter of categories that training did not see."""
        from trimtab.tables.preprocessing import Unseen

        if self.unseen is None:
            self.unseen = Unseen()
        return self.unseen

    def count(self, outputs: Doubles) -> None:
        """Counts rows that were predicted."""
        finite = np.isfinite(outputs)
        self.rows += len(outputs)
        self.not_finite += int((~(finite if finite.ndim == 1 else finite.all(axis=1))).sum())

    def sentences(self) -> list[str]:
        """All remarks, a sentence each; of many alike the first ones, and how many more."""
        found = list(self.notes)
        if self.unseen is not None:
            found += self.unseen.sentences()
        if self.not_finite:
            found.append(
                f"{count(self.not_finite, 'prediction')} of {self.rows:,} "
                "are not finite: the network overflowed on these rows, or training diverged."
            )
        return folded(found)

    def warn(self) -> None:
        """Each sentence as a :class:`~trimtab.errors.PredictionWarning`."""
        for sentence in self.sentences():
            warnings.warn(sentence, PredictionWarning, stacklevel=checks.outside())
