"""Gated residual networks: columns that are not needed are let through unchanged, or not at all.

After Lim et al. 2021, "Temporal Fusion Transformers", section 4.1. A gate between 0 and 1 decides
how much of a block is added to its input; another one weighs the columns. Most columns here are
noise. Runs in Keras, too: only the imports of `keras` are other ones.
"""

import numpy as np

from trimtab import keras
from trimtab.keras import layers

COLUMNS = 20


def table(rows, seed):
    """Made-up rows: columns and what they lead to."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, COLUMNS)).astype("float32")
    y = np.tanh(x[:, 0]) + np.abs(x[:, 1]) - x[:, 2] + 0.2 * generator.normal(size=rows)
    return x, y.astype("float32")


def gated_linear_unit(x, units):
    """A dense layer, each unit times a gate of its own."""
    linear = layers.Dense(units)(x)
    gate = layers.Dense(units, activation="sigmoid")(x)
    return layers.Multiply()([linear, gate])


def gated_residual_network(inputs, units, dropout):
    """A block of which a gate lets through what helps."""
    x = layers.Dense(units, activation="elu")(inputs)
    x = layers.Dense(units)(x)
    x = layers.Dropout(dropout)(x)
    if inputs.shape[-1] != units:
        inputs = layers.Dense(units)(inputs)
    x = layers.Add()([inputs, gated_linear_unit(x, units)])
    return layers.BatchNormalization()(x)


def highway(x, units):
    """A dense layer, or what it got: the gate decides for each unit."""
    gate = layers.Dense(units, activation="sigmoid")(x)
    return gate * layers.Dense(units, activation="relu")(x) + (1 - gate) * x


inputs = keras.Input((COLUMNS,), name="columns")
weights = layers.Dense(COLUMNS, activation="softmax", name="weights")(inputs)
chosen = layers.Multiply()([inputs, weights]) * COLUMNS
x = gated_residual_network(chosen, 32, dropout=0.1)
x = highway(x, 32)
x = gated_residual_network(x, 32, dropout=0.1)
model = keras.Model(inputs, layers.Dense(1)(x), name="gated")

x, y = table(4000, seed=0)
x_test, y_test = table(1000, seed=1)
keras.utils.set_random_seed(1)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mae")
model.fit(x, y, batch_size=64, epochs=15, validation_split=0.2, verbose=0)
mae = model.evaluate(x_test, y_test, verbose=0)
print(
    f"test mean absolute error {mae:.3f}, of the median {np.abs(y_test - np.median(y)).mean():.3f}"
)
