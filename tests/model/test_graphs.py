"""Models of symbols: what they are, what they refuse, and what looks at them."""

import pickle

import numpy as np
import pandas as pd
import pytest

import trimtab
from tests.support.refusals import assert_refused
from trimtab import Input, Model, Sequential, layers
from trimtab.errors import InvalidArgument, InvalidData, NotBuilt, Unsupported
from trimtab.keras.models import clone_model
from trimtab.training.callbacks.best_epochs import BestEpochs

X = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:2]).astype(np.float32)


def two_inputs(seed=1):
    """Two inputs, a shared layer, two branches."""
    a, b = Input((3,), name="a"), Input((1,), name="b")
    dense = layers.Dense(5, activation="tanh", name="shared")
    left = dense(layers.Dense(2, name="first")(a))
    right = dense(layers.Concatenate(name="pair")([b, a[:, 1:2]]))
    joined = layers.Add(name="joined")([left, right])
    return Model([a, b], layers.Dense(1, name="out")(joined), name="two", seed=seed)


def two_heads(seed=1):
    x = Input((4,), name="x")
    hidden = layers.Dense(6, activation="relu", name="hidden")(x)
    return Model(
        x,
        {
            "number": layers.Dense(1, name="n")(hidden),
            "class": layers.Dense(3, activation="softmax", name="c")(hidden),
        },
        seed=seed,
    )


def parts():
    return {"a": X[:, :3], "b": X[:, 3]}


# -- a row ----------------------------------------------------------------------------------------


def test_a_straight_model_has_the_program_of_the_sequential():
    def stack():
        return [
            layers.Dense(8, "relu", name="a"),
            layers.BatchNormalization(name="b"),
            layers.Dropout(0.5, name="c"),
            layers.Dense(1, name="d"),
        ]

    x = value = Input((4,))
    for layer in stack():
        value = layer(value)
    models = [Model(x, value, seed=3), Sequential([Input((4,)), *stack()], seed=3)]
    for model in models:
        model.compile("adam", "mse")
    assert models[0].program() == models[1].program()
    found = [model.fit(X, Y, epochs=3, verbose=0).history for model in models]
    assert found[0] == found[1]
    assert models[0].graph().straight and isinstance(models[1], Model)


def test_a_row_has_symbols_too():
    model = Sequential([layers.Dense(3, input_shape=[4]), layers.Dense(1)])
    inner = Model(model.inputs, model.layers[0].output)
    assert inner.output_shape == (None, 3)
    model.compile("sgd", "mse")
    before = inner.predict(X, verbose=0)
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(inner.predict(X, verbose=0), before)
    with pytest.raises(NotBuilt):
        _ = Sequential([layers.Dense(3)]).output


# -- several inputs and outputs -------------------------------------------------------------------


def test_a_model_may_begin_inside_another(tmp_path):
    """It has an input of its own there, and shares the layers behind."""
    x = Input((4,))
    code = layers.Dense(3, "tanh", name="code")(x)
    whole = Model(x, layers.Dense(4, name="back")(code))
    decoder = Model(code, whole.output, name="decoder")
    whole.compile("adam", "mse")
    whole.fit(X, X, epochs=1, verbose=0)
    codes = Model(x, code).predict(X)
    assert np.array_equal(decoder.predict(codes), whole.predict(X))
    decoder.save(tmp_path / "m")
    copies = [pickle.loads(pickle.dumps(decoder)), trimtab.load_model(tmp_path / "m.trimtab")]
    for copy in copies:
        assert np.array_equal(copy.predict(codes), decoder.predict(codes))
    assert Model(decoder.inputs, decoder.outputs).input_shape == (None, 3)
    outer = Model(x, decoder(layers.Dense(3, name="other")(x)))
    assert outer.get_layer("decoder").count_params() == decoder.count_params()


