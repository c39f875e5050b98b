"""The estimator for numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from trimtab.core.named_arguments import constructor
from trimtab.core.tasks import REGRESSION
from trimtab.core.types import Doubles
from trimtab.core.words import brief
from trimtab.errors import InvalidData
from trimtab.estimators.arguments import in_own_words
from trimtab.estimators.parameters import RegressorParameters
from trimtab.estimators.rows import numbers_of
from trimtab.estimators.tabular import TabularEstimator
from trimtab.predictor.predictor import Predictor

__all__ = ["TabularRegressor"]


@constructor
class TabularRegressor(RegressorMixin, RegressorParameters, TabularEstimator):  # type: ignore[misc]
    """Predicts numbers from the columns of a table, by the training of :func:`trimtab.train`.

    X may be a data frame of mixed columns (pandas, polars, Arrow), an array, or a sparse matrix,
    which is written out. Columns are prepared as ``train`` prepares them: numbers are scaled,
    categories encoded, missing cells filled, all by the rows of ``fit`` alone.

    With ``random_state=S`` it is the network of ``trimtab.train(X, y, task="regression", seed=S)``,
    to the bit.

    Attributes:
        predictor_: the :class:`~trimtab.Predictor` that ``fit`` made.
        n_features_in_: columns of X.
        feature_names_in_: their names, where X is a data frame.
        n_outputs_: columns of y.
        n_iter_: epochs.
        learning_curve_: losses of each epoch, a data frame.

    Example:
        >>> import numpy, trimtab
        >>> X = numpy.linspace(0, 1, 60).reshape(-1, 1)
        >>> model = trimtab.TabularRegressor(layers="16 relu", epochs=5, random_state=0)
        >>> model.fit(X, 3 * X[:, 0]).predict(X).shape
        (60,)
        >>> model.learning_curve_.columns.tolist()
        ['loss', 'val_loss']
    """

    _task = REGRESSION

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None
    ) -> TabularRegressor:
        """Trains.

        Args:
            X: rows: a data frame, an array or a sparse matrix.
            y: numbers, ``(rows,)``, or ``(rows, targets)`` for several at once.
            sample_weight: of the rows.
            groups: of the rows; those of a group stay on one side of each inner split.

        Raises:
            InvalidArgument, InvalidData: as :func:`trimtab.train`.
        """
        start = self._start() if self._flag("warm_start") else None
        self._train(X, y, sample_weight, groups, start=start)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> TabularRegressor:
        """Trains one network for one epoch on these rows, whatever ``early_stopping`` says.

        The first call decides how columns are prepared and how the target is scaled: it should hold
        rows like those to come. Where ``fit`` averaged several networks, the first of them goes on.

        Args:
            X: rows.
            y: numbers.
            sample_weight: of the rows.
        """
        start = self._start(optimizer=True)
        self._train(X, y, sample_weight, None, start=start, part=True)
        return self

    def predict(self, X: Any) -> Doubles:
        """The numbers predicted, ``(rows,)`` or ``(rows, targets)``, in the units of y.

        Args:
            X: rows.
        """
        X = self._checked(X)
        with in_own_words():
            return self.predictor_.predict(X)

    def _answers(self, y: Any, classes: Any, start: Predictor | None) -> NDArray[Any]:
        numbers = numbers_of(self, y)
        width = 1 if numbers.ndim == 1 else numbers.shape[1]
        if start is None:
            _refuse_constants(numbers.reshape(-1, width))
        if start is not None and width != len(start.targets):
            raise InvalidData(
                f"y must have {len(start.targets)} columns, as in the first call, received {width}."
            )
        self.n_outputs_ = width
        return numbers

    def _answer_options(self, targets: Sequence[str], y: NDArray[Any]) -> dict[str, Any]:
        return {"task": REGRESSION}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _refuse_constants(numbers: NDArray[Any]) -> None:
    """Refuses answers ``(rows, targets)`` of which a column does not vary."""
    same = np.flatnonzero((numbers == numbers[:1]).all(axis=0))
    if len(same):
        rows, width = numbers.shape
        where = "y" if width == 1 else f"column {same[0]} of y"
        rest = "use sklearn.dummy.DummyRegressor" if width == 1 else "leave the column out"
        raise InvalidData(
            f"{where} is {brief(numbers[0, same[0]].item())} in each of {rows:,} rows, so there is "
            f"nothing to learn. Pass rows that differ, or {rest}."
        )
