"""Values against Keras, streaming, functions of one's own, refusals."""

import importlib
import math

import numpy as np
import pytest

from tests.support.keras import import_keras, plain
from tests.support.refusals import assert_refused
from trimtab.errors import InvalidArgument, InvalidData, Unsupported
from trimtab.nn import losses, metrics

#: Those of every day; tests/nn/test_catalogue_metrics.py has all.
CLASSES = {
    name: metrics.REGISTRY.classes[name]
    for name in (
        "Accuracy",
        "BinaryAccuracy",
        "BinaryCrossentropy",
        "CategoricalAccuracy",
        "MeanAbsoluteError",
        "MeanSquaredError",
        "RootMeanSquaredError",
        "SparseCategoricalAccuracy",
        "SparseCategoricalCrossentropy",
    )
}
ROWS = 50
GENERATOR = np.random.default_rng(0)


def data(name):
    """Targets and predictions that suit a metric."""
    if name.startswith("Sparse"):
        return GENERATOR.integers(0, 3, (ROWS, 1)), GENERATOR.dirichlet(np.ones(3), ROWS)
    if name.startswith("Categorical"):
        return np.eye(3)[GENERATOR.integers(0, 3, ROWS)], GENERATOR.dirichlet(np.ones(3), ROWS)
    if name.startswith("Binary"):
        return GENERATOR.integers(0, 2, (ROWS, 2)), GENERATOR.uniform(size=(ROWS, 2))
    if name == "Accuracy":
        return GENERATOR.integers(0, 2, (ROWS, 2)), GENERATOR.integers(0, 2, (ROWS, 2))
    return GENERATOR.normal(size=(ROWS, 2)), GENERATOR.normal(size=(ROWS, 2))


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_values(name, weighted):
    keras = import_keras()
    y_true, y_pred = (array.astype(np.float32) for array in data(name))
    weights = GENERATOR.uniform(size=ROWS) if weighted else None
    theirs = getattr(keras.metrics, name)()
    theirs.update_state(y_true, y_pred, weights)
    whole, parts = CLASSES[name](), CLASSES[name]()
    whole.update(y_true, y_pred, weights)
    for start in range(0, ROWS, 7):
        part = slice(start, start + 7)
        parts.update(y_true[part], y_pred[part], None if weights is None else weights[part])
    assert isinstance(whole.result(), float) and not whole.per_batch
    assert abs(whole.result() - float(theirs.result())) <= 2e-6 * abs(float(theirs.result()))
    assert abs(parts.result() - whole.result()) <= 1e-14 * abs(whole.result())
    parts.reset()
    assert parts.result() == 0.0


@pytest.mark.parametrize("name", CLASSES)
def test_config(name):
    keras = import_keras()
    ours = CLASSES[name](name="mine")
    record = metrics.serialize(ours)
    assert metrics.serialize(metrics.deserialize(record)) == record
    their_record = plain(keras.metrics.serialize(getattr(keras.metrics, name)(name="mine")))
    for key, value in record["config"].items():
        assert their_record["config"][key] == value
    assert CLASSES[name]().name == getattr(keras.metrics, name)().name


OURS_ALONE = {"rmse", "RMSE", "acc", "kld", "KLD", "iou"}  # Keras resolves "acc" elsewhere


@pytest.mark.parametrize("name", sorted(set(metrics.REGISTRY.names) - OURS_ALONE))
def test_keras_knows_the_name(name):
    import_keras()
    known = importlib.import_module("keras.src.metrics").ALL_OBJECTS_DICT
    assert known[name].__name__ == metrics.REGISTRY.names[name].__name__


@pytest.mark.parametrize(
    ("spec", "name", "cls"),
    [
        ("mae", "mae", metrics.MeanAbsoluteError),
        ("MAE", "MAE", metrics.MeanAbsoluteError),
        ("mean_squared_error", "mean_squared_error", metrics.MeanSquaredError),
        ("rmse", "rmse", metrics.RootMeanSquaredError),
        (metrics.MeanSquaredError, "mean_squared_error", metrics.MeanSquaredError),
        (metrics.MeanSquaredError(name="error"), "error", metrics.MeanSquaredError),
        (losses.mean_squared_error, "mean_squared_error", metrics.MeanSquaredError),
        (metrics.binary_accuracy, "binary_accuracy", metrics.BinaryAccuracy),
        (losses.MeanSquaredError(), "mean_squared_error", metrics.MeanMetricWrapper),
        ({"class_name": "BinaryAccuracy"}, "binary_accuracy", metrics.BinaryAccuracy),
    ],
)
def test_resolve(spec, name, cls):
    metric = metrics.resolve_metric(spec, losses.get("mse").lower(), 1)
    assert metric.name == name and type(metric) is cls


@pytest.mark.parametrize("spec", ["accuracy", "acc", "ACC"])
@pytest.mark.parametrize(
    ("loss", "width", "cls"),
    [
        ("binary_crossentropy", 1, metrics.BinaryAccuracy),
        ("mse", 1, metrics.BinaryAccuracy),
        ("binary_crossentropy", 3, metrics.CategoricalAccuracy),
        ("sparse_categorical_crossentropy", 3, metrics.SparseCategoricalAccuracy),
    ],
)
def test_accuracy_means_what_fits(spec, loss, width, cls):
    metric = metrics.resolve_metric(spec, losses.get(loss).lower(), width)
    assert type(metric) is cls and metric.name == spec


def test_accuracy_on_numbers_of_either_precision():
    predicted = np.full((2, 1), 0.1, np.float32)
    assert metrics.Accuracy()([0.1, 0.2], predicted) == 0.5
    assert metrics.BinaryAccuracy(threshold=0.1)([0, 0], predicted) == 1.0


