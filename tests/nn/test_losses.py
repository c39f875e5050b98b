"""Values against Keras, lowering, configurations, refusals."""

import inspect
import json
import math

import numpy as np
import pytest

from tests.contracts.loss_oracles import LOSSES as ORACLES
from tests.contracts.loss_oracles import predictions_of, targets_of
from tests.support.close import assert_close
from tests.support.keras import import_keras, plain
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.nn import losses
from trimtab.nn.losses import table

FUNCTIONS = table.FUNCTIONS
CLASSES = losses.REGISTRY.classes
GENERATOR = np.random.default_rng(0)
WEIGHTS = np.array([1.0, 0.0, 2.0, 0.5, 3.0, 1.0])

#: Class, arguments, targets, predictions.
CASES = [
    ("MeanAbsoluteError", {}, GENERATOR.normal(size=(6, 1)), GENERATOR.normal(size=(6, 1))),
    ("MeanAbsoluteError", {}, GENERATOR.normal(size=(6, 3)), GENERATOR.normal(size=(6, 3))),
    ("MeanAbsoluteError", {}, GENERATOR.normal(size=6), GENERATOR.normal(size=(6, 1))),
    ("MeanSquaredError", {}, GENERATOR.normal(size=(6, 3)), GENERATOR.normal(size=(6, 3))),
    ("BinaryCrossentropy", {}, [0, 1, 1, 0, 1, 0], [[0.1], [0.9], [0.4], [0.0], [1.0], [0.5]]),
    (
        "BinaryCrossentropy",
        {"label_smoothing": 0.2},
        GENERATOR.integers(0, 2, (6, 2)),
        GENERATOR.uniform(size=(6, 2)),
    ),
    (
        "BinaryCrossentropy",
        {"from_logits": True},
        GENERATOR.integers(0, 2, (6, 2)),
        10 * GENERATOR.normal(size=(6, 2)),
    ),
    (
        "SparseCategoricalCrossentropy",
        {},
        [0, 1, 2, 0, 1, 2],
        GENERATOR.uniform(size=(6, 3)),
    ),
    (
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        [[0], [1], [2], [0], [1], [2]],
        10 * GENERATOR.normal(size=(6, 3)),
    ),
]


def _suited(name, settings):
    """A case with targets and predictions that suit the loss."""
    op = CLASSES[name](**settings).lower()
    outputs = 3 * op.outputs_per_target
    y_pred = predictions_of(op, GENERATOR, (6, outputs))
    return name, settings, targets_of(op, GENERATOR, 6, outputs), y_pred


FOCAL = {"alpha": 0.4, "gamma": 1.5, "label_smoothing": 0.1}
CASES += [
    _suited("MeanAbsolutePercentageError", {}),
    _suited("MeanSquaredLogarithmicError", {}),
    _suited("Huber", {}),
    _suited("Huber", {"delta": 0.3}),
    _suited("LogCosh", {}),
    _suited("Poisson", {}),
    _suited("KLDivergence", {}),
    _suited("CosineSimilarity", {}),
    _suited("CosineSimilarity", {"axis": -1}),
    _suited("Hinge", {}),
    _suited("SquaredHinge", {}),
    _suited("CategoricalHinge", {}),
    _suited("CategoricalCrossentropy", {}),
    _suited("CategoricalCrossentropy", {"label_smoothing": 0.2}),
    _suited("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}),
    _suited("BinaryFocalCrossentropy", {}),
    _suited("BinaryFocalCrossentropy", {**FOCAL, "apply_class_balancing": True}),
    _suited("BinaryFocalCrossentropy", {**FOCAL, "from_logits": True}),
    _suited("CategoricalFocalCrossentropy", {}),
    _suited("CategoricalFocalCrossentropy", {**FOCAL, "alpha": [0.1, 0.5, 0.9]}),
    _suited("CategoricalFocalCrossentropy", {**FOCAL, "from_logits": True}),
    _suited("CategoricalGeneralizedCrossEntropy", {"q": 0.5}),
    _suited("CategoricalGeneralizedCrossEntropy", {"q": 0.8}),
]

#: Losses of trimtab alone.
OWN_CASES = [
    _suited("Quantile", {"levels": 0.9}),
    _suited("Quantile", {"levels": [0.1, 0.5, 0.8]}),
    _suited("Expectile", {"level": 0.2}),
    _suited("GaussianNegativeLogLikelihood", {"epsilon": 0.1}),
]
OWN = {name for name, *_ in OWN_CASES}


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES)
@pytest.mark.parametrize("weights", [None, WEIGHTS, np.zeros(6)])
def test_values(name, settings, y_true, y_pred, weights):
    keras = import_keras()
    ours = CLASSES[name](**settings)(y_true, y_pred, weights)
    y_true = np.asarray(y_true, np.float32).reshape(6, -1)  # Keras broadcasts (6,) with (6, 1)
    y_true = y_true[:, 0] if "Generalized" in name else y_true
    theirs = getattr(keras.losses, name)(**settings)(
        y_true, np.asarray(y_pred, np.float32), weights
    )
    assert isinstance(ours, float)
    assert abs(ours - float(theirs)) <= 2e-6 * abs(float(theirs))


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), OWN_CASES)
def test_values_of_own_losses(name, settings, y_true, y_pred):
    loss = CLASSES[name](**settings)
    op = loss.lower()
    op.check()
    assert_close(loss.rows(y_true, y_pred), ORACLES[op.loss](op, y_true, y_pred), 1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("reduction", ["sum", "mean", "mean_with_sample_weight", "none", None])
def test_reductions(reduction, weights):
    keras = import_keras()
    y_true, y_pred = GENERATOR.normal(size=(2, 6, 3)).astype(np.float32)
    ours = losses.Huber(reduction=reduction)(y_true, y_pred, weights)
    theirs = keras.losses.Huber(reduction=reduction)(y_true, y_pred, weights)
    assert np.shape(ours) == tuple(theirs.shape)
    assert_close(ours, np.asarray(theirs), 2e-6)


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), [*CASES, *OWN_CASES])
def test_functions(name, settings, y_true, y_pred):
    """The function of the same name gives one number a row; their mean is the loss."""
    (function,) = (f for f, cls in FUNCTIONS.items() if cls is CLASSES[name])
    assert getattr(losses, function.__name__) is function
    rows = function(y_true, y_pred, **settings)
    assert rows.shape == (6,)
    assert_close(rows.mean(), CLASSES[name](**settings)(y_true, y_pred), 1e-12)
    assert type(losses.get(function)) is CLASSES[name]


