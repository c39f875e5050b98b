"""What one of the two libraries does not have is refused by name, with a next step."""

from __future__ import annotations

import re
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import trimtab
from tests.interchange.keras_file.both import VALUES, far, to_theirs
from trimtab import activations, layers
from trimtab.errors import FileFormatError, InvalidArgument, NotBuilt, Unsupported
from trimtab.schedules import LinearDropout

L = keras.layers
TRIMTAB = "Use model.save('model.trimtab')"


def row(*parts: Any) -> Any:
    return keras.Sequential([keras.Input((4,)), *parts])


def functional(join: Any) -> Any:
    x = keras.Input((4,), name="x")
    return keras.Model(x, join(x))


#: What Keras has and trimtab has not: the model, and what the message says.
THEIRS: dict[str, tuple[Any, str]] = {
    "unknown layer": (
        lambda: row(L.GroupNormalization(2)),
        "holds the layer 'group_norm.*', a 'GroupNormalization', that trimtab cannot make: "
        "layers.GroupNormalization is not supported yet.* Use layers.BatchNormalization",
    ),
    "several sizes": (
        lambda: row(L.Reshape((2, 2)), L.Flatten()),
        "holds the layer 'reshape.*', a 'Reshape', that trimtab cannot make: Reshape: a row stays "
        "one vector",
    ),
    "lambda": (
        lambda: row(L.Lambda(lambda x: x * 2)),
        "holds Python code .*, and trimtab runs no code of a file. Write what it computes as a "
        "custom layer",
    ),
    "unknown option": (
        lambda: row(L.BatchNormalization(renorm=True)),
        "'BatchNormalization', that trimtab cannot make: BatchNormalization: renorm is not",
    ),
    "three axes": (
        lambda: row(L.Embedding(5, 2), L.Dense(3), L.Flatten()),
        "it reads three axes, as an embedding of several columns gives them in Keras. Put Flatten",
    ),
    "output of three axes": (lambda: row(L.Embedding(5, 2)), "has three axes. End it with Flatten"),
    "operator": (
        lambda: functional(lambda x: L.Dense(1)(keras.ops.sort(x))),
        "a call of 'sort.*' that trimtab cannot make: the operator 'Sort' is not supported on",
    ),
    "operator over columns": (
        lambda: functional(lambda x: L.Dense(1)(L.Concatenate()([x, keras.ops.mean(x, 1, True)]))),
        "the operator 'Mean' is not supported",
    ),
    "one column without an axis": (
        lambda: functional(lambda x: x[:, 3] * 2.0),
        "a call of 'multiply.*' that trimtab cannot make: operators read two axes here. In Keras, ",
    ),
    "vectors": (
        lambda: functional(lambda x: L.Add()([x, L.RepeatVector(4)(L.Dense(1)(x))])),
        "'RepeatVector', that trimtab cannot make",
    ),
    "training": (
        lambda: functional(lambda x: L.Dense(1)(L.Dropout(0.5)(x, training=True))),
        "it is called with training=True",
    ),
    "half": (
        lambda: row(L.Dense(2, dtype="float16")),
        "that trimtab cannot make: Dense: dtype must be 'float32', received 'float16'",
    ),
}


@pytest.mark.parametrize("name", THEIRS)
def test_what_trimtab_has_not_is_named_on_loading(name: str, tmp_path: Path) -> None:
    make, message = THEIRS[name]
    make().save(tmp_path / "m.keras")
    with pytest.raises(FileFormatError, match=message) as info:
        trimtab.load_model(tmp_path / "m.keras")
    assert str(info.value).startswith(repr(str(tmp_path / "m.keras")))


def test_a_loss_that_trimtab_has_not_leaves_the_network(tmp_path: Path) -> None:
    model = row(L.Dense(2))
    model.compile("sgd", keras.losses.Tversky())
    model.save(tmp_path / "m.keras")
    advice = "Use load_model('m.keras', compile=False) and compile the model yourself."
    with pytest.raises(FileFormatError, match=re.escape(advice)):
        trimtab.load_model(tmp_path / "m.keras")
    assert trimtab.load_model(tmp_path / "m.keras", compile=False).output_shape == (None, 2)


