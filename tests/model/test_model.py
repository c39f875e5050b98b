"""Sequential: structure, building, weights, compiling, calling, copying."""

import copy
import json
import pickle

import numpy as np
import pytest

import trimtab
from tests.support.keras import import_keras, plain
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Input, Sequential
from trimtab.errors import InvalidArgument, NotBuilt, Unsupported
from trimtab.model.sequential import clone_model
from trimtab.nn import layers, losses, metrics, optimizers


def dense(units=2, **options):
    return layers.Dense(units, **options)


# -- structure ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sequential([Input((3,)), dense(4), dense(1)]),
        lambda: Sequential([Input([3]), dense(4), dense(1)]),
        lambda: Sequential([dense(4, input_shape=[3]), dense(1)]),
        lambda: Sequential([dense(4, input_shape=(3,)), dense(1)]),
        lambda: Sequential([dense(4, input_dim=3), dense(1)]),
    ],
)
def test_built_at_once_where_the_width_is_said(make):
    model = make()
    assert model.built
    assert [w.shape for w in model.weights] == [(3, 4), (4,), (4, 1), (1,)]
    assert model.input_shape == (None, 3) and model.output_shape == (None, 1)
    assert len(model.layers) == 2  # the Input is none of them


@pytest.mark.parametrize("shape", [(None, 3), (3,), [3], 3])
def test_build(shape):
    model = Sequential([dense(4), dense(1)])
    assert not model.built
    model.build(shape)
    assert model.count_params() == 3 * 4 + 4 + 4 + 1


def test_first_data_builds():
    x, y = small_data()
    for use in ("predict", "call", "fit"):
        model = Sequential([dense(4), dense(1)])
        model.compile("sgd", "mse")
        if use == "fit":
            model.fit(x, y, verbose=0)
        else:
            assert (model.predict(x) if use == "predict" else model(x)).shape == (50, 1)
        assert model.built and model.input_shape == (None, 3)


def test_add_and_pop():
    model = Sequential()
    model.add(Input((3,)))
    model.add(dense(4))
    first = model.get_weights()
    model.add(dense(2))
    assert model.built and len(model.weights) == 4
    np.testing.assert_array_equal(model.get_weights()[0], first[0])
    last = model.layers[-1]
    assert model.pop() is last and len(model.weights) == 2
    model.add(last)  # a layer that was taken off may come back
    assert model.output_shape == (None, 2)


def test_a_head_is_replaced_and_training_goes_on():
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    body = model.get_weights()[:2]
    model.pop()
    model.add(dense(1))
    np.testing.assert_array_equal(model.get_weights()[0], body[0])
    model.fit(x, y, verbose=0)
    assert model.predict(x).shape == (50, 1)


def test_adding_while_trained_keeps_the_weights():
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    before = [w.copy() for w in model.get_weights()]
    model.add(layers.Activation("relu"))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_names():
    model = Sequential([dense(name="a"), dense(name="b")], name="mine")
    assert model.name == "mine" and model.get_layer("b") is model.layers[1]
    assert model.get_layer(index=-2) is model.layers[0]
    trimtab.keras.backend.clear_session()
    assert [Sequential().name for _ in range(3)] == ["sequential", "sequential_1", "sequential_2"]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (
            lambda: Sequential([dense(), "dense"]),
            "Sequential holds layers of trimtab.layers, received 'dense' (str).",
        ),
        (
            lambda: Sequential([layers.Dense]),
            "Dense is a class, not a layer. Add parentheses: Dense(...).",
        ),
        (
            lambda: Sequential("dense"),
            "Sequential takes a list of layers, received 'dense'. "
            "Use Sequential([Dense(64), Dense(1)]).",
        ),
        (
            lambda: Sequential([dense(name="a"), dense(name="a")], name="m"),
            "m already has a layer named 'a'. Give one of the two another name.",
        ),
        (
            lambda: Sequential([dense(), Input((3,))], name="m"),
            "m already has its first layer. Input must come first, and once.",
        ),
        (
            lambda: Sequential([Input((3,)), Input((3,))], name="m"),
            "m already has its first layer. Input must come first, and once.",
        ),
        (
            lambda: Sequential([Input((3,)), dense(input_shape=[4])], name="m"),
            None,
        ),
        (
            lambda: Sequential([dense(4, input_shape=[3]), dense(input_shape=[5], name="b")]),
            "b takes 5 columns, but receives 4 from the layer before it.",
        ),
        (
            lambda: Sequential([Input((3,)), dense()], name="m").build((None, 4)),
            "m takes 3 columns and cannot be built for 4.",
        ),
        (lambda: Sequential(name="m").pop(), "m has no layers to remove."),
        (
            lambda: Sequential([layers.Residual([dense(name="a")], name="r").layers[0]]),
            "r/a is part of a block. Make a new layer.",
        ),
        (
            lambda: Sequential(seed=-1),
            "seed must be None or an integer from 0 to 2**64 - 1, received -1.",
        ),
        (
            lambda: Sequential([dense(name="hidden"), dense(name="out")], name="m").get_layer(
                "hiden"
            ),
            "m has no layer 'hiden'. Did you mean 'hidden'? Layers are: hidden, out.",
        ),
        (
            lambda: Sequential([dense()], name="m").get_layer(index=1),
            "index 1 is out of range: m has 1 layers.",
        ),
        (
            lambda: Sequential().get_layer(),
            "get_layer takes either a name or an index.",
        ),
    ],
)
def test_structure_refused(action, text):
    if text is None:
        with pytest.raises(InvalidArgument):
            action()
    else:
        assert_refused(InvalidArgument, text, action)