def test_extremes_stay_finite():
    assert losses.BinaryCrossentropy()([1.0], [0.0]) == pytest.approx(-math.log(1e-7))
    assert losses.BinaryCrossentropy()([0.0], [1.0]) == pytest.approx(-math.log(2**-23))
    assert losses.BinaryCrossentropy(from_logits=True)([1.0], [-1e4]) == pytest.approx(1e4)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    assert loss([0], [[-1e4, 0.0]]) == pytest.approx(1e4)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("settings", [{}, {"from_logits": True}])
def test_nan_and_infinity_travel_without_warnings(name, settings):
    if settings and not name.endswith("Crossentropy"):
        return
    loss = CLASSES[name](**settings)
    y_pred = np.array([[math.nan, 1.0], [math.inf, 0.5]])
    y_true = [0, 1] if loss.lower().sparse else [[0, 1], [1, 0]]
    y_true = [[0], [1]] if loss.lower().outputs_per_target == 2 else y_true
    assert not math.isfinite(loss(y_true, y_pred))


def test_no_rows():
    assert losses.MeanSquaredError()(np.zeros((0, 1)), np.zeros((0, 1))) == 0.0


@pytest.mark.parametrize(
    ("loss", "op"),
    [
        ("mae", "mean_absolute_error"),
        ("MSE", "mean_squared_error"),
        ("bce", "binary_crossentropy"),
        (losses.BinaryCrossentropy(from_logits=True), "binary_crossentropy_logits"),
        ("sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
        (
            losses.SparseCategoricalCrossentropy(from_logits=True),
            "sparse_categorical_crossentropy_logits",
        ),
        (losses.mean_absolute_error, "mean_absolute_error"),
    ],
)
def test_lowering(loss, op):
    lowered = losses.get(loss).lower()
    lowered.check()
    assert lowered.loss == op and lowered.label_smoothing == 0.0


def test_label_smoothing_is_lowered():
    assert losses.BinaryCrossentropy(label_smoothing=0.1).lower().label_smoothing == 0.1
    assert losses.SparseCategoricalCrossentropy(label_smoothing=0.1).lower().label_smoothing == 0.1


@pytest.mark.parametrize("from_logits", [False, True])
def test_smoothed_class_numbers_are_as_smoothed_one_hot_rows_in_keras(from_logits):
    keras = import_keras()
    generator = np.random.default_rng(4)
    scores = generator.normal(size=(30, 5)).astype(np.float32)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = generator.integers(0, 5, 30)
    predictions = scores if from_logits else chances
    ours = losses.SparseCategoricalCrossentropy(from_logits, label_smoothing=0.2)
    theirs = keras.losses.CategoricalCrossentropy(from_logits, label_smoothing=0.2)
    expected = float(theirs(np.eye(5, dtype=np.float32)[labels], predictions))
    assert abs(ours(labels, predictions) - expected) < 1e-6
    again = losses.deserialize(losses.serialize(ours))
    assert again.label_smoothing == 0.2 and again.from_logits is from_logits


def test_label_smoothing_of_class_numbers_is_a_share():
    with pytest.raises(InvalidArgument, match="label_smoothing must be a float between 0 and 1"):
        losses.SparseCategoricalCrossentropy(label_smoothing=1.5)


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES)
def test_config(name, settings, y_true, y_pred):
    keras = import_keras()
    ours = CLASSES[name](name="mine", **settings)
    record = losses.serialize(ours)
    assert losses.serialize(losses.deserialize(record)) == record
    theirs = getattr(keras.losses, name)(name="mine", **settings)
    their_record = plain(keras.losses.serialize(theirs))
    if name == "Huber":  # whose delta Keras forgets
        their_record["config"]["delta"] = settings.get("delta", 1.0)
    for key, value in record["config"].items():
        assert their_record["config"][key] == value
    assert losses.serialize(losses.deserialize(their_record)) == record


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), OWN_CASES)
def test_config_of_own_losses(name, settings, y_true, y_pred):
    record = losses.serialize(CLASSES[name](name="mine", **settings))
    again = losses.deserialize(json.loads(json.dumps(record)))
    assert losses.serialize(again) == record
    assert again(y_true, y_pred) == CLASSES[name](**settings)(y_true, y_pred)


