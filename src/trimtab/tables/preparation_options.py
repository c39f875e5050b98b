"""Options that say how columns become the numbers that a network trains on.

It stands beside ``preprocessing`` because that loads SciPy, and ``--help`` must not.
"""

from __future__ import annotations

from dataclasses import dataclass

from trimtab.core import checks
from trimtab.core.options import one_of, option, optional
from trimtab.errors import InvalidArgument

__all__ = ["SCALINGS", "PreparationOptions"]

#: What can be asked for a column's numbers; ``"auto"`` asks the tails.
SCALINGS = ("auto", "standard", "robust", "quantile", "none")


@dataclass(frozen=True)
class PreparationOptions:
    """How features and the target are scaled, and rows weighed."""

    raw: bool = option(
        "Preparing",
        "Leave numbers as they are; a batch normalization in front scales them.",
        checks.boolean,
        default=False,
        switch=True,
    )
    scaling: str = option(
        "Preparing",
        "Scaling of numbers: auto (by the tails of each column), standard, robust, quantile, none.",
        one_of(SCALINGS),
        default="auto",
        metavar="NAME",
    )
    target_scaling: bool = option(
        "Preparing",
        "Train on a standardized target; scores are in its own units either way.",
        checks.boolean,
        default=True,
        switch=True,
    )
    class_weight: str | None = option(
        "Preparing",
        "balanced: each class counts as much as any other.",
        optional(one_of(["balanced"])),
        unset="each row counts as much as any other",
        metavar="balanced",
    )

    def check_preparation(self) -> None:
        """Refuses options that contradict each other."""
        if self.raw and self.scaling not in ("auto", "none"):
            raise InvalidArgument(
                f"raw leaves numbers as they are, received scaling={self.scaling!r} too. "
                "Leave one of them out."
            )
