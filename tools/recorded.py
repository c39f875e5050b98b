"""Short runs whose every number is hashed, to see that a change of the code changes no result.

    python tools/recorded.py --json before.json       # with trimtab as it was
    python tools/recorded.py --against before.json    # as it is now: fails where a run differs

Prints a line a run: its name, the SHA-256 of its numbers (all weights as float32 bytes, losses,
metrics, scores and predictions to the last bit) and how many seconds it took. Names choose some of
the runs: ``python tools/recorded.py concrete jax``. What runs is the trimtab that is installed, by
its public names only.

Digests are for one machine and its installed packages: they compare two states of the code there.
Other processors, BLAS or XLA round differently. The number of threads makes no difference.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_iris

import trimtab
from trimtab import datasets, keras, layers, schedules

SPOTIFY = Path(__file__).resolve().parents[2] / "shared" / "data" / "spotify.csv"

Floats = NDArray[np.float32]


class Absent(Exception):
    """A run lacks its data."""


class Digest:
    """A hash of nested values, to the last bit and with their types."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, *values: Any) -> None:
        for value in values:
            self._one(value)

    def _one(self, value: Any) -> None:
        if isinstance(value, np.ndarray) and value.dtype != object:
            self._say(f"array {value.dtype.str} {value.shape}")
            self._hash.update(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, np.ndarray | list | tuple):
            self._say(f"list {len(value)}")
            self.add(*value)
        elif isinstance(value, Mapping):
            self._say(f"dict {len(value)}")
            for item in value.items():
                self.add(*item)
        elif isinstance(value, float):
            self._say(f"float {float(value).hex()}")
        elif value is None or isinstance(value, str | int | bytes | np.generic):
            self._say(f"{type(value).__name__} {value!r}")
        else:
            raise TypeError(f"a digest of {type(value)} is not defined")

    def _say(self, text: str) -> None:
        self._hash.update(f"{text}\n".encode())

    def network(self, model: trimtab.Sequential) -> None:
        """Weights and history."""
        self.add(*(np.asarray(weight, np.float32) for weight in model.get_weights()))
        if model.history is not None:
            self.add(model.history.history, model.history.epoch)

    def predictor(self, predictor: trimtab.Predictor, data: Any) -> None:
        """Networks, history, scores and split; predictions with intervals of these rows."""
        for model in getattr(predictor.model, "members", [predictor.model]):
            self.network(model)
        self.add(predictor.history.history, predictor.options, predictor.split)
        self.add({part: scores.record() for part, scores in predictor.scores.items()})
        frame = predictor.predict_frame(data, interval=0.8, proba=predictor.classifies)
        self.add({name: column.to_numpy() for name, column in frame.items()})

    def __str__(self) -> str:
        return self._hash.hexdigest()


# -- the lesson's networks ------------------------------------------------------------------------


@dataclass
class Halves:
    """Rows to train and to validate on, standardized over the former."""

    x: tuple[Floats, Floats]
    y: tuple[Floats, Floats]

    @classmethod
    def of(cls, x: pd.DataFrame, y: pd.Series[Any], held: NDArray[np.bool_]) -> Halves:
        values, targets = x.to_numpy(np.float64), y.to_numpy(np.float32)
        scaled = (values - values[~held].mean(0)) / values[~held].std(0)
        features = scaled.astype(np.float32)
        return cls((features[~held], features[held]), (targets[~held], targets[held]))

    def fit(self, stack: list[Any], optimizer: str, digest: Digest, **options: Any) -> None:
        """Trains on one half, and adds what came of it on the other."""
        model = keras.Sequential(stack)
        model.compile(optimizer=optimizer, loss="mae", metrics=["mse"])
        model.fit(
            *(self.x[0], self.y[0]), validation_data=(self.x[1], self.y[1]), verbose=0, **options
        )
        digest.network(model)
        digest.add(model.evaluate(self.x[1], self.y[1], verbose=0), model.predict(self.x[1]))


def quarter(rows: int) -> NDArray[np.bool_]:
    """One row in four at random."""
    return np.random.default_rng(0).permutation(rows) < rows // 4


def red_wine(digest: Digest) -> None:
    frame = datasets.load_red_wine()
    halves = Halves.of(frame, frame.pop("quality"), quarter(len(frame)))
    stack: list[Any] = [layers.Input((halves.x[0].shape[1],))]
    for _ in range(3):
        stack += [layers.Dense(1024, activation="relu"), layers.Dropout(0.3)]
        stack += [layers.BatchNormalization()]
    halves.fit([*stack, layers.Dense(1)], "adam", digest, batch_size=256, epochs=2)


