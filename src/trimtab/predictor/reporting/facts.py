"""All facts of a report, collected into one dictionary of plain data.

``report/page.py`` renders it; nothing of the page is decided here, and nothing of the model there.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trimtab.core.types import Doubles
from trimtab.core.version import __version__
from trimtab.core.words import count, listed
from trimtab.predictor.alike import features_of
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.draws import Draws, weights_or_ones
from trimtab.predictor.evaluation import scored
from trimtab.predictor.reporting.again import again_facts
from trimtab.predictor.reporting.brief import brief_facts
from trimtab.predictor.reporting.class_facts import class_facts
from trimtab.predictor.reporting.data_facts import data_facts
from trimtab.predictor.reporting.findings import findings
from trimtab.predictor.reporting.importance_facts import (
    effect_facts,
    importance_facts,
    importance_of,
)
from trimtab.predictor.reporting.intervals import coverage_facts
from trimtab.predictor.reporting.network_facts import course_facts, health_facts, network_facts
from trimtab.predictor.reporting.number_facts import errors_along, number_facts
from trimtab.predictor.reporting.rivals import Rival, rivals
from trimtab.predictor.reporting.rows import Known, Seen
from trimtab.predictor.reporting.unlike import unlike_facts
from trimtab.predictor.reporting.verdict import verdict_facts
from trimtab.predictor.reporting.worst import worst_rows
from trimtab.predictor.several.baselines import SeveralBaselines
from trimtab.predictor.several.calibrations import SeveralCalibrations
from trimtab.predictor.several_losses import losses_of
from trimtab.report.version import VERSION
from trimtab.tables.columns.storage import plain_labels

__all__ = ["Settings", "collect"]

#: Most targets of several that have pictures of their own, and columns that errors are shown along.
MOST_TARGETS, ALONG = 4, 4


@dataclass(frozen=True)
class Settings:
    """What a report holds.

    Attributes:
        baselines: whether simpler models are trained beside it.
        private: whether every value of a row is left out.
        seconds: to spend on importance and effects, about, each.
    """

    baselines: bool = True
    private: bool = False
    seconds: float = 0.6


def collect(
    predictor: PredictorBase, seen: Seen | None, known: Known | None, settings: Settings
) -> dict[str, Any]:
    """The facts of a predictor.

    Args:
        predictor: the model.
        seen: rows with a known target; None: there are none at hand.
        known: rows that it was trained on; None: there are none at hand.
        settings: what to look at.
    """
    if seen is not None:
        finite = np.isfinite(seen.outputs.reshape(len(seen), -1)).all(axis=1)
        if not finite.all():
            lost = f"{count(int((~finite).sum()), 'prediction')} of {len(seen):,} are not finite"
            kept = seen.at(np.flatnonzero(finite))
            seen = replace(kept, notes=(*seen.notes, f"{lost}; these rows are left out."))
            seen = seen if len(seen) else None
    with _quietly():
        return _collect(predictor, seen, known, settings)


def _collect(
    predictor: PredictorBase, seen: Seen | None, known: Known | None, settings: Settings
) -> dict[str, Any]:
    private = settings.private
    facts: dict[str, Any] = {
        "version": VERSION,
        "kind": "predictor",
        "made": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "by": f"trimtab {__version__}",
        "private": private,
        "target": list(predictor.targets),
        "title": listed(predictor.targets, 4),
        "task": predictor.task,
        "classes": plain_labels(predictor.schema.classes),
        "part": None if seen is None else seen.part,
        "rows_seen": None
        if seen is None
        else {"shown": len(seen), "whole": seen.whole, "words": seen.words},
        "network": network_facts(predictor),
        "course": course_facts(predictor),
        "again": again_facts(predictor),
    }
    table = known.table if known is not None else None if seen is None else seen.table
    whole = predictor.provenance.get("rows") if known is not None else None
    facts["data"] = data_facts(predictor, table, whole, private=private)
    losses = None if seen is None else _losses(predictor, seen)
    facts |= _verdict(predictor, seen, known, settings)
    facts |= _relied_on(predictor, seen, settings)
    facts["targets"] = [] if seen is None else _targets(predictor, seen, facts, settings)
    facts["class"] = (
        class_facts(predictor, seen) if seen is not None and predictor.classifies else None
    )
    facts["health"] = None if seen is None else health_facts(predictor, seen)
    facts["unlike"] = facts["worst"] = None
    if seen is not None and losses is not None:
        if known is not None and seen.honest:
            facts["unlike"] = unlike_facts(predictor, seen, known, losses)
        if not private:
            names = _important(facts, predictor)
            facts["worst"] = worst_rows(predictor, seen, losses, names)
    scores = facts.pop("scores")
    facts["findings"] = findings(predictor, scores, seen, known, facts, private=private)
    facts["brief"] = brief_facts(predictor, seen, facts)
    return facts


@contextmanager
def _quietly() -> Iterator[None]:
    """Without warnings of NumPy: what is not finite is None in the facts."""
    with np.errstate(all="ignore"):
        yield


def _losses(predictor: PredictorBase, seen: Seen) -> Doubles:
    """The loss of each row: absolute error, or log loss; of several targets their relative mean."""
    draws = Draws(weights_or_ones(seen.weights, len(seen)), None)
    _, losses = losses_of(predictor, seen.y, draws, None)
    return losses(seen.outputs)


def _verdict(
    predictor: PredictorBase, seen: Seen | None, known: Known | None, settings: Settings
) -> dict[str, Any]:
    scores = predictor.best_evidence
    if seen is not None and (not seen.honest or scores is None):
        scores = scored(
            predictor,
            seen.y,
            seen.outputs,
            groups=seen.groups,
            weights=seen.weights,
            part=seen.words,
        )
    if scores is None:
        return {"verdict": None, "scores": None}
    found: list[Rival] = []
    notes: list[str] = []
    if settings.baselines and seen is not None and known is not None and seen.honest:
        found, notes = rivals(predictor, seen, known)
    elif settings.baselines:
        notes = [
            "Simpler models are not beside it: they need the table it was trained on (--data FILE)."
        ]
    verdict = verdict_facts(predictor, scores, seen, found, notes)
    verdict["honest"] = seen is None or seen.honest
    return {"verdict": verdict, "scores": scores}


def _relied_on(predictor: PredictorBase, seen: Seen | None, settings: Settings) -> dict[str, Any]:
    """The importance of columns, and their effects."""
    importance = None if seen is None else importance_of(predictor, seen, settings.seconds)
    if importance is None or seen is None:
        return {"importance": None, "effects": None}
    names = [each.column for each in importance.columns]
    return {
        "importance": importance_facts(importance),
        "effects": effect_facts(
            predictor, seen, names, 0, settings.seconds, private=settings.private
        ),
    }


def _important(facts: dict[str, Any], predictor: PredictorBase) -> list[str]:
    """Columns, the most important ones first."""
    if facts["importance"] is None:
        return features_of(predictor)
    return [each["column"] for each in facts["importance"]["columns"]]


def _targets(
    predictor: PredictorBase, seen: Seen, facts: dict[str, Any], settings: Settings
) -> list[dict[str, Any]]:
    """Predictions of each target beside the truth."""
    found = []
    several = isinstance(predictor.baseline, SeveralBaselines)
    names = _important(facts, predictor)[:ALONG]
    for place, name in enumerate(predictor.targets[:MOST_TARGETS]):
        y = seen.y[:, place] if several else seen.y
        p = seen.outputs[:, place] if several else seen.outputs
        calibration = predictor.calibration
        if isinstance(calibration, SeveralCalibrations):
            calibration = calibration[name]
        own: dict[str, Any] = {"name": name, "numbers": None, "along": []}
        if not predictor.classifies:
            own["numbers"] = number_facts(y, p, private=settings.private)
            own["along"] = errors_along(predictor, seen, p - y, names, private=settings.private)
        coverage = None
        if seen.honest:
            coverage = coverage_facts(predictor, seen, y, p, calibration)
        own["coverage"] = coverage
        found.append(own)
    return found