def test_inputs_come_in_several_forms():
    model = two_inputs()
    expected = model.predict(parts(), verbose=0)
    frame = pd.DataFrame(X, columns=list("wxyz"))
    forms = [
        [X[:, :3], X[:, 3]],
        (X[:, :3], X[:, 3:]),
        {"b": frame["z"], "a": frame[["w", "x", "y"]], "c": None},
        X,
        frame,
    ]
    for form in forms:
        assert np.array_equal(model.predict(form, verbose=0), expected)
    columns = [Input((1,), name=name) for name in "wz"]
    by_name = Model(columns, layers.Dense(1)(layers.Concatenate()(columns)))
    assert by_name.predict(frame, verbose=0).shape == (64, 1)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (
            {"a": X[:, :3]},
            "x lacks 'b': the model has the inputs a and b, and x has a.",
        ),
        ([X], "x is a list of 1, but the model has 2 inputs: a and b. Pass one array for each, "
              "or a dict."),
        ({"a": X, "b": X[:, 3]}, "x['a'] has 4 columns, but the model takes 3. Pass the 3 columns "
                                 "it was built for."),
        ({"a": X[:9, :3], "b": X[:, 3]}, "x['a'] has 9 rows and x['b'] has 64. They must have the "
                                         "same number."),
    ],
)  # fmt: skip
def test_inputs_that_do_not_fit(x, text):
    assert_refused(InvalidData, text, lambda: two_inputs().predict(x))


def test_outputs_have_losses_weights_and_metrics_by_name():
    model = two_heads()
    classes = np.arange(64) % 3
    y = {"class": classes, "number": Y}
    for engine in ("native", "jax"):
        pytest.importorskip("jax")
        model.compile(
            "adam",
            {"number": "mse", "class": "sparse_categorical_crossentropy"},
            loss_weights={"number": 2.0, "class": 0.5},
            metrics={"class": ["accuracy"]},
            weighted_metrics={"number": ["mae"]},
            engine=engine,
        )
        history = model.fit(
            X, y, epochs=2, verbose=0, validation_data=(X, y), sample_weight=np.arange(64.0)
        ).history
        names = ["class_accuracy", "class_loss", "loss", "number_loss", "number_mae"]
        assert sorted(history) == sorted([*names, *(f"val_{name}" for name in names)])
        logs = model.evaluate(X, y, verbose=0, return_dict=True)
        total = 2 * logs["number_loss"] + 0.5 * logs["class_loss"]
        assert logs["loss"] == pytest.approx(total, rel=1e-5)
        predicted = model.predict(X, verbose=0)
        assert predicted.keys() == {"class", "number"} and predicted["class"].shape == (64, 3)
    assert model.test_on_batch(X, y, return_dict=True).keys() == logs.keys()


def test_an_output_without_a_loss_is_only_predicted():
    model = two_heads()
    model.compile("sgd", {"number": "mse"})
    frozen = model.get_layer("c").get_weights()[0]
    model.fit(X, {"number": Y}, verbose=0)
    assert np.array_equal(model.get_layer("c").get_weights()[0], frozen)
    assert model.metrics_names == ["loss"]


def test_inputs_that_are_joined_first_cost_no_op():
    given = [Input((1,), name=name) for name in "abcd"]
    model = Model(given, layers.Dense(1)(layers.concatenate(given)))
    assert [op.kind for op in model.program().ops] == ["matmul", "bias"]


def test_copies_of_models_with_several_outputs_are_compiled_alike():
    best = BestEpochs(1, "loss")
    model = two_heads()
    model.compile("sgd", ["sparse_categorical_crossentropy", "mse"], loss_weights=[1.0, 0.5])
    y = [np.arange(64) % 3, Y]
    model.fit(X, y, epochs=2, verbose=0, callbacks=[best])
    (copy,) = best.models()
    assert copy.loss_function.lower() == model.loss_function.lower()
    assert copy.metrics_names == model.metrics_names == ["loss", "class_loss", "number_loss"]


def test_custom_layers_take_part():
    pytest.importorskip("jax")

    class Square(layers.Layer):
        def call(self, x):
            return x * x

    a, b = Input((3,), name="a"), Input((1,), name="b")
    model = Model([a, b], layers.Concatenate()([Square()(a), b * 2.0]))
    expected = np.concatenate([X[:, :3] ** 2, 2 * X[:, 3:]], axis=1)
    np.testing.assert_allclose(model.predict(parts(), verbose=0), expected, rtol=1e-6)


def refused(action, text, error=InvalidArgument):
    assert_refused(error, text, action)


