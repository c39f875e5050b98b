"""Predictors in files: writing. :mod:`trimtab.predictor.loading` lists what a file holds."""

from __future__ import annotations

import os
from pathlib import Path

from trimtab.core.container import Contents, checked_path
from trimtab.core.records import to_record
from trimtab.model.committee import Committee
from trimtab.model.contents import (
    NETWORK,
    history_record,
    model_contents,
    write,
)
from trimtab.predictor.base import PredictorBase

__all__ = ["PLAIN", "RUN", "predictor_contents", "save_predictor"]

#: The part of a file with the state of a run, and the parts that are plain data already.
RUN = "run"
PLAIN = ("split", "options", "provenance")


def save_predictor(
    predictor: PredictorBase, filepath: str | os.PathLike[str], overwrite: bool = True
) -> Path:
    """Writes a predictor to one file; see :meth:`trimtab.Predictor.save`."""
    path = checked_path(filepath)
    write(path, predictor_contents(predictor), overwrite)
    return path


def predictor_contents(predictor: PredictorBase) -> Contents:
    """The contents of a predictor's file."""
    contents = Contents("predictor")
    documents, tables = contents.documents, contents.tables
    model = predictor.model
    network = model.contents() if isinstance(model, Committee) else model_contents(model)
    documents["predictor"] = {"network": network.kind}
    documents["schema"] = predictor.schema.record()
    documents["preprocessing"], tables["preprocessing"] = predictor.preprocessor.record()
    documents["history"] = history_record(predictor.history)
    documents["scores"] = {part: scores.record() for part, scores in predictor.scores.items()}
    documents["baseline"] = predictor.baseline.record()
    for name in PLAIN:
        documents[name] = getattr(predictor, name)
    documents["prints"], tables["prints"] = {}, {}
    for part, prints in predictor.prints.items():
        documents["prints"][part], arrays = prints.record()
        tables["prints"][part] = arrays["prints"]
    if predictor.calibration is not None:
        documents["calibration"], tables["calibration"] = predictor.calibration.record()
    for name, rule in (
        ("threshold", predictor.deciding),
        ("recalibration", predictor.recalibration),
    ):
        if rule is not None:
            documents[name] = to_record(rule)
    contents.nest(NETWORK, network)
    if predictor.unfinished is not None:
        run = predictor.unfinished
        contents.nest(RUN, Contents(RUN, run.documents, run.tables))
    return contents
