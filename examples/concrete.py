# Concrete: what batch normalization does to a network that does not train.
import matplotlib.pyplot as plt
import pandas as pd
from trimtab import keras
from trimtab.keras import layers

plt.style.use("seaborn-v0_8-whitegrid")

# The numbers stay as they are: no standardization.
df = pd.read_csv("concrete.csv")
df_train = df.sample(frac=0.7, random_state=0)
df_valid = df.drop(df_train.index)

X_train = df_train.drop("CompressiveStrength", axis=1)
X_valid = df_valid.drop("CompressiveStrength", axis=1)
y_train = df_train["CompressiveStrength"]
y_valid = df_valid["CompressiveStrength"]

input_shape = [X_train.shape[1]]

# Without batch normalization
model = keras.Sequential([
    layers.Dense(512, activation="relu", input_shape=input_shape),
    layers.Dense(512, activation="relu"),
    layers.Dense(512, activation="relu"),
    layers.Dense(1),
])
model.compile(
    optimizer="sgd",  # plain SGD feels the different scales of the columns
    loss="mae",
    metrics=["mae"],
)
history = model.fit(
    X_train, y_train,
    validation_data=(X_valid, y_valid),
    batch_size=64,
    epochs=100,
    verbose=0,
)

history_df = pd.DataFrame(history.history)
history_df.loc[0:, ["loss", "val_loss"]].plot(title="Without batch normalization")
plt.savefig("concrete-without.png")
print("Minimum Validation Loss: {:0.4f}".format(history_df["val_loss"].min()))

# With batch normalization, before every dense layer
model = keras.Sequential([
    layers.BatchNormalization(input_shape=input_shape),
    layers.Dense(512, activation="relu"),
    layers.BatchNormalization(),
    layers.Dense(512, activation="relu"),
    layers.BatchNormalization(),
    layers.Dense(512, activation="relu"),
    layers.BatchNormalization(),
    layers.Dense(1),
])
model.compile(
    optimizer="sgd",
    loss="mae",
    metrics=["mae"],
)
history = model.fit(
    X_train, y_train,
    validation_data=(X_valid, y_valid),
    batch_size=64,
    epochs=100,
    verbose=0,
)

history_df = pd.DataFrame(history.history)
history_df.loc[0:, ["loss", "val_loss"]].plot(title="With batch normalization")
plt.savefig("concrete-with.png")
print("Minimum Validation Loss: {:0.4f}".format(history_df["val_loss"].min()))
