"""Lines of Keras code that people paste: they run, or say what to write instead."""

import numpy as np
import pytest

import trimtab
from tests.support.keras import import_keras
from trimtab import keras
from trimtab.core.keras_names import KERAS_VERSION
from trimtab.errors import InvalidArgument

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
CLASSES = np.arange(64) % 3


def network(outputs=1, activation=None, **settings):
    model = keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(outputs, activation)])
    model.compile(**{"optimizer": "sgd", "loss": "mse"} | settings)
    return model


def nll(y_true, y_pred):
    import jax.numpy as jnp

    numbers = jnp.asarray(y_true).astype(int).reshape(-1, 1)
    return -jnp.log(jnp.take_along_axis(y_pred, numbers, 1))


def crossentropy(y_true, y_pred):
    import jax.numpy as jnp

    return -(y_true * jnp.log(y_pred)).sum(-1)


@pytest.mark.parametrize("name", ["accuracy", "acc"])
@pytest.mark.parametrize("targets", ["numbers", "a column of numbers", "one column per class"])
def test_accuracy_beside_a_custom_loss_follows_the_targets(targets, name):
    y = {"numbers": CLASSES, "a column of numbers": CLASSES[:, None]}.get(
        targets, np.eye(3)[CLASSES]
    )
    loss = crossentropy if targets == "one column per class" else nll
    model = network(3, "softmax", loss=loss, metrics=[name])
    history = model.fit(X, y, epochs=2, verbose=0, validation_data=(X, y))
    right = (model.predict(X, verbose=0).argmax(1) == CLASSES).mean()
    assert history.history[f"val_{name}"][-1] == pytest.approx(right)
    assert model.evaluate(X, y, verbose=0)[1] == pytest.approx(right)


def test_accuracy_beside_a_custom_loss_of_one_output_has_a_threshold():
    y = CLASSES == 0
    model = network(1, "sigmoid", loss=lambda t, p: (t - p) ** 2, metrics=["accuracy"])
    model.fit(X, y, verbose=0)
    right = ((model.predict(X, verbose=0)[:, 0] > 0.5) == y).mean()
    assert model.evaluate(X, y, verbose=0)[1] == pytest.approx(right)


def test_crossentropy_as_a_metric_follows_the_loss():
    model = network(3, "softmax", loss="sparse_categorical_crossentropy", metrics=["crossentropy"])
    history = model.fit(X, CLASSES, verbose=0).history
    assert history["crossentropy"][0] == pytest.approx(history["loss"][0], rel=1e-5)
    model = network(1, "sigmoid", loss="binary_crossentropy", metrics=["ce"])
    history = model.fit(X, CLASSES == 0, verbose=0).history
    assert history["ce"][0] == pytest.approx(history["loss"][0], rel=1e-5)


def test_the_learning_rate_can_be_assigned():
    model = network()
    model.optimizer.learning_rate.assign(0.1)
    assert model.optimizer.learning_rate == np.float32(0.1)
    assert model.optimizer.learning_rate.numpy() == np.float32(0.1)
    assert type(model.optimizer.learning_rate * 2) is np.float32
    still = network(optimizer=keras.optimizers.SGD(0.0))
    still.fit(X, X[:, 0], verbose=0)
    before = still.get_weights()
    still.optimizer.learning_rate.assign(0.1)
    still.fit(X, X[:, 0], verbose=0)
    assert any((a != b).any() for a, b in zip(before, still.get_weights(), strict=True))
    with pytest.raises(InvalidArgument):
        model.optimizer.learning_rate.assign(-1)
    scheduled = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10))
    with pytest.raises(InvalidArgument, match="follows a schedule"):
        scheduled.learning_rate.assign(0.1)


def test_versions():
    assert keras.__version__ == keras.version() == KERAS_VERSION
    assert trimtab.keras.__version__ == KERAS_VERSION
    installed = import_keras()
    assert installed.__version__.split(".")[0] == KERAS_VERSION.split(".")[0]


def test_a_network_in_a_network_is_a_layer_of_it():
    inner = keras.Sequential([keras.layers.Dense(2)])
    whole = keras.Sequential([inner, keras.layers.Dense(1)])
    assert whole.predict(X, verbose=0).shape == (64, 1)
    assert (inner.predict(X, verbose=0) == whole.layers[0].predict(X, verbose=0)).all()


def test_layers_change_at_once():
    model = network()
    model.fit(X, X[:, 0], verbose=0)
    model.pop()
    model.add(keras.layers.Dense(2))
    model.set_weights(model.get_weights())
    assert len(model.get_weights()) == 4
