"""Models from files: every part checked, nothing executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trimtab.core import checks
from trimtab.core.container import Contents, refuse
from trimtab.model.contents import (
    BAD,
    broken,
    column_names_in,
    compile_from,
    document,
    history_from,
    layers_by_path,
    take_training,
    take_weights,
    weights_in,
)
from trimtab.model.model import Model
from trimtab.model.sequential import Sequential
from trimtab.nn import registration

__all__ = ["model_from"]


def model_from(
    path: Path,
    contents: Contents,
    custom_objects: Mapping[str, Any] | None,
    compile: bool,  # noqa: A002 (as in load_model)
) -> Any:
    """The model that these contents of a file are."""
    with registration.CustomObjectScope(custom_objects):
        _need_registered(path, contents, ["model", *(["compile"] if compile else [])])
        model = _model(path, contents)
        weights = weights_in(path, contents, model)
        if compile:
            compile_from(path, contents, model, custom_objects or {})
    take_weights(model, weights)
    model.column_names = column_names_in(path, contents)
    if compile:
        take_training(path, contents, model)
    record = contents.documents.get("history")
    if record is not None:
        history_from(path, record).set_model(model)
    return model


def _need_registered(path: Path, contents: Contents, parts: list[str]) -> None:
    """Refuses a file that names what this process does not know, all of it in one message."""
    missing = registration.missing_in(contents.documents.get(name) for name in parts)
    if missing:
        problem, advice = registration.missing_text(missing)
        refuse(path, f"holds what is not trimtab's own: {problem}", advice)


def _model(path: Path, contents: Contents) -> Model:
    """The layers, their weights declared and without values."""
    record = document(path, contents, "model")
    width = document(path, contents, "training").get("input_width")
    kinds: dict[Any, type[Model]] = {"Sequential": Sequential, "Model": Model}
    if record.get("class_name") not in list(kinds):
        refuse(path, f"holds a {record.get('class_name')!r}, which this trimtab does not know")
    try:
        model = kinds[record["class_name"]].unbuilt(record["config"])
        trainable = record["trainable"]
        for place, layer in layers_by_path(model):  # blocks first: setting one sets its layers
            if not isinstance(trainable[place], bool):
                raise TypeError(f"trainable of {place}")
            layer.trainable = trainable[place]
        if width is not None:
            model.declare(checks.positive_integer("input_width", width))
    except BAD as problem:
        broken(path, "an architecture", problem)
    return model
