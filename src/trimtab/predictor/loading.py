"""Predictors in files: reading.

A file holds the following parts (``.json`` documents, ``.safetensors`` tables):

==================  ===================================================================
``predictor``       whether the network is a ``model`` or a ``committee``
``network/...``     what the file of that network alone holds
``schema``          columns, target, task, classes
``preprocessing``   the fitted preparation: a document, and a table of its numbers
``history``         losses and metrics by epoch in the target's units
``scores``          by part; ``baseline`` beside it. Of several targets: by target
``split``           how rows were divided; ``prints`` (document and table) identify them
``options``         it was trained with; ``provenance``: where data and software come from
``calibration``     what intervals come from, if any (document and table)
``threshold``       from which probability on the positive class is predicted, if it is not the
                    most likely class; ``recalibration``: curves for probabilities, if any
``run/...``         the state of an unfinished run, if any
==================  ===================================================================
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from trimtab.core import checks
from trimtab.core.container import Contents, read, refuse
from trimtab.core.named_arguments import named_arguments
from trimtab.core.records import from_record
from trimtab.core.tasks import BINARY, MULTICLASS, REGRESSION
from trimtab.insight.uncertainty.task import task_of
from trimtab.model.committee import committee_from, members_of
from trimtab.model.contents import (
    AGAIN,
    BAD,
    NETWORK,
    broken,
    history_from,
)
from trimtab.model.loading import network_from
from trimtab.model.reading import model_from
from trimtab.predictor.base import PARTS, SCORED
from trimtab.predictor.classes.deciding import Threshold
from trimtab.predictor.classes.recalibration import Recalibration
from trimtab.predictor.contents import PLAIN, RUN
from trimtab.predictor.predictor import Predictor
from trimtab.predictor.scored_parts import ScoresByPart
from trimtab.predictor.several.baselines import SeveralBaselines, baseline_from
from trimtab.predictor.several.calibrations import SeveralCalibrations, calibration_from
from trimtab.predictor.several.scores import SeveralScores, scores_from
from trimtab.predictor.unfinished import Unfinished
from trimtab.tables.columns.schema import Schema
from trimtab.tables.preprocessing import Preprocessor
from trimtab.tables.splits.plan import SplitPlan
from trimtab.training.row_prints import RowPrints

if TYPE_CHECKING:
    from trimtab.model.committee import Committee
    from trimtab.model.sequential import Sequential

__all__ = [
    "load",
    "load_any",
    "predictor_from",
]

_DOCUMENTS = {
    *("predictor", "schema", "preprocessing", "history", "scores", "baseline", "prints"),
    *("calibration", "threshold", "recalibration", *PLAIN),
}
_TABLES = {"preprocessing", "prints", "calibration"}

T = TypeVar("T")


@named_arguments
def load(
    filepath: str | os.PathLike[str], custom_objects: Mapping[str, Any] | None = None
) -> Predictor:
    """The predictor that ``trimtab.train`` or ``trimtab train`` saved.

    Loading never executes code from the file.

    Args:
        filepath: the file; ``.trimtab`` may be left out.
        custom_objects: as in ``trimtab.load_model``.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: the file is damaged, foreign, of a newer trimtab, or holds a model without
            its table.
    """
    path = checks.path("filepath", filepath)
    contents = read(path)
    if contents.kind != "predictor":
        refuse(
            path,
            f"holds a {contents.kind}, not a predictor with its table",
            "Use trimtab.load_model().",
        )
    return predictor_from(path, contents, custom_objects)


def load_any(filepath: str | os.PathLike[str]) -> Predictor | Sequential | Committee:
    """Whatever a file holds: a predictor, a committee or a model."""
    path = checks.path("filepath", filepath)
    contents = read(path)
    if contents.kind == "predictor":
        return predictor_from(path, contents)
    if contents.kind == "committee":
        return committee_from(path, contents, None, True)
    if contents.kind != "model":
        refuse(path, f"holds {contents.kind} only", "Build the model and use model.load_weights().")
    found: Sequential = model_from(path, contents, None, True)
    return found


def predictor_from(
    path: Path, contents: Contents, custom_objects: Mapping[str, Any] | None = None
) -> Predictor:
    """The predictor in the contents of a file; every part is checked."""
    _need_known_names(path, contents)
    documents, tables = contents.documents, contents.tables

    def part(name: str) -> dict[str, Any]:
        document = documents.get(name)
        if not isinstance(document, dict):
            refuse(path, f"lacks its part {name!r}", AGAIN)
        return document

    def made(what: str, make: Callable[..., T], *arguments: Any) -> T:
        try:
            return make(*arguments)
        except BAD as problem:
            broken(path, what, problem)

    schema = made("a schema", Schema.from_record, part("schema"))
    arrays = tables.get("preprocessing", {})
    preprocessor = made(
        "a preparation of columns", Preprocessor.from_record, part("preprocessing"), arrays, schema
    )
    model = network_from(path, contents, custom_objects, True)
    scores = ScoresByPart()
    for name, record in part("scores").items():
        scores[_known(path, name, SCORED)] = made("scores", scores_from, record)
    listed, arrays = part("prints"), tables.get("prints", {})
    if set(listed) != set(arrays):
        refuse(path, "lists row prints that it does not hold", AGAIN)
    prints = {}
    for name, record in listed.items():
        own = {"prints": arrays[name]}
        prints[_known(path, name, PARTS)] = made("row prints", RowPrints.from_record, record, own)
    plan = part("split").get("plan")
    if plan is not None:
        made("a plan of the split", lambda: SplitPlan(**plan))
    missing = part("options").get("missing")
    if not isinstance(missing or [], list) or not all(isinstance(m, str) for m in missing or []):
        refuse(path, "holds an invalid option 'missing'", AGAIN)
    calibration = None
    if "calibration" in documents or "calibration" in tables:
        arrays = tables.get("calibration", {})
        calibration = made("a calibration", calibration_from, part("calibration"), arrays)
    rules = {
        name: made(f"a {name}", from_record, rule, part(name)) if name in documents else None
        for name, rule in (("threshold", Threshold), ("recalibration", Recalibration))
    }
    run = contents.nested(RUN, RUN)
    predictor = Predictor(
        model=model,
        schema=schema,
        preprocessor=preprocessor,
        history=history_from(path, part("history")),
        scores=scores,
        baseline=made("a baseline", baseline_from, part("baseline")),
        prints=prints,
        calibration=calibration,
        deciding=rules["threshold"],
        recalibration=rules["recalibration"],
        unfinished=Unfinished(run.documents, run.tables) if run.documents or run.tables else None,
        **{name: part(name) for name in PLAIN},
    )
    problem = made("parts", _disagreement, predictor)
    if problem:
        refuse(path, f"holds parts that do not belong together: {problem}", AGAIN)
    return predictor


def _need_known_names(path: Path, contents: Contents) -> None:
    for names, known in ((contents.documents, _DOCUMENTS), (contents.tables, _TABLES)):
        for name in names:
            if name not in known and not name.startswith((f"{NETWORK}/", f"{RUN}/")):
                refuse(path, f"holds {name!r}, which does not belong in a predictor", AGAIN)


def _disagreement(predictor: Predictor) -> str | None:
    """Why the parts would not work together, or None."""
    schema, preprocessor, model = predictor.schema, predictor.preprocessor, predictor.model
    if schema.task is None:
        return "the schema names no target"
    width = model.input_shape[1]
    if preprocessor.width != width:
        return f"{preprocessor.width} inputs are prepared, and the network takes {width}"
    members = members_of(model)
    codes = [size for _, size in preprocessor.embeddings]
    for member in members:
        if codes != [size for layer in member.layers[:1] for size in getattr(layer, "sizes", ())]:
            return "the network embeds categories other than those prepared"
    task = task_of(members[0])
    outputs, classes = model.output_shape[1], len(schema.classes)
    fits = {
        REGRESSION: classes == 0 and outputs == len(predictor.targets),
        BINARY: classes == 2,
        MULTICLASS: classes == outputs,
    }
    if not fits[task.kind]:
        return (
            f"the network has {outputs} outputs for {task.kind}, and the target has "
            f"{classes or 'no'} classes"
        )
    baseline, calibration = predictor.baseline, predictor.calibration
    for each in (baseline, calibration, *predictor.scores.values()):
        names = predictor.targets[:1]
        if isinstance(each, SeveralBaselines | SeveralCalibrations | SeveralScores):
            names = tuple(each.targets)
        if each is not None and names != predictor.targets:
            return f"scores are not for {schema.target_words}"
    tasks = {baseline.task, *(scores.task for scores in predictor.scores.values())}
    if tasks != {schema.task} or len(baseline.frequencies) != classes:
        return f"scores are not for {schema.task}"
    if calibration is not None and calibration.classifies != predictor.classifies:
        return f"the calibration is not for {schema.task}"
    if predictor.deciding is not None and classes != 2:
        return f"the threshold is not for {schema.task}"
    recalibration = predictor.recalibration
    if recalibration is not None and len(recalibration.curves) != (1 if classes == 2 else classes):
        return "the probabilities of other classes are corrected"
    return None


def _known(path: Path, name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        refuse(path, f"holds something for unknown rows {name!r}", AGAIN)
    return name