def concrete(digest: Digest) -> None:
    frame = datasets.load_concrete()
    halves = Halves.of(frame, frame.pop("CompressiveStrength"), quarter(len(frame)))
    for normalized in (False, True):
        stack: list[Any] = [layers.Input((halves.x[0].shape[1],))]
        for _ in range(3):
            stack += [layers.BatchNormalization()] * normalized
            stack += [layers.Dense(512, activation="relu")]
        stack += [layers.BatchNormalization()] * normalized
        halves.fit([*stack, layers.Dense(1)], "sgd", digest, batch_size=64, epochs=2)


def spotify(digest: Digest) -> None:
    if not SPOTIFY.exists():
        raise Absent("its table is not here")
    frame = pd.read_csv(SPOTIFY).dropna()
    names = ["danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness"]
    names += ["instrumentalness", "liveness", "valence", "tempo", "duration_ms"]
    artist = pd.factorize(frame["track_artist"])[0]
    held = quarter(artist.max() + 1)[artist]
    x = frame[names].join(pd.get_dummies(frame["playlist_genre"], dtype=float))
    halves = Halves.of(x, frame["track_popularity"] / 100, held)
    for dropout in (False, True):
        stack: list[Any] = [layers.Input((x.shape[1],))]
        for units in (128, 64):
            stack += [layers.Dense(units, activation="relu")]
            stack += [layers.Dropout(0.3)] * dropout
        halves.fit([*stack, layers.Dense(1)], "adam", digest, batch_size=512, epochs=2)


# -- tables ---------------------------------------------------------------------------------------


