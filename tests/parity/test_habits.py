"""What people write with Keras: one function, run with Keras and with trimtab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from tests.parity.graphs import MERGES, Shape, graph, shapes
from tests.support.close import assert_close
from trimtab import keras as ours

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(24, 4)).astype(np.float32)
Y = RANDOM.normal(size=(24, 2)).astype(np.float32)
WEIGHT = RANDOM.uniform(0.2, 2.0, 24).astype(np.float32)


def same_weights(*models: Any) -> None:
    """Gives both models weights that depend on their shapes alone."""
    for model in models:
        draw = np.random.default_rng(7)
        model.set_weights([draw.normal(0.0, 0.4, each.shape) for each in model.get_weights()])


def fitted(model: Any, *data: Any, **options: Any) -> dict[str, list[float]]:
    """History of a short fit from weights that are the same in both."""
    same_weights(model)
    given = {"epochs": 2, "batch_size": 8, "shuffle": False, "verbose": 0}
    history: dict[str, list[float]] = model.fit(*data, **given, **options).history
    return history


def two_outputs(keras: Any) -> Any:
    x = keras.Input((4,), name="x")
    a = keras.layers.Dense(1, name="a")(x)
    b = keras.layers.Dense(1, activation="sigmoid", name="b")(x)
    return keras.Model(x, [a, b])


TWO = Y[:, :1], (Y[:, 1:] > 0).astype(np.float32)

# -- structure ------------------------------------------------------------------------------------


def shared_layers_without_weights(keras: Any) -> Any:
    layers = keras.layers
    relu, join, noise = layers.ReLU(), layers.Add(), layers.Dropout(0.5)
    x = keras.Input((4,))
    wide = noise(relu(layers.Dense(8, name="wide")(x)))
    wide = join([wide, wide])
    narrow = noise(relu(layers.Dense(3, name="narrow")(wide)))
    model = keras.Model(x, layers.Dense(2, name="out")(join([narrow, narrow])))
    same_weights(model)
    return model.predict(X, verbose=0)


def layers_called_on_other_widths(keras: Any) -> Any:
    layer, join = keras.layers.ELU(), keras.layers.Concatenate()
    first = layer(X), join([X, Y])
    return [np.asarray(each) for each in (*first, layer(Y), join([Y, Y, X]))]


def shapes_with_rows(keras: Any) -> Any:
    layers = keras.layers
    dense, norm, row = layers.Dense(2), layers.BatchNormalization(), keras.Sequential()
    row.add(layers.Dense(3))
    dense.build((5, 4))
    norm.build((5, 4))
    row.build((5, 4))
    add = layers.Add()
    add.build([(5, 4), (5, 4)])
    return [[tuple(each.shape) for each in made.get_weights()] for made in (dense, norm, row)] + [
        tuple(dense.compute_output_shape((None, 4)))
    ]


def a_model_that_begins_inside_another(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((4,), name="x")
    code = layers.Dense(3, "tanh", name="code")(x)
    back = layers.Dense(4, name="back")(layers.Dense(5, "relu", name="wide")(code))
    whole = keras.Model(x, back)
    encoder, decoder = keras.Model(x, code), keras.Model(code, back)
    whole.compile("sgd", "mse")
    history = fitted(whole, X, X)
    inner = encoder.predict(X, verbose=0)
    given = [decoder.input_shape, decoder.count_params(), len(decoder.layers)]
    return [history, inner, decoder.predict(inner, verbose=0), decoder(inner).shape[1], *given]


def whether_it_has_a_shape(keras: Any) -> Any:
    empty, unknown = keras.Sequential(), keras.Sequential([keras.layers.Dense(2)])
    found = [hasattr(each, "input_shape") for each in (empty, unknown)]
    unknown.build((None, 4))
    return [*found, hasattr(unknown, "output_shape"), unknown.input_shape, unknown.output_shape]


def names_of_initializers(keras: Any) -> Any:
    names = ("IdentityInitializer", "OrthogonalInitializer", "identity", "orthogonal", "Zeros")
    return [type(keras.initializers.get(name)).__name__ for name in names]


def data_types(keras: Any) -> Any:
    layer = keras.layers.Dense(2)
    metric, loss = keras.metrics.MeanSquaredError(), keras.losses.MeanSquaredError()
    return [layer.dtype, layer.compute_dtype, layer.variable_dtype, metric.dtype, loss.dtype]


def branches_of_one_column(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((4,))
    wide, gate = layers.Dense(5, name="wide")(x), layers.Dense(1, name="gate")(x)
    both = [wide, gate]
    joined = [getattr(layers, name)()(both) for name in MERGES]
    joined.append(layers.Average()([gate, wide, gate]))
    whole = layers.Concatenate()([*joined, gate * wide, wide - gate])
    model = keras.Model(x, layers.Dense(2, name="out")(whole))
    model.compile("sgd", "mse")
    history = fitted(model, X, Y)
    return [history, *model.get_weights(), np.asarray(layers.Add()([X, X[:, :1]]))]


def scalar_products(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((4,))
    a, b = layers.Dense(5, name="a")(x), layers.Dense(5, name="b")(x)
    dots = [layers.Dot(axes=1)([a, b]), layers.Dot(axes=(1, -1), normalize=True)([a, b])]
    model = keras.Model(x, layers.Dense(2, name="out")(layers.Concatenate()(dots)))
    model.compile("sgd", "mse")
    return [fitted(model, X, Y), *model.get_weights(), np.asarray(layers.dot([X, X], axes=1))]


def penalties_on_values(keras: Any) -> Any:
    layers, l1, l2 = keras.layers, keras.regularizers.L1(0.03), keras.regularizers.L2(0.05)
    x = keras.Input((4,))
    hidden = layers.Dense(6, "tanh", activity_regularizer=l1, name="hidden")(x)
    hidden = layers.ActivityRegularization(l1=0.01, l2=0.02)(hidden)
    model = keras.Model(x, layers.Dense(2, activity_regularizer=l2, name="out")(hidden))
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mse"])
    history = fitted(model, X, Y, sample_weight=WEIGHT, validation_split=0.25)
    return [history, *model.get_weights(), model.evaluate(X, Y, batch_size=24, verbose=0)]


# -- training -------------------------------------------------------------------------------------


def names_of_weighted_metrics(keras: Any) -> Any:
    model = two_outputs(keras)
    model.compile(
        "sgd",
        loss={"a": "mse", "b": "binary_crossentropy"},
        metrics={"a": ["mse"], "b": ["mse", "accuracy"]},
        weighted_metrics={"a": ["mse", "mae"], "b": ["mse", "accuracy"]},
    )
    return fitted(model, X, list(TWO), sample_weight=WEIGHT)


def order_of_what_evaluate_returns(keras: Any) -> Any:
    """Losses of the outputs, then their metrics by name; of one output as compiled."""
    model = two_outputs(keras)
    given = {"a": ["mse", "mae"], "b": ["accuracy", "mae"]}
    model.compile("sgd", "mse", metrics=given, weighted_metrics={"b": "mse", "a": ["mse"]})
    same_weights(model)
    row = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    row.compile("sgd", "mse", metrics=["mse", "mae"], weighted_metrics=["mape"])
    same_weights(row)
    both = ((model, list(TWO)), (row, Y))
    return [each.evaluate(X, y, sample_weight=WEIGHT, verbose=0) for each, y in both]


def losses_in_lists(keras: Any) -> Any:
    model = two_outputs(keras)
    model.compile("sgd", loss=[["mse"], ["mae"]])
    return fitted(model, X, list(TWO))


def one_weight_for_all(keras: Any) -> Any:
    losses = keras.losses
    found = [
        losses.MeanSquaredError()(Y, X[:, :2], sample_weight=2.5),
        losses.MeanAbsoluteError(reduction="sum")(Y, X[:, :2], sample_weight=0.0),
        losses.Huber(reduction="none")(Y, X[:, :2], sample_weight=0.5),
        keras.metrics.MeanSquaredError()(Y, X[:, :2], sample_weight=2.5),
    ]
    return [np.asarray(each) for each in found]


def weights_of_each_output(keras: Any) -> Any:
    found = []
    for other in (np.ones_like(WEIGHT), WEIGHT[::-1].copy()):
        model = two_outputs(keras)
        model.compile(
            "sgd",
            loss={"a": "mse", "b": "binary_crossentropy"},
            loss_weights={"a": 0.5, "b": 2.0},
            metrics={"a": "mae"},
            weighted_metrics={"b": "mse"},
        )
        y, each = list(TWO), [WEIGHT, other]
        found.append(fitted(model, X, y, sample_weight=each, validation_split=0.25))
        found.append(model.evaluate(X, y, sample_weight=each, verbose=0, return_dict=True))
        found.append(model.evaluate(X, y, verbose=0, return_dict=True))
        found.append(model.train_on_batch(X, y, sample_weight=each))
    return found


HABITS = [
    shared_layers_without_weights,
    layers_called_on_other_widths,
    shapes_with_rows,
    a_model_that_begins_inside_another,
    whether_it_has_a_shape,
    names_of_initializers,
    data_types,
    branches_of_one_column,
    scalar_products,
    penalties_on_values,
    names_of_weighted_metrics,
    order_of_what_evaluate_returns,
    losses_in_lists,
    one_weight_for_all,
    weights_of_each_output,
]


def assert_alike(actual: Any, expected: Any) -> None:
    """The same structure, and numbers that are close."""
    if isinstance(expected, dict):
        assert list(actual) == list(expected)
        for key, value in expected.items():
            assert_alike(actual[key], value)
    elif isinstance(expected, list | tuple):
        assert type(actual) is type(expected)
        assert len(actual) == len(expected)
        for ours, theirs in zip(actual, expected, strict=True):
            assert_alike(ours, theirs)
    elif isinstance(expected, np.ndarray | float):
        assert np.shape(actual) == np.shape(expected)
        assert_close(actual, expected, 2e-5)
    else:
        assert actual == expected


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.__name__)
def test_what_people_write(habit: Callable[[Any], Any]) -> None:
    assert_alike(habit(ours), habit(keras))


@pytest.mark.parametrize("shape", [*shapes(12), *shapes(12, inputs=3, outputs=2)], ids=str)
def test_layers_are_listed_in_the_same_order(shape: Shape) -> None:
    """Inputs among them. Operators are layers here, and no layers in Keras."""
    names = [[layer.name for layer in graph(made, shape).layers] for made in (ours, keras)]
    assert [each for each in names[0] if each in names[1]] == [
        each for each in names[1] if each in names[0]
    ]
    assert any(name.startswith("in_") for name in names[0])
