"""Options for splitting rows into training, validation and test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from trimtab.core import checks
from trimtab.core.options import (
    IN_MEMORY,
    Check,
    number_in,
    one_of,
    option,
    optional,
    share_in,
)
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.tables.columns.column_options import column_name
from trimtab.tables.columns.total_rows import TOTALS
from trimtab.tables.splits.plan import COPIES, SplitPlan

__all__ = ["SplitOptions"]


def _share(smallest: str) -> Check:
    """The rule for a share of the rows, or the path of a file that holds them."""

    def check(name: str, value: Any) -> float | str:
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        said = isinstance(value, str) and value.strip().endswith("%")
        value = share_in(value) if said else value
        if isinstance(value, str) and value:
            return value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and (0 < value < 1 or (value == 0 and smallest == "at least 0")):
            return float(value)
        percent = number and not said and 2 <= value < 100
        raise InvalidArgument(
            f"{name} must be a share of the rows, {smallest} and below 1, or a file, "
            f"received {brief(value)}.{_for_percent(name, value) if percent else ''}"
        )

    return check


def _for_percent(name: str, value: float) -> str:
    typed = f"{name} " if name.startswith("-") else f"{name}="
    return f" Use {typed}{value / 100:g} for {value:g} %."


def _folds(name: str, value: Any) -> int:
    if checks.is_number(value) and value == 0:
        return 0
    try:
        return checks.integer(name, value, minimum=2, maximum=1000)
    except InvalidArgument as refusal:
        raise type(refusal)(
            f"{name} must be an integer from 2 to 1000, or 0 for one split, received "
            f"{brief(value)}."
        ) from None


@dataclass(frozen=True)
class SplitOptions:
    """How rows are split; :meth:`plan` turns it into a plan."""

    valid: float | str | None = option(
        "Splitting",
        "Validation rows: a share of the table, or a file. 0: none; training runs for all epochs.",
        optional(_share("at least 0")),
        unset=f"{SplitPlan.valid:g}, or none with folds",
        parse=share_in,
        metavar="SHARE|FILE",
        path=True,
    )
    test: float | str = option(
        "Splitting",
        "Test rows, for the final score only: a share of the table, or a file.",
        _share("at least 0"),
        default=SplitPlan.test,
        parse=share_in,
        metavar="SHARE|FILE",
        path=True,
    )
    group: str | None = option(
        "Splitting",
        "Column of groups; each group stays on one side of the split. With --time, earlier rows of "
        "groups that come again later are left out.",
        optional(column_name),
        unset="rows are split individually",
        metavar="COLUMN",
    )
    time: str | None = option(
        "Splitting",
        "Column of times: train on earlier rows, validate on later ones.",
        optional(column_name),
        unset="random split",
        metavar="COLUMN",
    )
    fold: int | None = option(
        "Splitting",
        "Number of folds: each network trains without one of them and is scored on it; their "
        "average predicts. With --time, a network on all rows does. 0: one network, one split.",
        optional(_folds),
        unset="by the rows; 0 with valid, time or committee",
        parse=number_in,
        metavar="K",
    )
    stratify: bool | None = option(
        "Splitting",
        "Keep class proportions on both sides of the split.",
        optional(checks.boolean),
        unset="on for random splits of classes",
        switch=True,
    )
    copies: str = option(
        "Splitting",
        "Duplicate rows: together (on one side of the split), apart (split like any row) or auto "
        "(together, unless most rows are duplicates).",
        one_of(COPIES),
        default=SplitPlan.copies,
        metavar="WAY",
    )

    totals: str = option(
        "Splitting",
        "Rows of totals, whose numbers are the sums of the others: drop or keep.",
        one_of(TOTALS),
        default="drop",
        metavar="WAY",
    )

    def check_split(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            InvalidArgument: Two options exclude each other.
        """
        if self.fold and isinstance(self.valid, str):
            valid = "valid" if self.valid == IN_MEMORY else f"valid={brief(self.valid)}"
            raise InvalidArgument(
                f"fold splits one table, but {valid} is another. Remove one of the two."
            )
        if self.stratify and (self.group or self.time):
            other = "group" if self.group else "time"
            raise InvalidArgument(
                f"stratify needs a random split, but {other}={getattr(self, other)!r} is set. "
                "Remove one of the two."
            )
        if self.copies == "together" and (self.group or self.time):
            other = "group" if self.group else "time"
            raise InvalidArgument(
                f"copies='together' needs a random split, but {other}={getattr(self, other)!r} "
                "is set. Remove one of the two."
            )

    def plan(self, seed: int) -> SplitPlan:
        """The plan of the split; a part that has its own file gets the share 0."""
        valid, test = (0.0 if isinstance(each, str) else each for each in (self.valid, self.test))
        return SplitPlan(
            valid=SplitPlan.valid if valid is None else valid,
            test=test or 0.0,
            group=self.group,
            time=self.time,
            folds=self.fold or None,
            stratify=self.stratify,
            copies=self.copies,
            seed=seed,
        )
