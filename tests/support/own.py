"""A user's own layer, loss and metric, registered as a user would do it in a module."""

from __future__ import annotations

import jax
import jax.numpy as jnp

import trimtab
from tests.support.small import small_data
from trimtab.nn import layers, losses


@trimtab.register(package="tests")
class Gate(layers.Layer):
    """Its own layers, random numbers, state and an argument."""

    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.inner = layers.Dense(4, activation="relu")
        self.drop = layers.Dropout(0.3)

    def build(self, input_shape):
        self.gate = self.add_weight((input_shape[-1], 4), name="gate", regularizer="l2")
        self.steps = self.add_weight((), "zeros", trainable=False, name="steps")

    def call(self, x, training=False):
        if training:
            self.steps.assign(self.steps + 1)
            x = x + 0.1 * jax.random.normal(self.random_key(), x.shape)
        return self.drop(self.inner(x)) * jax.nn.sigmoid(self.scale * (x @ self.gate))

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


@trimtab.register(package="tests")
def pinball(y_true, y_pred):
    error = y_true - y_pred
    return jnp.maximum(0.8 * error, -0.2 * error)


@trimtab.register(package="tests")
class Weighted(losses.Loss):
    def __init__(self, alpha=0.5, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, y_true, y_pred):
        return self.alpha * jnp.square(y_true - y_pred)

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}


@trimtab.register(package="tests")
def largest(y_true, y_pred):
    return jnp.max(jnp.abs(y_true - y_pred))


def own_model(loss=pinball, metrics=(largest,)):
    """Trained for an epoch."""
    model = trimtab.Sequential(
        [layers.Input((3,)), Gate(2.0, name="gate"), layers.Dense(1)], seed=5
    )
    model.compile("adam", loss, metrics=list(metrics))
    x, y = small_data(20)
    model.fit(x, y, batch_size=8, verbose=0)
    return model