def flats(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """Every kind of column, with gaps, and a price that depends on them."""
    generator = np.random.default_rng(seed)
    size = generator.normal(80, 20, rows).round(1)
    street = generator.integers(0, 60, rows)
    day = generator.integers(0, 900, rows)
    town = generator.choice(["Bonn", "Köln", "Ulm"], rows)
    price = 10 * size + 2 * street + 0.2 * day + 200 * (town == "Ulm") + generator.normal(size=rows)
    frame = pd.DataFrame(
        {
            "flat": [f"f{number:04d}" for number in range(rows)],
            "size": size,
            "rooms": generator.integers(1, 6, rows),
            "balcony": generator.random(rows) < 0.5,
            "town": town,
            "street": [f"street {number}" for number in street],
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(day, unit="D"),
            "importance": generator.uniform(0.5, 2, rows),
            "price": price.round(1),
        }
    )
    frame.loc[::11, "size"] = np.nan
    frame.loc[::13, "town"] = None
    return frame


def regression(digest: Digest) -> None:
    frame = flats()
    options: dict[str, Any] = {"id": ("flat",), "weight": "importance", "test": 0.2}
    predictor = trimtab.train(frame, "price", epochs=4, metric=("mse",), **options)
    digest.predictor(predictor, frame)
    digest.add(predictor.evaluate(flats(200, seed=1)).record())


def binary(digest: Digest) -> None:
    frame = load_breast_cancer(as_frame=True).frame
    predictor = trimtab.train(frame, "target", types={"target": "category"}, epochs=5)
    digest.predictor(predictor, frame)


def multiclass(digest: Digest) -> None:
    data = load_iris(as_frame=True)
    frame = data.frame.assign(target=data.target_names[data.target])
    network = "16 bn relu dropout:0.1, residual(16 relu, 16), 16 dropconnect:0.1 relu max_norm:3"
    options: dict[str, Any] = {"class_weight": "balanced", "raw": True}
    predictor = trimtab.train(frame, "target", layers=network, epochs=5, **options)
    digest.predictor(predictor, frame)


def committee(digest: Digest) -> None:
    """By the commands, from file to file."""
    frame = flats(300)
    with tempfile.TemporaryDirectory(prefix="trimtab-recorded-") as name:
        folder = Path(name)
        frame.to_csv(folder / "flats.csv", index=False)
        options = "--target price --committee 2 --epochs 3 --id flat --quiet"
        command(folder, "train", "flats.csv", *options.split())
        command(folder, "predict", "flats.trimtab", "flats.csv", "--interval", "0.9", "-o", "p.csv")
        digest.add((folder / "p.csv").read_bytes())
        predictor = trimtab.load(folder / "flats.trimtab")
        digest.predictor(predictor, folder / "flats.csv")


def command(folder: Path, *words: str) -> None:
    """Runs ``trimtab`` in a folder, silently unless it fails."""
    words = (sys.executable, "-m", "trimtab", *words)
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")


def folds(digest: Digest) -> None:
    options: dict[str, Any] = {"layers": "32 bn relu dropout:0.1", "batch_size": 64}
    digest.predictor(trimtab.train("concrete", fold=3, epochs=3, **options), "concrete")


# -- networks -------------------------------------------------------------------------------------


def numbers(rows: int = 400, columns: int = 6) -> tuple[Floats, Floats]:
    """Rows, and a target that depends on them."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(rows, columns)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] - 2 * x[:, 2] + 0.1 * x[:, 3]).astype(np.float32)


def network(seed: int, optimizer: Any = "adam", rate: Any = 0.2, **compiled: Any) -> Any:
    stack = [layers.Input((6,)), layers.Dense(32, "relu"), layers.BatchNormalization()]
    stack += [layers.Dropout(rate), layers.Dense(16, "tanh"), layers.Dropout(0.1), layers.Dense(1)]
    model = trimtab.Sequential(stack, seed=seed)
    model.compile(optimizer=optimizer, loss="mse", metrics=["mae"], **compiled)
    return model


def jax(digest: Digest) -> None:
    x, y = numbers()
    model = network(3, engine="jax")
    model.fit(x, y, validation_split=0.25, epochs=3, verbose=0)
    digest.network(model)
    digest.add(model.evaluate(x, y, verbose=0), model.predict(x))
    several = trimtab.Committee.fit(
        lambda seed: network(seed, engine="jax"), x, y, seeds=[1, 2], epochs=2
    )
    for member in several.members:
        digest.network(member)


def population(digest: Digest) -> None:
    """Networks of one architecture, trained at once."""
    x, y = numbers()
    parts = np.arange(len(x)) % 4 == np.arange(3)[:, None]
    rows: dict[str, Any] = {"train_rows": list(~parts), "valid_rows": list(parts)}
    models = trimtab.Committee.fit(network, x, y, seeds=[1, 2, 3], epochs=3, **rows)
    for member in models.members:
        digest.network(member)
    digest.add(models.predict(x), models.spread(x), models.evaluate(x, y, verbose=0))


def statistics(digest: Digest) -> None:
    """Population statistics, a scheduled rate, weighted rows, and how sure it is."""
    x, y = numbers()
    decay = schedules.CosineDecay(0.01, 30, warmup_target=0.02, warmup_steps=5)
    optimizer = trimtab.optimizers.AdamW(decay, clipnorm=1.0)
    model = network(4, optimizer, schedules.LinearDropout(0.4, 0.1, epochs=3))
    weight = np.linspace(0.5, 1.5, 200)
    valid, calibration = (x[200:300], y[200:300]), (x[300:], y[300:])
    options = {"statistics": "population", "track": ["statistics", "layers"], "last_batch": "even"}
    model.fit(
        *(x[:200], y[:200]), sample_weight=weight, validation_data=valid, epochs=4, verbose=0,
        callbacks=[trimtab.callbacks.ExponentialMovingAverage(0.9)], **options,
    )  # fmt: skip
    digest.network(model)
    digest.add(model.predict_samples(x[:50], samples=20, seed=1))
    intervals = model.predict_interval(x[:50], 0.9, calibration, samples=20, seed=1)
    digest.add(intervals.prediction, intervals.lower, intervals.upper)
    digest.add([dataclasses.astuple(row) for row in model.probe(x, y)])
    digest.add(model.fold_batch_normalization().model.predict(x))


RUNS: dict[str, Callable[[Digest], None]] = {
    run.__name__.replace("_", "-"): run
    for run in (
        *(red_wine, concrete, spotify),
        *(regression, binary, multiclass, committee, folds),
        *(jax, population, statistics),
    )
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Run short runs and hash their every number.")
    parser.add_argument("runs", nargs="*", metavar="RUN", help=", ".join(RUNS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the digests to it")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with its digests")
    given = parser.parse_args()
    chosen: list[str] = given.runs or list(RUNS)
    if unknown := [name for name in chosen if name not in RUNS]:
        parser.error(f"no run {', '.join(unknown)}; runs are {', '.join(RUNS)}")
    before = None if given.against is None else json.loads(given.against.read_text())

    now: dict[str, str] = {}
    for name in chosen:
        keras.backend.clear_session()  # a run's names and seeds are its own, whatever ran before
        keras.utils.set_random_seed(0)
        digest, start = Digest(), time.perf_counter()
        try:
            RUNS[name](digest)
        except Absent as reason:
            print(f"{name:11} skipped: {reason}", flush=True)
            continue
        now[name] = str(digest)
        print(f"{name:11} {now[name]} {time.perf_counter() - start:5.1f} s", flush=True)

    if given.json is not None:
        given.json.write_text(json.dumps(now, indent=2) + "\n")
    if before is None:
        return 0
    differ = [name for name in chosen if now.get(name) != before.get(name)]
    for name in differ:
        print(f"{name} differs: {before.get(name, 'not there')} before")
    same = sum(name in now for name in chosen) - len(set(differ) & set(now))
    print(f"{same} of {len(chosen)} runs are the same to the bit, {len(differ)} differ")
    return 1 if differ or not same else 0


if __name__ == "__main__":
    sys.exit(main())
