"""The rules for classes in words: the positive class, the threshold, corrected probabilities."""

from __future__ import annotations

from trimtab.core.words import count
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.classes.deciding import from_probability
from trimtab.predictor.classes.recalibration import Recalibration
from trimtab.predictor.metric_names import RARE
from trimtab.predictor.number_words import FOR_MEANS
from trimtab.predictor.scores import Scores
from trimtab.predictor.several.scores import SeveralScores
from trimtab.tables.columns.storage import shown

__all__ = ["advised", "class_notes", "class_rules", "decides_by"]

#: Rows of a class from which an isotonic curve of it is smooth.
_SMOOTH = 50


def class_rules(predictor: PredictorBase) -> list[tuple[str, str]]:
    """Labels and texts: which class scores speak of, and what predictions follow from."""
    rules = []
    if predictor.positive is not None:
        rules.append(("positive", shown(predictor.positive)))
    if predictor.deciding is not None:
        rules.append(("predicts", predictor.deciding.words(shown(predictor.positive))))
    curves = predictor.recalibration
    if curves is not None:
        rules.append(("calibrated", f"{curves.method}, fitted on {_fitted_on(curves)}"))
    return rules


def class_notes(predictor: PredictorBase) -> list[str]:
    """What a training decided about classes, a sentence each."""
    notes = []
    if predictor.deciding is not None:
        notes.append(f"Predicts {predictor.deciding.words(shown(predictor.positive))}.")
    curves = predictor.recalibration
    if curves is not None:
        notes.append(f"Probabilities are calibrated ({curves.method}) on {_fitted_on(curves)}.")
        rarest = min(each for each in predictor.baseline.frequencies if each > 0)
        if curves.method == "isotonic" and rarest < RARE and rarest * curves.rows < _SMOOTH:
            notes.append(
                f"There are only about {rarest * curves.rows:.0f} rows of the rarest class among "
                "them, so an isotonic curve is rough: calibrate='sigmoid' (--calibrate sigmoid) "
                "needs fewer."
            )
    evidence = predictor.best_evidence
    if evidence is not None:
        notes += advised(predictor, evidence)
    return notes


def advised(predictor: PredictorBase, scores: Scores | SeveralScores) -> list[str]:
    """The notes of scores, with what to do about them unless it is done already."""
    found = scores.notes()
    if found and not predictor.classifies:
        return [*found, FOR_MEANS]
    if not found or not isinstance(scores, Scores) or predictor.recalibration is not None:
        return found
    assert scores.reliability is not None
    method = scores.reliability.method
    advice = f" Train with calibrate={method!r} (--calibrate {method}) to correct them."
    if predictor.options.get("class_weight") is not None and len(predictor.schema.classes) > 2:
        advice = " class_weight='balanced' (--class-weight balanced) does that; without it they are"
        advice += " shares."
    elif not method:
        advice = ""
    return [*found[:-1], found[-1] + advice]


def _fitted_on(curves: Recalibration) -> str:
    if curves.part == "folds":
        return f"{count(curves.rows, 'row')} out of fold"
    return count(curves.rows, "validation row")


def decides_by(predictor: PredictorBase, threshold: float | None = None) -> list[str]:
    """A sentence on the threshold that predictions follow; none where there is none.

    Args:
        predictor: the model.
        threshold: in place of the model's.
    """
    least = predictor.threshold if threshold is None else threshold
    if least is None or predictor.positive is None:
        return []
    return [f"Predicts {from_probability(shown(predictor.positive), least)}."]
