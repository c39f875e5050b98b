"""Writing ``.keras`` and ``.weights.h5``."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from trimtab import distributed
from trimtab.core.keras_names import KERAS_VERSION
from trimtab.errors import Unsupported
from trimtab.interchange.keras_file.archive import Archive, fresh, write
from trimtab.interchange.keras_file.arrays import bytes_of, need_h5py
from trimtab.interchange.keras_file.compilation import record_of
from trimtab.interchange.keras_file.optimizer_state import arrays_of
from trimtab.interchange.keras_file.places import Place, groups, variables
from trimtab.interchange.keras_file.writing import Drawing
from trimtab.model.model import Model
from trimtab.nn.layers import Weight

__all__ = ["save", "save_weights"]


def save(model: Model, path: Path, overwrite: bool) -> None:
    """Writes a ``.keras`` file that Keras 3 loads.

    Args:
        model: the model; it must be built.
        path: the file.
        overwrite: whether to replace a file that exists.

    Raises:
        EngineError: h5py is not installed.
        InvalidArgument: the file exists, and ``overwrite`` is False.
        Unsupported: Keras has not what the model is made of; the message names it.
    """
    need_h5py()
    drawing = Drawing(model)
    compiled = record_of(model)
    record = drawing.record()
    if drawing.row:
        record["build_config"] = {"input_shape": [None, model.built_width()]}
    if compiled is not None:
        record["compile_config"] = compiled
    weights = _weights(model, drawing, slots=compiled is not None)
    saved = datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S")
    archive = Archive(record, KERAS_VERSION, weights)
    distributed.on_main(lambda: write(path, archive, overwrite, saved))


def save_weights(model: Model, path: Path, overwrite: bool) -> None:
    """Writes the ``.weights.h5`` file of a model, which Keras 3 loads into the same layers.

    Args:
        model: the model; it must be built.
        path: the file.
        overwrite: whether to replace a file that exists.

    Raises:
        EngineError: h5py is not installed.
        InvalidArgument: the file exists, and ``overwrite`` is False.
        Unsupported: Keras has not what the model is made of; the message names it.
    """
    held = _weights(model, Drawing(model), slots=model.compiled)

    def whole() -> None:
        with fresh(path, overwrite) as file:
            file.write(held)

    distributed.on_main(whole)


def _weights(model: Model, drawing: Drawing, *, slots: bool) -> bytes:
    model.pull()
    places = drawing.places()
    _refuse_shared(places)
    kept: dict[str, tuple[str | None, list[Any]]] = {"": (model.name, [])}
    for path, name, weights in groups(places):
        kept[path] = name, [_array(weight) for weight in weights]
    if slots:
        kept["optimizer"] = model.optimizer.name, arrays_of(model, variables(places))
    return bytes_of(kept)


def _array(weight: Weight) -> Any:
    # The number of rows that a Normalization was adapted to is a whole number in Keras.
    whole = weight.name == "count" and weight.is_state and weight.shape == ()
    return np.int32(weight.value) if whole else weight.value


def _refuse_shared(places: list[Place]) -> None:
    """Refuses a layer that is in several models: Keras' own files of these cannot be read."""
    known = Counter(id(place.layer) for place in _all(places) if place.layer is not None)
    for place in _all(places):
        if known[id(place.layer)] > 1:
            raise Unsupported(
                f"{place.name} is part of several models inside this one, which Keras cannot read "
                "from a file. Use model.save('model.trimtab')."
            )


def _all(places: list[Place]) -> list[Place]:
    return [found for place in places for found in (place, *_all(place.inside or []))]
