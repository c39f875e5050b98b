"""Writes the files of this folder, as trimtab 0.1.0 did: ``python -m tests.files.write FOLDER``.

Not run again for files that are there: they are here because an earlier trimtab wrote them.
"""

from __future__ import annotations

import functools
import gzip
import json
import math
import os
import pickle
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from trimtab.predictor.options import TrainOptions

import trimtab
from tests.files.answers import CODES, TABLE, Unpickler, X, Y, collected, product
from tests.support.own import own_model
from trimtab import (
    activations,
    callbacks,
    constraints,
    errors,
    initializers,
    layers,
    lesson,
    losses,
    metrics,
    optimizers,
    regularizers,
    schedules,
    tables,
    uncertainty,
)

GENERATOR = np.random.default_rng(0)
LABELS = (np.median(Y) < Y).astype(np.int64) + (np.quantile(Y, 0.8) < Y)

#: What those that were left in the middle say once they went on.
AFTER: dict[str, dict[str, Any]] = {}

#: Of the runs that go through train.
SHORT: dict[str, Any] = {
    "types": {"street": "category", "since": "datetime"},
    "id": ("flat",),
    "layers": "6 bn relu dropout:0.1",
    "epochs": 3,
    "batch_size": 32,
}


def table() -> pd.DataFrame:
    """Every kind of column, with gaps, and targets of two tasks that depend on them."""
    rows = 150
    size = GENERATOR.normal(80, 20, rows).round(1)
    street = GENERATOR.integers(0, 18, rows)
    day = GENERATOR.integers(0, 900, rows)
    town = GENERATOR.choice(["Bonn", "Köln", "Ulm"], rows)
    price = 10 * size + 2 * street + 0.2 * day + 200 * (town == "Ulm")
    frame = pd.DataFrame(
        {
            "flat": [f"f{number:03d}" for number in range(rows)],
            "size": size,
            "income": np.exp(2 * GENERATOR.normal(size=rows)).round(3),
            "wait": np.append(1e6, GENERATOR.normal(size=rows - 1).round(3)),
            "rooms": GENERATOR.integers(1, 6, rows),
            "balcony": GENERATOR.random(rows) < 0.5,
            "town": town,
            "street": [f"street {number}" for number in street],
            "since": (pd.Timestamp("2020-01-01") + pd.to_timedelta(day, unit="D")).date,
            "price": price.round(1),
            "sort": np.where(price > 1100, "dear", np.where(price > 900, "fair", "cheap")),
        }
    )
    frame.loc[::11, "size"] = np.nan
    frame.loc[::13, "town"] = None
    return frame


# -- networks -------------------------------------------------------------------------------------


def everything() -> trimtab.Sequential:
    """Every layer that takes numbers, and whatever can be said of their weights."""
    stack = [
        layers.Input((6,)),
        layers.FeatureDropout(schedules.EarlyDropout(0.2, epochs=1)),
        layers.Flatten(),
        layers.Dense(
            8,
            activation="relu",
            kernel_initializer=initializers.HeNormal(seed=1),
            kernel_regularizer=regularizers.L1L2(1e-4, 1e-3),
            kernel_constraint=constraints.MaxNorm(3),
            bias_constraint="non_neg",
        ),
        layers.BatchNormalization(virtual_batch_size=16, gamma_regularizer="l2"),
        layers.Dropout(schedules.LinearDropout(0.3, 0.1, epochs=2), seed=7),
        layers.Residual(
            layers.Dense(8, use_bias=False), layers.BatchNormalization(debias=True, weighted=True)
        ),
        layers.Activation("gelu"),
        layers.DropConnect(6, 0.2, activation="tanh", kernel_constraint="unit_norm"),
        layers.ReLU(negative_slope=0.1),
        layers.BatchNormalization(trainable=False),
        layers.Dense(1, kernel_constraint=constraints.MinMaxNorm(0.1, 2.0)),
    ]
    model = trimtab.Sequential(stack, name="everything", seed=1)
    decay = schedules.CosineDecay(0.01, 20, warmup_target=0.02, warmup_steps=3)
    optimizer = optimizers.AdamW(decay, weight_decay=0.01, clipnorm=1.0)
    looked_at = ["mse", metrics.RootMeanSquaredError()]
    model.compile(optimizer, losses.MeanAbsoluteError(), metrics=looked_at)
    options: dict[str, Any] = {"track": ["statistics", "layers"], "statistics": "population"}
    model.fit(X, Y, batch_size=16, epochs=3, validation_split=0.2, verbose=0, **options)
    return model