def test_what_is_refused_names_layers_and_shapes():
    a, b = Input((3,), name="a"), Input((2,), name="b")
    out = layers.Dense(1, name="out")(a)
    refused(
        lambda: layers.Add(name="sum")([a, b]),
        "sum (Add) joins inputs of one width, received shapes (None, 3) and (None, 2). Bring them "
        "to one width with Dense(n), or use Concatenate().",
    )
    refused(
        lambda: Model([a, b], out, name="m"),
        "m: no output depends on the input 'b'. Use it in a layer, or leave it out of inputs.",
    )
    refused(
        lambda: Model(b, out, name="m"),
        "m: 'out' depends on the input 'a', which is not one of its inputs. Add it: "
        "inputs=[..., a].",
    )
    refused(
        lambda: layers.Dense(1, name="d")([a, b]),
        "d takes one input, received 2. Join them first: d(Concatenate()([...])).",
    )
    refused(
        lambda: Model(a, layers.Dense(1, name="out")(out), name="m"),
        "m already has a layer named 'out'. Give one of the two another name.",
    )
    shared = layers.Dense(2, name="shared")
    shared(a)
    refused(
        lambda: shared(b),
        "shared was built for 3 columns, and the output of 'b' has 2. Make another layer for it.",
    )
    refused(
        lambda: a[1:],
        "<Symbol of a, shape=(None, 3)>: a row stays a row, so only columns can be taken, "
        "x[:, 2:5], received x[1:].",
    )
    refused(
        lambda: np.exp(np.asarray(a)),
        "<Symbol of a, shape=(None, 3)> stands for numbers that are not known yet. Functions of "
        "NumPy and JAX take arrays: write what they compute as a custom layer, or call the model "
        "on rows.",
    )
    refused(
        lambda: layers.Dropout(0.5, name="drop")(a, training=True),
        "drop: training=True in a network that is being described is not supported: fit trains, "
        "predict does not. Use layer.trainable = False to keep a batch normalization's "
        "statistics, and model.predict_samples(x) for dropout in predictions.",
        Unsupported,
    )
    with pytest.raises(Unsupported, match="models with a call of their own are not supported"):

        class Own(Model):
            def call(self, x):
                return x


def test_losses_that_do_not_fit_the_outputs():
    model = two_heads()
    refused(
        lambda: model.compile("sgd", {"nunber": "mse"}),
        "loss: there is no output 'nunber'. Did you mean 'number'? Outputs are: class, number.",
    )
    refused(
        lambda: model.compile("sgd", ["mse"]),
        "loss has 1 entries, and the model has 2 outputs: class and number. Give one for each, or "
        "a dict by name.",
    )
    model.compile("sgd", ["sparse_categorical_crossentropy", "mse"])
    refused(
        lambda: model.fit(X, {"number": Y}, verbose=0),
        "y lacks 'class'. Pass the targets of each output with a loss: class, number.",
        InvalidData,
    )


# -- models inside models -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["model", "sequential"])
def test_a_model_inside_a_model_shares_its_weights(kind, tmp_path):
    if kind == "model":
        x = Input((4,))
        encoder = Model(x, layers.Dense(3, "tanh", name="dense")(x), name="encoder", seed=1)
    else:
        stack = [Input((4,)), layers.Dense(3, "tanh", name="dense")]
        encoder = Sequential(stack, name="encoder", seed=1)
    encoder.compile("adam", "mse")
    encoder.fit(X, X[:, :3], verbose=0)
    slots = [each.copy() for each in encoder.runner.slots.values()]
    x = Input((4,), name="rows")
    outer = Model(x, layers.Dense(1, name="dense")(encoder(x)), name="outer", seed=2)
    assert [weight.path for weight in outer.weights][:1] == ["encoder/dense/kernel"]
    assert all(map(np.array_equal, slots, encoder.runner.slots.values()))
    outer.compile("adam", "mse")
    before = encoder.predict(X, verbose=0)
    outer.fit(X, Y, epochs=2, verbose=0)
    assert not np.array_equal(encoder.predict(X, verbose=0), before)
    encoder.fit(X, X[:, :3], verbose=0)
    inner = outer.get_layer("encoder")
    assert np.array_equal(inner.predict(X, verbose=0), encoder.predict(X, verbose=0))
    encoder.trainable = False
    assert len(outer.trainable_weights) == 2
    kernel = encoder.get_weights()[0]
    outer.fit(X, Y, verbose=0)
    assert np.array_equal(encoder.get_weights()[0], kernel)
    for model in (outer, encoder):
        model.save(tmp_path / model.name)
        copies = [
            trimtab.load_model(tmp_path / f"{model.name}.trimtab"),
            pickle.loads(pickle.dumps(model)),
            clone_model(model),
        ]
        copies[-1].set_weights(model.get_weights())
        for copy in copies:
            assert np.array_equal(copy.predict(X, verbose=0), model.predict(X, verbose=0))
            assert copy.get_config() == model.get_config()
    with pytest.raises(InvalidArgument, match="encoder is part of another model"):
        encoder.attach(layers.Dense(1))


