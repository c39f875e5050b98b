# Spotify: a network that overfits, and the same network with dropout.
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GroupShuffleSplit
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from trimtab import keras
from trimtab.keras import layers

plt.style.use("seaborn-v0_8-whitegrid")

X = pd.read_csv("spotify.csv").dropna()
y = X.pop("track_popularity")
artists = X["track_artist"]

features_num = ["danceability", "energy", "key", "loudness", "mode", "speechiness",
                "acousticness", "instrumentalness", "liveness", "valence", "tempo",
                "duration_ms"]
features_cat = ["playlist_genre"]

preprocessor = make_column_transformer(
    (StandardScaler(), features_num),
    (OneHotEncoder(), features_cat),
)


# All songs of an artist go to one side, so that the network cannot recognize the artist.
def group_split(X, y, group, train_size=0.75):
    splitter = GroupShuffleSplit(train_size=train_size, random_state=0)
    train, test = next(splitter.split(X, y, groups=group))
    return (X.iloc[train], X.iloc[test], y.iloc[train], y.iloc[test])


X_train, X_valid, y_train, y_valid = group_split(X, y, artists)

X_train = preprocessor.fit_transform(X_train)
X_valid = preprocessor.transform(X_valid)
y_train = y_train / 100  # popularity from 0 to 1
y_valid = y_valid / 100

input_shape = [X_train.shape[1]]

# Without dropout
model = keras.Sequential([
    layers.Dense(128, activation="relu", input_shape=input_shape),
    layers.Dense(64, activation="relu"),
    layers.Dense(1),
])
model.compile(
    optimizer="adam",
    loss="mae",
)
history = model.fit(
    X_train, y_train,
    validation_data=(X_valid, y_valid),
    batch_size=512,
    epochs=50,
    verbose=0,
)

history_df = pd.DataFrame(history.history)
history_df.loc[:, ["loss", "val_loss"]].plot(title="Without dropout")
plt.savefig("spotify-without.png")
print("Minimum Validation Loss: {:0.4f}".format(history_df["val_loss"].min()))

# With dropout after each hidden layer
model = keras.Sequential([
    layers.Dense(128, activation="relu", input_shape=input_shape),
    layers.Dropout(0.3),
    layers.Dense(64, activation="relu"),
    layers.Dropout(0.3),
    layers.Dense(1),
])
model.compile(
    optimizer="adam",
    loss="mae",
)
history = model.fit(
    X_train, y_train,
    validation_data=(X_valid, y_valid),
    batch_size=512,
    epochs=50,
    verbose=0,
)

history_df = pd.DataFrame(history.history)
history_df.loc[:, ["loss", "val_loss"]].plot(title="With dropout")
plt.savefig("spotify-with.png")
print("Minimum Validation Loss: {:0.4f}".format(history_df["val_loss"].min()))
