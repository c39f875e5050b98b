"""What predicting has to say about its rows."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from trimtab.core import checks
from trimtab.core.words import count
from trimtab.errors import PredictionWarning

if TYPE_CHECKING:
    from trimtab.tables.preprocessing import Unseen
from trimtab.core.types import Doubles


@dataclass
class Remarks:
    """What is worth knowing about rows that were predicted, collected over chunks.

    Attributes:
        rows: predicted so far.
        notes: a sentence each, in the order they came, none twice.
        unseen: categories that the training rows did not hold.
        not_finite: rows whose prediction is nan or infinite.

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
        """Takes sentences, each of them once."""
        self.notes.update(dict.fromkeys(notes))

    def counter(self) -> Unseen:
        """What counts categories that training did not see."""
        from trimtab.tables.preprocessing import Unseen

        if self.unseen is None:
            self.unseen = Unseen()
        return self.unseen

    def count(self, outputs: Doubles) -> None:
        """Takes note of rows that were predicted."""
        finite = np.isfinite(outputs)
        self.rows += len(outputs)
        self.not_finite += int((~(finite if finite.ndim == 1 else finite.all(axis=1))).sum())

    def sentences(self) -> list[str]:
        """All of it, a sentence each."""
        found = list(self.notes)
        if self.unseen is not None:
            found += self.unseen.sentences()
        if self.not_finite:
            found.append(
                f"{count(self.not_finite, 'prediction')} of {self.rows:,} "
                "are not finite: the network overflowed on these rows, or diverged in training."
            )
        return found

    def warn(self) -> None:
        """Each sentence as a :class:`~trimtab.errors.PredictionWarning`."""
        for sentence in self.sentences():
            warnings.warn(sentence, PredictionWarning, stacklevel=checks.outside())