def test_a_model_is_used_twice_and_with_several_ends():
    a, b = Input((2,), name="a"), Input((2,), name="b")
    total = layers.Dense(3, name="t")(layers.Concatenate()([a, b]))
    inner = Model([a, b], [total, layers.Dense(2, name="u")(b)], name="inner", seed=1)
    x = Input((4,), name="x")
    first, second = inner([x[:, :2], x[:, 2:]])
    third, _ = inner([x[:, 2:], x[:, :2]])
    whole = Model(x, layers.Dense(1)(layers.Concatenate()([first, second, third])), seed=2)
    whole.compile("adam", "mse")
    whole.fit(X, Y, epochs=2, verbose=0)
    one, two = inner.predict([X[:, :2], X[:, 2:]], verbose=0)
    three, _ = inner.predict([X[:, 2:], X[:, :2]], verbose=0)
    kernel, bias = whole.layers[-1].get_weights()
    expected = np.concatenate([one, two, three], axis=1) @ kernel + bias
    np.testing.assert_allclose(whole.predict(X, verbose=0), expected, rtol=1e-5, atol=1e-6)


# -- what looks at models -------------------------------------------------------------------------


def test_summary_says_what_layers_are_connected_to():
    lines = []
    two_inputs().summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert "a (InputLayer)" in text and "Connected to" in text
    assert any(line.startswith("shared (Dense)") and line.endswith("first; pair") for line in lines)


def branches():
    """Batch normalizations in branches, and one that cannot be folded."""
    x = Input((4,), name="x")
    left = layers.BatchNormalization(name="b1")(layers.Dense(5, name="d1")(x))
    right = layers.BatchNormalization(name="b2")(layers.Dense(5, "relu", name="d2")(x))
    joined = layers.Add(name="add")([layers.ReLU(name="r")(left), right])
    last = layers.Dense(1, name="d4")(layers.BatchNormalization(name="b3")(joined))
    model = Model(x, last, seed=1)
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=3, verbose=0)
    return model


def test_batch_normalizations_of_branches_are_folded():
    model = branches()
    folded = model.fold_batch_normalization()
    assert dict(folded.folded) == {"b1": "d1", "b3": "d4"}
    assert [path for path, _ in folded.kept] == ["b2"]
    actual, expected = folded.model.predict(X, verbose=0), model.predict(X, verbose=0)
    np.testing.assert_allclose(actual, expected, atol=1e-5 * np.abs(expected).max())


def test_population_statistics_of_branches():
    model = branches()
    model.refresh_statistics(X)
    x = Input((4,))
    d1 = model.get_layer("d1")
    mean = Model(x, d1(x)).predict(X, verbose=0).mean(axis=0)
    np.testing.assert_allclose(model.get_layer("b1").get_weights()[2], mean, atol=1e-5)


def test_probe_and_coach_and_samples_take_graphs():
    model = branches()
    table = model.probe(X, Y)
    assert [row.layer for row in table][-1] == "d4" and table["add"].units == 5
    history = model.fit(X, Y, epochs=2, verbose=0, track=["layers", "statistics"]).history
    assert np.isfinite(history["d2/gradient_ratio"]).all()
    assert model.check(X * 1e4, Y, epochs=5) is not None
    heads = two_heads()
    heads.compile("adam", ["sparse_categorical_crossentropy", "mse"])
    y = {"class": np.arange(64) % 3, "number": Y}
    assert heads.check(X, y, epochs=3, validation_data=(X, y)) is not None
    x = Input((4,))
    dropped = layers.Dropout(0.5)(layers.Dense(4)(x))
    model = Model(x, [layers.Dense(1)(dropped), layers.Dense(2)(dropped)])
    assert [each.shape for each in model.predict_samples(X, samples=3)] == [(3, 64, 1), (3, 64, 2)]


def test_a_committee_and_an_estimator_take_graphs():
    def build(seed=0):
        x = Input((4,))
        hidden = layers.Dense(4, "relu")(x)
        model = Model(x, layers.Dense(1)(layers.Concatenate()([x, hidden])), seed=seed)
        model.compile("adam", "mse")
        return model

    committee = trimtab.Committee.fit(build, X, Y, members=2, epochs=2)
    assert committee.predict(X).shape == (64, 1)
    assert trimtab.KerasRegressor(build, epochs=2, verbose=0).fit(X, Y[:, 0]).predict(X).shape == (
        64,
    )
    heads = two_heads()
    heads.compile("sgd", "mse")
    with pytest.raises(Unsupported, match="has several outputs"):
        heads.predict_interval(X, calibration=(X, Y))