def small(seed: int, width: int = 6, **compiled: Any) -> trimtab.Sequential:
    """A network of numbers."""
    stack = [layers.Input((width,)), layers.Dense(5, "relu", name="hidden"), layers.Dropout(0.2)]
    stack += [layers.BatchNormalization(), layers.Dense(1)]
    model = trimtab.Sequential(stack, name=f"small_{seed}", seed=seed)
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compiled})
    return model


def classifier() -> trimtab.Sequential:
    stack = [layers.Dense(4, "tanh", input_shape=[6]), layers.Dropout(0.2), layers.Dense(3)]
    model = trimtab.Sequential(stack, name="classifier", seed=2)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.SGD(0.05, momentum=0.9, nesterov=True), loss, metrics=["accuracy"])
    model.fit(X[:30], LABELS[:30], epochs=2, verbose=0)
    return model


def coded(layer: layers.Layer, columns: int) -> trimtab.Sequential:
    """A network of codes."""
    stack = [layers.Input((columns,)), layer, layers.Flatten(), layers.Dense(2, "softmax")]
    model = trimtab.Sequential(stack, name=f"coded_{columns}", seed=3)
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    codes = CODES[:, :columns]
    model.fit(codes, codes[:, 0] > 2, epochs=2, verbose=0)
    return model


def members(**options: Any) -> trimtab.Committee:
    return trimtab.Committee.fit(small, X[:40], Y[:40], seeds=[1, 2], epochs=2, **options)


