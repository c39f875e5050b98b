"""Options for preparing columns: scaling of features and target, class weights.

The module stands beside ``preprocessing``, which loads SciPy; ``--help`` must not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.options import number_in, one_of, option, optional
from trimtab.errors import InvalidArgument

__all__ = ["AUTO", "SCALES", "SCALINGS", "STANDARD", "PreparationOptions"]

#: Scales on which a target is learned.
AUTO, STANDARD = "auto", "standard"
SCALES = (AUTO, STANDARD, "log", "yeo-johnson")

#: Scalings of numeric columns; ``"auto"`` chooses one by the tails of the column.
SCALINGS = ("auto", "standard", "robust", "quantile", "none")


#: Values of a column of whole numbers that may be categories besides: of two, a number says all.
FEWEST_VALUES, MOST_VALUES = 3, 64


def _values(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=FEWEST_VALUES, maximum=MOST_VALUES)


@dataclass(frozen=True)
class PreparationOptions:
    """How features and the target are scaled, and how classes are weighted."""

    raw: bool = option(
        "Preparing",
        "Do not scale numbers; batch normalization of the inputs does it.",
        checks.boolean,
        default=False,
        switch=True,
    )
    scaling: str = option(
        "Preparing",
        "Scaling of numbers: auto (by each column's tails), standard, robust, quantile or none.",
        one_of(SCALINGS),
        default="auto",
        metavar="NAME",
    )
    target_scaling: bool = option(
        "Preparing",
        "Standardize the target for training; scores stay in its units.",
        checks.boolean,
        default=True,
        switch=True,
    )
    target_scale: str = option(
        "Preparing",
        "Scale that a numeric target is learned on: auto (log where that makes the rows "
        "clearly more likely, else standard), standard, log or yeo-johnson.",
        one_of(SCALES),
        default=AUTO,
        metavar="NAME",
    )
    also_categories: int | None = option(
        "Preparing",
        "Whole numbers of at most N different values, such as hours, are categories besides.",
        optional(_values),
        unset="numbers alone",
        parse=number_in,
        metavar="N",
    )
    class_weight: str | None = option(
        "Preparing",
        "balanced gives every class the same total weight.",
        optional(one_of(["balanced"])),
        unset="equal weights of rows",
        metavar="balanced",
    )

    def check_preparation(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            InvalidArgument: Two options exclude each other.
        """
        if self.raw and self.scaling not in ("auto", "none"):
            raise InvalidArgument(
                f"raw turns scaling off, but scaling={self.scaling!r} is set. Remove one of the "
                "two."
            )
        if not self.target_scaling and self.target_scale not in (AUTO, STANDARD):
            raise InvalidArgument(
                f"target_scaling is off, but target_scale={self.target_scale!r} is set. Remove one "
                "of the two."
            )