def test_not_built_yet():
    model = Sequential([dense()], name="m")
    text = "m is not built yet. Call build((None, n)) or fit() first, or put Input((n,)) in front."
    for ask in (
        lambda: model.count_params(),
        lambda: model.input_shape,
        lambda: model.output_shape,
        lambda: model.set_weights([]),
    ):
        assert_refused(NotBuilt, text, ask)
    assert_refused(
        NotBuilt,
        "m does not know how many columns its input has. Put Input((n,)) first, or call "
        "build((None, n)) or fit().",
        model.build,
    )
    assert_refused(
        NotBuilt, "e has no layers. Use add() first.", lambda: Sequential(name="e").build(3)
    )
    assert model.weights == [] and model.get_weights() == []


# -- weights ------------------------------------------------------------------------------------


def stack(module):
    return [
        module.Dense(4),
        module.BatchNormalization(),
        module.Dropout(0.5),
        module.Dense(2, use_bias=False),
    ]


def test_weights_stand_in_the_order_of_keras():
    keras = import_keras()
    ours, theirs = Sequential(stack(layers)), keras.Sequential(stack(keras.layers))
    ours.build((None, 3))
    theirs.build((None, 3))
    for kind in ("weights", "trainable_weights", "non_trainable_weights"):
        a = [(w.name, tuple(w.shape)) for w in getattr(ours, kind)]
        assert a == [(w.name, tuple(w.shape)) for w in getattr(theirs, kind)]
    assert ours.count_params() == theirs.count_params()
    ours.layers[1].trainable = theirs.layers[1].trainable = False
    assert len(ours.trainable_weights) == len(theirs.trainable_weights) == 3


def test_set_weights_is_all_or_nothing():
    model = Sequential(stack(layers), name="m")
    model.build(3)
    before = model.get_weights()
    new = [w + 1 for w in before]
    model.set_weights(new)
    np.testing.assert_array_equal(model.get_weights()[0], new[0])
    wrong = [w + 5 for w in before[:-1]] + [np.ones((9, 9))]
    path = model.weights[-1].path
    assert_refused(
        InvalidArgument,
        f"{path} has shape (4, 2), received an array of shape (9, 9).",
        lambda: model.set_weights(wrong),
    )
    assert_refused(
        InvalidArgument, "m has 7 weights, received 2 arrays.", lambda: model.set_weights(new[:2])
    )
    np.testing.assert_array_equal(model.get_weights()[0], new[0])


def test_a_layers_weights_are_the_models():
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], model.get_weights()[0])
    np.testing.assert_array_equal(np.asarray(model.layers[0].weights[0]), model.get_weights()[0])
    model.layers[0].set_weights([np.zeros((3, 8)), np.zeros(8)])
    assert not model.get_weights()[0].any()
    constant = model.predict(x)
    np.testing.assert_array_equal(constant, np.broadcast_to(constant[0], constant.shape))


