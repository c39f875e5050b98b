"""Rows of a real table as a network is given them, in three parts: train, valid, test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy import fetch
from benchmarks.accuracy.columns import as_text, categories_of, spread
from benchmarks.accuracy.tables import Task, tables

Array = np.ndarray[Any, np.dtype[Any]]

#: A table that trimtab ships; all others are the arena's.
SHIPPED = "red_wine"

MOST = 8000  # rows of a table, by a seeded sample
COLUMNS = 40  # at most, after one-hot encoding
CATEGORIES = 6  # of a column, the most frequent
TEST = 2000  # rows, at most
LIMIT = 5.0  # standard deviations at which a feature is cut
SKEWED = 1.5  # from this skewness on, a positive target is learned as its logarithm


@dataclass(frozen=True, eq=False)
class Part:
    """The same thing for each part of the rows."""

    train: Array
    valid: Array
    test: Array

    def each(self, change: Callable[[Array], Array]) -> Part:
        return Part(change(self.train), change(self.valid), change(self.test))

    def joined(self, other: Part) -> Part:
        """The columns of both, side by side."""
        pairs = ((self.train, other.train), (self.valid, other.valid), (self.test, other.test))
        return Part(*(np.concatenate([a.reshape(len(a), -1), b], axis=1) for a, b in pairs))


@dataclass(frozen=True, eq=False)
class Rows:
    """Features and targets.

    Attributes:
        x: Features as the network gets them: (rows, columns).
        y: Targets as the loss gets them.
        truth: What predictions are measured against, whatever ``y`` looks like: (rows,) numbers,
            or class numbers.
        raw: The features before they are scaled.
        kinds: Number of classes; 0 for a number.
        read: From the network's outputs to what ``truth`` has: numbers, or probabilities.
        measure: Error of numbers: squared or absolute.
    """

    x: Part
    y: Part
    truth: Part
    raw: Part
    kinds: int
    read: Callable[[Array], Array] = lambda outputs: outputs
    measure: str = "squared"

    @property
    def task(self) -> Task:
        return "regression" if not self.kinds else "binary" if self.kinds == 2 else "multiclass"

    def with_x(self, change: Callable[[Array], Array]) -> Rows:
        return replace(self, x=self.x.each(change))

    def with_y(self, change: Callable[[Array], Array], read: Callable[[Array], Array]) -> Rows:
        return replace(self, y=self.y.each(change), read=read)

    def taken(self, train: Array, valid: Array | None = None) -> Rows:
        """Other training (and validation) rows, by their numbers."""

        def of(part: Part) -> Part:
            kept = part.valid if valid is None else part.valid[valid]
            return Part(part.train[train], kept, part.test)

        return self.made_of(of(self.x), of(self.y), of(self.truth), of(self.raw))

    def made_of(self, x: Part, y: Part, truth: Part, raw: Part) -> Rows:
        return replace(self, x=x, y=y, truth=truth, raw=raw)

    def validated_on(self, x: Array, y: Array, truth: Array) -> Rows:
        """The same rows with other validation rows."""
        return replace(
            self,
            x=replace(self.x, valid=x),
            y=replace(self.y, valid=y),
            truth=replace(self.truth, valid=truth),
        )

    def error(self, outputs: Array, part: str = "test") -> float:
        """Error of the outputs as a share of that of the best constant: 1 learned nothing."""
        truth, known = getattr(self.truth, part), self.truth.train
        if not np.isfinite(outputs).all():
            return np.inf
        with np.errstate(over="ignore"):
            found = self.read(outputs.astype(np.float64))
        if self.kinds:
            if self.measure == "balanced":
                return balanced(found, truth, self.kinds)
            prior = np.bincount(known.astype(int), minlength=self.kinds) / len(known)
            return brier(found, truth) / brier(np.tile(prior, (len(truth), 1)), truth)
        off = found.reshape(-1) - truth
        if self.measure == "absolute":
            return float(np.abs(off).mean() / np.abs(np.median(known) - truth).mean())
        return float((off**2).mean() / ((known.mean() - truth) ** 2).mean())


def probabilities(outputs: Array) -> Array:
    """What a user reads an output as: one column is that of class 1."""
    inside = np.clip(outputs, 0.0, 1.0)
    return np.hstack([1 - inside, inside]) if inside.shape[1] == 1 else inside


def logits(outputs: Array) -> Array:
    """Outputs of a loss with ``from_logits`` as probabilities."""
    if outputs.shape[1] == 1:
        return probabilities(1 / (1 + np.exp(-outputs)))
    power = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True))


def brier(found: Array, truth: Array) -> float:
    """Squared error of probabilities; a class without a column has probability 0."""
    kinds = max(found.shape[1], int(truth.max()) + 1)
    wide = np.pad(found, ((0, 0), (0, kinds - found.shape[1])))
    return float(((wide - np.eye(kinds)[truth.astype(int)]) ** 2).sum(axis=1).mean())


def balanced(found: Array, truth: Array, kinds: int) -> float:
    """Share of wrong rows, mean over classes, against that of a constant answer."""
    wrong = found.argmax(axis=1) != truth
    return float(np.mean([wrong[truth == k].mean() for k in np.unique(truth)]) / (1 - 1 / kinds))


def divided(name: str, folder: Path, size: int, seed: int) -> Rows:
    """`size` training rows of a table, a third as many to validate, up to 2000 to test.

    The same seed draws the same rows. No row is a copy of another one.
    """
    features, target, classes = frame_of(name, folder)
    order = np.random.default_rng(seed).permutation(len(target))
    size = min(size, len(order) // 2)
    raw, x = encoded(features, order[:size])
    y = target if classes else on_a_scale(target, order[:size]).astype(np.float32)
    first = np.unique(np.column_stack([x, y])[order], axis=0, return_index=True)[1]
    order = order[np.sort(first)]
    size = min(size, len(order) // 2)
    valid = max(size // 3, 30)
    cuts = np.split(order, [size, size + valid, size + valid + TEST])[:3]
    features_of, targets_of, raw_of = (Part(*(whole[c] for c in cuts)) for whole in (x, y, raw))
    kinds = int(target.max()) + 1 if classes else 0
    read = probabilities if classes else Rows.read
    return Rows(features_of, targets_of, targets_of, raw_of, kinds, read)


@lru_cache(maxsize=64)
def frame_of(name: str, folder: Path) -> tuple[pd.DataFrame, Array, bool]:
    """Features, target, and whether that is a class: its number, by frequency; no row twice."""
    if name == SHIPPED:
        from trimtab import datasets

        frame, target, classes = datasets.load_red_wine(), "quality", False
    else:
        listed = tables()[name]
        frame, target, classes = fetch.kept(listed, folder), listed.target, listed.classes
    frame = frame.drop_duplicates(ignore_index=True)
    if len(frame) > MOST:
        frame = frame.sample(MOST, random_state=0, ignore_index=True)
    features, y = spread(frame.drop(columns=target)), frame[target]
    if not classes:
        return features, y.to_numpy(np.float64), classes
    numbers = {kind: number for number, kind in enumerate(y.value_counts().index)}
    return features, y.map(numbers).to_numpy(np.int64), classes


def encoded(features: pd.DataFrame, train: Array) -> tuple[Array, Array]:
    """Gaps filled, categories as indicators; raw, and standardized by the training rows."""
    text = categories_of(features)
    numbers = features.drop(columns=text).astype(np.float64)
    numbers = numbers.fillna(numbers.iloc[train].median()).fillna(0.0)
    words = as_text(features)[text]
    shown = [
        (words[name] == kind).rename(f"{name}={kind}").astype(np.float64)
        for name in text
        for kind in words[name].iloc[train].value_counts().index[:CATEGORIES]
    ]
    raw = pd.concat([numbers, *shown], axis=1).to_numpy(np.float64)
    seen = raw[train]
    rare = np.array([np.unique(column, return_counts=True)[1].max() for column in seen.T])
    told = seen.std(axis=0) * (rare <= 0.97 * len(train))
    kept = np.flatnonzero(told > 0)[:COLUMNS]
    raw = raw[:, kept]
    z = (raw - raw[train].mean(axis=0)) / raw[train].std(axis=0)
    return raw.astype(np.float32), np.clip(z, -LIMIT, LIMIT).astype(np.float32)


def on_a_scale(target: Array, train: Array) -> Array:
    """The target, or its logarithm where it is skewed, with mean 0 and standard deviation 1."""
    seen = target[train]
    skewness = ((seen - seen.mean()) ** 3).mean() / seen.std() ** 3
    if skewness > SKEWED and target.min() >= 0:
        target = np.log1p(target)
    low, high = target[train].mean() - 5 * target[train].std(), np.inf
    target = np.clip(target, low, high)
    return np.asarray((target - target[train].mean()) / target[train].std())