class Stop(callbacks.Callback):
    """Ctrl-C in the middle of the second epoch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == 2 and self.model.optimizer.iterations > 4:
            raise KeyboardInterrupt


def interrupted() -> trimtab.Sequential:
    model = small(4)
    try:
        model.fit(X, Y, batch_size=12, epochs=3, verbose=0, callbacks=[Stop()])
    except KeyboardInterrupt:
        other = pickle.loads(pickle.dumps(model))
        other.fit(X, Y, batch_size=12, epochs=3, initial_epoch=1, verbose=0)
        AFTER["continued"] = collected(other)
        return model
    raise AssertionError("it was to be interrupted")


def watchers(folder: Path) -> list[callbacks.Callback]:
    """One of each, as one fit leaves them."""
    kept = [
        callbacks.BestEpochs(2),
        callbacks.EarlyStopping(patience=5, restore_best_weights=True),
        callbacks.ExponentialMovingAverage(0.9, validate=True),
        callbacks.LambdaCallback(on_train_end=len),
        callbacks.ModelCheckpoint(str(folder / "checkpoint.trimtab"), save_best_only=True),
        callbacks.ReduceLROnPlateau(patience=1),
        callbacks.TerminateOnNaN(),
    ]
    rows = {"epochs": 3, "validation_split": 0.25, "verbose": 0}
    small(5).fit(X, Y, callbacks=kept, **rows)
    more = [
        callbacks.LearningRateScheduler(functools.partial(math.pow, 0.1)),
        callbacks.StochasticWeightAveraging(1),
    ]
    small(6).fit(X, Y, callbacks=more, **rows)
    return [*kept, *more, callbacks.CSVLogger("log.csv"), callbacks.Callback()]


def refusals() -> list[Exception]:
    """Of names that are not there."""
    found: list[Exception] = []
    for name in ("Conv2D", "Dens"):
        try:
            getattr(trimtab.keras.layers, name)
        except AttributeError as refusal:
            found.append(refusal)
    return found


def kinds(module: Any, base: type, **arguments: dict[str, Any]) -> list[Any]:
    """One of each class of a module."""
    found = [getattr(module, name) for name in module.__all__]
    classes = [each for each in found if isinstance(each, type) and issubclass(each, base)]
    made = [each for each in dict.fromkeys(classes) if each is not base]
    return [each(**arguments.get(each.__name__, {})) for each in made if each not in _BASES]


#: Arguments that metrics have no default for.
NEEDED: dict[str, dict[str, Any]] = {
    "IoU": {"num_classes": 2, "target_class_ids": [1]},
    "OneHotIoU": {"num_classes": 2, "target_class_ids": [1]},
    "MeanIoU": {"num_classes": 2},
    "OneHotMeanIoU": {"num_classes": 2},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}

#: Classes that are only derived from.
_BASES = {schedules.LearningRateSchedule, schedules.DropoutSchedule, layers.Layer, layers.Weight}


# -- tables ---------------------------------------------------------------------------------------


def runs(folder: Path) -> tuple[dict[str, trimtab.Predictor], list[Any]]:
    """Predictors, saved, and the events of one run."""
    heard: list[Any] = []
    drop = {"regression": ("sort",), "classes": ("price",)}
    made = {
        "regression": trimtab.train(
            TABLE, "price", out=folder / "regression", report=heard.append, drop=drop["regression"],
            test=0.2, metric=("mse",), **SHORT,
        ),
        "classes": trimtab.train(
            TABLE, "sort", out=folder / "classes", drop=drop["classes"], class_weight="balanced",
            fold=2, **SHORT,
        ),
        "predictor_committee": trimtab.train(
            TABLE, "price", out=folder / "predictor_committee", drop=drop["regression"],
            committee=2, **{**SHORT, "layers": "4 relu"},
        ),
    }  # fmt: skip

    def stop(event: Any) -> None:
        if type(event).__name__ == "Epoch" and event.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    made["unfinished"] = trimtab.train(
        TABLE, "price", out=folder / "unfinished", report=stop, drop=drop["regression"], **SHORT
    )
    assert made["unfinished"].unfinished is not None
    copy = shutil.copy(folder / "unfinished.trimtab", folder / "resumed.trimtab")
    AFTER["resumed"] = collected(trimtab.train(TABLE, out=copy, resume=True, report=heard.append))
    for path in list(folder.iterdir()):
        spare = path.suffix == ".toml" and path.stem != "regression"
        if path.suffix == ".png" or path.stem == "resumed" or spare:
            path.unlink()
    return made, heard


def prepared() -> dict[str, Any]:
    """What reading, dividing and preparing give."""
    read = tables.read(TABLE)
    schema = tables.infer_schema(read, "price", kinds=SHORT["types"], ids=["flat"])
    plan = tables.SplitPlan(valid=0.2, test=0.2, seed=3)
    split = tables.make_split(read, schema, plan)
    scalings = ("auto", "standard", "robust", "quantile", "none")
    steps = [tables.Preprocessor.fit(read, schema, split.train, scaling=each) for each in scalings]
    unseen = tables.Unseen()
    fitted = tables.Preprocessor.fit(read, schema, np.arange(0, 60, 2))
    fitted.transform(read, split.valid, report=unseen)
    return {
        "schema": schema,
        "split": [plan, split],
        "preprocessing": steps,
        "columns": [list(fitted.columns), unseen],
        "reading": [
            tables.ReadOptions(missing=("?",)),
            tables.Guess("format", "csv"),
            tables.BadCell(1, 2, "x"),
        ],
        "inspection": tables.inspect(read, "price"),
    }


# -- all of it ------------------------------------------------------------------------------------


def objects() -> dict[str, Any]:
    """Whatever is pickled, by name of its file; the files beside them are written on the way."""
    folder = Path()
    model, own, sure, committee = everything(), own_model(), classifier(), members()
    model.save(folder / "model.trimtab")
    own.save(folder / "own.trimtab")
    model.save_weights(folder / "weights.trimtab")
    committee.save(folder / "committee.trimtab")
    predictors, heard = runs(folder)
    loaded = {}
    for name, predictor in predictors.items():
        same(name, collected(predictor), collected(trimtab.load(folder / name)))
        loaded[f"of_{name}"] = trimtab.load(folder / name)  # without what asking left in it
    calibration = uncertainty.calibrate(committee, X[40:], Y[40:], level=0.8)
    classes = uncertainty.calibrate(sure, X[30:], LABELS[30:], level=0.8, samples=10, seed=1)
    intervals, sets = calibration.predict(X[40:]), classes.predict(X[30:])
    functions = sorted({*activations.__all__} - {"deserialize", "get", "serialize"})
    return {
        "model": model,
        "embedding": coded(layers.Embedding(5, 2), 1),
        "embeddings": coded(layers.CategoryEmbedding([5, 3], [2, 2]), 2),
        "interrupted": interrupted(),
        "own": own,
        "committee": committee,
        "layers": [model.layers, layers.Dense(3, name="new")],
        "activations": [layers.Activation(name, name=name) for name in functions],
        "history": model.history,
        "callbacks": watchers(folder),
        "optimizers": kinds(optimizers, optimizers.Optimizer),
        "losses": kinds(losses, losses.Loss, FunctionLoss={"fn": product}),
        "metrics": kinds(metrics, metrics.Metric, MeanMetricWrapper={"fn": product}, **NEEDED),
        "schedules": kinds(
            schedules,
            schedules.Schedule,
            CosineDecay={"initial_learning_rate": 0.1, "decay_steps": 5},
            ExponentialDecay={"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5},
            LinearDropout={"start": 0.3, "end": 0.1, "epochs": 2},
            CosineDropout={"start": 0.3, "end": 0.1, "epochs": 2},
            FlatCosineDropout={"start": 0.3, "epochs": 2},
            EarlyDropout={"rate": 0.3, "epochs": 2},
            LateDropout={"rate": 0.3, "epochs": 2},
        ),
        "regularizers": kinds(regularizers, regularizers.Regularizer),
        "constraints": kinds(constraints, constraints.Constraint),
        "initializers": kinds(initializers, initializers.Initializer),
        "errors": [*(getattr(errors, name)("sentence") for name in errors.__all__), *refusals()],
        "findings": small(7, optimizer=optimizers.SGD(10.0)).check(1000 * X, Y, batch_size=59),
        "probe": model.probe(X, Y),
        "folded": model.fold_batch_normalization(),
        "uncertainty": [calibration, intervals, intervals.evaluate(Y[40:])],
        "uncertainty_of_classes": [classes, sets, sets.evaluate(LABELS[30:])],
        "outcome": [lesson.Outcome("a", [0.5], [0.4], 1.0), lesson.Split(X, Y, X, Y)],
        **loaded,
        "parts": {
            name: getattr(predictors["regression"], name)
            for name in ("scores", "baseline", "prints", "calibration", "split")
        },
        "events": heard,
        "importance": predictors["regression"].explain(TABLE, repeats=2),
        "options": TrainOptions(target="price", types={"street": "category"}, epochs=3),
        **prepared(),
    }


def main(folder: Path) -> None:
    if not TABLE.exists():
        table().to_csv(TABLE, index=False)
    (folder / "pickles").mkdir(parents=True)
    os.chdir(folder)  # what is written holds no other path
    expected: dict[str, Any] = {}
    found: set[str] = set()
    for name, thing in objects().items():
        path = Path("pickles") / f"{name}.pickle"
        path.write_bytes(pickle.dumps(thing, protocol=4))
        expected[name] = collected(thing)
        unpickler = Unpickler(path)
        same(name, expected[name], collected(unpickler.load()))
        found |= unpickler.found
    expected["checkpoint"] = collected(trimtab.load_model("checkpoint.trimtab"))
    expected |= AFTER
    Path("pickled.txt").write_text("".join(f"{each}\n" for each in sorted(found)))
    Path("expected.json.gz").write_bytes(gzip.compress(json.dumps(expected).encode(), mtime=0))


def same(name: str, before: dict[str, Any], now: dict[str, Any]) -> None:
    assert before.keys() == now.keys(), name
    for key, value in before.items():
        assert repr(now[key]) == repr(value), f"{name}{key}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
