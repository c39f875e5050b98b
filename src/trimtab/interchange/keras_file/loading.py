"""Reading ``.keras`` and ``.weights.h5``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trimtab.core import checks
from trimtab.core.types import Floats
from trimtab.core.words import brief
from trimtab.interchange.keras_file import archive
from trimtab.interchange.keras_file.archive import refuse
from trimtab.interchange.keras_file.arrays import Arrays, arrays_in
from trimtab.interchange.keras_file.compilation import compile_from
from trimtab.interchange.keras_file.nodes import functional
from trimtab.interchange.keras_file.optimizer_state import take
from trimtab.interchange.keras_file.places import Place, groups, variables
from trimtab.interchange.keras_file.reading import Reader
from trimtab.interchange.keras_file.records import check_known
from trimtab.interchange.keras_file.writing import places_of
from trimtab.model.model import Model
from trimtab.nn.layers import Weight
from trimtab.nn.registration import CustomObjectScope

__all__ = ["load", "load_weights"]

#: The most bytes of a file of weights that is read into memory at once.
_LARGEST = 1 << 34


def load(path: Path, custom_objects: Mapping[str, Any] | None, compiled: bool) -> Model:
    """The model in a ``.keras`` file.

    Args:
        path: the file.
        custom_objects: name -> class or function, for what is not registered.
        compiled: False leaves out optimizer, loss and metrics.

    Raises:
        EngineError: h5py is not installed.
        FileNotFoundError: there is no such file.
        FileFormatError: it is damaged, or holds what trimtab has not; the message names it.
    """
    held = archive.read(path)
    config = held.config if compiled else {**held.config, "compile_config": None}
    with CustomObjectScope(custom_objects), arrays_in(path, held.weights) as arrays:
        check_known(path, config)
        read = Reader(path, functional).model(config)
        model = read.model
        for weight, array in _values(path, arrays, read.places).values():
            weight.stored = array
        model.touched()
        if compile_from(path, config.get("compile_config"), model) and not take(
            model, arrays.of("optimizer"), variables(read.places)
        ):
            _say_new(path)
    return model


def _values(path: Path, arrays: Arrays, places: list[Place]) -> dict[int, tuple[Weight, Floats]]:
    """Each weight and its array; every shape is checked."""
    found: dict[int, tuple[Weight, Floats]] = {}
    for group, name, weights in groups(places):
        given = arrays.of(group) if weights or group in arrays else []
        if len(given) != len(weights):
            refuse(
                path,
                f"holds {len(given)} weights of the layer {name!r}, which has {len(weights)}",
                "Pass a file of the same layers, in the same order.",
            )
        for weight, array in zip(weights, given, strict=True):
            if array.shape != weight.shape:
                refuse(
                    path,
                    f"holds {weight.name} of the layer {name!r} with shape {brief(array.shape)}, "
                    f"and the layer has {weight.shape}",
                    "Pass a file of the same layers, in the same order.",
                )
            found[id(weight)] = weight, np.array(array, np.float32)
    return found


def _say_new(path: Path) -> None:
    warnings.warn(
        f"{str(path)!r}: the state of the optimizer does not fit the weights that are trained, so "
        "the optimizer starts anew. Save the model after fit, with the same layers frozen.",
        stacklevel=checks.outside(),
    )


def load_weights(model: Model, path: Path) -> None:
    """Weights from a ``.weights.h5`` or ``.keras`` file of a model with the same layers.

    Args:
        model: the model; it must be built.
        path: the file.

    Raises:
        EngineError: h5py is not installed.
        FileNotFoundError: there is no such file.
        FileFormatError: it is damaged, or does not fit; nothing changes then.
        NotBuilt: the model has no weights yet.
    """
    model.built_width()
    if path.name.lower().endswith(".keras"):
        held = archive.read(path).weights
    else:
        archive.regular(path)
        if path.stat().st_size > _LARGEST:
            refuse(path, f"has more than {_LARGEST >> 30} GiB")
        held = path.read_bytes()
    model.pull()
    with arrays_in(path, held) as arrays:
        places = places_of(model)
        found = _values(path, arrays, places)
        slots = arrays.of("optimizer") if "optimizer" in arrays else None
        for weight, array in found.values():
            weight.stored = array
        model.touched()
        if model.compiled and slots is not None and not take(model, slots, variables(places)):
            _say_new(path)
