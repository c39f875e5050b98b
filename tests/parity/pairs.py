"""One description, two models: Keras' and trimtab's, with the same weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

import trimtab
from tests.support.keras import slot_groups
from trimtab import keras as ours
from trimtab.core.types import Floats

#: A layer: ("dense", units, options), ("batch_normalization",), ("activation", name),
#: ("residual", [layers]), ("embedding", size, dim), ("category_embedding", sizes, dims).
Spec = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class Case:
    """A network, how it is trained, and on how many rows."""

    name: str
    inputs: int
    layers: Spec
    loss: Any = "mse"
    #: Keras' name of the optimizer, and its arguments.
    optimizer: tuple[str, dict[str, Any]] = ("SGD", {})
    metrics: tuple[str, ...] = ()
    rows: int = 44
    batch_size: int = 16
    classes: int = 0
    fit: dict[str, Any] = field(default_factory=dict)

    @property
    def code_sizes(self) -> tuple[int, ...]:
        """How many categories the last columns have."""
        kind, *settings = self.layers[0]
        if kind == "embedding":
            return (settings[0],) * self.inputs
        return tuple(settings[0]) if kind == "category_embedding" else ()

    @property
    def outputs(self) -> int:
        return int(next(layer[1] for layer in reversed(self.layers) if layer[0] == "dense"))

    def __str__(self) -> str:
        return self.name


def data(
    case: Case, rows: int | None = None, seed: int = 0, raw: bool = False
) -> tuple[Floats, NDArray[Any]]:
    """Columns (standardized, or raw ones far from 0) and targets that depend on them."""
    generator = np.random.default_rng([seed, case.inputs])
    n = rows or case.rows
    x = generator.normal(size=(n, case.inputs)).astype(np.float32)
    if raw:
        x = (1000 + 20 * x).astype(np.float32)
    for column, size in enumerate(case.code_sizes, start=case.inputs - len(case.code_sizes)):
        x[:, column] = generator.integers(0, size, n)
    signal = (x - x.mean(axis=0)) @ generator.normal(
        size=(case.inputs, max(case.outputs, case.classes))
    )
    if case.classes:
        return x, np.argmax(signal, axis=1).astype(np.int32)
    if "binary" in str(case.loss).lower():
        return x, (signal > 0).astype(np.float32)
    return x, (signal + 0.1 * generator.normal(size=signal.shape)).astype(np.float32)


def optimizer(module: Any, case: Case) -> Any:
    name, arguments = case.optimizer
    schedule = arguments.get("learning_rate")
    if isinstance(schedule, tuple):
        kind, settings = schedule
        arguments = {
            **arguments,
            "learning_rate": getattr(module.optimizers.schedules, kind)(**settings),
        }
    return getattr(module.optimizers, name)(**arguments)


def loss(module: Any, case: Case) -> Any:
    if isinstance(case.loss, tuple):
        kind, settings = case.loss
        return getattr(module.losses, kind)(**settings)
    return case.loss


def _made(module: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Regularizers and constraints, given as (class, arguments ...)."""
    made = dict(options)
    for key, value in options.items():
        if isinstance(value, tuple):
            family = module.constraints if key.endswith("constraint") else module.regularizers
            made[key] = getattr(family, value[0])(*value[1:])
    return made