def test_mixed_precision_and_a_missing_loss_are_said(tmp_path: Path) -> None:
    model = row(L.Dense(2, dtype="mixed_bfloat16"))
    model.compile("sgd")
    model.save(tmp_path / "m.keras")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        loaded = trimtab.load_model(tmp_path / "m.keras")
    texts = [str(each.message) for each in said if issubclass(each.category, UserWarning)]
    assert any("was made for mixed precision" in text for text in texts)
    assert any("is compiled without a loss" in text for text in texts)
    assert not loaded.compiled


#: What trimtab has and Keras has not.
OURS: dict[str, tuple[Any, str]] = {
    "numbers": (lambda: [layers.PeriodicEmbedding()], "Keras has no layers.PeriodicEmbedding"),
    "pieces": (
        lambda: [layers.PiecewiseLinearEmbedding(bins=3)],
        "Keras has no layers.PiecewiseLinearEmbedding",
    ),
    "weights": (lambda: [layers.DropConnect(2, 0.5)], "Keras has no layers.DropConnect"),
    "columns": (lambda: [layers.FeatureDropout(0.5)], "Keras has no layers.FeatureDropout"),
    "order": (lambda: [layers.Increasing(3)], "Keras has no layers.Increasing"),
    "ramp": (
        lambda: [layers.Dropout(LinearDropout(0.5, 0.0, epochs=5), name="ramp")],
        "ramp: the rate of a Dropout follows a schedule, which Keras does not have. "
        "Use model.get_layer('ramp').rate = 0.3, or: use",
    ),
    "debiased": (
        lambda: [layers.BatchNormalization(debias=True, virtual_batch_size=8, name="norm")],
        "norm: BatchNormalization of Keras has no debias and virtual_batch_size",
    ),
    "arguments": (
        lambda: [layers.Dense(2, activation={"class_name": "celu", "config": {"alpha": 0.3}})],
        "Keras' files hold no activation with arguments, and this is celu with some",
    ),
    "glu": (lambda: [layers.Dense(2, activation="glu")], "Keras takes the output of glu for twice"),
}


def assert_refused(model: Any, path: Path, message: str) -> None:
    path.write_bytes(b"before")
    with pytest.raises(Unsupported, match=re.escape(message)) as info:
        model.save(path)
    assert TRIMTAB in str(info.value) or "use model.save('model.trimtab')" in str(info.value)
    assert path.read_bytes() == b"before"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", OURS)
def test_what_keras_has_not_is_named_on_saving(name: str, tmp_path: Path) -> None:
    make, message = OURS[name]
    model = trimtab.Sequential([layers.Input((4,)), *make(), layers.Dense(1)])
    for layer in model.layers:
        if isinstance(layer, layers.PiecewiseLinearEmbedding):
            layer.adapt(np.random.default_rng(0).normal(size=(32, 4)))
    assert_refused(model, tmp_path / "m.keras", message)


