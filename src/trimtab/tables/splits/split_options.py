"""Options that say how the rows of a table are divided."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.options import Check, number_in, one_of, option, optional
from trimtab.errors import InvalidArgument
from trimtab.tables.columns.column_options import column_name
from trimtab.tables.splits.plan import COPIES, SplitPlan

__all__ = ["SplitOptions"]


def _share(smallest: str) -> Check:
    """A share of the rows, or the path of a file that holds them."""

    def check(name: str, value: Any) -> float | str:
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if isinstance(value, str) and value:
            return value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and (0 < value < 1 or (value == 0 and smallest == "at least 0")):
            return float(value)
        raise InvalidArgument(
            f"{name} must be a share of the rows, {smallest} and below 1, or the path of a file, "
            f"received {value!r}."
        )

    return check


def _folds(name: str, value: Any) -> int:
    return checks.integer(name, value, minimum=2, maximum=1000)


@dataclass(frozen=True)
class SplitOptions:
    """How rows are divided; :class:`~trimtab.tables.splits.plan.SplitPlan` is made from it."""

    valid: float | str = option(
        "Splitting",
        "Share of the rows to validate on, or a file that holds them.",
        _share("above 0"),
        default=SplitPlan.valid,
        parse=number_in,
        metavar="SHARE|FILE",
        path=True,
    )
    test: float | str = option(
        "Splitting",
        "Share of the rows that nothing looks at before the end, or a file that holds them.",
        _share("at least 0"),
        default=SplitPlan.test,
        parse=number_in,
        metavar="SHARE|FILE",
        path=True,
    )
    group: str | None = option(
        "Splitting",
        "Column whose groups of rows stay together, on one side of the split.",
        optional(column_name),
        unset="rows are divided one by one",
        metavar="COLUMN",
    )
    time: str | None = option(
        "Splitting",
        "Column of times: train on the past, validate on what came later.",
        optional(column_name),
        unset="rows are divided at random",
        metavar="COLUMN",
    )
    fold: int | None = option(
        "Splitting",
        "Folds of a cross-validation, which scores what a last fit to all rows can do.",
        optional(_folds),
        unset="no cross-validation",
        parse=number_in,
        metavar="K",
    )
    stratify: bool | None = option(
        "Splitting",
        "Keep the shares of the classes on both sides of the split.",
        optional(checks.boolean),
        unset="for classes, where rows are divided at random",
        switch=True,
    )
    copies: str = option(
        "Splitting",
        "Rows that repeat another one: together on one side of the split, apart like any others, "
        "or auto: together, unless most rows have a copy.",
        one_of(COPIES),
        default=SplitPlan.copies,
        metavar="WAY",
    )

    def check_split(self) -> None:
        """Refuses options that contradict each other."""
        if self.fold is not None and isinstance(self.valid, str):
            raise InvalidArgument(
                f"fold divides the rows of one table, received valid={self.valid!r} too. "
                "Leave one of them out."
            )
        if self.stratify and (self.group or self.time):
            other = "group" if self.group else "time"
            raise InvalidArgument(
                f"stratify divides rows at random, received {other}={getattr(self, other)!r} too. "
                "Leave one of them out."
            )
        if self.copies == "together" and (self.group or self.time):
            other = "group" if self.group else "time"
            raise InvalidArgument(
                "copies='together' is about rows that are divided at random, received "
                f"{other}={getattr(self, other)!r} too. Leave one of them out."
            )

    def plan(self, seed: int) -> SplitPlan:
        """How to divide rows; parts that lie in files of their own have the share 0."""
        valid, test = (0.0 if isinstance(each, str) else each for each in (self.valid, self.test))
        return SplitPlan(
            valid=valid,
            test=test,
            group=self.group,
            time=self.time,
            folds=self.fold,
            stratify=self.stratify,
            copies=self.copies,
            seed=seed,
        )
