"""Models in files: what comes back, what does not fit, and records made to do harm."""

import json
import warnings
import zipfile
from functools import partial

import numpy as np
import pytest
from safetensors.numpy import load as tensors_of
from safetensors.numpy import save as bytes_of

from tests.support.keras import import_keras
from tests.support.refusals import assert_refused
from tests.support.small import assert_same_state, small_data, small_model
from trimtab import Model, Sequential, load_model
from trimtab.errors import FileFormatError, InvalidArgument, NotBuilt
from trimtab.model import load_weights, save_model, save_weights
from trimtab.nn import activations, layers, optimizers, schedules
from trimtab.nn.layers.table import LAYERS

AGAIN = "Save the model again with model.save()."
SAME = "Build the same layers as the model that was saved."


def trained(**options):
    x, y = small_data()
    model = small_model(metrics=["mse"], **options)
    model.fit(x, y, epochs=2, verbose=0, validation_split=0.2)
    return model


#: Layers that join two values of one width.
JOINING = [
    *(layers.Add, layers.Average, layers.Maximum, layers.Minimum, layers.Multiply),
    *(layers.Subtract, partial(layers.Dot, 1)),
]


def every_layer():
    """A model with one of each layer there is."""
    stack = [
        layers.Input((3,)),
        layers.Embedding(3, 2),
        layers.Flatten(),
        layers.Reshape((6,)),
        layers.CategoryEmbedding([4]),  # reads its codes from the vectors, which are all near 0
        layers.PiecewiseLinearEmbedding(3, 2),
        layers.PeriodicEmbedding(2, 3),
        layers.Dense(4, activation="relu", kernel_initializer="he_normal", kernel_regularizer="l2"),
        layers.BatchNormalization(momentum=0.8),
        layers.ReLU(negative_slope=0.1),
        layers.Dropout(0.25, seed=3),
        layers.DropConnect(4, schedules.LinearDropout(0.5, 0.1, epochs=3), seed=4),
        layers.FeatureDropout(schedules.EarlyDropout(0.5, steps=3)),
        layers.Residual([layers.Dense(5), layers.BatchNormalization(scale=False)]),
        layers.Activation("tanh"),
        layers.Normalization(),
        layers.Normalization(mean=0.5, variance=[1.0, 2.0, 3.0, 4.0, 5.0]),
        layers.Rescaling([1.0, 2.0, 3.0, 4.0, 5.0], offset=-1),
        layers.LayerNormalization(epsilon=0.01),
        layers.RMSNormalization(),
        layers.UnitNormalization(),
        layers.GaussianNoise(0.1, seed=5),
        layers.GaussianDropout(0.1),
        layers.AlphaDropout(0.1, noise_shape=(None, 1)),
        layers.LeakyReLU(0.1),
        layers.ELU(0.5),
        layers.PReLU("ones"),
        layers.Identity(),
        layers.ActivityRegularization(l1=0.01),
        layers.Dense(8, activation=partial(activations.celu, alpha=0.5)),
        layers.Softmax(),
        layers.Discretization([0.1, 0.2]),
        layers.CategoryEncoding(3),
        Sequential([layers.Dense(3)], name="inner"),
        layers.Dense(2, use_bias=False, activity_regularizer="l2"),
        layers.Increasing(2),
    ]
    model = Sequential(stack, name="all")
    a, b = model.output[:, :1], 1 - model.output[:, 1:]
    values = [kind()([a, b]) for kind in JOINING]
    model = Model(model.input, layers.Dense(2)(layers.Concatenate()(values)), name="joined")
    used = {type(layer).__name__ for layer in model.all_layers()}
    assert used | {"InputLayer", "Concatenate"} == set(LAYERS)
    model.compile(
        optimizer=optimizers.SGD(schedules.ExponentialDecay(0.01, 10, 0.9), momentum=0.9),
        loss="mse",
        metrics=["mae"],
        weighted_metrics=["mse"],
    )
    x, y = small_data()
    model.fit(np.abs(x) % 3, np.stack([y, -y], axis=1), verbose=0)
    return model


