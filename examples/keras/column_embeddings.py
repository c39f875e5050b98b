"""One embedding for each column of categories, joined with the numbers.

After Guo & Berkhahn 2016, "Entity embeddings of categorical variables". Rents depend on the
district, the kind of the house and its area. The table comes as a dict, one entry a column. Runs in
Keras, too: only the imports of `keras` are other ones.
"""

import numpy as np

from trimtab import keras
from trimtab.keras import layers

CATEGORIES = {"district": 40, "kind": 5, "heating": 4}
NUMBERS = ["area", "age", "floor"]


def table(rows, seed):
    """Made-up rows: columns and what they lead to."""
    generator = np.random.default_rng(seed)
    features = {name: generator.integers(0, n, rows) for name, n in CATEGORIES.items()}
    features |= {name: generator.normal(size=rows).astype("float32") for name in NUMBERS}
    level = np.random.default_rng(7).normal(size=CATEGORIES["district"])
    rent = level[features["district"]] + 0.5 * (features["kind"] == 3)
    rent = rent + features["area"] * (1 + 0.3 * level[features["district"]])
    return features, rent - 0.2 * features["age"] + 0.2 * generator.normal(size=rows)


inputs, encoded = {}, []
for name, size in CATEGORIES.items():
    inputs[name] = keras.Input(shape=(1,), name=name, dtype="int32")
    vectors = layers.Embedding(input_dim=size, output_dim=min(8, size), name=f"{name}_vectors")
    encoded.append(layers.Flatten()(vectors(inputs[name])))
for name in NUMBERS:
    inputs[name] = keras.Input(shape=(1,), name=name)
    encoded.append(inputs[name])

x = layers.concatenate(encoded)
x = layers.Dense(64, activation="relu")(x)
x = layers.Dropout(0.1)(x)
x = layers.Dense(32, activation="relu")(x)
model = keras.Model(inputs=inputs, outputs=layers.Dense(1, name="rent")(x))

features, rent = table(4000, seed=0)
features_test, rent_test = table(1000, seed=1)
keras.utils.set_random_seed(1)
model.compile(
    optimizer="adam", loss="mse", metrics=[keras.metrics.RootMeanSquaredError(name="rmse")]
)
model.fit(features, rent, batch_size=64, epochs=12, validation_split=0.2, verbose=0)
scores = model.evaluate(features_test, rent_test, verbose=0, return_dict=True)
print(f"test error {scores['rmse']:.3f}, of the mean {rent_test.std():.3f}")