def test_a_returned_array_is_a_copy():
    model = small_model()
    model.get_weights()[0][:] = 99
    assert not (model.get_weights()[0] == 99).any()


def test_a_frozen_layer_does_not_move():
    x, y = small_data()
    model = small_model(optimizer="adam")
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = False
    model.layers[1].trainable = False
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    after = model.get_weights()
    same = [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    # Dense and batch normalization, moving statistics included, stand still; the rest moves.
    assert same == [True] * 6 + [False, False]
    assert model.runner.step == 4
    model.trainable = True
    model.fit(x, y, verbose=0)
    assert not np.array_equal(model.get_weights()[0], before[0])


def test_layers_can_be_shared():
    x, y = small_data()
    a = small_model()
    a.fit(x, y, verbose=0)
    b = Sequential([*a.layers[:-1], dense(1)], seed=3)
    b.compile("sgd", "mse")
    for trained in (b, a, b, b, a):
        trained.fit(x, y, verbose=0)
        np.testing.assert_array_equal(a.get_weights()[0], b.get_weights()[0])
        expected = a.layers[0](x)
        np.testing.assert_array_equal(Sequential(a.layers[:1]).predict(x), expected)
    first = a.predict(x)
    b.layers[0].set_weights([np.zeros((3, 8)), np.zeros(8)])
    assert not np.array_equal(a.predict(x), first)


def test_what_is_set_on_a_layer_counts_at_the_next_call():
    x, y = small_data()
    model = small_model(optimizer="sgd", normalize=False)
    model.fit(x, y, verbose=0)
    engine = model.runner._engine
    model.fit(x, y, verbose=0)
    assert model.runner._engine is engine  # nothing was set
    model.layers[1].rate = 1.0
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    assert model.runner._engine is not engine
    np.testing.assert_array_equal(model.get_weights()[0], before[0])  # all is dropped


# -- seeds --------------------------------------------------------------------------------------


def run(build=True, seed=None):
    x, y = small_data()
    model = Sequential([dense(4), layers.Dropout(0.5), dense(1)], seed=seed)
    if build:
        model.build(3)
    model.compile("adam", "mae")
    return model, model.fit(x, y, epochs=2, verbose=0, batch_size=8).history


def test_a_seed_makes_a_run_repeat():
    (a, one), (b, other), (_, third) = run(seed=4), run(seed=4), run(seed=5)
    assert one == other != third
    assert_same_state(a, b)


def test_set_random_seed_makes_a_run_repeat():
    runs = []
    for _ in range(2):
        trimtab.set_random_seed(7)
        runs.append([run()[1], run(build=False)[1]])
    assert runs[0] == runs[1] and runs[0][0] != runs[0][1]
    assert run()[1] != runs[0][0]


def test_a_seed_set_before_fit_makes_the_training_repeat():
    x, y = small_data()
    start = Sequential([dense(4, input_shape=[3]), layers.Dropout(0.5), dense(1)])
    histories = []
    for _ in range(2):
        model = clone_model(start)
        model.set_weights(start.get_weights())
        model.compile("adam", "mae")
        trimtab.set_random_seed(11)
        histories.append(model.fit(x, y, epochs=2, verbose=0).history)
    assert histories[0] == histories[1]


# -- compiling ----------------------------------------------------------------------------------


def test_compile_takes_names_and_objects():
    x, y = small_data()
    for optimizer in ("adam", optimizers.Adam(), optimizers.Adam, {"class_name": "Adam"}):
        for loss in ("mae", losses.MeanAbsoluteError(), losses.mean_absolute_error):
            model = Sequential([dense(1)])
            model.compile(
                optimizer=optimizer, loss=loss, metrics=["mse", metrics.MeanSquaredError("m")]
            )
            history = model.fit(x, y, verbose=0).history
            assert list(history) == ["loss", "m", "mse"]
            assert model.metrics_names == ["loss", "mse", "m"]


def test_metrics_may_be_one():
    for given in ("mae", ["mae"], ("mae",), [["mae"]]):
        model = Sequential([dense(1, input_shape=[2])])
        model.compile("sgd", "mse", metrics=given)
        assert model.metrics_names == ["loss", "mae"]


def test_accuracy_is_what_fits_the_targets():
    x, _ = small_data(40)
    cases = [
        (1, "binary_crossentropy", np.arange(40) % 2, "BinaryAccuracy"),
        (3, "sparse_categorical_crossentropy", np.arange(40) % 3, "SparseCategoricalAccuracy"),
    ]
    for units, loss, y, kind in cases:
        model = Sequential([dense(units, activation="softmax" if units > 1 else "sigmoid")])
        model.compile("sgd", loss, metrics=["accuracy"])
        model.fit(x, y, verbose=0)
        assert [type(m).__name__ for m in model.metrics] == [kind]
        assert 0 <= model.evaluate(x, y, verbose=0)[1] <= 1


def test_compiling_anew_starts_the_optimizer_anew():
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    weights = model.get_weights()
    model.compile("adam", "mae")
    assert model.runner.step == 0 and model.runner.slots == {}
    assert model.optimizer.iterations == 0
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_compiling_with_the_same_optimizer_goes_on():
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    model.compile(model.optimizer, "mse")
    assert model.runner.step == model.optimizer.iterations == 2
    model.pull()
    assert any(slots.any() for slots in model.runner.slots.values())


def test_harmless_arguments_of_keras():
    model = Sequential([dense(1, input_shape=[2])])
    model.compile(
        "sgd", "mse", run_eagerly=True, steps_per_execution=8, jit_compile=True,
        auto_scale_loss=False,
    )  # fmt: skip
    assert model.compiled


@pytest.mark.parametrize(
    ("error", "arguments", "text"),
    [
        (
            InvalidArgument,
            {"loss": "mae"},
            "compile needs an optimizer; Keras takes 'rmsprop' where none is named. "
            "Use optimizer='adam'.",
        ),
        (
            InvalidArgument,
            {"optimizer": "adam"},
            "compile needs a loss. Use loss='mae' or another one.",
        ),
        (
            InvalidArgument,
            {"optimizer": "adma", "loss": "mae"},
            "no optimizer is called 'adma'. Did you mean 'adam'?",
        ),
        (
            InvalidArgument,
            {"optimizer": "adam", "loss": "mean_absolute_eror"},
            "no loss is called 'mean_absolute_eror'. Did you mean 'mean_absolute_error'?",
        ),
        (
            InvalidArgument,
            {"optimizer": "adam", "loss": "mae", "metrics": ["acuracy"]},
            "no metric is called 'acuracy'. Did you mean 'accuracy'?",
        ),
        (
            InvalidArgument,
            {"optimizer": "adam", "loss": ["mae", "mse"]},
            "loss must be one, received 2: a model has one output.",
        ),
        (
            Unsupported,
            {"optimizer": "adam", "loss": "mae", "loss_weights": [2]},
            "compile: loss_weights is not supported, received loss_weights=2. Leave it out.",
        ),
        (
            InvalidArgument,
            {"optimizer": "adam", "loss": "mae", "metrics": {"out": "mae", "in": "mse"}},
            "compile: metrics is a dict with 'out' and 'in', and the model has one output. Pass "
            "metrics='mae'.",
        ),
        (
            InvalidArgument,
            {"optimizer": "adam", "loss": "mae", "engine": "cuda"},
            "engine must be 'auto' or one of native, jax, received 'cuda'.",
        ),
    ],
)
def test_compile_refused(error, arguments, text):
    model = Sequential([dense(1)])
    assert_refused(error, text, lambda: model.compile(**arguments))
    assert not model.compiled


# -- predicting and calling ---------------------------------------------------------------------


def test_a_prediction_does_not_depend_on_its_neighbours():
    x, y = small_data(300)
    model = small_model()
    model.fit(x, y, verbose=0)
    whole = model.predict(x)
    for rows in (slice(0, 1), slice(7, 8), slice(3, 200), slice(299, 300)):
        np.testing.assert_array_equal(model.predict(x[rows]), whole[rows])
    np.testing.assert_array_equal(model.predict(x[::-1]), whole[::-1])
    np.testing.assert_array_equal(model.predict(x, batch_size=7), whole)
    np.testing.assert_array_equal(model.predict_on_batch(x[:9]), whole[:9])


def test_predicting_changes_nothing():
    x, y = small_data()
    one, other = small_model(), small_model()
    for model in (one, other):
        model.fit(x, y, verbose=0)
        if model is one:
            model.predict(x)
            model.evaluate(x, y, verbose=0)
            model(x)
        model.fit(x, y, verbose=0)
    assert_same_state(one, other)


def test_calling_in_training_mode_drops_and_moves_the_averages():
    x, _ = small_data()
    model = small_model()
    before = model.get_weights()
    first, second = model(x, training=True), model(x, training=True)
    assert not np.array_equal(first, second)  # another mask
    after = model.get_weights()
    moved = [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    assert moved == [False, False, False, False, True, True, False, False]
    np.testing.assert_array_equal(model(x), model(x, training=False))


def test_calling_refused():
    model = small_model()
    assert_refused(
        InvalidArgument,
        f"{model.name} takes 1 input of shape (None, 3), received (None, 4).",
        lambda: model(Input((4,))),
    )


def test_evaluate_returns_what_keras_returns():
    x, y = small_data()
    model = small_model()
    assert isinstance(model.evaluate(x, y, verbose=0), float)
    model = small_model(metrics=["mse"])
    numbers = model.evaluate(x, y, verbose=0)
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert isinstance(numbers, list) and numbers == [logs["loss"], logs["mse"]]
    assert model.test_on_batch(x, y) == numbers
    assert model.test_on_batch(x, y, return_dict=True) == logs


def test_reset_metrics():
    x, y = small_data()
    model = small_model(metrics=["mse"])
    model.evaluate(x, y, verbose=0)
    assert model.metrics[0].result() > 0
    model.reset_metrics()
    assert model.metrics[0].result() == 0


def test_several_outputs():
    x, y = small_data()
    model = Sequential([dense(8, activation="relu"), dense(2)], seed=1)
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, np.stack([y, -y], axis=1), epochs=2, verbose=0, validation_split=0.2)
    assert model.predict(x).shape == (50, 2)


# -- configuration and copies -------------------------------------------------------------------


def test_config_round_trip():
    model = Sequential(stack(layers), name="m", seed=3)
    model.build(3)
    record = model.get_config()
    again = Sequential.from_config(json.loads(json.dumps(record)))
    assert again.get_config() == record
    assert [w.shape for w in again.weights] == [w.shape for w in model.weights]
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])  # same seed
    assert json.loads(model.to_json())["config"] == json.loads(json.dumps(record))


