"""The report that ``train`` makes beside the model: whether it is wanted, and how it is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.core import checks
from trimtab.core.words import brief
from trimtab.errors import InvalidArgument, TrimtabError
from trimtab.predictor.reporting.rows import Kept, kept_rows
from trimtab.predictor.training.parts import Chosen

if TYPE_CHECKING:
    from trimtab.core.types import Doubles
    from trimtab.predictor.predictor import Predictor
    from trimtab.predictor.training.data import Data
    from trimtab.predictor.training.places import Place

__all__ = ["ReportWish", "kept_of", "write_report"]

#: Seconds for what a report looks into, as a share of those that the networks took, and at most.
_SHARE, _LEAST, _MOST = 0.05, 0.4, 20.0


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


def write_report(
    wish: ReportWish,
    data: Data,
    predictor: Predictor,
    held: Mapping[str, tuple[Chosen, Doubles]],
    seconds: float,
    say: Callable[[Path], None],
) -> list[str]:
    """Makes the page; returns sentences about what was not made.

    The model stands whatever happens here.

    Args:
        wish: what is wanted.
        data: the table.
        predictor: the result.
        held: rows held out by part, and what was predicted for them.
        seconds: that training took.
        say: receives the path once the page is written.
    """
    from trimtab.predictor.reporting.facts import Settings, collect
    from trimtab.predictor.reporting.writing import is_ours, write_page

    path = wish.path
    if path.exists() and not wish.asked and not is_ours(path):
        return [f"{path} was not written by train and is left unchanged."]
    train = data.parts["train"]
    settings = Settings(wish.baselines, wish.private, min(max(_SHARE * seconds, _LEAST), _MOST))
    try:
        seen, known = kept_rows(
            data.kept,
            {
                part: (own.table, own.rows, own.y, outputs, own.groups, own.weights)
                for part, (own, outputs) in held.items()
            },
            (train.table, train.rows),
            data.folds,
        )
        write_page(collect(predictor, seen, known, settings), path)
    except OSError as problem:
        return [f"The report {path} could not be written: {problem.strerror}."]
    except Exception as problem:  # noqa: BLE001 - whatever it is, the model is what counts
        what = str(problem) if isinstance(problem, TrimtabError) else repr(problem)
        return [f"The report could not be made; the model is not affected. It says: {what}"]
    say(path)
    return []
