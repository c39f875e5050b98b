"""Two heads: one network says how strong something is and of which kind.

A shared trunk, then an output for a number and one for classes, each with its loss, its weight in
the sum and its metrics (Caruana 1997, "Multitask Learning"). A layer of the trunk serves two
measurements of the same sort: it is called twice. Runs in Keras, too: only the imports of `keras` are
other ones.
"""

import numpy as np

from trimtab import keras
from trimtab.keras import layers


def table(rows, seed):
    """Made-up rows: columns and what they lead to."""
    generator = np.random.default_rng(seed)
    first = generator.normal(size=(rows, 6)).astype("float32")
    second = generator.normal(size=(rows, 6)).astype("float32")
    strength = np.tanh(first[:, 0]) + np.tanh(second[:, 0]) + 0.5 * first[:, 1] * second[:, 1]
    kind = np.argmax(first[:, 2:5] + second[:, 2:5], axis=1)
    strength = strength + 0.2 * generator.normal(size=rows)
    return {"first": first, "second": second}, {"strength": strength, "kind": kind}


sensor = keras.Sequential(
    [layers.Dense(24, activation="relu"), layers.Dense(24, activation="relu")], name="sensor"
)
first = keras.Input(shape=(6,), name="first")
second = keras.Input(shape=(6,), name="second")
a, b = sensor(first), sensor(second)
joined = layers.Concatenate()([layers.Add()([a, b]), layers.Multiply()([a, b])])
trunk = layers.Dense(32, activation="relu")(joined)
strength = layers.Dense(1, name="strength")(trunk)
kind = layers.Dense(3, activation="softmax", name="kind")(trunk)
model = keras.Model(inputs=[first, second], outputs=[strength, kind])

x, y = table(4000, seed=0)
x_test, y_test = table(1000, seed=1)
keras.utils.set_random_seed(1)
model.compile(
    optimizer="adam",
    loss={"strength": "mse", "kind": "sparse_categorical_crossentropy"},
    loss_weights={"strength": 1.0, "kind": 0.5},
    metrics={"strength": ["mae"], "kind": ["accuracy"]},
)
history = model.fit(x, y, batch_size=64, epochs=12, validation_split=0.2, verbose=0)
scores = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
print(f"test mean absolute error of strength {scores['strength_mae']:.3f}")
print(f"test accuracy of kind {scores['kind_accuracy']:.3f}")
strengths, kinds = model.predict(x_test, verbose=0)
print(
    f"predictions {strengths.shape} and {kinds.shape}; val_kind_loss {history.history['val_kind_loss'][-1]:.3f}"
)
