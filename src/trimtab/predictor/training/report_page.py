"""The report that ``train`` makes beside the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.errors import TrimtabError
from trimtab.predictor.reporting.rows import kept_rows
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.parts import Chosen
from trimtab.predictor.training.report_wish import ReportWish

if TYPE_CHECKING:
    from trimtab.core.types import Doubles
    from trimtab.predictor.predictor import Predictor

__all__ = ["write_report"]

#: Seconds for what a report looks into, as a share of those that the networks took, and at most.
_SHARE, _LEAST, _MOST = 0.05, 0.4, 20.0


def write_report(
    wish: ReportWish,
    data: Data,
    predictor: Predictor,
    held: Mapping[str, tuple[Chosen, Doubles]],
    seconds: float,
    say: Callable[[Path, dict[str, Any]], None],
) -> list[str]:
    """Makes the page; returns sentences about what was not made.

    The model stands whatever happens here.

    Args:
        wish: what is wanted.
        data: the table.
        predictor: the result.
        held: rows held out by part, and what was predicted for them.
        seconds: that training took.
        say: receives the path and the facts once the page is written.
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
        facts = collect(predictor, seen, known, settings)
        write_page(facts, path)
    except OSError as problem:
        return [f"The report {path} could not be written: {problem.strerror}."]
    except Exception as problem:  # noqa: BLE001 - whatever it is, the model is what counts
        what = str(problem) if isinstance(problem, TrimtabError) else repr(problem)
        return [f"The report could not be made; the model is not affected. It says: {what}"]
    say(path, facts)
    return []