def test_config_of_a_model_that_is_not_built():
    record = Sequential([dense(name="a")], name="m").get_config()
    assert "build_input_shape" not in record
    assert not Sequential.from_config(record).built


def test_config_has_the_keys_of_keras():
    keras = import_keras()
    theirs = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")], name="m")
    ours = Sequential([Input((3,), name="i"), dense(2, name="d")], name="m")
    a, b = ours.get_config(), plain(theirs.get_config())
    assert a["name"] == b["name"] and set(a) <= set(b)
    assert [r["class_name"] for r in a["layers"]] == [r["class_name"] for r in b["layers"]]
    assert a["build_input_shape"] == list(b["build_input_shape"])


def test_clone_is_new():
    model = small_model(seed=None)
    other = clone_model(model)
    assert [w.shape for w in other.weights] == [w.shape for w in model.weights]
    assert not np.array_equal(other.get_weights()[0], model.get_weights()[0])
    assert not other.compiled


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_go_on_alone_with_the_same_bits(copied):
    x, y = small_data()
    model = small_model(metrics=["mse"])
    model.fit(x, y, verbose=0)
    other = copied(model)
    assert_same_state(model, other)
    before = model.get_weights()
    history = other.fit(x, y, epochs=3, initial_epoch=1, verbose=0).history
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert model.fit(x, y, epochs=3, initial_epoch=1, verbose=0).history == history
    assert_same_state(model, other)
    other.layers[0].set_weights([np.zeros((3, 8)), np.zeros(8)])
    assert model.get_weights()[0].any()


def test_a_layer_copied_alone_leaves_its_model():
    x, y = small_data()
    model = small_model()
    model.fit(x, y, verbose=0)
    alone = copy.deepcopy(model.layers[0])
    kept = alone.get_weights()[0]
    np.testing.assert_array_equal(kept, model.get_weights()[0])
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(alone.get_weights()[0], kept)
    Sequential([alone]).predict(x)


def test_repr():
    assert repr(Sequential(name="m")) == "<Sequential name=m, built=False>"
