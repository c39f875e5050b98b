"""Every metric against Keras: values, weights, streaming, configurations, files, refusals."""

from __future__ import annotations

import inspect
import json
import math
import re
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import trimtab
from tests.support.close import assert_close
from tests.support.keras import import_keras, plain
from tests.support.refusals import assert_refused
from trimtab import layers
from trimtab.errors import InvalidArgument, InvalidData
from trimtab.nn import losses, metrics
from trimtab.training.callbacks.monitor import MonitorCallback

CLASSES = metrics.REGISTRY.classes
ROWS = 60
GENERATOR = np.random.default_rng(0)
WEIGHTS = GENERATOR.uniform(size=ROWS).astype(np.float32)


def flags(columns=3):
    """Labels of 0 and 1, and probabilities that suit them somewhat; some of them equal."""
    true = GENERATOR.integers(0, 2, (ROWS, columns))
    pred = np.clip(0.3 * true + GENERATOR.uniform(0, 0.7, (ROWS, columns)), 0, 1)
    return true, np.round(pred, 2)


def one_hot():
    return np.eye(4)[GENERATOR.integers(0, 4, ROWS)], GENERATOR.dirichlet(np.ones(4), ROWS)


def numbers_and_classes():
    return GENERATOR.integers(0, 4, (ROWS, 1)), GENERATOR.dirichlet(np.ones(4), ROWS)


def class_numbers():
    return GENERATOR.integers(0, 4, (ROWS, 1)), GENERATOR.integers(0, 4, (ROWS, 1))


def shares():
    return GENERATOR.dirichlet(np.ones(3), ROWS), GENERATOR.dirichlet(np.ones(3), ROWS)


def normal(columns=3):
    return GENERATOR.normal(size=(2, ROWS, columns))


def positive():
    return GENERATOR.poisson(3, (ROWS, 2)), GENERATOR.gamma(2, 2, (ROWS, 2))