@pytest.mark.parametrize("make", [trained, every_layer])
def test_round_trip(tmp_path, make):
    model = make()
    x = np.abs(small_data()[0]) % 3  # embeddings take these for codes
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m.trimtab")
    assert_same_state(model, back)
    np.testing.assert_array_equal(model.predict(x), back.predict(x))
    assert back.get_config() == model.get_config()
    assert back.optimizer.get_config() == model.optimizer.get_config()
    assert back.metrics_names == model.metrics_names
    assert back.history.history == model.history.history
    assert back.history.epoch == model.history.epoch and back.history.model is back
    assert [w.trainable for w in back.weights] == [w.trainable for w in model.weights]
    assert back.epoch_steps == model.epoch_steps
    rates = [[layer.rate for layer in m.layers if hasattr(layer, "rate")] for m in (model, back)]
    assert rates[0] == rates[1]


def test_saving_twice_gives_the_same_bytes(tmp_path):
    model = trained()
    model.save(tmp_path / "a")
    model.save(tmp_path / "b")
    load_model(tmp_path / "a").save(tmp_path / "c")
    a, b, c = ((tmp_path / f"{name}.trimtab").read_bytes() for name in "abc")
    assert a == b == c


def test_saving_changes_nothing(tmp_path):
    x, y = small_data()
    one, other = small_model(), small_model()
    for model in (one, other):
        model.fit(x, y, verbose=0)
        if model is one:
            model.save(tmp_path / "m")
        model.fit(x, y, verbose=0)
    assert_same_state(one, other)


def test_a_frozen_layer_stays_frozen(tmp_path):
    model = trained()
    model.layers[0].trainable = False
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    assert [layer.trainable for layer in back.layers] == [False, True, True, True]
    assert back.layers[1].trainable_weights


def test_history_with_nan(tmp_path):
    x, y = small_data()
    model = small_model(optimizer="sgd", loss="mse", dropout=0, normalize=False)
    model.optimizer.learning_rate = 1e30
    model.fit(x, y, epochs=3, verbose=0)
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    np.testing.assert_array_equal(back.history.history["loss"], model.history.history["loss"])
    np.testing.assert_array_equal(back.get_weights()[0], model.get_weights()[0])


def test_not_compiled(tmp_path):
    model = Sequential([layers.Dense(2, input_shape=[3])])
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    assert not back.compiled and back.history is None
    np.testing.assert_array_equal(back.get_weights()[0], model.get_weights()[0])


def test_not_built(tmp_path):
    model = Sequential([layers.Dense(2)])
    model.compile("adam", "mae")
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m")
    assert back.compiled and not back.built
    back.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)


def test_without_compilation(tmp_path):
    model = trained()
    model.save(tmp_path / "m")
    back = load_model(tmp_path / "m", compile=False)
    assert not back.compiled
    np.testing.assert_array_equal(back.get_weights()[0], model.get_weights()[0])


def worst(y_true, y_pred):
    return float(np.abs(y_true - y_pred).max())


def test_metrics_that_are_functions(tmp_path):
    x, y = small_data()
    model = small_model(metrics=[worst, "mae"])
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m")
    text = (
        r"metrics that are Python functions are not in the file and were left out: worst\. "
        r"Use load_model\(path, custom_objects=\{'worst': function\}\)\.$"
    )
    with pytest.warns(UserWarning, match=text) as seen:
        back = load_model(tmp_path / "m")
    assert seen[0].filename == __file__
    assert back.metrics_names == ["loss", "mae"]
    back = load_model(tmp_path / "m", custom_objects={"worst": worst})
    assert back.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_overwrite(tmp_path):
    model = trained()
    model.save(tmp_path / "m")
    model.save(tmp_path / "m")
    path = str(tmp_path / "m.trimtab")
    for save in (model.save, model.save_weights):
        assert_refused(
            InvalidArgument,
            f"{path!r} exists already. Use overwrite=True to replace it.",
            lambda save=save: save(path, overwrite=False),
        )


def test_unknown_arguments(tmp_path):
    assert_refused(
        InvalidArgument,
        "save has no argument 'overwritten'. Did you mean 'overwrite'?",
        lambda: trained().save(tmp_path / "m", overwritten=True),
    )


# -- weights ------------------------------------------------------------------------------------


def test_weights_go_into_another_model_of_the_same_layers(tmp_path):
    model = trained()
    model.save_weights(tmp_path / "w")
    other = small_model(seed=9, metrics=["mse"])
    other.load_weights(tmp_path / "w")
    assert_same_state(model, other)
    x, y = small_data()
    for one in (model, other):
        one.fit(x, y, verbose=0)
    assert_same_state(model, other)


