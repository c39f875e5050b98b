"""What a peer is: fit on the rows of a split, then predict its held-out rows."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.accuracy.columns import spread
from benchmarks.accuracy.splits import Rows

Floats = NDArray[np.float64]


def threads() -> int:
    """How many the driver allows (`runner.environment`)."""
    return int(os.environ.get("OMP_NUM_THREADS", "2"))


class Peer(ABC):
    """One model for one split. `fit` and `predict` are what is timed."""

    def __init__(self, rows: Rows, seed: int, options: Mapping[str, Any]) -> None:
        self.rows, self.seed, self.options = rows, seed, dict(options)

    @abstractmethod
    def fit(self) -> None: ...

    @abstractmethod
    def predict(self) -> Floats:
        """Numbers, or a column of probabilities for each of the rows' labels."""

    def intervals(self, level: float) -> tuple[Floats, Floats] | None:
        """Lower and upper ends for the held-out rows; None where a peer offers none."""
        return None


class Shaped(Peer):
    """A peer in the shape of scikit-learn: `make` gives the model, `prepare` its columns."""

    packages: ClassVar[tuple[str, ...]] = ()
    by_number: ClassVar[bool] = False  # classes are to be numbered from 0

    @abstractmethod
    def make(self) -> Any: ...

    def prepare(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame

    def learn_columns(self, frame: pd.DataFrame) -> None:
        """Whatever `prepare` needs from the training rows."""

    def fit_model(self, model: Any, features: pd.DataFrame, answers: Any) -> Any:
        return model.fit(features, answers)

    def fit(self) -> None:
        features = spread(self.rows.features)
        self.learn_columns(features)
        self.model = self.fit_model(self.make(), self.prepare(features), self.targets())

    def targets(self) -> Any:
        answers = self.rows.answers
        if not self.rows.table.classes:
            return answers.to_numpy(dtype=np.float64)
        if self.by_number:
            return pd.Categorical(answers, categories=list(self.rows.labels)).codes.astype(int)
        return answers.astype(str).to_numpy(dtype=object)

    def predict(self) -> Floats:
        return self.outputs(self.model, self.prepare(spread(self.rows.held_out)))

    def outputs(self, model: Any, features: pd.DataFrame) -> Floats:
        if not self.rows.table.classes:
            return np.asarray(model.predict(features), dtype=np.float64).reshape(-1)
        found = np.asarray(model.predict_proba(features), dtype=np.float64)
        if self.by_number:
            return found
        order = [str(label) for label in model.classes_]
        return found[:, [order.index(label) for label in self.rows.labels]]
