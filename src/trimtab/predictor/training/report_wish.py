"""Whether ``train`` is to make a report, and the rows that are kept for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument
from trimtab.predictor.reporting.rows import Kept
from trimtab.predictor.training.parts import Chosen

if TYPE_CHECKING:
    from trimtab.predictor.training.places import Place

__all__ = ["ReportWish", "kept_of"]


@dataclass(frozen=True)
class ReportWish:
    """The report that is wanted.

    Attributes:
        path: of the page.
        baselines: whether simpler models are trained beside it.
        private: whether every value of a row is left out.
        asked: whether the path was given; else the page may not replace a file of somebody else.
    """

    path: Path
    baselines: bool = True
    private: bool = False
    asked: bool = False

    @classmethod
    def of(
        cls, report: Any, place: Place | None, baselines: Any, private: Any
    ) -> ReportWish | None:
        """What the arguments of ``train`` ask for; None: no report.

        Args:
            report: True for a page beside the model, False, or the path of a page.
            place: the files of the training, if it writes any.
            baselines: as in :class:`ReportWish`.
            private: as in :class:`ReportWish`.

        Raises:
            InvalidArgument: an argument breaks its rule.
        """
        for name, value in (("baselines", baselines), ("private", private)):
            checks.boolean(name, value)
        if isinstance(report, str | os.PathLike):
            from trimtab.predictor.reporting.writing import checked_page

            return cls(checked_page(report, "report"), baselines, private, asked=True)
        if not isinstance(report, bool):
            raise InvalidArgument(
                "report must be True for a page beside the model, False for none, or the path of "
                f"a page, received {brief(report)}. Use report='report.html'."
            )
        if not report or place is None:
            return None
        return cls(place.report, baselines, private)


def kept_of(parts: Mapping[str, Chosen], seed: int) -> dict[int, Kept]:
    """The rows that a report looks at, by the identity of the table that they are in."""
    tables = {id(each.table): each.table for each in parts.values()}
    return {number: Kept.of(table, seed) for number, table in tables.items()}
