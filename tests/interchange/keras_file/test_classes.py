"""Every class that both libraries have: its record is read on the other side."""

from __future__ import annotations

import importlib
import inspect
import json
from typing import Any

import keras
import pytest

from tests.interchange.keras_file.on_numpy import LAYERS
from trimtab.core import catalogue
from trimtab.interchange.keras_file.records import short, to_keras
from trimtab.nn import (
    constraints,
    initializers,
    losses,
    metrics,
    optimizers,
    regularizers,
    schedules,
)
from trimtab.nn.layers.table import REGISTRY as LAYER_CLASSES

FAMILIES: dict[str, Any] = {
    "layers": LAYER_CLASSES,
    "losses": losses.REGISTRY,
    "metrics": metrics.REGISTRY,
    "optimizers": optimizers.REGISTRY,
    "initializers": initializers.REGISTRY,
    "regularizers": regularizers.REGISTRY,
    "constraints": constraints.REGISTRY,
    "schedules": schedules.REGISTRY,
}
#: Arguments of trimtab alone of classes that Keras has, which writing looks at.
OWN = {
    ("layers", "BatchNormalization"): {"debias", "virtual_batch_size", "weighted"},
    ("losses", "SparseCategoricalCrossentropy"): {"label_smoothing"},
    ("metrics", "BinaryCrossentropy"): {"axis"},  # of one output there is but one
}
#: Layers that are called on lists or hold others: the generated graphs have them.
IN_GRAPHS = {"Add", "Average", "Concatenate", "InputLayer", "Maximum", "Minimum", "Multiply"}
IN_GRAPHS |= {"Dot", "Subtract"}
#: Arguments of classes that have no defaults; the first that fits.
ARGUMENTS: tuple[tuple[Any, ...], ...] = (
    (),
    *((0.5,), (1,), (2,), (0.1, 100), (2, [0]), ([1, 2], [0.1, 0.2, 0.3]), (0.1, 100, 0.9)),
)

BOTH = [
    (family, name)
    for family, registry in FAMILIES.items()
    for name in registry.classes
    if name in catalogue.names(family)
]


def module(family: str) -> Any:
    importlib.import_module("keras.optimizers.schedules")
    return keras.optimizers.schedules if family == "schedules" else getattr(keras, family)


def made(cls: Any) -> Any:
    for arguments in ARGUMENTS:
        try:
            return cls(*arguments)
        except (TypeError, ValueError):
            continue
    raise AssertionError(f"no arguments for {cls}")


@pytest.mark.parametrize(("family", "name"), BOTH)
def test_arguments_of_trimtab_alone_are_known(family: str, name: str) -> None:
    ours, theirs = (
        {
            key
            for key, each in inspect.signature(cls.__init__).parameters.items()
            if each.kind is not each.VAR_KEYWORD
        }
        for cls in (FAMILIES[family].classes[name], getattr(module(family), name))
    )
    assert ours - theirs == OWN.get((family, name), set())


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family, name in BOTH if family != "layers"]
)
def test_a_record_is_read_on_the_other_side(family: str, name: str) -> None:
    registry, library = FAMILIES[family], module(family)
    where = "keras.optimizers.schedules" if family == "schedules" else f"keras.{family}"
    ours = made(registry.classes[name])
    if name == "AUC":
        ours = metrics.AUC(num_thresholds=200)
    record = json.loads(json.dumps(to_keras(registry.serialize(ours), where)))
    for key in ("label_smoothing",) if name == "SparseCategoricalCrossentropy" else ():
        record["config"].pop(key, None)
    assert type(keras.saving.deserialize_keras_object(record)).__name__ == name
    theirs = made(getattr(library, name))
    found = json.loads(json.dumps(library.serialize(theirs)))
    if family == "metrics":
        del found["config"]["dtype"]
    assert type(registry.deserialize(short(found))).__name__ == name


def test_every_layer_goes_through_a_file() -> None:
    assert {name for family, name in BOTH if family == "layers"} == set(LAYERS) | IN_GRAPHS