def test_weights_of_a_model_file(tmp_path):
    model = trained()
    model.save(tmp_path / "m")
    other = small_model(seed=9)
    other.load_weights(tmp_path / "m")
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_weights_build_a_model(tmp_path):
    model = trained()
    model.save_weights(tmp_path / "w")
    other = Sequential(
        [layers.Dense(8), layers.BatchNormalization(), layers.Dropout(0.3), layers.Dense(1)]
    )
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_weights_into_another_optimizer_come_without_its_state(tmp_path):
    trained().save_weights(tmp_path / "w")
    other = small_model(optimizer="sgd")
    other.load_weights(tmp_path / "w")
    assert other.runner.step == 0 and other.runner.slots == {}


def test_weights_reach_an_engine_that_runs(tmp_path):
    x, _ = small_data()
    model, other = trained(), trained(seed=8)
    expected = model.predict(x)
    model.save_weights(tmp_path / "w")
    other.predict(x)
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(other.predict(x), expected)


def test_weights_that_do_not_fit(tmp_path):
    model = trained()
    model.save_weights(tmp_path / "w")
    path = str(tmp_path / "w.trimtab")
    other = Sequential([layers.Dense(8, input_shape=[3])], name="other")
    before = other.get_weights()
    assert_refused(
        FileFormatError,
        f"{path!r} does not fit: it holds 8 weights, other has 2. {SAME}",
        lambda: other.load_weights(path),
    )
    np.testing.assert_array_equal(other.get_weights()[0], before[0])
    wide = Sequential(
        [
            layers.Dense(9, input_shape=[3], name="first"),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )
    name = model.layers[0].name
    assert_refused(
        FileFormatError,
        f"{path!r} does not fit: first/kernel has shape (3, 9), the file holds {name}/kernel of "
        f"shape (3, 8). {SAME}",
        lambda: wide.load_weights(path),
    )
    assert_refused(
        FileFormatError,
        f"{path!r} holds weights only. Build the model and use model.load_weights().",
        lambda: load_model(path),
    )


def test_a_model_without_weights_has_none_to_save(tmp_path):
    model = Sequential([layers.Dense(1)], name="m")
    assert_refused(
        NotBuilt,
        "m is not built yet. Call build((None, n)) or fit() first, or put Input((n,)) in front.",
        lambda: model.save_weights(tmp_path / "w"),
    )
    assert list(tmp_path.iterdir()) == []


def test_the_functions_are_the_methods(tmp_path):
    model = trained()
    save_model(model, tmp_path / "m")
    save_weights(model, tmp_path / "w")
    other = small_model(seed=9)
    load_weights(other, tmp_path / "w")
    assert_same_state(other, load_model(tmp_path / "m"))


def test_names_of_keras_formats():
    assert_refused(
        InvalidArgument,
        "'m.h5' names Keras' old format, which trimtab does not write; Keras 3 reads 'm.keras'. "
        "Use 'm.trimtab'.",
        lambda: trained().save("m.h5"),
    )
    assert_refused(
        InvalidArgument,
        "'m.weights.h5' names Keras' format of weights alone, which model.save_weights() writes. "
        "Use 'm.trimtab'.",
        lambda: trained().save("m.weights.h5"),
    )
    assert_refused(
        InvalidArgument,
        "save_weights leaves out what a .keras file has to hold, received 'm.keras'. Use "
        "model.save(), or a name that ends in .weights.h5.",
        lambda: trained().save_weights("m.keras"),
    )


def test_a_real_keras_file_is_called_what_it_is(tmp_path):
    keras = import_keras()
    path = tmp_path / "m.keras"
    other = tmp_path / "m.trimtab"
    with warnings.catch_warnings():  # Keras' own, about NumPy
        warnings.simplefilter("ignore")
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]).save(path)
    assert_refused(
        FileFormatError,
        f"{str(other)!r} is a .keras file, a network without a table. Use trimtab.load_model() on "
        "a name that ends in .keras.",
        lambda: load_model(path.rename(other)),
    )


# -- records made to do harm ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """The members of a good file, saved inside an epoch so that every part is there."""
    from trimtab.training.callbacks import ModelCheckpoint

    path = tmp_path_factory.mktemp("good") / "m.trimtab"
    x, y = small_data()
    checkpoint = ModelCheckpoint(path, save_freq=5)
    small_model(metrics=["mse"]).fit(
        x, y, epochs=2, batch_size=16, verbose=0, callbacks=[checkpoint]
    )
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path, members):
    members = dict(members)
    record = json.loads(members.pop("manifest.json"))
    record["members"] = {name: len(data) for name, data in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps(record))
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_the_good_file_is_good(tmp_path, members):
    model = load_model(written(tmp_path / "m", members))
    assert model.position.batches == 1 and model.position.predictions.shape == (16, 1)


