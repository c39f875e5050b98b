"""Every loss in a model: it trains, is saved and loaded, refuses what it cannot read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import trimtab
from tests.contracts.loss_oracles import targets_of
from tests.nn.test_losses import CASES, OWN_CASES
from tests.support.close import assert_close
from tests.support.engines import ENGINES
from tests.support.refusals import assert_refused
from trimtab import layers, losses
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.insight.uncertainty.task import task_of
from trimtab.nn.losses import REGISTRY

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
#: The last of the settings of each class in the tests of values.
SETTINGS = {name: settings for name, settings, *_ in [*CASES, *OWN_CASES]}
LAST = {"KLDivergence": "softmax", "Poisson": "softplus", "CosineSimilarity": "linear"}


def activation_of(name: str) -> str:
    if SETTINGS[name].get("from_logits"):
        return "linear"
    if "Categorical" in name and "Hinge" not in name:
        return "softmax"
    return "sigmoid" if "Binary" in name else LAST.get(name, "linear")


def compiled(loss: Any, units: int = 3, activation: str = "linear") -> trimtab.Sequential:
    model = trimtab.Sequential(
        [layers.Dense(5, "tanh", input_shape=[4]), layers.Dense(units, activation)], seed=1
    )
    model.compile(optimizer="adam", loss=loss)
    return model


@pytest.mark.parametrize("name", SETTINGS)
def test_trains_and_is_saved(name, tmp_path):
    loss = REGISTRY.classes[name](**SETTINGS[name])
    op = loss.lower()
    outputs = 3 * op.outputs_per_target
    model = compiled(loss, outputs, activation_of(name))
    y = targets_of(op, np.random.default_rng(1), len(X), outputs)
    history = model.fit(X, y, epochs=8, validation_split=0.25, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    value = model.evaluate(X, y, verbose=0)
    assert_close(value, loss(y, model.predict(X)), 2e-6)
    model.save(tmp_path / "model.trimtab")
    again = trimtab.load_model(tmp_path / "model.trimtab")
    assert again.loss_function.get_config() == loss.get_config()
    assert again.evaluate(X, y, verbose=0) == value
    check = model.check(X, y, verbose=0, epochs=8)
    assert not {"wrong-loss", "logits-mismatch", "labels-mismatch", "labels-as-numbers"} & {
        str(finding.code) for finding in check
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_members_train_each_on_its_own_loss(name):
    loss = REGISTRY.classes[name](**SETTINGS[name])
    outputs = 3 * loss.lower().outputs_per_target
    stack = [layers.Dense(4, "tanh", input_shape=[4]), layers.Dense(outputs, activation_of(name))]
    model = trimtab.Sequential(stack, members=2, seed=1)
    model.compile(optimizer="sgd", loss=loss)
    y = targets_of(loss.lower(), np.random.default_rng(1), len(X), outputs)
    expected = np.mean([loss(y, each) for each in model.predict_members(X)])
    assert_close(model.train_on_batch(X, y), expected, 2e-6)


@pytest.mark.parametrize(
    ("loss", "kind", "logits"),
    [
        ("categorical_crossentropy", "multiclass", False),
        (losses.CategoricalFocalCrossentropy(from_logits=True), "multiclass", True),
        ("categorical_generalized_cross_entropy", "multiclass", False),
        ("categorical_hinge", "regression", False),
        ("huber", "regression", False),
    ],
)
def test_what_a_model_of_the_loss_predicts(loss, kind, logits):
    task = task_of(compiled(loss))
    assert (task.kind, task.logits) == (kind, logits)
    assert task_of(compiled("binary_focal_crossentropy", 1)).kind == "binary"


NUMBERS = np.arange(40) % 3


@pytest.mark.parametrize("engine", ENGINES)
def test_quantiles_that_do_not_cross(engine):
    generator = np.random.default_rng(3)
    x = generator.normal(size=(400, 2)).astype(np.float32)
    y = np.stack([x[:, 0], x[:, 1]], axis=1) + generator.normal(size=(400, 2))
    stack = [layers.Dense(12, "relu", input_shape=[2]), layers.Dense(6), layers.Increasing(3)]
    model = trimtab.Sequential(stack, seed=1)
    loss = losses.Quantile([0.1, 0.5, 0.9])
    model.compile(trimtab.optimizers.Adam(0.02), loss, engine=engine)
    model.fit(x, y, epochs=40, batch_size=50, verbose=0)
    predicted = model.predict(x).reshape(-1, 2, 3)
    assert (np.diff(predicted, axis=2) > 0).all()
    below = (y[:, :, None] <= predicted).mean(axis=(0, 1))
    assert_close(below, [0.1, 0.5, 0.9], 0.06, scale=1.0)


@pytest.mark.parametrize("members", [1, 3])
def test_groups_that_do_not_fit(members):
    stack = [layers.Dense(4, input_shape=[4]), layers.Increasing(3)]
    model = trimtab.Sequential(stack, members=members)
    assert_refused(
        InvalidArgument,
        "Increasing: groups of 3 columns need a multiple of 3 columns, received 4. Make the layer "
        "before it 3 units wide for one target, 6 for two.",
        lambda: model.predict(X),
    )


def test_sets_of_a_network_fitted_on_one_hot_rows():
    """Calibration takes class numbers, and knows the rows of the fit again."""
    model = compiled("categorical_crossentropy", activation="softmax")
    model.fit(X, np.eye(3)[NUMBERS], verbose=0)
    new = np.random.default_rng(5).normal(size=(40, 4))
    sets = trimtab.uncertainty.calibrate(model, new, NUMBERS, level=0.8).predict(X)
    assert len(sets.classes()) == 40
    with pytest.warns(trimtab.errors.CalibrationWarning, match="40 of the 40 calibration rows"):
        trimtab.uncertainty.calibrate(model, X, NUMBERS, level=0.8)


@pytest.mark.parametrize(
    ("loss", "units", "y", "error", "text"),
    [
        (
            "categorical_crossentropy",
            3,
            NUMBERS,
            InvalidData,
            "y has 1 column, but categorical_crossentropy takes one for each of 3 classes. For "
            "class numbers, compile with loss='sparse_categorical_crossentropy'.",
        ),
        (
            "categorical_generalized_cross_entropy",
            3,
            np.eye(3)[NUMBERS],
            InvalidData,
            "y has 3 columns, but categorical_generalized_cross_entropy takes one class number a "
            "row. Pass y.argmax(axis=1) if y is one-hot.",
        ),
        (
            "binary_focal_crossentropy",
            1,
            NUMBERS,
            InvalidData,
            "y must lie between 0 and 1 for binary focal cross-entropy, received 2 at row 2.",
        ),
        (
            "poisson",
            1,
            NUMBERS - 1,
            InvalidData,
            "y must be 0 or more for poisson, received -1 at row 0.",
        ),
        (
            losses.Quantile([0.1, 0.9]),
            4,
            NUMBERS,
            InvalidData,
            "y has 1 column, but quantile reads 4 outputs as 2 for each of 2 targets. Make the "
            "last layer 2 units wide.",
        ),
        (
            losses.Quantile([0.1, 0.9]),
            3,
            NUMBERS,
            InvalidArgument,
            "loss quantile reads 2 levels of each target, and the model has 3 outputs. Make the "
            "last layer 2 units wide for one target, 4 for two.",
        ),
        (
            losses.CategoricalFocalCrossentropy(alpha=[0.1, 0.9]),
            3,
            np.eye(3)[NUMBERS],
            InvalidArgument,
            "alpha must be one number, or one for each of 3 outputs, received 2 numbers.",
        ),
    ],
)
def test_refused_by_fit(loss, units, y, error, text):
    assert_refused(error, text, lambda: compiled(loss, units).fit(X, y, verbose=0))


def test_refused_by_compile():
    assert_refused(
        Unsupported,
        "Huber: reduction must be 'sum_over_batch_size' in training, received 'sum'. Leave it out; "
        "where the size of the loss matters, multiply the learning rate.",
        lambda: compiled(losses.Huber(reduction="sum")),
    )
