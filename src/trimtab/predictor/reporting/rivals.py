"""Simpler models on the same rows: a linear model and gradient boosting, by scikit-learn.

They take a second or two. A network that does not beat them should be known at once.
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trimtab.core.physical_cores import remember_physical_cores
from trimtab.core.random import Stream, permutation
from trimtab.core.types import Doubles, Floats
from trimtab.predictor.base import PredictorBase
from trimtab.predictor.reporting.rows import Known, Seen

__all__ = ["BOOSTING", "LINEAR", "Rival", "rivals"]

LINEAR, BOOSTING = "linear", "boosting"

#: What tables call them.
NAMES = {LINEAR: "linear model", BOOSTING: "gradient boosting"}

#: Most rows to train on, and most cells.
MOST_ROWS, MOST_CELLS = 50_000, 4_000_000

#: Seconds after which no further fold is begun.
ENOUGH = 1.5

#: Trees of a boosting in all; it has 100 rounds, with a tree for each of several classes.
_TREES = 400

#: Most targets of several that they are trained for.
MOST_TARGETS = 4

#: Most categories of a column that are inputs of the linear model, and of gradient boosting.
_ONE_HOT, _CATEGORIES = 50, 254

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rival:
    """What a simpler model predicts for rows held out.

    Attributes:
        kind: :data:`LINEAR` or :data:`BOOSTING`.
        name: in words.
        places: which of the rows it predicts: all, or those of the first folds.
        outputs: as those of the network.
        rows: it was trained on, about.
    """

    kind: str
    name: str
    places: Numbers
    outputs: Doubles
    rows: int


def rivals(predictor: PredictorBase, seen: Seen, known: Known) -> tuple[list[Rival], list[str]]:
    """Trains simpler models on the rows that the network was trained on.

    Args:
        predictor: prepares the columns, and says what is predicted.
        seen: rows held out.
        known: rows to train on; with folds, each row is predicted by a model of the others.

    Returns:
        The models, and sentences about what there is not.
    """
    if importlib.util.find_spec("sklearn") is None:
        return [], ["There are no simpler models beside it: scikit-learn is not installed."]
    if len(predictor.targets) > MOST_TARGETS:
        return [], [f"There are no simpler models beside it: more than {MOST_TARGETS} targets."]
    from threadpoolctl import threadpool_limits

    # More threads gain little here, and cost much where others are busy.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        remember_physical_cores()
        work = _Work.of(predictor, seen, known)
        found = [each for kind in (LINEAR, BOOSTING) if (each := work.rival(kind)) is not None]
    return found, []


@dataclass(frozen=True, eq=False)
class _Work:
    """What both models share: inputs, targets and folds."""

    predictor: PredictorBase
    seen: Seen
    x: Floats  # of the rows to train on
    y: Doubles
    weights: Doubles | None
    folds: Numbers | None
    x_seen: Floats
    codes: tuple[int, ...]  # the inputs that are categories
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, predictor: PredictorBase, seen: Seen, known: Known) -> _Work:
        from trimtab.predictor.evaluation import weights_of

        preprocessor = predictor.preprocessor
        most = min(MOST_ROWS, max(500, MOST_CELLS // preprocessor.width))
        rows, folds = known.rows, known.folds
        if len(rows) > most:
            drawn = np.sort(permutation(0, Stream.IMPORTANCE, 2, len(rows))[:most])
            rows, folds = rows[drawn], None if folds is None else folds[drawn]
        if predictor.classifies:
            y = predictor.schema.targets(known.table, rows)
        else:
            y = np.asarray(preprocessor.targets(known.table, rows), np.float64)
        sizes = tuple(size for _, size in preprocessor.embeddings)
        first = preprocessor.width - len(sizes)
        return cls(
            predictor,
            seen,
            preprocessor.transform(known.table, rows),
            y,
            weights_of(predictor, known.table, rows),
            folds if seen.folds is not None else None,
            preprocessor.transform(seen.table, seen.rows),
            tuple(range(first, preprocessor.width)),
            sizes,
        )

    def rival(self, kind: str) -> Rival | None:
        """A model for all rows, or for those of as many folds as there is time for."""
        began = time.perf_counter()
        places: list[Numbers] = []
        outputs: list[Doubles] = []
        size = 0
        for train, held in self._divisions():
            if places and time.perf_counter() - began > ENOUGH:
                break
            weights = None if self.weights is None else self.weights[train]
            predict = self._trained(kind, self.x[train], self.y[train], weights)
            outputs.append(predict(self.x_seen[held]))
            places.append(held)
            size = int(train.sum())
        if not places:
            return None
        together = np.concatenate(places)
        order = np.argsort(together, kind="stable")
        return Rival(kind, NAMES[kind], together[order], np.concatenate(outputs)[order], size)

    def _divisions(self) -> Iterator[tuple[NDArray[np.bool_], Numbers]]:
        if self.folds is None or self.seen.folds is None:
            yield np.ones(len(self.x), np.bool_), np.arange(len(self.x_seen))
            return
        by_time = bool(self.predictor.schema.role("time"))
        for fold in np.unique(self.seen.folds):
            # By time a fold comes after the rows that its models are trained on.
            train = self.folds < fold if by_time else self.folds != fold
            if train.any():
                yield train, np.flatnonzero(self.seen.folds == fold)

    def _trained(
        self, kind: str, x: Floats, y: Doubles, weights: Doubles | None
    ) -> Callable[[Floats], Doubles]:
        prepare = self._one_hot() if kind == LINEAR and self.codes else None
        x_own = x if prepare is None else prepare(x)
        if self.predictor.classifies:
            model = self._classifier(kind)
            model.fit(x_own, y.astype(np.int64), sample_weight=weights)
            wide = len(self.predictor.schema.classes)

            def probabilities(rows: Floats) -> Doubles:
                own = model.predict_proba(rows if prepare is None else prepare(rows))
                out = np.zeros((len(rows), wide))
                out[:, model.classes_] = own
                return out

            return probabilities
        models = [self._regressor(kind) for _ in range(y.shape[1])]
        for place, each in enumerate(models):
            each.fit(x_own, y[:, place], sample_weight=weights)

        def numbers(rows: Floats) -> Doubles:
            inputs = rows if prepare is None else prepare(rows)
            scaled = np.stack([each.predict(inputs) for each in models], axis=1)
            units = self.predictor.preprocessor.target.to_units(scaled)
            return units[:, 0] if len(models) == 1 else units

        return numbers

    def _one_hot(self) -> Callable[[Floats], Any]:
        """Categories as an input each, for the linear model."""
        from scipy.sparse import csr_matrix, hstack

        def prepared(x: Floats) -> Any:
            numbers = np.delete(x, self.codes, axis=1)
            parts = [csr_matrix(numbers)]
            for place, size in zip(self.codes, self.sizes, strict=True):
                codes = np.minimum(x[:, place].astype(np.int64), min(size, _ONE_HOT) - 1)
                shape = (len(x), min(size, _ONE_HOT))
                parts.append(csr_matrix((np.ones(len(x)), (np.arange(len(x)), codes)), shape))
            return hstack(parts).tocsr()

        return prepared

    def _regressor(self, kind: str) -> Any:
        from sklearn.ensemble import HistGradientBoostingRegressor
        from sklearn.linear_model import Ridge

        if kind == LINEAR:
            return Ridge(alpha=1.0)
        loss = "absolute_error" if self.predictor.options.get("loss") == "mae" else "squared_error"
        return HistGradientBoostingRegressor(loss=loss, random_state=0, **self._of_categories())

    def _classifier(self, kind: str) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.linear_model import LogisticRegression

        weight = self.predictor.options.get("class_weight")
        if kind == LINEAR:
            return LogisticRegression(max_iter=200, class_weight=weight)
        classes = len(self.predictor.schema.classes)
        rounds = 100 if classes <= 2 else max(20, min(100, _TREES // classes))
        return HistGradientBoostingClassifier(
            max_iter=rounds, random_state=0, class_weight=weight, **self._of_categories()
        )

    def _of_categories(self) -> dict[str, Any]:
        """Which inputs are categories for gradient boosting, which takes few of each."""
        few = [
            place for place, size in zip(self.codes, self.sizes, strict=True) if size <= _CATEGORIES
        ]
        return {"categorical_features": few} if few else {}