def places(value, path=()):
    """Every place in a JSON document."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from places(item, (*path, i))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


GARBAGE = [
    None,
    "x",
    -1,
    10**30,
    0.5,
    [],
    {},
    ["x"],
    {"class_name": "os.system", "config": {}},
    True,
]


@pytest.mark.parametrize("document", ["model", "compile", "training", "history"])
def test_garbage_anywhere_is_one_error_or_harmless(tmp_path, members, document):
    """No document can make loading fail in another way than by FileFormatError."""
    good = json.loads(members[f"{document}.json"])
    path = tmp_path / "m"
    refusals = 0
    everywhere = list(places(good))
    step = max(1, len(everywhere) * len(GARBAGE) // 400)
    trials = [(where, bad) for where in everywhere for bad in GARBAGE][::step]
    for where, bad in trials:
        text = json.dumps(replaced(good, where, bad)).encode()
        written(path, {**members, f"{document}.json": text})
        try:
            load_model(path)
        except FileFormatError as refusal:
            assert str(path) in str(refusal)  # noqa: PT017 (either outcome is right)
            refusals += 1
    assert refusals > len(trials) // 4


@pytest.mark.parametrize("member", ["model.json", "training.json", "weights.safetensors"])
def test_missing_parts(tmp_path, members, member):
    path = written(tmp_path / "m", {k: v for k, v in members.items() if k != member})
    with pytest.raises(FileFormatError, match="m'"):
        load_model(path)


def test_unknown_layers_are_refused(tmp_path, members):
    text = members["model.json"].replace(b'"Dropout"', b'"Conv2D"')
    path = written(tmp_path / "m", {**members, "model.json": text})
    with pytest.raises(FileFormatError, match=r"an architecture that cannot be used .*Conv2D"):
        load_model(path)


def test_a_layer_of_astronomic_width_is_not_allocated(tmp_path, members):
    text = members["model.json"].replace(b'"units":8', b'"units":800000000')
    assert text != members["model.json"]
    path = written(tmp_path / "m", {**members, "model.json": text})
    with pytest.raises(FileFormatError, match=r"does not fit: .* has shape \(3, 800000000\)"):
        load_model(path)


@pytest.mark.parametrize("table", ["weights", "optimizer", "epoch"])
def test_tables_of_other_shapes_or_names(tmp_path, members, table):
    name = f"{table}.safetensors"
    good = tensors_of(members[name])
    for key in good:
        for bad in (
            {k: v for k, v in good.items() if k != key},
            {**{k: v for k, v in good.items() if k != key}, "other": good[key]},
            {**good, key: good[key][..., :-1].copy()},
            {**good, key: good[key][None].copy()},
        ):
            path = written(tmp_path / "m", {**members, name: bytes_of(bad)})
            if table == "optimizer" and set(bad) < set(good):
                load_model(path)  # slots that are not there are zero, as for a new layer
                continue
            with pytest.raises(FileFormatError):
                load_model(path)


def test_nan_weights_travel(tmp_path, members):
    good = tensors_of(members["weights.safetensors"])
    for array in good.values():
        array[...] = np.nan
    path = written(tmp_path / "m", {**members, "weights.safetensors": bytes_of(good)})
    assert np.isnan(load_model(path).predict(np.ones((1, 3)))).all()


def test_loading_calls_nothing_by_name(tmp_path, members, monkeypatch):
    """A class name is looked up in tables of trimtab's own classes, never imported."""
    import builtins
    import importlib

    def forbidden(name, *args, **kwargs):
        raise AssertionError(f"import of {name}")

    text = members["compile.json"].replace(b'"class_name":"Adam"', b'"class_name":"os.system"')
    path = written(tmp_path / "m", {**members, "compile.json": text})
    load_model(written(tmp_path / "good", members))  # everything it imports is there now
    monkeypatch.setattr(importlib, "import_module", forbidden)
    real = builtins.__import__
    seen = []
    monkeypatch.setattr(
        builtins, "__import__", lambda name, *a, **k: (seen.append(name), real(name, *a, **k))[1]
    )
    with pytest.raises(FileFormatError, match=r"os\.system"):
        load_model(path)
    assert "os.system" not in seen