def test_members_committees_and_networks_without_weights(tmp_path: Path) -> None:
    several = trimtab.Sequential([layers.Input((4,)), layers.Dense(2), layers.Dense(1)], members=3)
    with pytest.raises(InvalidArgument, match="is a network of 3 members, which Keras does not"):
        several.save(tmp_path / "m.keras")
    models = [trimtab.Sequential([layers.Input((4,)), layers.Dense(1)]) for _ in range(2)]
    for model in models:
        model.compile("sgd", "mse")
    committee = trimtab.Committee(models)
    with pytest.raises(InvalidArgument, match="holds one network and nothing of its table"):
        committee.save(tmp_path / "m.keras")
    with pytest.raises(NotBuilt, match="is not built yet"):
        trimtab.Sequential([layers.Dense(1)]).save(tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


def test_a_layer_of_two_models_inside_is_named(tmp_path: Path) -> None:
    x = layers.Input((4,))
    shared = layers.Dense(4, name="both")
    inner = trimtab.Sequential([layers.Input((4,)), shared], name="inner")
    model = trimtab.Model(x, layers.Add()([inner(x), shared(x)]))
    assert_refused(model, tmp_path / "m.keras", "both is part of several models inside this one")


def test_a_compilation_that_keras_has_not_is_said(tmp_path: Path) -> None:
    model = trimtab.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("adam", trimtab.losses.Quantile(0.9))
    with pytest.warns(
        UserWarning, match="Keras has no losses.Quantile, so the file holds the netw"
    ):
        there = to_theirs(model, tmp_path)
    assert not there.compiled

    def far_off(y_true: Any, y_pred: Any) -> Any:
        return abs(y_true - y_pred).max()

    model.compile("adam", "mse", metrics=["mae", far_off, trimtab.metrics.AUC()])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.save(tmp_path / "m.keras")
    texts = " ".join(str(each.message) for each in said)
    assert "metrics that Keras cannot read from a file were left out: far_off" in texts
    assert "200 thresholds in Keras" in texts


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    model = trimtab.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.save(tmp_path / "m.keras")
    before = (tmp_path / "m.keras").read_bytes()
    with pytest.raises(InvalidArgument, match="exists already"):
        model.save(tmp_path / "m.keras", overwrite=False)
    assert (tmp_path / "m.keras").read_bytes() == before


def test_blocks_and_columns_of_categories_become_layers_of_keras(tmp_path: Path) -> None:
    model = trimtab.Sequential(
        [
            layers.Input((4,)),
            layers.CategoryEmbedding([3, 5], [2, 2], name="codes"),
            layers.Residual([layers.Dense(8, activation="relu"), layers.Dense(5)], name="block"),
            layers.Residual([layers.BatchNormalization()], name="narrow"),
            layers.Dense(4, activation=partial(activations.leaky_relu, negative_slope=0.1)),
            layers.Activation(partial(activations.relu, max_value=2.0)),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    draw = np.random.default_rng(0)
    x = np.column_stack([draw.normal(size=(32, 2)), draw.integers(0, 3, (32, 2))])
    x = x.astype(np.float32)
    model.fit(x, x[:, :1], epochs=2, verbose=0)
    there = to_theirs(model, tmp_path)
    assert far(there(x, training=False), model.predict(x, verbose=0)) <= VALUES
    assert there.count_params() == model.count_params()
    again = trimtab.load_model(tmp_path / "ours.keras")
    assert far(again.predict(x, verbose=0), model.predict(x, verbose=0)) <= VALUES
    # The optimizer goes along: the next epoch is the same, up to the order of sums.
    for each in (model, again):
        each.fit(x, x[:, :1], epochs=1, shuffle=False, verbose=0)
    assert far(again.predict(x, verbose=0), model.predict(x, verbose=0)) <= 1e-5


def test_weights_alone_go_both_ways(tmp_path: Path) -> None:
    theirs = row(L.Dense(3, activation="relu"), L.BatchNormalization(), L.Dense(1))
    ours = trimtab.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(3, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    theirs.save_weights(tmp_path / "a.weights.h5")
    ours.load_weights(tmp_path / "a.weights.h5")
    assert far(ours.predict(x, verbose=0), theirs(x, training=False)) <= VALUES
    ours.set_weights([weight + 0.5 for weight in ours.get_weights()])
    ours.save_weights(tmp_path / "b.weights.h5")
    theirs.load_weights(tmp_path / "b.weights.h5")
    assert far(theirs(x, training=False), ours.predict(x, verbose=0)) <= VALUES
    other = trimtab.Sequential([layers.Input((4,)), layers.Dense(2)])
    before = other.get_weights()
    with pytest.raises(FileFormatError, match=r"holds kernel of the layer 'dense.*' with shape"):
        other.load_weights(tmp_path / "b.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))


def test_checkpoints_may_be_files_of_keras(tmp_path: Path) -> None:
    model = trimtab.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((8, 4), np.float32)
    best = [
        trimtab.callbacks.ModelCheckpoint(tmp_path / "best.keras"),
        trimtab.callbacks.ModelCheckpoint(tmp_path / "b.weights.h5", save_weights_only=True),
    ]
    model.fit(x, x[:, 0], verbose=0, callbacks=best)
    there = keras.saving.load_model(tmp_path / "best.keras")
    assert far(there(x), model.predict(x, verbose=0)) <= VALUES
    there.load_weights(tmp_path / "b.weights.h5")


def test_penalties_and_constraints_go_along(tmp_path: Path) -> None:
    model = trimtab.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(3, activity_regularizer="l2", kernel_constraint="non_neg"),
            layers.Residual([layers.Dense(3, kernel_regularizer="l1")], activity_regularizer="l1"),
        ]
    )
    model.save(tmp_path / "m.keras")
    _, first, inner, total = trimtab.load_model(tmp_path / "m.keras").layers
    assert first.activity_penalty == model.layers[0].activity_penalty == (0.0, 0.01)
    assert first.get_config() == model.layers[0].get_config()
    assert inner.get_config() == model.layers[1].layers[0].get_config()
    assert total.activity_penalty == model.layers[1].activity_penalty == (0.01, 0.0)
