"""The fourth stage of ``train``: the networks become a predictor, scored on rows held out."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import os
import platform
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trimtab import config
from trimtab.core.types import Doubles
from trimtab.core.version import __version__
from trimtab.insight.uncertainty.task import task_of
from trimtab.predictor.baseline import Baseline
from trimtab.predictor.calibration import FOLDS, TEST, VALIDATION, ConformityScores
from trimtab.predictor.evaluation import scored
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.scored_parts import ScoresByPart
from trimtab.predictor.several.baselines import SeveralBaselines
from trimtab.predictor.several.calibrations import SeveralCalibrations
from trimtab.predictor.training import defaults
from trimtab.predictor.training.class_rules import across_folds, recalibration_of, threshold_of
from trimtab.predictor.training.command import command_of
from trimtab.predictor.training.crossfit.average import with_average
from trimtab.predictor.training.crossfit.progress import mean_history
from trimtab.predictor.training.data import Data
from trimtab.predictor.training.fits import CROSS, Fit
from trimtab.predictor.training.job import Job
from trimtab.predictor.training.means import folds_with_means, with_means
from trimtab.predictor.training.options import TrainOptions
from trimtab.predictor.training.parts import Chosen
from trimtab.predictor.training.saved_run import SavedRun
from trimtab.predictor.training.trained import Trained
from trimtab.tables.preprocessing.several_targets import error_scales
from trimtab.training.row_prints import RowPrints

if TYPE_CHECKING:
    from trimtab.model.committee import Committee
    from trimtab.model.sequential import Sequential

__all__ = ["predictor_of", "scored_predictor"]

#: Most row prints that are kept of training rows; of validation and test rows all are needed.
MOST_PRINTS = 100_000

#: Part -> which rows the errors behind intervals are of; the first one that there is counts.
_BASES = {"test": TEST, "valid": VALIDATION, "folds": FOLDS}


def predictor_of(job: Job, data: Data, trained: Trained, reason: str | None) -> Predictor:
    """The networks so far with all that belongs to them, scored; see :func:`scored_predictor`."""
    return scored_predictor(job, data, trained, reason)[0]


def scored_predictor(
    job: Job, data: Data, trained: Trained, reason: str | None
) -> tuple[Predictor, dict[str, tuple[Chosen, Doubles]]]:
    """The networks so far with all that belongs to them, scored.

    Args:
        job: what was asked for.
        data: the table.
        trained: the networks.
        reason: why the run is not over; None: it is.

    Returns:
        The predictor, and by part the rows held out with what is predicted for them.
    """
    fits, parts, members = trained.fits, trained.prepared.parts, trained.members
    used = [each for each in members if each.epochs] or members[:1] or [fits[-1]]
    train = parts["train"]
    predictor = Predictor(
        model=_one_model([each.model for each in used if each.model is not None]),
        schema=data.schema,
        preprocessor=trained.prepared.preprocessor,
        history=mean_history(used) if trained.crossed else used[0].history,
        scores=ScoresByPart(),
        baseline=_baseline(data, train),
        options=data.options.record(),
        split=_split_record(data, fits),
        provenance=_provenance(job, data, fits[-1].reason),
    )
    if defaults.predicts_means(data.options) and not predictor.classifies:
        predictor.preprocessor = with_means(predictor, data, trained)
    held = _score(predictor, data, trained)
    predictor.prints = {
        name: RowPrints.of(rows, most=None if name == "train" else MOST_PRINTS)
        for name, rows in trained.prepared.inputs.items()
    }
    if reason is not None:
        run = SavedRun(reason, job.given.record(), data.fingerprint, fits)
        predictor.unfinished = run.unfinished()
    return predictor, held


def _one_model(models: Sequence[Sequential]) -> Sequential | Committee:
    from trimtab.model.committee import Committee

    return models[0] if len(models) == 1 else Committee(models)


# -- scores ---------------------------------------------------------------------------------------


def _score(predictor: Predictor, data: Data, trained: Trained) -> dict[str, tuple[Chosen, Doubles]]:
    """Scores on rows that the predictor was not trained on, and what intervals need."""
    found = _held_out(predictor, data, trained)
    found = _by_rules(predictor, data, found)
    words = {"valid": "validation rows", "test": "test rows", "folds": f"{len(data.folds)}-fold"}
    for part, (chosen, outputs) in found.items():
        curves = predictor.recalibration
        predictor.scores[part] = scored(
            predictor,
            chosen.y,
            outputs,
            groups=chosen.groups,
            weights=chosen.weights,
            part=words[part],
            # Out of fold, each fold is corrected by the others.
            reliability=curves is None or curves.part != part or part == "folds",
        )
    if "folds" in found and trained.crossed:
        predictor.scores["folds"] = with_average(
            predictor, trained, predictor.scores["folds"], len(data.folds)
        )
    for part, basis in _BASES.items():
        if part in found:
            chosen, outputs = found[part]
            predictor.calibration = _calibration(predictor, chosen, outputs, basis)
            break
    return found


def _baseline(data: Data, train: Chosen) -> Baseline | SeveralBaselines:
    names = data.schema.target_names
    if len(names) > 1:
        return SeveralBaselines.of(names, train.y, weights=train.weights)
    return Baseline.of(data.task, train.y, weights=train.weights, classes=len(data.schema.classes))


def _calibration(
    predictor: Predictor, chosen: Chosen, outputs: Doubles, basis: str
) -> ConformityScores | SeveralCalibrations:
    rows: dict[str, Any] = {"part": basis, "groups": chosen.groups}
    scales = error_scales(predictor.preprocessor.target)
    if len(scales) > 1:
        return SeveralCalibrations.of(predictor.targets, chosen.y, outputs, scales=scales, **rows)
    return ConformityScores.of(predictor.task, chosen.y, outputs, scale=scales[0], **rows)


def _held_out(
    predictor: Predictor, data: Data, trained: Trained
) -> dict[str, tuple[Chosen, Doubles]]:
    """Rows held out and what is predicted for them, by part."""
    found = {
        part: (trained.prepared.parts[part], predictor.outputs_of_inputs(rows.x))
        for part in ("valid", "test")
        if (rows := trained.prepared.inputs.get(part)) is not None
    }
    fits: Sequence[Fit] = trained.fits
    over = [each for each in fits if each.outputs is not None and each.over]
    if data.folds and (trained.crossed or len(over) == len(data.folds)):
        if defaults.predicts_means(data.options) and not predictor.classifies:
            fits = folds_with_means(data, fits)
        scored = [each for each in fits if each.outputs is not None]
        found["folds"] = _out_of_fold(data, fits, scored)
    return found


def _by_rules(
    predictor: Predictor, data: Data, found: dict[str, tuple[Chosen, Doubles]]
) -> dict[str, tuple[Chosen, Doubles]]:
    """Corrects the probabilities and chooses the threshold, where that is asked for."""
    if not predictor.classifies:
        return found
    options, schema = data.options, data.schema
    part = "folds" if data.folds else "valid"
    rows, outputs = found.get(part, (None, None))
    if options.calibrate is not None and rows is not None and outputs is not None:
        method = options.calibrate
        curves = recalibration_of(method, rows, outputs, part)
        found = {each: (chosen, curves(p)) for each, (chosen, p) in found.items()}
        if part == "folds":
            sizes = [len(valid) for _, valid in data.folds]
            order = np.argsort(np.concatenate([valid for _, valid in data.folds]), kind="stable")
            fold = np.repeat(np.arange(len(sizes)), sizes)[order]
            found[part] = (rows, across_folds(method, rows, outputs, fold))
        predictor.recalibration = curves
        outputs = found[part][1]
    positive = schema.positive_class
    share = 0.5 if positive is None else predictor.baseline.frequencies[positive]
    predictor.deciding = threshold_of(options, schema, rows, outputs, part, share)
    return found


def _out_of_fold(data: Data, trained: Sequence[Fit], fits: Sequence[Fit]) -> tuple[Chosen, Doubles]:
    """What each fold's network predicts for the rows it did not see, in the order of rows.

    Args:
        data: the table.
        trained: all networks of the run.
        fits: those that were asked about a fold.
    """
    task = task_of(next(each.model for each in trained if each.model is not None))
    rows, predicted = [], []
    for number, (_, valid) in enumerate(data.folds):
        own = [fit for place, fit in enumerate(fits) if fit.fold_at(place) == number]
        outputs = [fit.outputs for fit in own if fit.outputs is not None]
        values = np.mean([task.values(each) for each in outputs], axis=0)
        if data.task == "regression":
            target = own[0].target
            assert target is not None
            values = target.of_outputs(values)
        rows.append(valid)
        predicted.append(values)
    together = np.concatenate(rows)
    order = np.argsort(together, kind="stable")
    return data.parts["train"].taken(together[order]), np.concatenate(predicted)[order]


# -- what is written beside them ------------------------------------------------------------------


def _split_record(data: Data, fits: Sequence[Fit]) -> dict[str, Any]:
    plan = data.options.split_plan()
    return {
        "how": data.how,
        "seed": plan.seed,
        "plan": None if isinstance(data.options.valid, str) else dataclasses.asdict(plan),
        **{part: len(data.parts.get(part, ())) for part in ("train", "valid", "test")},
        "folds": [
            {"rows": len(valid), "best_epoch": each.best_epoch, "history": each.history.history}
            for (_, valid), each in zip(data.folds, fits, strict=False)
        ],
        **({"crossed": True} if any(each.kind == CROSS for each in fits) else {}),
    }


def _provenance(job: Job, data: Data, ended: str) -> dict[str, Any]:
    engine = _engine(data.options)
    packages = ["numpy", "pandas", "scikit-learn", *(["jax"] if engine == "jax" else [])]
    versions = {"trimtab": __version__, "python": platform.python_version()}
    versions |= {name: _version(name) for name in packages}
    rows, columns = data.size
    return {
        "versions": versions,
        "data": data.name,
        "command": command_of(data.name, job.given),
        "rows": rows,
        "columns": columns,
        "fingerprint": data.fingerprint,
        "engine": engine,
        "threads": data.options.threads or config.get_threads(),
        "ended": ended,
        "layers": {} if job.looks is None else job.looks.record(),
        "seconds": {name: round(value, 3) for name, value in job.seconds.items()},
    }


@functools.cache
def _version(package: str) -> str:
    """Of an installed package; finding it reads files."""
    return importlib.metadata.version(package)


def _engine(options: TrainOptions) -> str:
    """The engine in use."""
    named = options.engine
    return (os.environ.get("TRIMTAB_ENGINE") or "native") if named == "auto" else named
