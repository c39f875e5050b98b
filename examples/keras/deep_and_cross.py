"""Deep and cross: products of columns, built layer by layer.

After Wang et al. 2021, "DCN V2". Each cross layer multiplies the columns by a mixture of what the
layer before it made, so that k of them hold products of k + 1 columns. The target is such a
product. Runs in Keras, too: only the imports of `keras` are other ones.
"""

import numpy as np

from trimtab import keras
from trimtab.keras import layers

COLUMNS = 8


def table(rows, seed):
    """Made-up rows: columns and what they lead to."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(-1, 1, size=(rows, COLUMNS)).astype("float32")
    y = 3 * x[:, 0] * x[:, 1] * x[:, 2] + x[:, 3] * x[:, 4] + 0.5 * x[:, 5]
    return x, y + 0.05 * generator.normal(size=rows)


def build(crosses=2):
    """The network."""
    inputs = layers.Input(shape=(COLUMNS,))
    x0 = inputs

    cross = x0
    for _ in range(crosses):
        units = cross.shape[-1]
        x = layers.Dense(units)(cross)
        cross = x0 * x + cross
    cross = layers.BatchNormalization()(cross)

    deep = x0
    for units in [32, 32]:
        deep = layers.Dense(units)(deep)
        deep = layers.BatchNormalization()(deep)
        deep = layers.ReLU()(deep)
        deep = layers.Dropout(0.1)(deep)

    merged = layers.concatenate([cross, deep])
    return keras.Model(inputs=inputs, outputs=layers.Dense(1)(merged))


x, y = table(4000, seed=0)
x_test, y_test = table(1000, seed=1)
keras.utils.set_random_seed(1)
model = build()
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
stop = keras.callbacks.EarlyStopping(patience=15, restore_best_weights=True)
model.fit(x, y, batch_size=64, epochs=20, validation_split=0.2, callbacks=[stop], verbose=0)
loss, mae = model.evaluate(x_test, y_test, verbose=0)
print(f"test mean absolute error {mae:.3f}, of the mean {np.abs(y_test - y.mean()).mean():.3f}")
