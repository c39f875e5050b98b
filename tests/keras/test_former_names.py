"""Lines of older Keras and TensorFlow code: they run, or say what to use instead."""

import copy
import pickle

import numpy as np
import pytest

import trimtab as tf
from tests.support.close import assert_close
from trimtab import keras
from trimtab.errors import InvalidArgument, UnknownArgument
from trimtab.keras import callbacks, layers

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")


def net():
    model = keras.Sequential([layers.Input((3,)), layers.Dense(4, name="first"), layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(0.25), loss="mse")
    return model


def refusal(call, kind=AttributeError):
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("net().predict_classes(X)", "Use model.predict(x).argmax(axis=1) with softmax"),
        ("net().predict_proba(X)", "Use model.predict(x)"),
        ("net().fit_generator(X)", "Use model.fit(batches), which takes generators"),
        ("net().losses", "regularization is part of the loss"),
        ("net().layers[0].output_shape", "Use layer.output_width."),
        ("net().optimizer.lr", "Adam has no 'lr'. Use learning_rate."),
        ("net().optimizer.apply_gradients([])", "Use model.fit(x, y)"),
        ("keras.losses.mse", "Use losses.mean_squared_error, or 'mse'."),
        ("keras.metrics.MAE", "Use metrics.mean_absolute_error, or 'mae'."),
        ("keras.losses.mape", "Use losses.mean_absolute_percentage_error, or 'mape'."),
        ("keras.metrics.msle", "Use metrics.mean_squared_logarithmic_error, or 'msle'."),
        ("keras.losses.KLD", "Use losses.kl_divergence, or 'kld'."),
        ("keras.losses.logcosh", "losses has no 'logcosh'. Did you mean 'log_cosh'?"),
        ("keras.backend.mean(X)", "Write custom layers and losses in jax.numpy."),
        ("keras.backend.get_value(1)", "model.optimizer.learning_rate = 0.001"),
        ("keras.utils.np_utils", "Use numpy.eye(classes)[y]"),
        ("keras.layers.ThresholdedReLU()", "Use layers.ReLU(threshold=1.0)."),
        ("tf.random.set_seed(1)", "Use trimtab.set_random_seed(0)."),
        ("tf.constant(X)", "Pass NumPy arrays or DataFrames"),
        ("tf.data.Dataset", "Use model.fit(x, y) with arrays"),
        ("tf.function", "Leave it out: fit compiles what it runs."),
        ("tf.GradientTape()", "model.train_on_batch(x, y) in a loop"),
        ("tf.reduce_mean(X)", "Use numpy on data"),
        ("tf.KerasTensor", "Use Model(inputs, outputs)"),
    ],
)
def test_names_that_are_gone_say_what_to_use(line, says, monkeypatch):
    # Whoever has imported an older module name has put it there.
    monkeypatch.delattr(tf, "random", raising=False)
    assert says in refusal(lambda: eval(line))


def test_what_the_advice_names_runs():
    model = net()
    assert model.input_shape == (None, 3) and model.layers[0].output_width == 4
    assert model.predict(X, verbose=0).argmax(axis=1).shape == (40,)
    model.optimizer.learning_rate = 0.001
    assert_close(float(model.optimizer.learning_rate), 0.001, 1e-6)
    assert keras.losses.mean_squared_error is not None and layers.ReLU(threshold=1.0)
    keras.optimizers.SGD(learning_rate=keras.optimizers.schedules.ExponentialDecay(0.01, 1000, 0.9))


def test_a_former_name_is_not_set_in_silence():
    model = net()
    with pytest.raises(AttributeError, match="Use learning_rate"):
        model.optimizer.lr = 0.5
    assert_close(float(model.optimizer.learning_rate), 0.25, 1e-9)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("net().fit(X, X[:, 0], lr=0.1)", "Set model.optimizer.learning_rate"),
        ("net().fit(X, X[:, 0], metrics=['mae'])", "Pass it to compile."),
        ("net().fit(X, X[:, 0], workers=2)", "Leave it out."),
        ("keras.optimizers.SGD(0.1, decay=1e-6)", "schedules.ExponentialDecay(0.01, 1000, 0.9)"),
        ("layers.Dense(3, init='uniform')", "Use kernel_initializer."),
        ("layers.Dense(3, W_regularizer='l2')", "Use kernel_regularizer."),
        ("layers.Dense(output_dim=3)", "Use units."),
        ("layers.BatchNormalization(mode=0)", "Leave it out."),
    ],
)
def test_former_arguments(line, says):
    assert says in refusal(lambda: eval(line), UnknownArgument)


def test_activations_where_tensorflow_has_them():
    assert tf.nn.relu is keras.activations.relu
    assert layers.Dense(2, activation=tf.nn.softmax).activation is keras.activations.softmax
    assert "Did you mean 'relu'?" in refusal(lambda: tf.nn.rellu)


def test_the_name_to_use_keeps_its_placeholders():
    for name, use in [
        ("w.{epoch:02d}-{val_loss:.2f}.h5", "'w.{epoch:02d}-{val_loss:.2f}.trimtab'"),
        ("my.best.h5", "'my.best.trimtab'"),
        (".h5", "'model.trimtab'"),
    ]:
        with pytest.raises(InvalidArgument) as caught:
            callbacks.ModelCheckpoint(name)
        assert f"Use {use}." in str(caught.value)


def test_other_missing_attributes_stay_as_python_has_them():
    model = net()
    for thing in (model, model.layers[0], model.optimizer):
        assert "object has no attribute 'nothing'" in refusal(lambda thing=thing: thing.nothing)
        assert not hasattr(thing, "nothing") and copy.copy(thing) is not thing
    assert pickle.loads(pickle.dumps(model.optimizer)).learning_rate == np.float32(0.25)

    class Broken(layers.Layer):
        @property
        def inner(self):
            return self.not_there

    assert "not_there" in refusal(lambda: Broken().inner)


def test_names_of_neither():
    assert refusal(lambda: tf.Nonesuch) == "trimtab has no 'Nonesuch'."
