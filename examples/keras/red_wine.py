# Red wine: dropout and batch normalization in one network.
import matplotlib.pyplot as plt
import pandas as pd
from tensorflow import keras
from tensorflow.keras import layers

plt.style.use("seaborn-v0_8-whitegrid")

red_wine = pd.read_csv("red-wine.csv")

# Training and validation rows
df_train = red_wine.sample(frac=0.7, random_state=0)
df_valid = red_wine.drop(df_train.index)

# Features and target
X_train = df_train.drop("quality", axis=1)
X_valid = df_valid.drop("quality", axis=1)
y_train = df_train["quality"]
y_valid = df_valid["quality"]

# Dropout drops units, so there are more of them to begin with.
model = keras.Sequential([
    layers.Dense(1024, activation="relu", input_shape=[11]),
    layers.Dropout(0.3),
    layers.BatchNormalization(),
    layers.Dense(1024, activation="relu"),
    layers.Dropout(0.3),
    layers.BatchNormalization(),
    layers.Dense(1024, activation="relu"),
    layers.Dropout(0.3),
    layers.BatchNormalization(),
    layers.Dense(1),
])

model.compile(
    optimizer="adam",
    loss="mae",
)

history = model.fit(
    X_train, y_train,
    validation_data=(X_valid, y_valid),
    batch_size=256,
    epochs=100,
    verbose=0,
)

history_df = pd.DataFrame(history.history)
history_df.loc[:, ["loss", "val_loss"]].plot()
plt.savefig("red-wine.png")
print("Minimum Validation Loss: {:0.4f}".format(history_df["val_loss"].min()))
