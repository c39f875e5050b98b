"""What an object says by its public names, as numbers: the same before and after it was stored."""

from __future__ import annotations

import dataclasses
import io
import pickle
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import trimtab
from trimtab import (
    constraints,
    findings,
    initializers,
    layers,
    losses,
    metrics,
    regularizers,
    schedules,
)

FOLDER = Path(__file__).parent
TABLE = FOLDER / "table.csv"

#: Of the table: those that are asked about.
ROWS = np.arange(0, 150, 7)

#: Inputs of networks: numbers, and codes of categories.
NUMBERS = np.linspace(-1.2, 1.2, 60, dtype=np.float32).reshape(10, 6) ** 3
CODES = np.arange(10, dtype=np.float32)[:, None] % [[5, 3]]

#: What networks of numbers were trained on.
X = np.concatenate([NUMBERS, np.random.default_rng(0).integers(-200, 200, (50, 6)) / 100])
Y = X[:, 0] - X[:, 1] * X[:, 2]

Answers = Iterator[tuple[str, Any]]


@trimtab.register(package="tests")
def product(y_true: Any, y_pred: Any) -> Any:
    """A user's own loss."""
    return y_true * y_pred


def answers(thing: Any, name: str = "") -> Answers:
    """Names, and numbers or texts; texts with a space are for people, and may be said better."""
    assert repr(thing) and isinstance(str(thing), str)
    if isinstance(thing, str) and " " in thing:
        return
    yield from _own(thing, name)
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            yield from answers(value, f"{name}/{key}")
    elif isinstance(thing, list | tuple):
        yield f"{name}/length", len(thing)
        for number, value in enumerate(thing):
            yield from answers(value, f"{name}/{number}")
    elif isinstance(thing, Enum):
        yield name, thing.name
    elif thing is None or isinstance(thing, str | bool | int | float | np.ndarray | np.generic):
        yield name, np.asarray("None" if thing is None else thing)
    elif isinstance(thing, pd.DataFrame):
        for column, values in thing.items():
            yield f"{name}/{column}", _plain(values)


def _own(thing: Any, name: str) -> Answers:
    """What objects of trimtab are asked."""
    if isinstance(thing, trimtab.Predictor):
        yield from _of_predictor(thing, name)
        return
    if isinstance(thing, trimtab.Sequential | trimtab.Committee):
        x = CODES if thing.name.startswith("coded") else NUMBERS
        yield f"{name}/predict", thing.predict(x[:, : thing.input_shape[1]])
        for number, member in enumerate(getattr(thing, "members", [thing])):
            for place, weight in enumerate(member.get_weights()):
                yield f"{name}/{number}/weight/{place}", weight
            if member.history is not None:
                yield from answers(member.history, f"{name}/{number}/history")
    elif isinstance(thing, layers.Layer) and thing.weights:
        yield f"{name}/call", thing(np.resize(NUMBERS, (10, thing.get_weights()[0].shape[0])))
    elif isinstance(thing, trimtab.callbacks.History):
        yield from answers(thing.history, name)
    elif isinstance(thing, trimtab.callbacks.Callback):
        known = {key: value for key, value in vars(thing).items() if not key.startswith("_")}
        plain = {key: value for key, value in known.items() if isinstance(value, str | int | float)}
        yield from answers(plain, name)
        if isinstance(thing, trimtab.callbacks.BestEpochs):
            yield from answers(thing.models(), f"{name}/models")
    elif isinstance(thing, Exception):
        yield from answers(thing.args, f"{name}/args")
    elif isinstance(thing, findings.Findings):
        yield f"{name}/codes", thing.codes
    elif isinstance(thing, losses.Loss | metrics.Metric):
        yield f"{name}/call", thing(*_targets(thing))
    elif isinstance(thing, schedules.DropoutSchedule):
        yield f"{name}/call", thing(np.arange(9), epoch_steps=3)
    elif isinstance(thing, schedules.Schedule):
        yield f"{name}/call", thing(np.arange(9))
    elif isinstance(thing, regularizers.Regularizer | constraints.Constraint):
        yield f"{name}/call", thing(NUMBERS)
    elif isinstance(thing, initializers.Initializer):
        yield f"{name}/call", thing((4, 3), seed=1)
    elif isinstance(thing, trimtab.uncertainty.Calibration):
        yield from answers(thing.predict(NUMBERS), f"{name}/predict")
    elif isinstance(thing, trimtab.tables.Preprocessor):
        yield f"{name}/transform", thing.transform(trimtab.tables.read(TABLE), ROWS)
    if hasattr(thing, "get_config") and not isinstance(thing, trimtab.Sequential):
        yield from answers(thing.get_config(), f"{name}/config")
    elif hasattr(thing, "record"):
        yield from answers(thing.record(), f"{name}/record")
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            value = getattr(thing, field.name)
            if not isinstance(value, str):
                yield from answers(value, f"{name}/{field.name}")


def _of_predictor(predictor: trimtab.Predictor, name: str) -> Answers:
    frame = predictor.predict_frame(TABLE, interval=0.8, proba=predictor.classifies)
    yield from answers(frame.iloc[ROWS], f"{name}/predict")
    yield from answers(predictor.history, f"{name}/history")
    yield from answers(predictor.scores, f"{name}/scores")
    yield from answers(predictor.options, f"{name}/options")


def _targets(thing: Any) -> tuple[Any, Any]:
    """Truth and predictions that a loss or metric takes."""
    if "parse" in type(thing).__name__:
        return [0, 2, 1], [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.5, 0.4, 0.1]]
    if "Categorical" in type(thing).__name__:
        return [[1, 0], [0, 1]], [[0.7, 0.3], [0.6, 0.4]]
    return [[1.0], [0.0], [1.0]], [[0.9], [0.4], [0.3]]


def _plain(values: pd.Series) -> np.ndarray:
    """Without pandas' own types."""
    if values.dtype.kind in "biuf":
        return values.to_numpy()
    return np.array([str(value) for value in values])


def collected(thing: Any) -> dict[str, Any]:
    """All answers, as JSON has them."""
    return {name: np.asarray(value).tolist() for name, value in answers(thing)}


class Unpickler(pickle.Unpickler):
    """Keeps what the pickle refers to, ``module:name``."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.BytesIO(path.read_bytes()))
        self.found: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.found.add(f"{module}:{name}")
        return super().find_class(module, name)