AT = {"num_thresholds": 37, "class_id": 1}
#: Class, arguments, data.
CASES = [
    ("Accuracy", {}, class_numbers()),
    ("BinaryAccuracy", {"threshold": 0.4}, flags()),
    ("CategoricalAccuracy", {}, one_hot()),
    ("SparseCategoricalAccuracy", {}, numbers_and_classes()),
    ("TopKCategoricalAccuracy", {"k": 2}, one_hot()),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, numbers_and_classes()),
    (
        "SparseTopKCategoricalAccuracy",
        {"k": 2, "from_sorted_ids": True},
        (class_numbers()[0], np.argsort(-one_hot()[1], axis=1)),
    ),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, flags()),
    ("CategoricalCrossentropy", {}, one_hot()),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, one_hot()),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, numbers_and_classes()),
    ("KLDivergence", {}, shares()),
    ("Poisson", {}, positive()),
    ("Hinge", {}, (flags()[0], normal()[0])),
    ("SquaredHinge", {}, (flags()[0], normal()[0])),
    ("CategoricalHinge", {}, (one_hot()[0], normal(4)[0])),
    ("MeanAbsoluteError", {}, normal()),
    ("MeanSquaredError", {}, normal()),
    ("RootMeanSquaredError", {}, normal()),
    ("MeanAbsolutePercentageError", {}, normal()),
    ("MeanSquaredLogarithmicError", {}, positive()),
    ("LogCoshError", {}, normal()),
    ("CosineSimilarity", {}, normal()),
    ("R2Score", {}, normal()),
    ("R2Score", {"class_aggregation": None}, normal()),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, normal()),
    ("R2Score", {"num_regressors": 5}, normal(1)),
    ("PearsonCorrelation", {}, normal()),
    ("ConcordanceCorrelation", {}, normal()),
    *((name, {}, flags()) for name in ("TruePositives", "FalsePositives")),
    *((name, {"thresholds": 0.3}, flags()) for name in ("TrueNegatives", "FalseNegatives")),
    ("TruePositives", {"thresholds": [0.6, 0.2, 0.9]}, flags()),
    ("Precision", {}, flags()),
    ("Precision", {"thresholds": [0.0, 0.5, 1.0]}, flags()),
    ("Precision", {"top_k": 2}, flags(5)),
    ("Precision", {"top_k": 2, "class_id": 3, "thresholds": 0.4}, flags(5)),
    ("Recall", {"class_id": 2}, flags()),
    ("Recall", {"top_k": 1, "thresholds": [0.2, 0.7]}, flags(4)),
    ("SensitivityAtSpecificity", {"specificity": 0.6}, flags()),
    ("SensitivityAtSpecificity", {"specificity": 0.6, "num_thresholds": 1}, flags()),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6, **AT}, flags()),
    ("PrecisionAtRecall", {"recall": 0.7, **AT}, flags()),
    ("RecallAtPrecision", {"precision": 0.6, **AT}, flags()),
    ("AUC", {"num_thresholds": 200}, flags()),
    ("AUC", {"num_thresholds": 2}, flags()),
    ("AUC", {"thresholds": [0.7, 0.2, 0.25]}, flags()),
    ("AUC", {"num_thresholds": 50, "curve": "PR"}, flags()),
    ("AUC", {"num_thresholds": 50, "curve": "PRGAIN"}, flags()),
    *(
        ("AUC", {"num_thresholds": 50, "curve": curve, "summation_method": method}, flags())
        for curve in ("ROC", "PR")
        for method in ("minoring", "majoring")
    ),
    ("AUC", {"num_thresholds": 50, "from_logits": True}, (flags()[0], normal()[0])),
    ("AUC", {"num_thresholds": 50, "multi_label": True, "num_labels": 3}, flags()),
    (
        "AUC",
        {"num_thresholds": 50, "multi_label": True, "label_weights": [0.1, 0.5, 1.0]},
        flags(),
    ),
    ("AUC", {"num_thresholds": 50, "label_weights": [0.1, 0.5, 1.0]}, flags()),
    ("F1Score", {}, one_hot()),
    ("F1Score", {"average": "macro", "threshold": 0.4}, flags()),
    ("FBetaScore", {"beta": 2.0, "average": "micro"}, one_hot()),
    ("FBetaScore", {"beta": 0.5, "average": "weighted", "threshold": 0.4}, flags()),
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 2], "ignore_class": 1}, class_numbers()),
    ("BinaryIoU", {"threshold": 0.4, "target_class_ids": [1]}, flags(1)),
    ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False}, numbers_and_classes()),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [3]}, one_hot()),
    ("OneHotMeanIoU", {"num_classes": 4}, one_hot()),
]
IDS = [f"{name}-{number}" for number, (name, *_) in enumerate(CASES)]


def test_every_metric_has_a_case():
    assert {name for name, *_ in CASES} == set(CLASSES) - {"Mean", "Sum"}