def worst(y_true, y_pred):
    return np.abs(y_true - y_pred).max()


def absolute(y_true, y_pred):
    return np.abs(y_true - y_pred)


class TestFunction:
    def test_name_and_kind(self):
        metric = metrics.resolve_metric(worst, None, 1)
        assert metric.name == "worst" and metric.per_batch
        assert metrics.MeanMetricWrapper(worst, name="w").name == "w"

    def test_one_number_a_batch_counts_once(self):
        keras = import_keras()
        ours, theirs = metrics.MeanMetricWrapper(worst), keras.metrics.MeanMetricWrapper(worst)
        for y in (np.array([[1.0], [4.0], [2.0]]), np.array([[1.0]])):
            ours.update(y, np.zeros_like(y))
            theirs.update_state(y, np.zeros_like(y))
        assert ours.result() == float(theirs.result()) == 2.5

    @pytest.mark.parametrize("weights", [None, [1.0, 0.0, 2.0]])
    def test_one_number_a_row(self, weights):
        keras = import_keras()
        y = np.array([[1.0, 2.0], [4.0, 5.0], [2.0, 9.0]])
        ours, theirs = (
            metrics.MeanMetricWrapper(absolute),
            keras.metrics.MeanMetricWrapper(absolute),
        )
        ours.update(y, np.zeros_like(y), weights)
        theirs.update_state(y, np.zeros_like(y), weights)
        assert abs(ours.result() - float(theirs.result())) <= 1e-6

    def test_what_it_is_given(self):
        seen = []

        def look(y_true, y_pred):
            seen.append((y_true.shape, y_true.dtype, y_pred.shape, y_pred.dtype))
            return 0.0

        metrics.MeanMetricWrapper(look).update([1, 2, 3], np.zeros((3, 1)))
        assert seen == [((3, 1), np.float32, (3, 1), np.float32)]

    def test_arguments_are_passed_on(self):
        def scaled(y_true, y_pred, by):
            return by * np.abs(y_true - y_pred)

        assert metrics.MeanMetricWrapper(scaled, by=3)([1.0], [2.0]) == 3.0

    @pytest.mark.parametrize(
        ("returned", "kind"), [(None, "NoneType"), ("text", "str"), (object(), "object")]
    )
    def test_other_results_are_refused(self, returned, kind):
        def odd(y_true, y_pred):
            return returned

        assert_refused(
            InvalidArgument,
            f"metric odd must return one number, or one number a row, received {kind}.",
            lambda: metrics.MeanMetricWrapper(odd)([1.0], [1.0]),
        )

    def test_weights_need_rows(self):
        assert_refused(
            InvalidArgument,
            "metric worst returns one number a batch, which sample weights cannot weigh. "
            "Return one number a row.",
            lambda: metrics.MeanMetricWrapper(worst)([1.0], [1.0], [1.0]),
        )

    def test_a_callable_that_cannot_be_hashed(self):
        class Callable:
            __hash__ = None

            def __call__(self, y_true, y_pred):
                return 1.0

        assert metrics.get(Callable()).name == "callable"

    def test_is_written_to_files_once_registered(self):
        assert_refused(
            InvalidArgument,
            "worst is a custom function that is not registered, so a file could not say what "
            "it is. Put @trimtab.register above it (in tests.nn.test_metrics).",
            metrics.MeanMetricWrapper(worst).get_config,
        )

    def test_must_be_a_function(self):
        assert_refused(
            InvalidArgument,
            "fn must be a function of (y_true, y_pred), received 3.",
            lambda: metrics.MeanMetricWrapper(3),
        )


def test_keras_method_names():
    metric = metrics.MeanAbsoluteError()
    metric.update_state([1.0], [3.0])
    assert metric.result() == 2.0
    metric.reset_state()
    assert metric.result() == 0.0
    assert repr(metric) == "<MeanAbsoluteError name=mean_absolute_error>"


@pytest.mark.parametrize("name", CLASSES)
def test_nan_travels(name):
    y_true, y_pred = data(name)
    y_pred = np.full_like(y_pred, math.nan, dtype=np.float64)
    result = CLASSES[name]()(y_true, y_pred)
    assert math.isnan(result) == ("Accuracy" not in name)


@pytest.mark.parametrize(
    ("action", "error", "text"),
    [
        (
            lambda: metrics.get("meen_absolute_error"),
            InvalidArgument,
            "no metric is called 'meen_absolute_error'. Did you mean 'mean_absolute_error'?",
        ),
        (
            lambda: metrics.get(3),
            InvalidArgument,
            "metric must be a name or a metric of trimtab.metrics, received 3.",
        ),
        (
            lambda: metrics.BinaryAccuracy(threshold="a"),
            InvalidArgument,
            "threshold must be a finite number, received 'a'.",
        ),
        (
            lambda: metrics.MeanSquaredError(dtype="float64"),
            Unsupported,
            "MeanSquaredError: dtype must be 'float32', received 'float64'.",
        ),
        (
            lambda: metrics.MeanSquaredError()(np.zeros(3), np.zeros(4)),
            InvalidData,
            "y_true and y_pred must have equally many rows, received 3 and 4.",
        ),
        (
            lambda: metrics.SparseCategoricalAccuracy()(np.zeros((2, 3)), np.ones((2, 3))),
            InvalidData,
            "y_true must hold one class number a row, received 3 columns.",
        ),
        (lambda: metrics.Metric()([1], [1]), NotImplementedError, "Metric does not compute"),
    ],
)
def test_refused(action, error, text):
    assert_refused(error, text, action)
