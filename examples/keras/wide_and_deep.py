"""Wide and deep: a linear part that remembers, beside a network that generalizes.

After Cheng et al. 2016, "Wide & Deep Learning for Recommender Systems". Whether a customer comes
back depends on one rare pair of shop and product, which the wide part sees as a column of its own,
and smoothly on numbers. Runs in Keras, too: only the imports of `keras` are other ones.
"""

import numpy as np

from trimtab import keras
from trimtab.keras import layers

SHOPS, PRODUCTS = 6, 8


def table(rows, seed):
    """Made-up rows: columns and what they lead to."""
    generator = np.random.default_rng(seed)
    shop = generator.integers(0, SHOPS, rows)
    product = generator.integers(0, PRODUCTS, rows)
    numbers = generator.normal(size=(rows, 5)).astype("float32")
    pairs = np.eye(SHOPS * PRODUCTS, dtype="float32")[shop * PRODUCTS + product]
    score = np.where((shop == 2) & (product == 5), 4.0, 0.0) + np.where(shop == product, 2.0, 0.0)
    score += np.sin(2 * numbers[:, 0]) + numbers[:, 1] * numbers[:, 2] - 1.0
    returns = (score + generator.logistic(size=rows) > 0).astype("float32")
    return {"pairs": pairs, "numbers": numbers}, returns


def build():
    """The network."""
    pairs = keras.Input(shape=(SHOPS * PRODUCTS,), name="pairs")
    numbers = keras.Input(shape=(5,), name="numbers")
    deep = layers.Dense(32, activation="relu")(numbers)
    deep = layers.Dense(32, activation="relu")(deep)
    wide = layers.Dense(8)(pairs)
    merged = layers.concatenate([wide, deep])
    outputs = layers.Dense(1, activation="sigmoid")(merged)
    return keras.Model(inputs={"pairs": pairs, "numbers": numbers}, outputs=outputs)


x, y = table(4000, seed=0)
x_test, y_test = table(1000, seed=1)
keras.utils.set_random_seed(1)
model = build()
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.003),
    loss="binary_crossentropy",
    metrics=["accuracy"],
)
model.fit(x, y, batch_size=64, epochs=15, validation_split=0.2, verbose=0)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(
    f"test accuracy {accuracy:.3f}, of the larger class {max(y_test.mean(), 1 - y_test.mean()):.3f}"
)