@pytest.mark.parametrize(("name", "settings", "data"), CASES, ids=IDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_values(name, settings, data, weighted):
    keras = import_keras()
    y_true, y_pred = (np.asarray(array, np.float32) for array in data)
    weights = np.ceil(2 * WEIGHTS) if "IoU" in name else WEIGHTS  # Keras counts whole rows there
    weights = weights if weighted else None
    given = weights.astype(np.int32) if weighted and "IoU" in name else weights
    # Keras takes labels of one dimension alone there.
    labels = y_true[:, 0] if "SparseTopK" in name else y_true
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras asks for integers that JAX has not
        theirs = getattr(keras.metrics, name)(**settings)
        theirs.update_state(labels, y_pred, given)
    whole, parts = CLASSES[name](**settings), CLASSES[name](**settings)
    assert np.all(np.asarray(whole.result()) == 0.0)
    whole.update_state(y_true, y_pred, weights)
    for start in range(0, ROWS, 7):
        part = slice(start, start + 7)
        parts.update_state(y_true[part], y_pred[part], None if weights is None else weights[part])
    assert not whole.per_batch
    expected = np.asarray(theirs.result())
    assert np.shape(whole.result()) == expected.shape
    assert_close(whole.result(), expected, 5e-6)
    assert_close(parts.result(), whole.result(), 1e-12)
    parts.reset_state()
    assert np.all(np.asarray(parts.result()) == 0.0)


#: Weights that are not one a row, by the shape they have.
OTHER_WEIGHTS = {
    "one": 0.5,
    "column": WEIGHTS[:, np.newaxis],
    "of columns": np.array([[0.2, 1.0, 0.7]], np.float32),
    "of each": GENERATOR.uniform(size=(ROWS, 3)).astype(np.float32),
}
#: Metrics of single numbers, and settings.
OF_NUMBERS = [
    ("Accuracy", {}),
    ("BinaryAccuracy", {"threshold": 0.4}),
    ("TruePositives", {"thresholds": [0.6, 0.2]}),
    ("FalsePositives", {}),
    ("Precision", {}),
    ("Recall", {"top_k": 2}),
    ("AUC", {"num_thresholds": 50}),
    ("AUC", {"num_thresholds": 50, "multi_label": True, "num_labels": 3}),
    ("PrecisionAtRecall", {"recall": 0.7, "num_thresholds": 37}),
]


@pytest.mark.parametrize("shape", OTHER_WEIGHTS)
@pytest.mark.parametrize(("name", "settings"), OF_NUMBERS)
def test_weights_of_single_numbers(name, settings, shape):
    true, pred = flags()
    if name == "Accuracy":
        pred = pred > 0.5
    data = [np.asarray(each, np.float32) for each in (true, pred)]
    theirs = getattr(import_keras().metrics, name)(**settings)
    ours = CLASSES[name](**settings)
    # Then weights of rows: the others count as much. (In Keras, one number counts as one row.)
    for weights in [OTHER_WEIGHTS[shape]] + [WEIGHTS] * (shape != "one"):
        theirs.update_state(*data, weights)
        ours.update_state(*data, weights)
    assert_close(ours.result(), np.asarray(theirs.result()), 5e-6)


@pytest.mark.parametrize("shape", OTHER_WEIGHTS)
@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_weights_of_numbers_alone(name, shape):
    values = GENERATOR.normal(size=(ROWS, 3)).astype(np.float32)
    theirs, ours = getattr(import_keras().metrics, name)(), CLASSES[name]()
    theirs(values, OTHER_WEIGHTS[shape])
    assert_close(ours(values, OTHER_WEIGHTS[shape]), np.asarray(theirs.result()), 1e-5)
    assert_close(ours(values), np.asarray(theirs(values)), 1e-5)


def test_the_greatest_of_a_single_row():
    """Labels of one dimension are one row where the greatest few of a row count."""
    true, pred, weights = [0, 1, 1, 0, 0], [0.2, 0.1, 0.5, 0.0, 0.2], [1.0, 4.0, 2.0, 3.0, 5.0]
    for name in ("Precision", "Recall"):
        theirs, ours = getattr(import_keras().metrics, name), CLASSES[name]
        for weight in (None, weights):
            given = None if weight is None else np.reshape(weight, (1, -1))
            expected = theirs(top_k=3)(np.array([true]), np.array([pred]), given)
            assert_close(ours(top_k=3)(true, pred, weight), np.asarray(expected), 1e-6)


def test_weights_that_fit_nothing():
    true, pred = flags()
    for metric in (metrics.BinaryAccuracy(), metrics.Precision(), metrics.MeanIoU(2)):
        assert_refused(
            InvalidData,
            "sample_weight must hold one number a row, 60 in all, or one for each target, (60, 3), "
            "received shape (2, 3).",
            lambda metric=metric: metric(true, pred > 0.5, np.ones((2, 3))),
        )


@pytest.mark.parametrize(("name", "settings", "data"), CASES, ids=IDS)
def test_config(name, settings, data):
    keras = import_keras()
    ours = CLASSES[name](name="mine", **settings)
    record = metrics.serialize(ours)
    again = metrics.deserialize(json.loads(json.dumps(record)))
    assert metrics.serialize(again) == record
    y_true, y_pred = data
    assert_close(again(y_true, y_pred), CLASSES[name](**settings)(y_true, y_pred), 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras asks for integers that JAX has not
        theirs = getattr(keras.metrics, name)(name="mine", **settings)
        their_name = getattr(keras.metrics, name)(**settings).name
        their_config = plain(keras.metrics.serialize(theirs))["config"]
    for key, value in record["config"].items():
        if key in their_config and key not in ("thresholds", "label_weights"):
            assert their_config[key] == value, key
    assert CLASSES[name](**settings).name == re.sub(r"_\d+$", "", their_name)


@pytest.mark.parametrize("name", CLASSES)
def test_signature(name):
    theirs = inspect.signature(getattr(import_keras().metrics, name)).parameters
    ours = inspect.signature(CLASSES[name]).parameters
    assert [p for p in ours if p in theirs] == list(theirs)
    for parameter in theirs.values():
        exact = name == "AUC" and parameter.name == "num_thresholds"
        if parameter.name != "name" and not exact:
            assert ours[parameter.name].default == parameter.default, parameter


@pytest.mark.parametrize("name", {name: None for name, *_ in CASES})
def test_callbacks_know_the_direction(name):
    settings = next(settings for other, settings, _ in CASES if other == name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = getattr(getattr(import_keras().metrics, name)(**settings), "_direction", None)
    assert CLASSES[name].direction in (("up", "down") if theirs is None else (theirs,))
    watching = MonitorCallback("val_score")
    watching.set_model(SimpleNamespace(named_metrics={"score": CLASSES[name](**settings)}))
    assert watching.direction() == (1 if CLASSES[name].direction == "down" else -1)


# -- the exact area -------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_area_is_exact(weights):
    y_true, y_pred = flags(1)
    expected = roc_auc_score(y_true[:, 0], y_pred[:, 0].astype(np.float32), sample_weight=weights)
    assert abs(metrics.AUC()(y_true, y_pred, weights) - expected) <= 1e-12


def test_exact_and_by_thresholds_differ_where_predictions_are_close():
    y_true, y_pred = np.array([0, 1, 0, 1]), np.array([0.9991, 0.9992, 0.9993, 0.9994])
    assert metrics.AUC()(y_true, y_pred) == 0.75
    assert metrics.AUC(num_thresholds=200)(y_true, y_pred) == 0.5


def test_exact_area_of_columns_and_of_logits():
    y_true, y_pred = flags()
    each = [roc_auc_score(y_true[:, j], y_pred[:, j].astype(np.float32)) for j in range(3)]
    assert abs(metrics.AUC(multi_label=True)(y_true, y_pred) - np.mean(each)) <= 1e-12
    logits = np.log(y_pred + 1e-3) * 50
    assert metrics.AUC(from_logits=True)(y_true, logits) == metrics.AUC()(y_true, logits)


@pytest.mark.parametrize("method", ["interpolation", "minoring", "majoring"])
@pytest.mark.parametrize("curve", ["ROC", "PR", "PRGAIN"])
def test_the_exact_area_is_that_of_a_threshold_between_all_predictions(curve, method):
    y_true, y_pred = GENERATOR.integers(0, 2, 63), GENERATOR.integers(1, 63, 63) / 64
    settings = {"curve": curve, "summation_method": method}
    between = metrics.AUC(thresholds=(np.arange(63) + 0.5) / 64, **settings)
    assert abs(metrics.AUC(**settings)(y_true, y_pred) - between(y_true, y_pred)) <= 1e-12


@pytest.mark.parametrize("settings", [{}, {"num_thresholds": 200}])
def test_areas_of_one_label_and_of_nan(settings):
    assert metrics.AUC(**settings)([1, 1], [0.2, 0.4]) == 0.0
    assert math.isnan(metrics.AUC()([0, 1], [0.2, math.nan]))


# -- metrics of one's own -------------------------------------------------------------------------


class Within(metrics.Metric):
    """What Keras' documentation shows: variables, update_state, result."""

    direction = "up"

    def __init__(self, limit=1.0, name="within", **kwargs):
        super().__init__(name=name, **kwargs)
        self.limit = limit
        self.good = self.add_variable(shape=(), initializer="zeros", name="good")
        self.seen = self.add_weight(shape=(), initializer="zeros", name="seen")

    def update_state(self, y_true, y_pred, sample_weight=None):
        assert y_true.dtype == y_pred.dtype == np.float32
        self.good.assign(self.good + np.sum(np.abs(y_true - y_pred) <= self.limit))
        self.seen.assign_add(len(y_true))

    def result(self):
        return self.good / self.seen

    def get_config(self):
        return {**super().get_config(), "limit": self.limit}


class Fallen(metrics.Mean):
    """Of numbers that it makes itself."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(np.maximum(y_true - y_pred, 0), sample_weight)

    def __call__(self, y_true, y_pred, sample_weight=None):
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


X = GENERATOR.normal(size=(40, 3)).astype(np.float32)
Y = X[:, :1] + 1


@pytest.mark.parametrize("engine", ["native", "jax"])
def test_a_metric_of_ones_own_in_a_model(engine, tmp_path):
    if engine == "jax":
        pytest.importorskip("jax")
    trimtab.register(Within, package="tests", name=f"Within{engine}")
    model = trimtab.Sequential([layers.Dense(1, input_shape=[3])], seed=1)
    model.compile("adam", "mse", metrics=[Within(0.5), Fallen(name="fallen")], engine=engine)
    history = model.fit(X, Y, epochs=2, validation_split=0.25, verbose=0).history
    assert sorted(history) == ["fallen", "loss", "val_fallen", "val_loss", "val_within", "within"]
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    away = Y - model.predict(X)
    assert_close(logs["within"], np.mean(np.abs(away) <= 0.5), 1e-12)
    assert_close(logs["fallen"], np.mean(np.maximum(away, 0)), 1e-6)
    model.save(tmp_path / "model.trimtab")
    with pytest.warns(UserWarning, match="fallen"):
        again = trimtab.load_model(tmp_path / "model.trimtab")
    assert again.evaluate(X, Y, verbose=0, return_dict=True)["within"] == logs["within"]


def test_variables():
    metric = Within()
    assert [variable.name for variable in metric.variables] == ["good", "seen"]
    metric.update_state(np.ones((3, 1), np.float32), np.ones((3, 1), np.float32))
    assert float(metric.result()) == 1.0 and float(metric.seen) == 3.0
    metric.reset_state()
    assert float(metric.seen) == 0.0
    start = metric.add_variable((2,), np.array([1.0, 2.0]))
    start.assign_sub([1.0, 1.0])
    assert start.numpy().tolist() == [0.0, 1.0] and (start + 1).tolist() == [1.0, 2.0]
    assert len(start) == 2 and start[1] == 1.0 and start.shape == (2,)
    assert np.asarray(np.maximum(start, 0.5)).tolist() == [0.5, 1.0]
    assert metric.add_variable((2,), "ones").numpy().tolist() == [1.0, 1.0]
    assert repr(metric.seen) == "<MetricVariable name=seen value=0.0>"


@pytest.mark.parametrize("weights", [None, [1.0, 0.0, 2.0]])
@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_reductions(name, weights):
    theirs, ours = getattr(import_keras().metrics, name)(), CLASSES[name]()
    for values in (np.array([1.0, 4.0, 2.5]), np.array([[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]])):
        theirs.update_state(values, weights)
        ours.update_state(values, weights)
    assert_close(ours.result(), float(theirs.result()), 1e-6)
    ours.reset_state()
    assert ours.result() == 0.0
    assert ours(3.0) == 3.0


def test_correlation_along_the_rows():
    keras = import_keras()
    y_true, y_pred = normal(2).astype(np.float32)
    for name in ("PearsonCorrelation", "ConcordanceCorrelation"):
        theirs, ours = getattr(keras.metrics, name)(axis=0), CLASSES[name](axis=0)
        for part in (slice(0, 20), slice(20, 60)):
            theirs.update_state(y_true[part], y_pred[part])
            ours.update_state(y_true[part], y_pred[part])
        assert ours.per_batch
        assert_close(ours.result(), float(theirs.result()), 1e-5)


# -- in models ------------------------------------------------------------------------------------


def test_by_name_and_by_function():
    for name in (
        "auc",
        "AUC",
        "precision",
        "f1_score",
        "r2_score",
        "kl_divergence",
        "mape",
        "msle",
    ):
        assert metrics.get(name).name == name
    for function, cls in {
        losses.log_cosh: "LogCoshError",
        losses.poisson: "Poisson",
        metrics.top_k_categorical_accuracy: "TopKCategoricalAccuracy",
    }.items():
        metric = metrics.get(function)
        assert type(metric) is CLASSES[cls] and metric.name == function.__name__
    assert type(metrics.get(losses.huber)) is metrics.MeanMetricWrapper


def test_in_a_model(tmp_path):
    y = (Y > 1).astype(np.float32)
    model = trimtab.Sequential([layers.Dense(1, "sigmoid", input_shape=[3])], seed=1)
    named = ["auc", "precision", metrics.Recall(thresholds=0.4), metrics.F1Score(threshold=0.5)]
    model.compile("adam", "bce", metrics=named, weighted_metrics=[metrics.AUC(name="weighed")])
    weights = WEIGHTS[:40]
    history = model.fit(X, y, sample_weight=weights, epochs=2, verbose=0, batch_size=8).history
    assert all(isinstance(value, float) for values in history.values() for value in values)
    logs = model.evaluate(X, y, sample_weight=weights, verbose=0, return_dict=True)
    predicted = model.predict(X)
    assert_close(logs["auc"], roc_auc_score(y, predicted), 1e-12)
    assert_close(logs["weighed"], roc_auc_score(y, predicted, sample_weight=weights), 1e-12)
    model.save(tmp_path / "model.trimtab")
    again = trimtab.load_model(tmp_path / "model.trimtab")
    assert again.evaluate(X, y, sample_weight=weights, verbose=0, return_dict=True) == logs


@pytest.mark.parametrize(
    ("loss", "units", "kind"),
    [
        ("categorical_crossentropy", 3, "CategoricalCrossentropy"),
        ("sparse_categorical_crossentropy", 3, "SparseCategoricalCrossentropy"),
        ("binary_focal_crossentropy", 1, "BinaryCrossentropy"),
    ],
)
def test_crossentropy_means_what_fits(loss, units, kind):
    metric = metrics.resolve_metric("ce", losses.get(loss).lower(), units)
    assert type(metric) is CLASSES[kind] and metric.name == "ce"


def fitted(metric, units=2):
    model = trimtab.Sequential([layers.Dense(units, "sigmoid", input_shape=[3])], seed=1)
    model.compile("adam", "bce", metrics=[metric])
    model.fit(X, GENERATOR.integers(0, 2, (40, units)), verbose=0)


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: fitted(metrics.F1Score()),
            InvalidArgument,
            "metric f1_score gives 2 numbers, and History holds one for each epoch. Use one "
            "threshold, one class_id, average='macro' or the like, or call the metric on "
            "model.predict(x).",
        ),
        (
            lambda: fitted("mean"),
            InvalidArgument,
            "metric mean takes numbers, and compile needs one of targets and predictions. Use a "
            "function of (y_true, y_pred).",
        ),
        (
            lambda: fitted(metrics.Recall(class_id=2)),
            InvalidData,
            "class_id must be a column from 0 to 1, received 2.",
        ),
        (
            lambda: metrics.Precision(thresholds=[0.5, 1.5]),
            InvalidArgument,
            "thresholds must be a float between 0 and 1, received 1.5.",
        ),
        (
            lambda: metrics.Precision(thresholds=[]),
            InvalidArgument,
            "thresholds must be one number or several, received [].",
        ),
        (
            lambda: metrics.Precision(top_k=0),
            InvalidArgument,
            "top_k must be a positive integer, received 0.",
        ),
        (
            lambda: metrics.RecallAtPrecision(1.2),
            InvalidArgument,
            "precision must be a float between 0 and 1, received 1.2.",
        ),
        (
            lambda: metrics.AUC(num_thresholds=1),
            InvalidArgument,
            "num_thresholds must be an integer from 2 to 10000000, received 1.",
        ),
        (
            lambda: metrics.AUC(curve="ROCK"),
            InvalidArgument,
            "curve must be one of 'ROC', 'PR', 'PRGAIN', received 'ROCK'. Did you mean 'ROC'?",
        ),
        (
            lambda: metrics.AUC(num_labels=3),
            InvalidArgument,
            "num_labels needs multi_label=True. Leave it out, or set both.",
        ),
        (
            lambda: metrics.AUC(multi_label=True, num_labels=3)([[0, 1]], [[0.1, 0.2]]),
            InvalidData,
            "AUC of num_labels=3 received 2 columns.",
        ),
        (
            lambda: metrics.AUC(label_weights=[1, 2, 3])([[0, 1]], [[0.1, 0.2]]),
            InvalidData,
            "label_weights must hold a number for each of 2 columns, received 3.",
        ),
        (
            lambda: metrics.FBetaScore(threshold=0),
            InvalidArgument,
            "threshold must be None or a number above 0, at most 1, received 0.",
        ),
        (
            lambda: metrics.FBetaScore(average="mean"),
            InvalidArgument,
            "average must be one of 'micro', 'macro', 'weighted', received 'mean'.",
        ),
        (
            lambda: metrics.IoU(2, [2]),
            InvalidArgument,
            "target_class_ids must be an integer from 0 to 1, received 2.",
        ),
        (
            lambda: metrics.IoU(2, []),
            InvalidArgument,
            "target_class_ids must hold a class, received none.",
        ),
        (
            lambda: metrics.MeanIoU(2)([0, 1], [[0.1, 0.9], [0.2, 0.8]]),
            InvalidArgument,
            "MeanIoU takes one class number for each target, received shapes (2, 1) and (2, 2). "
            "Use sparse_y_true=False or sparse_y_pred=False for columns of classes.",
        ),
        (
            lambda: metrics.PearsonCorrelation(axis=2),
            InvalidArgument,
            "axis must be -1, along the columns, or 0, along the rows, received 2.",
        ),
        (
            lambda: metrics.PearsonCorrelation(axis=0)([1, 2], [1, 2], [1, 1]),
            InvalidArgument,
            "metric pearson_correlation along the rows of a batch takes no sample weights. Put it "
            "into metrics, not weighted_metrics.",
        ),
        (
            lambda: metrics.R2Score(class_aggregation="mean"),
            InvalidArgument,
            "class_aggregation must be one of 'uniform_average', 'variance_weighted_average', "
            "received 'mean'.",
        ),
        (
            lambda: metrics.TopKCategoricalAccuracy(k=0),
            InvalidArgument,
            "k must be a positive integer, received 0.",
        ),
        (
            lambda: metrics.Metric().add_variable((), "normal"),
            InvalidArgument,
            "initializer must be 'zeros', 'ones', a number or an array, received 'normal'.",
        ),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, action)


def test_adjusted_score_of_few_rows():
    with pytest.warns(UserWarning, match="2 targets do not allow for num_regressors=3"):
        assert metrics.R2Score(num_regressors=3)([1.0, 2.0], [1.0, 2.0]) == 1.0