def named(layers: Spec) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Names that both models give their layers."""
    for number, layer in enumerate(layers):
        yield f"{layer[0]}_{number}", layer


def keras_model(case: Case) -> Any:
    keras.utils.set_random_seed(20)
    value = given = keras.Input((case.inputs,))
    model = keras.Model(given, _keras_layers(case.layers, value, ""))
    model.compile(optimizer(keras, case), loss(keras, case), metrics=list(case.metrics))
    return model


def _keras_layers(layers: Spec, value: Any, prefix: str) -> Any:
    for name, layer in named(layers):
        name = prefix + name
        if layer[0] == "dense":
            options = _made(keras, layer[2] if len(layer) > 2 else {})
            value = keras.layers.Dense(layer[1], name=name, **options)(value)
        elif layer[0] == "batch_normalization":
            options = _made(keras, layer[1] if len(layer) > 1 else {})
            value = keras.layers.BatchNormalization(name=name, **options)(value)
        elif layer[0] == "activation":
            value = keras.layers.Activation(layer[1], name=name)(value)
        elif layer[0] == "embedding":
            value = keras.layers.Embedding(*layer[1:], name=name)(value)
            value = keras.layers.Flatten()(value)
        elif layer[0] == "category_embedding":
            value = _keras_categories(value, *layer[1:], name)
        else:
            inner = _keras_layers(layer[1], value, name + "-")
            if inner.shape[1] != value.shape[1]:
                value = keras.layers.Dense(inner.shape[1], use_bias=False, name=name)(value)
            value = keras.layers.Add()([value, inner])
    return value


def _keras_categories(value: Any, sizes: Sequence[int], dims: Sequence[int], name: str) -> Any:
    """What one layer does here, column by column."""
    passing = value.shape[1] - len(sizes)
    parts = [value[:, :passing]]
    for number, (size, dim) in enumerate(zip(sizes, dims, strict=True)):
        own = keras.layers.Embedding(size, dim, name=f"{name}-{number}")
        parts.append(own(value[:, passing + number]))
    return keras.layers.Concatenate()(parts)


def our_model(case: Case, engine: str = "native") -> trimtab.Sequential:
    model = ours.Sequential([ours.Input((case.inputs,)), *_our_layers(case.layers, "")])
    model.compile(
        optimizer(ours, case), loss(ours, case), metrics=list(case.metrics), engine=engine
    )
    return model


def _our_layers(layers: Spec, prefix: str) -> Iterator[Any]:
    for name, layer in named(layers):
        name = prefix + name
        if layer[0] == "dense":
            options = _made(ours, layer[2] if len(layer) > 2 else {})
            yield ours.layers.Dense(layer[1], name=name, **options)
        elif layer[0] == "batch_normalization":
            options = _made(ours, layer[1] if len(layer) > 1 else {})
            yield ours.layers.BatchNormalization(name=name, **options)
        elif layer[0] == "activation":
            yield ours.layers.Activation(layer[1], name=name)
        elif layer[0] == "embedding":
            yield ours.layers.Embedding(*layer[1:], name=name)
            yield ours.layers.Flatten()
        elif layer[0] == "category_embedding":
            yield trimtab.layers.CategoryEmbedding(*layer[1:], name=name)
        else:
            yield trimtab.layers.Residual(list(_our_layers(layer[1], name + "-")), name=name)


# -- the same state in both -----------------------------------------------------------------------


def our_weights(model: trimtab.Sequential) -> dict[str, Any]:
    """Weights under Keras' paths: see :func:`keras_path`."""
    return {keras_path(weight.path): weight for weight in model.weights}


def keras_path(path: str) -> str:
    """``layer/weight``, blocks left out; tables of one layer here are of several there."""
    layer, weight = path.split("/")[-2:]
    name, _, number = weight.partition("_")
    return f"{layer}-{number}/{name}" if name == "embeddings" and number else f"{layer}/{weight}"


def keras_weights(model: Any) -> dict[str, Floats]:
    return {variable.path: np.array(variable.value) for variable in model.weights}


def keras_slots(model: Any) -> dict[str, list[Floats]]:
    """Optimizer slots by the path of their weight."""
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    groups = slot_groups(optimizer)
    return {
        variable.path: [np.array(group[i].value) for group in groups]
        for i, variable in enumerate(model.trainable_variables)
    }


def our_slots(model: trimtab.Sequential) -> dict[str, list[Floats]]:
    model.pull()
    return {
        path: list(model.runner.slots[weight.path].reshape(-1, *weight.shape))
        for path, weight in our_weights(model).items()
        if weight.path in model.runner.slots
    }


@dataclass(frozen=True, eq=False)
class State:
    """What training changes: weights and moving statistics, optimizer slots, steps done."""

    weights: dict[str, Floats]
    slots: dict[str, list[Floats]]
    step: int


def keras_state(model: Any) -> State:
    return State(keras_weights(model), keras_slots(model), int(model.optimizer._iterations.value))


def take_state(model: trimtab.Sequential, state: State) -> None:
    """Gives our model the reference's weights, moving statistics, slots and step."""
    weights = our_weights(model)
    assert weights.keys() == state.weights.keys()
    for path, weight in weights.items():
        weight.assign(state.weights[path])
    model.runner.slots = {
        weights[path].path: np.stack([group.reshape(-1) for group in groups])
        for path, groups in state.slots.items()
        if groups
    }
    model.runner.step = model.optimizer.iterations = state.step
    model.runner.touched()
