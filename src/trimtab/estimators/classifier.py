"""The estimator for classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from trimtab.core.named_arguments import constructor
from trimtab.core.tasks import BINARY, MULTICLASS
from trimtab.core.types import Doubles
from trimtab.estimators.arguments import in_own_words
from trimtab.estimators.labels import check_told, checked_labels, known_classes, plain, weighted
from trimtab.estimators.parameters import ClassifierParameters
from trimtab.estimators.tabular import TabularEstimator
from trimtab.predictor.classes.deciding import decided
from trimtab.predictor.predictor import Predictor

__all__ = ["TabularClassifier"]


@constructor
class TabularClassifier(ClassifierMixin, ClassifierParameters, TabularEstimator):  # type: ignore[misc]
    """Predicts classes from the columns of a table, by the training of :func:`trimtab.train`.

    X may be a data frame of mixed columns (pandas, polars, Arrow), an array, or a sparse matrix,
    which is written out. Columns are prepared as ``train`` prepares them: numbers are scaled,
    categories encoded, missing cells filled, all by the rows of ``fit`` alone.

    Attributes:
        predictor_: the :class:`~trimtab.Predictor` that ``fit`` made.
        classes_: the labels, sorted; columns of ``predict_proba`` are in their order.
        n_features_in_: columns of X.
        feature_names_in_: their names, where X is a data frame.
        n_iter_: epochs.
        learning_curve_: losses of each epoch, a data frame.

    Example:
        >>> import numpy, trimtab
        >>> X = numpy.linspace(0, 1, 60).reshape(-1, 1)
        >>> y = numpy.where(X[:, 0] > 0.5, "high", "low")
        >>> model = trimtab.TabularClassifier(layers="16 relu", epochs=5, random_state=0)
        >>> model.fit(X, y).predict_proba(X).shape
        (60, 2)
        >>> model.classes_.tolist()
        ['high', 'low']
    """

    _task = "classification"
    classes_: NDArray[Any]

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> TabularClassifier:
        """Trains.

        Args:
            X: rows: a data frame, an array or a sparse matrix.
            y: labels, ``(rows,)``.
            sample_weight: of the rows.
            groups: of the rows; those of a group stay on one side of each inner split.

        Raises:
            InvalidArgument, InvalidData: as :func:`trimtab.train`.
        """
        start = self._start() if self._flag("warm_start") else None
        self._train(X, y, sample_weight, groups, start=start)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> TabularClassifier:
        """Trains one network for one epoch on these rows, whatever ``early_stopping`` says.

        The first call decides how columns are prepared: it should hold rows like those to come.
        Where ``fit`` averaged several networks, the first of them goes on.

        Args:
            X: rows.
            y: labels.
            classes: all labels there are; needed in the first call, not after it.
            sample_weight: of the rows.

        Raises:
            InvalidArgument: the first call names no classes, or a later one others.
        """
        start = self._start(optimizer=True)
        check_told(classes, fitted=start is not None)
        self._train(X, y, sample_weight, None, start=start, classes=classes, part=True)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row, ``(rows,)``: the most likely one, or by the ``threshold``.

        Args:
            X: rows.
        """
        X = self._checked(X)
        predictor = self.predictor_
        with in_own_words():
            outputs = predictor.predict_proba(X)
        numbers = decided(outputs, predictor.schema.positive_class, predictor.threshold)
        return np.asarray(self.classes_[np.argsort(self._order)[numbers]])

    def predict_proba(self, X: Any) -> Doubles:
        """The probability of each class, ``(rows, classes)``, in the order of ``classes_``.

        Args:
            X: rows.
        """
        X = self._checked(X)
        with in_own_words():
            return self.predictor_.predict_proba(X)[:, self._order]

    def _answers(self, y: Any, classes: Any, start: Predictor | None) -> NDArray[Any]:
        labels = checked_labels(self, y)
        self.classes_ = known_classes(labels, classes, None if start is None else self.classes_)
        return labels

    def _class_weights(self, y: NDArray[Any], weights: Doubles | None) -> Doubles | None:
        balanced = isinstance(self.class_weight, str) and self.class_weight == "balanced"
        # "balanced" is an option of the training.
        return weighted(y, None if balanced else self.class_weight, weights)

    def _answer_options(self, targets: Sequence[str], y: NDArray[Any]) -> dict[str, Any]:
        options: dict[str, Any] = {"task": BINARY if len(self.classes_) == 2 else MULTICLASS}
        if isinstance(self.class_weight, Mapping):
            options["class_weight"] = None  # in the weights of rows already
        return options

    def _answer_kinds(self, targets: Sequence[str]) -> dict[str, str]:
        # Text stays as it is written: "1" is no number, and "Yes" not the same as "yes".
        return {} if self.classes_.dtype.kind in "biuf" else {targets[0]: "category"}

    def _told_classes(self) -> tuple[Any, ...]:
        return tuple(plain(label) for label in self.classes_)

    def _settle(self) -> None:
        places = {label: at for at, label in enumerate(self.predictor_.schema.classes)}
        self._order = np.array([places[plain(label)] for label in self.classes_])