@pytest.mark.parametrize("name", sorted(set(CLASSES) - OWN))
def test_signature(name):
    keras = import_keras()
    theirs = inspect.signature(getattr(keras.losses, name)).parameters.values()
    ours = inspect.signature(CLASSES[name]).parameters
    if inspect.signature(CLASSES[name]).parameters != inspect.signature(losses.Loss).parameters:
        # The smoothing of class numbers is trimtab's own: by keyword, after Keras' arguments.
        own = ["label_smoothing"] if name.startswith("Sparse") else []
        assert list(ours) == [p.name for p in theirs] + own
    for parameter in theirs:
        if parameter.name != "name":  # ours fills the name in later
            assert ours[parameter.name].default == parameter.default
    assert CLASSES[name]().name == getattr(keras.losses, name)().name


#: Names of a loss that Keras lists only as a function or not at all.
OURS_ALONE = {
    known
    for known, cls in losses.REGISTRY.names.items()
    if cls.__name__ in OWN or cls.__name__ == "CategoricalGeneralizedCrossEntropy"
}


@pytest.mark.parametrize("name", sorted(set(losses.REGISTRY.names) - OURS_ALONE))
def test_keras_knows_the_name(name):
    assert import_keras().losses.get(name) is not None


def first_row_only(y_true, y_pred):
    return (y_true - y_pred)[0]


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: losses.get("mean_sqared_error"),
            InvalidArgument,
            "no loss is called 'mean_sqared_error'. Did you mean 'mean_squared_error'?",
        ),
        (
            lambda: losses.get("dice"),
            Unsupported,
            "losses.dice is not supported. It is for images: of a table, use "
            "losses.BinaryFocalCrossentropy.",
        ),
        (
            lambda: losses.get(None),
            InvalidArgument,
            "loss must be named, received None. Use loss='mse', for instance.",
        ),
        (
            lambda: losses.get(3),
            InvalidArgument,
            "loss must be a name or a loss of trimtab.losses, received 3.",
        ),
        (
            lambda: losses.FunctionLoss("mse"),
            InvalidArgument,
            "fn must be a function of (y_true, y_pred), received 'mse'.",
        ),
        (
            lambda: losses.get(first_row_only)([1.0, 2.0], [1.0, 2.0]),
            InvalidData,
            "loss first_row_only must return one number a row, 2 of them here, or one for all, "
            "received shape (1,).",
        ),
        (
            lambda: losses.serialize(losses.get(first_row_only)),
            InvalidArgument,
            "first_row_only is a custom function that is not registered, so a file could not "
            "say what it is. Put @trimtab.register above it (in tests.nn.test_losses).",
        ),
        (
            losses.MeanSquaredError(reduction="sum").check_trainable,
            Unsupported,
            "MeanSquaredError: reduction must be 'sum_over_batch_size' in training, received "
            "'sum'. Leave it out; where the size of the loss matters, multiply the learning rate.",
        ),
        (
            lambda: losses.MeanSquaredError(reduction="summ"),
            InvalidArgument,
            "reduction must be one of 'sum_over_batch_size', 'mean', 'sum', "
            "'mean_with_sample_weight', 'none', received 'summ'. Did you mean 'sum'?",
        ),
        (
            lambda: losses.Huber(delta=0),
            InvalidArgument,
            "delta must be a number above 0, received 0.",
        ),
        (
            lambda: losses.Quantile(90),
            InvalidArgument,
            "levels must be between 0 and 1, both excluded, received 90. Use 0.9.",
        ),
        (
            lambda: losses.Quantile([0.9, 0.1]),
            InvalidArgument,
            "levels must be one number or several in rising order, received [0.9, 0.1]. Use "
            "levels=[0.1, 0.5, 0.9], for instance.",
        ),
        (
            lambda: losses.Expectile(1.0),
            InvalidArgument,
            "level must be between 0 and 1, both excluded, received 1.0.",
        ),
        (
            lambda: losses.GaussianNegativeLogLikelihood(epsilon=-1),
            InvalidArgument,
            "epsilon must be a number above 0, received -1.",
        ),
        (
            lambda: losses.CategoricalGeneralizedCrossEntropy(q=1),
            InvalidArgument,
            "q must be between 0 and 1, both excluded, received 1. Use q=0.7.",
        ),
        (
            lambda: losses.CategoricalFocalCrossentropy(alpha="balanced"),
            InvalidArgument,
            "alpha must be a number, or a list with one for each class, received 'balanced'.",
        ),
        (
            lambda: losses.CategoricalFocalCrossentropy(alpha=[]),
            InvalidArgument,
            "alpha must hold a number for each class, received [].",
        ),
        (
            lambda: losses.BinaryFocalCrossentropy(gamma=-1.0),
            InvalidArgument,
            "gamma must be a number of 0 or more, received -1.0.",
        ),
        (
            lambda: losses.Quantile([0.1, 0.9])(np.zeros((2, 1)), np.zeros((2, 3))),
            InvalidData,
            "y_pred must hold 2 levels of each column of y_true, 2 columns, received 3.",
        ),
        (
            lambda: losses.GaussianNegativeLogLikelihood()(np.zeros((2, 1)), np.zeros((2, 1))),
            InvalidData,
            "y_pred must hold a mean and a variance for each column of y_true, 2 columns, "
            "received 1.",
        ),
        (
            lambda: losses.MeanSquaredError(dtype="float64"),
            Unsupported,
            "MeanSquaredError: dtype must be 'float32', received 'float64'.",
        ),
        (
            lambda: losses.BinaryCrossentropy(label_smoothing=1.5),
            InvalidArgument,
            "label_smoothing must be a float between 0 and 1, received 1.5.",
        ),
        (
            lambda: losses.BinaryCrossentropy(from_logits="yes"),
            InvalidArgument,
            "from_logits must be True or False, received 'yes'.",
        ),
        (
            lambda: losses.BinaryCrossentropy(axis=0),
            Unsupported,
            "BinaryCrossentropy: axis must be -1, the columns of a table, received 0.",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy(ignore_class=0),
            Unsupported,
            "SparseCategoricalCrossentropy: ignore_class is not supported, received "
            "ignore_class=0. Leave it out.",
        ),
        (
            lambda: losses.MeanSquaredError()(np.zeros(3), np.zeros(4)),
            InvalidData,
            "y_true and y_pred must have equally many rows, received 3 and 4.",
        ),
        (
            lambda: losses.MeanSquaredError()(np.zeros((3, 2)), np.zeros((3, 1))),
            InvalidData,
            "y_true and y_pred must have equally many columns, received 2 and 1.",
        ),
        (
            lambda: losses.MeanSquaredError()(np.zeros((3, 2, 1)), np.zeros((3, 1))),
            InvalidData,
            "y_true and y_pred must have one or two dimensions, received shapes (3, 2, 1) and "
            "(3, 1).",
        ),
        (
            lambda: losses.MeanSquaredError()(np.zeros(3), np.zeros(3), np.ones(2)),
            InvalidData,
            "sample_weight must hold one number a row, 3 in all, received shape (2,).",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()([0, 3], np.ones((2, 3))),
            InvalidData,
            "y_true must hold class numbers from 0 to 2, received 3.",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()([0, math.nan], np.ones((2, 3))),
            InvalidData,
            "y_true must hold class numbers from 0 to 2, received nan.",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()(np.zeros((2, 3)), np.ones((2, 3))),
            InvalidData,
            "y_true must hold one class number a row, received 3 columns.",
        ),
        (
            lambda: losses.Loss()([1], [1]),
            NotImplementedError,
            "Loss computes nothing. Write call(self, y_true, y_pred), in jax.numpy.",
        ),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, action)
