"""Layers, losses and metrics of one's own: by their registered names, on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import trimtab
from tests.interchange.keras_file.both import VALUES, far, to_ours, to_theirs
from trimtab.errors import FileFormatError


def scaled(base: Any) -> Any:
    """A layer with weights of its own and layers in its attributes, in either library."""

    class Scaled(base.layers.Layer):  # type: ignore[misc]
        def __init__(self, units: int = 2, **options: Any) -> None:
            super().__init__(**options)
            self.units = units
            self.inner = base.layers.Dense(units, activation="tanh")
            self.several = [base.layers.Dense(units), base.layers.Dense(units)]

        def build(self, input_shape: Any) -> None:
            self.shift = self.add_weight(
                shape=(self.units,), initializer="zeros", trainable=False, name="shift"
            )
            self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")
            if base is keras:
                self.inner.build(input_shape)
                for layer in self.several:
                    layer.build((None, self.units))

        def call(self, x: Any) -> Any:
            value = self.inner(x)
            for layer in self.several:
                value = layer(value) * self.scale
            return value + self.shift

        def compute_output_shape(self, input_shape: Any) -> Any:
            return (None, self.units)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units}

    return Scaled


def test_an_own_layer_registered_on_both_sides_goes_both_ways(tmp_path: Path) -> None:
    theirs = keras.saving.register_keras_serializable("files")(scaled(keras))
    ours = trimtab.register(scaled(trimtab.keras), package="files")
    assert keras.saving.get_registered_name(theirs) == "files>Scaled"
    x = np.random.default_rng(3).normal(size=(8, 3)).astype(np.float32)
    model = keras.Sequential([keras.Input((3,)), theirs(3, name="own"), keras.layers.Dense(1)])
    draw = np.random.default_rng(1)
    model.set_weights([draw.normal(size=weight.shape) for weight in model.get_weights()])
    here = to_ours(model, tmp_path)
    assert isinstance(here.layers[0], ours)
    expected = model(x, training=False)
    assert far(here.predict(x, verbose=0), expected) <= VALUES
    assert far(to_theirs(here, tmp_path)(x, training=False), expected) <= VALUES


def test_an_own_loss_and_metric_go_along_under_their_names(tmp_path: Path) -> None:
    def worst(y_true: Any, y_pred: Any) -> Any:
        return keras.ops.max(keras.ops.abs(y_true - y_pred))

    def cubed(y_true: Any, y_pred: Any) -> Any:
        return abs(y_true - y_pred) ** 3

    def worst_here(y_true: Any, y_pred: Any) -> Any:
        return np.abs(y_true - y_pred).max()

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", keras.saving.register_keras_serializable("files")(cubed), metrics=[worst])
    model.save(tmp_path / "m.keras")
    known = {"cubed": cubed, "worst": worst_here}
    here = trimtab.load_model(tmp_path / "m.keras", custom_objects=known)
    assert here.loss_function.name == "cubed"
    assert here.metrics_names == ["loss", "worst_here"]


@pytest.mark.parametrize("registered", [True, False])
def test_an_own_layer_that_is_not_known_here_is_named(registered: bool, tmp_path: Path) -> None:
    kind = scaled(keras)
    if registered:
        kind = keras.saving.register_keras_serializable("elsewhere", "Unknown")(kind)
    keras.Sequential([keras.Input((3,)), kind(2)]).save(tmp_path / "m.keras")
    name = "elsewhere>Unknown" if registered else "Scaled"
    with pytest.raises(
        FileFormatError, match=f"'{name}' is not registered in this process"
    ) as info:
        trimtab.load_model(tmp_path / "m.keras")
    assert f"or pass custom_objects={{'{name.split('>')[-1]}': " in str(info.value)
